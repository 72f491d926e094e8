// Starts the helper as a child of this process, with this user's rights.

import { spawn } from 'node:child_process';
import { PassThrough } from 'node:stream';
import type { HelperExit, HelperLauncher, HelperProcess } from './launcher.ts';

/** After the process ended its pipes may still be held open by others: so long are they read on. */
const DRAIN_MS = 1000;

/** A launcher for the helper at this path. */
export function directLauncher(helperPath: string): HelperLauncher {
  return {
    launch: (args, protects = []) =>
      spawnHelper(helperPath, args, { ...withoutAskers(process.env), ...protectedBy(protects) }),
  };
}

/** The helper and every process of its job read it. */
const protectedBy = (serials: readonly string[]): NodeJS.ProcessEnv =>
  serials.length > 0 ? { CAROUSEL_PROTECTED: serials.join('\n') } : {};

/** Where this whole program runs as root, it is the one who asks: the helper must not act for who once called sudo. */
function withoutAskers({
  SUDO_UID: _sudo,
  PKEXEC_UID: _pkexec,
  ...env
}: NodeJS.ProcessEnv): NodeJS.ProcessEnv {
  return env;
}

/**
 * Starts a program as leader of its own session and process group: a Ctrl-C in the terminal reaches only us, and the job
 * lives on when we end.
 */
export function spawnHelper(
  command: string,
  args: readonly string[],
  env: NodeJS.ProcessEnv = process.env,
): HelperProcess {
  let child;
  try {
    child = spawn(command, [...args], {
      detached: true,
      stdio: ['pipe', 'pipe', 'pipe'],
      env,
      windowsHide: true,
    });
  } catch (error) {
    return unstarted(error as NodeJS.ErrnoException); // an argument that cannot be passed on, such as one with a NUL
  }
  const { stdin, stdout, stderr } = child;
  const exited = new Promise<HelperExit>((resolve) => {
    child.once('error', (error: NodeJS.ErrnoException) => resolve({ code: null, signal: null, error }));
    child.once('close', (code, signal) => resolve({ code, signal }));
    child.once('exit', (code, signal) => setTimeout(() => resolve({ code, signal }), DRAIN_MS).unref());
  });
  return {
    pid: child.pid,
    stdin,
    stdout,
    stderr,
    exited,
    kill: () => void child.kill('SIGKILL'),
    release: () => {
      child.unref();
      for (const pipe of [stdin, stdout, stderr]) pipe.destroy();
    },
  };
}

function unstarted(error: NodeJS.ErrnoException): HelperProcess {
  const [stdin, stdout, stderr] = [new PassThrough(), new PassThrough().end(), new PassThrough().end()];
  const exited = Promise.resolve({ code: null, signal: null, error });
  return { pid: undefined, stdin, stdout, stderr, exited, kill: () => undefined, release: () => undefined };
}
