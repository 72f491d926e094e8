/**
 * Asking by `@vscode/sudo-prompt`, where the system has no program that runs another one with more rights and gives it back
 * its streams: macOS, Windows, and Linux desktops that have only kdesudo. It goes through a shell of the administrator's, so
 * nothing gets into its text but plain paths. There is no limit of time: a person looks at the prompt.
 */
import { exec } from '@vscode/sudo-prompt';
import type { Refusal } from './ways.ts';

/** Letters, digits and what paths are made of; nothing that a shell would understand, inside quotes or outside. */
const plain = { posix: /^\/[A-Za-z0-9_\-./ ]*$/, win32: /^[A-Za-z]:\\[A-Za-z0-9_\-.\\~ ()]*$/ } as const;

/** May this path stand in the text of a shell? Pure. */
export const isPlainPath = (path: string, platform: NodeJS.Platform = process.platform): boolean =>
  plain[platform === 'win32' ? 'win32' : 'posix'].test(path);

/** The helper's broker as a command of a shell; null where one of the paths may not be in it. Pure. */
export function commandText(
  helper: string,
  folder: string,
  platform: NodeJS.Platform = process.platform,
): string | null {
  if (![helper, folder].every((path) => isPlainPath(path, platform))) return null;
  const quote = platform === 'win32' ? '"' : "'";
  return `${quote}${helper}${quote} broker ${quote}${folder}${quote}`;
}

/** What the package's answers mean. It words only these two; all others are about the command or its own tools. Pure. */
export function refusalOf(error: Error | undefined): Refusal {
  if (error?.message === 'User did not grant permission.') return 'declined';
  if (/^(No polkit authentication agent found|Unable to find pkexec or kdesudo)/.test(error?.message ?? ''))
    return 'unavailable';
  return 'failed';
}

/** Asks once. Settles when the person has refused, or when the helper has ended. */
export function askBySudoPrompt(helper: string, folder: string): Promise<Refusal> {
  const command = commandText(helper, folder);
  // The package puts the working folder into that text, too.
  if (command === null || !isPlainPath(process.cwd())) return Promise.resolve('unavailable');
  return new Promise((resolve) => {
    exec(command, { name: 'Carousel' }, (error) => resolve(refusalOf(error)));
  });
}
