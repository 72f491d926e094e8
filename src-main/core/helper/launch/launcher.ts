// How a helper process comes to be. Elevation (sudo, pkexec, a service) is another maker of the same thing.

import type { Readable, Writable } from 'node:stream';

/** How a helper process ended. `error` when it could not be started at all. */
export interface HelperExit {
  readonly code: number | null;
  readonly signal: NodeJS.Signals | null;
  readonly error?: NodeJS.ErrnoException;
}

/** A started helper: three pipes and its end. `exited` always comes, also when the start failed, and never rejects. */
export interface HelperProcess {
  readonly pid: number | undefined;
  readonly stdin: Writable;
  readonly stdout: Readable;
  readonly stderr: Readable;
  readonly exited: Promise<HelperExit>;
  /** Ends the process; only for one-shot commands that do not answer. A job is never killed. */
  kill(): void;
  /** Lets this program end although the helper still runs. */
  release(): void;
}

/** Starts the helper with these arguments. */
export interface HelperLauncher {
  /** `protects`: serial numbers of drives that are no target to it, besides the administrator's list. */
  launch(args: readonly string[], protects?: readonly string[]): HelperProcess;
}

/** A launcher whose helpers refuse the drives that are protected at that time. */
export const protecting = (launcher: HelperLauncher, protects: () => readonly string[]): HelperLauncher => ({
  launch: (args) => launcher.launch(args, protects()),
});
