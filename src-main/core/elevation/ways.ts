/** Ways to rights: which program asks the person, and what its answers mean. None of them goes through a shell. */
import { spawn } from 'node:child_process';
import { accessSync, constants } from 'node:fs';
import { delimiter, join } from 'node:path';

/** How asking ended, when it did not end with an elevated helper. */
export type Refusal = 'declined' | 'unavailable';

export interface Way {
  readonly name: 'sudo' | 'sudo-asking' | 'pkexec';
  readonly command: readonly [string, ...string[]];
  /** What it means that the program ended with this status before the helper came. */
  refusal(code: number | null): Refusal;
}

const isProgram = (path: string): boolean => {
  try {
    accessSync(path, constants.X_OK);
    return true;
  } catch {
    return false;
  }
};

const find = (name: string, path: string): string | undefined =>
  path
    .split(delimiter)
    .filter((folder) => folder.startsWith('/'))
    .map((folder) => join(folder, name))
    .find(isProgram);

export interface Surroundings {
  path: string;
  /** Somebody sits at a terminal that this program was started from. */
  terminal: boolean;
  /** A desktop that could show a prompt. */
  desktop: boolean;
}

/** The ways that there are here, in the order in which they are tried. */
export function waysHere({ path, terminal, desktop }: Surroundings): Way[] {
  const [sudo, pkexec] = [find('sudo', path), find('pkexec', path)];
  const ways: Way[] = [];
  // Without asking, where a rule allows it; a password it would need is no answer of a person.
  if (sudo) ways.push({ name: 'sudo', command: [sudo, '-n', '--'], refusal: () => 'unavailable' });
  if (pkexec && (desktop || !terminal))
    ways.push({
      name: 'pkexec',
      command: [pkexec, '--disable-internal-agent'],
      // pkexec(1): 126 the person closed the prompt, 127 not allowed or nobody there to ask.
      refusal: (code) => (code === 126 ? 'declined' : 'unavailable'),
    });
  if (sudo && terminal) ways.push({ name: 'sudo-asking', command: [sudo, '--'], refusal: () => 'declined' });
  return ways;
}

/** Starts the helper's broker by this way. It stays in the terminal's session, so that sudo can ask there. */
export function ask(
  way: Way,
  helper: string,
  folder: string,
  path: string,
): { ended: Promise<Refusal>; stop(): void; release(): void } {
  const [program, ...args] = way.command;
  const child = spawn(program, [...args, helper, 'broker', folder], {
    cwd: '/',
    env: { PATH: path, ...(process.env['DISPLAY'] ? { DISPLAY: process.env['DISPLAY'] } : {}) },
    stdio: ['ignore', 'ignore', way.name === 'sudo-asking' ? 'inherit' : 'ignore'],
    windowsHide: true,
  });
  const ended = new Promise<Refusal>((resolve) => {
    child.once('error', () => resolve('unavailable'));
    child.once('exit', (code) => resolve(way.refusal(code)));
  });
  return { ended, stop: () => void child.kill(), release: () => child.unref() };
}
