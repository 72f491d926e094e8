// What is said when the settings of the app could not be read: they say which drives are protected.

import type { AppError } from '@contract/errors.ts';
import { cleanText } from './clean.ts';

/** In words for a terminal; null for an error about anything else. */
export function settingsTrouble(error: AppError): string | null {
  switch (error.code) {
    case 'settings-restored': {
      const path = cleanText(error.params.path);
      return `The settings in ${path} were damaged or gone. Their copy is in use now, and a damaged file was kept beside it: look whether all drives are on the list of protected ones that belong there.`;
    }
    case 'settings-damaged': {
      const path = cleanText(error.params.path);
      return `The settings in ${path} cannot be read, so which drives are protected is not known, and no drive is written to. To begin with new settings, rename that file; then put the drives to protect on the list again (Settings).`;
    }
    default:
      return null;
  }
}
