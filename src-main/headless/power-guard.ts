/** Keeps the computer awake without a window: a program of the system that holds it as long as its input is open. */
import { spawn } from 'node:child_process';
import type { PowerGuard } from '../core/ports.ts';

function keeper(): readonly [string, ...string[]] | null {
  if (process.platform === 'darwin') return ['caffeinate', '-i', 'cat'];
  if (process.platform !== 'linux') return null;
  const why = ['--who=Carousel', '--why=Copying to drives', '--what=sleep:idle'];
  return ['systemd-inhibit', ...why, '--mode=block', 'cat'];
}

/** Does nothing where the system has no such program. */
export const powerGuard: PowerGuard = {
  hold() {
    const command = keeper();
    if (!command) return () => undefined;
    const [program, ...args] = command;
    const child = spawn(program, args, { stdio: ['pipe', 'ignore', 'ignore'] });
    child.on('error', () => undefined);
    child.stdin.on('error', () => undefined);
    child.unref();
    return () => child.stdin.end();
  },
};
