/** Ways to rights: which program asks the person, and what its answers mean. Only `sudo-prompt` goes through a shell. */
import { spawn } from 'node:child_process';
import { accessSync, constants } from 'node:fs';
import { delimiter, join } from 'node:path';

/** How asking ended without an elevated helper: the person said no, nobody could be asked, or the helper ended by itself. */
export type Refusal = 'declined' | 'unavailable' | 'failed';

export interface Way {
  readonly name: 'sudo' | 'sudo-asking' | 'pkexec' | 'sudo-prompt';
  /** Starts the broker of a helper in a folder. */
  ask(helper: string, folder: string): Asking;
}

/** A prompt that is open, or the elevated helper behind it. */
export interface Asking {
  readonly ended: Promise<Refusal>;
  /** This program need not wait for it any more. */
  release(): void;
}

/** Where the package looks for it. */
const kdesudo = '/usr/bin/kdesudo';

const isProgram = (path: string): boolean => {
  try {
    accessSync(path, constants.X_OK);
    return true;
  } catch {
    return false;
  }
};

export interface Surroundings {
  path: string;
  /** Somebody sits at a terminal that this program was started from. */
  terminal: boolean;
  /** A desktop that could show a prompt. */
  desktop: boolean;
  /** What is started for a program: where it really lies, if that was looked at; null if it may not be asked with. */
  resolve?: (program: string) => string | null;
  platform?: NodeJS.Platform;
  isFile?: (path: string) => boolean;
}

/** The ways that there are here, in the order in which they are tried. */
export function waysHere(here: Surroundings): Way[] {
  const { path, terminal, desktop, resolve = (program) => program, isFile = isProgram } = here;
  const platform = here.platform ?? process.platform;
  const sudoPrompt: Way = { name: 'sudo-prompt', ask: bySudoPrompt };
  if (platform === 'win32') return [sudoPrompt];
  const find = (name: string): string | null =>
    path
      .split(delimiter)
      .filter((folder) => folder.startsWith('/'))
      .map((folder) => join(folder, name))
      .filter(isFile)
      .map(resolve)
      .find((program) => program !== null) ?? null;
  const [sudo, pkexec] = [find('sudo'), find('pkexec')];
  const ways: Way[] = [];
  // Without asking, where a rule allows it; a password it would need is no answer of a person.
  if (sudo) ways.push(by('sudo', [sudo, '-n', '--'], path, refusalOfSudo('unavailable')));
  if (platform === 'darwin' && !terminal) ways.push(sudoPrompt);
  if (platform === 'linux' && pkexec && (desktop || !terminal))
    ways.push(by('pkexec', [pkexec, '--disable-internal-agent'], path, refusalOfPkexec));
  if (platform === 'linux' && !pkexec && desktop && isFile(kdesudo)) ways.push(sudoPrompt);
  if (sudo && terminal) ways.push(by('sudo-asking', [sudo, '--'], path, refusalOfSudo('declined')));
  return ways;
}

/** pkexec(1): 126 the person closed the prompt, 127 not allowed or nobody there to ask; else what the helper ended with. */
function refusalOfPkexec(code: number | null): Refusal {
  if (code === 126) return 'declined';
  return code === 127 ? 'unavailable' : 'failed';
}

/**
 * sudo(8) ends with 1 for itself (no rule, no password, a wrong one), and otherwise as what it has run, which never ends with
 * 1. A Ctrl-C at the password is an answer, too.
 */
const refusalOfSudo =
  (unmet: Refusal) =>
  (code: number | null, signal: NodeJS.Signals | null): Refusal =>
    code === 1 || signal === 'SIGINT' ? unmet : 'failed';

/** By a program that runs another one. It stays in the terminal's session, so that sudo can ask there. */
function by(
  name: Way['name'],
  [program, ...args]: readonly [string, ...string[]],
  path: string,
  refusal: (code: number | null, signal: NodeJS.Signals | null) => Refusal,
): Way {
  return {
    name,
    ask(helper, folder) {
      const child = spawn(program, [...args, helper, 'broker', folder], {
        cwd: '/',
        env: { PATH: path, ...(process.env['DISPLAY'] ? { DISPLAY: process.env['DISPLAY'] } : {}) },
        stdio: ['ignore', 'ignore', name === 'sudo-asking' ? 'inherit' : 'ignore'],
        windowsHide: true,
      });
      const ended = new Promise<Refusal>((resolve) => {
        child.once('error', () => resolve('unavailable'));
        child.once('exit', (code, signal) => resolve(refusal(code, signal)));
      });
      return { ended, release: () => child.unref() };
    },
  };
}

/** The package is loaded only when it is needed; the helper behind it ends with this program's end of the meeting. */
function bySudoPrompt(helper: string, folder: string): Asking {
  const ended = import('./sudo-prompt.ts').then(
    ({ askBySudoPrompt }) => askBySudoPrompt(helper, folder),
    () => 'failed' as const,
  );
  return { ended, release: () => undefined };
}
