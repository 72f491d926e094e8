/** A drive as a line to choose. Pure. */
import type { AppError } from '@contract/errors.ts';
import type { Drive } from '@contract/groups/drives.ts';
import type { Text } from '../i18n/text.ts';
import type { DriveChoice } from '../ui/drive-choice.ts';
import { driveIcon } from './drive-icon.ts';
import { driveFacts, dotted, labelsOf } from './drive-words.ts';
import { shortError } from './error-words.ts';

/** `whyNot`: why it cannot be chosen; null when it can. */
export function asChoice(text: Text, drive: Drive, whyNot: AppError | null): DriveChoice {
  return {
    id: drive.id,
    icon: driveIcon(drive),
    title: drive.title,
    facts: dotted([driveFacts(text, drive), ...labelsOf(drive.volumes)]),
    badge: drive.kind === 'practice' ? text.t('app.practiceBadge') : null,
    whyNot: whyNot && shortError(text, whyNot),
  };
}
