import type { DriveId } from '@contract/groups/common.ts';
import type { IconName } from './icon-paths.ts';

/** A drive as a line to choose. */
export interface DriveChoice {
  id: DriveId;
  icon: IconName;
  title: string;
  facts: string;
  badge: string | null;
  /** Why it cannot be chosen, in words; null when it can. */
  whyNot: string | null;
}
