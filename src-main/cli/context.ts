// What a command sees of the process it runs in; tests give it another one.

import { createInterface } from 'node:readline/promises';
import { createElevator, type Elevator } from '../core/elevation/elevator.ts';
import { HelperClient } from '../core/helper/helper-client.ts';
import { findHelper } from '../core/helper/helper-path.ts';
import { directLauncher } from '../core/helper/launch/direct-launcher.ts';
import { protecting, type HelperLauncher } from '../core/helper/launch/launcher.ts';
import { EXIT } from './exit-codes.ts';

/** Where text goes. */
export interface TextOut {
  write(text: string): void;
  readonly isTerminal: boolean;
  readonly columns: number;
  readonly rows: number;
}

/** The world of a command. */
export interface CliContext {
  readonly stdout: TextOut;
  readonly stderr: TextOut;
  readonly env: NodeJS.ProcessEnv;
  readonly cwd: string;
  /** How to start this command line again: program and leading arguments. */
  readonly self: readonly string[];
  /** Can somebody answer a question? */
  readonly canAsk: boolean;
  /** Asks on standard error and reads a line; an empty answer at the end of input. */
  ask(question: string): Promise<string>;
  /**
   * The way to the helper, by a launcher or with this user's rights; drives with the serial numbers that are protected are
   * no target to it. Now or when it is used: `HelperNotFound`.
   */
  helper(protects?: () => readonly string[], launcher?: HelperLauncher): HelperClient;
  /** The way to rights that this user does not have. */
  elevator(): Elevator;
  /** Calls the handler on Ctrl-C and on a request to end; returns how to stop that. */
  onInterrupt(handler: () => void): () => void;
  setExitCode(code: number): void;
}

/** The context of the real process. */
export function processContext(): CliContext {
  const stderr = textOut(process.stderr);
  return {
    stdout: textOut(process.stdout, (error) => {
      stderr.write(`error: the output could not be written (${error.code ?? error.message})\n`);
      // What a script asked for is not there: that is no good end, however the copies ended.
      process.once('exit', () => (process.exitCode ||= EXIT.someTargetIsNot));
    }),
    stderr,
    env: process.env,
    cwd: process.cwd(),
    self: [process.execPath, process.argv[1] ?? ''],
    canAsk: process.stdin.isTTY && process.stderr.isTTY,
    ask,
    helper: (protects = () => [], launcher = directLauncher(findHelper())) =>
      new HelperClient(protecting(launcher, protects)),
    elevator: () => createElevator({ terminal: process.stdin.isTTY && process.stderr.isTTY }),
    onInterrupt,
    setExitCode: (code) => (process.exitCode = code),
  };
}

/** May lines be drawn over, and in colour? */
export function terminalStyle({ stderr, env }: CliContext): { live: boolean; color: boolean } {
  const live = stderr.isTerminal && env.TERM !== 'dumb';
  return { live, color: live && !env.NO_COLOR };
}

/** `lost` is called once when text cannot be written though somebody waits for it. */
function textOut(
  stream: NodeJS.WriteStream,
  lost: (error: NodeJS.ErrnoException) => void = () => undefined,
): TextOut {
  // A reader that went away (`| head`) ends the text, never the copy.
  let gone = false;
  stream.on('error', (error: NodeJS.ErrnoException) => {
    if (!gone && error.code !== 'EPIPE') lost(error);
    gone = true;
  });
  return {
    write: (text) => void (gone || stream.write(text)),
    get isTerminal() {
      return stream.isTTY;
    },
    get columns() {
      return stream.columns || 80;
    },
    get rows() {
      return stream.rows || 24;
    },
  };
}

async function ask(question: string): Promise<string> {
  const lines = createInterface({ input: process.stdin, output: process.stderr });
  const ended = new Promise<string>((resolve) => lines.once('close', () => resolve('')));
  try {
    return await Promise.race([lines.question(question), ended]);
  } finally {
    lines.close();
  }
}

function onInterrupt(handler: () => void): () => void {
  const signals = ['SIGINT', 'SIGTERM'] as const;
  for (const signal of signals) process.on(signal, handler);
  return () => {
    for (const signal of signals) process.off(signal, handler);
  };
}
