// What keeps a drive from being ejected or unmounted, or its light from blinking, in words.

import type { AppError } from '@contract/errors.ts';
import { helperErrorClass, type HelperErrorCode } from '@contract/helper-errors.gen.ts';
import { EXIT, exitOfCode, type ExitCode } from '../exit-codes.ts';
import { cleanText } from './clean.ts';
import { errorWords } from './words.ts';

const own: Readonly<Partial<Record<AppError['code'], string>>> = {
  'eject-mounted': 'is mounted. Unmount it first, or add --unmount.',
  'eject-busy': 'is still used by something. Wait until that has ended, or close it, then try again.',
  'eject-denied': 'may not be switched off by this user. Wait until its light is still before you pull it.',
  'eject-fixed': 'is built in, not plugged in: it is never switched off.',
  'eject-unsupported':
    'cannot be switched off by this system (neither udisks nor eject is there). Nothing of it is mounted: wait until its light is still, then pull it.',
  'unmount-failed': 'was not unmounted.',
  'eject-failed': 'could not be switched off. Do not pull it while its light blinks.',
  'elevation-declined': 'may not be opened by this user, and the right to was not given.',
};

/** One sentence about a drive: what happened, and what to do. */
export function handlingWords(path: string, error: AppError): string {
  const what = cleanText(path);
  if (error.code === 'unmount-busy') {
    const { mountPoint, programs } = error.params;
    const who = programs.length > 0 ? programs.join(', ') : 'a program';
    return `${what} was not unmounted: ${who} still uses files in ${cleanText(mountPoint)}. Close them and try again.`;
  }
  if (error.code === 'unmount-denied')
    return `${what} was not unmounted: this user may not unmount ${cleanText(error.params.mountPoint)}. Unmount it as the user who mounted it, or with sudo.`;
  const detail =
    'detail' in error.params && error.params.detail ? ` (${cleanText(error.params.detail, 200)})` : '';
  const words = own[error.code];
  if (words !== undefined) return `${what} ${words}${detail}`;
  if (!isHelperCode(error.code)) return `${what}: ${error.code}${detail}`;
  const { happened, advice } = errorWords(error.code);
  return `${what} ${happened}. ${advice}`;
}

const isHelperCode = (code: string): code is HelperErrorCode => Object.hasOwn(helperErrorClass, code);

/** The exit status that goes with a refusal. */
export function exitOfHandling(code: AppError['code']): ExitCode {
  if (isHelperCode(code)) return exitOfCode(code);
  if (/-denied$|^elevation-/.test(code)) return EXIT.permission;
  return /^eject-(mounted|busy|fixed)$|^unmount-busy$/.test(code) ? EXIT.refused : EXIT.someTargetIsNot;
}
