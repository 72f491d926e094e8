/** Which picture a drive has. */
import type { Drive } from '@contract/groups/drives.ts';
import type { IconName } from '../ui/icon-paths.ts';

export function driveIcon(drive: Pick<Drive, 'kind' | 'bus'>): IconName {
  if (drive.kind === 'image') return 'image';
  if (drive.kind === 'feed') return 'machines';
  if (drive.kind === 'practice' || drive.bus === 'usb') return 'stick';
  return drive.bus === 'mmc' ? 'card' : 'disk';
}
