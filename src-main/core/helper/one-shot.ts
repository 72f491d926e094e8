// The helper's commands that answer at once: start it, collect its lines, bounded in time and size.

import type { HelperLauncher } from './launch/launcher.ts';
import { LineDecoder } from './line-decoder.ts';

/** A device that hangs can hold up `check`; longer than this nobody wants to look at a still screen. */
export const ONE_SHOT_MS = 20_000;
const MAX_LINES = 10_000;

/** A command of the helper failed as a whole. */
export class HelperCommandError extends Error {
  override readonly name = 'HelperCommandError';
  readonly errno: string | undefined;
  /** True where it gave no answer in time: a drive that hangs holds it up. */
  readonly late: boolean;

  constructor(message: string, { errno, late = false }: { errno?: string | undefined; late?: boolean } = {}) {
    super(message);
    this.errno = errno;
    this.late = late;
  }
}

/** Runs `carousel-helper ARGS` and returns its lines; throws `HelperCommandError`. */
export async function runOneShot(
  launcher: HelperLauncher,
  args: readonly string[],
  timeoutMs: number = ONE_SHOT_MS,
): Promise<string[]> {
  const helper = launcher.launch(args);
  const decoder = new LineDecoder();
  const lines: string[] = [];
  let bad: string | undefined;
  let said = '';
  for (const stream of [helper.stdin, helper.stdout, helper.stderr]) stream.on('error', () => undefined);
  helper.stdin.end();
  helper.stderr.on('data', (chunk: Buffer) => (said = (said + chunk.toString('utf8')).slice(-2000)));
  const take = (decoded: ReturnType<LineDecoder['push']>): void => {
    for (const line of decoded) {
      if (line.kind === 'bad') bad ??= line.reason;
      else if (lines.length < MAX_LINES) lines.push(line.text);
      else bad ??= 'too many lines';
    }
  };
  helper.stdout.on('data', (chunk: Buffer) => take(decoder.push(chunk)));
  helper.stdout.on('end', () => take(decoder.end()));

  const exit = await Promise.race([helper.exited, pause(timeoutMs)]);
  if (exit === 'late') {
    helper.kill();
    helper.release();
    throw new HelperCommandError(
      `carousel-helper ${args[0] ?? ''} gave no answer for ${timeoutMs / 1000} s`,
      {
        late: true,
      },
    );
  }
  if (exit.error)
    throw new HelperCommandError(`the helper could not be started: ${exit.error.message}`, {
      errno: exit.error.code,
    });
  const how = exit.signal ? `was ended by ${exit.signal}` : `ended with status ${exit.code}`;
  if (exit.code !== 0)
    throw new HelperCommandError(
      `carousel-helper ${args[0] ?? ''} ${how}: ${said.trim() || 'no reason given'}`,
    );
  if (bad !== undefined) throw new HelperCommandError(`carousel-helper ${args[0] ?? ''}: ${bad}`);
  return lines;
}

function pause(ms: number): Promise<'late'> {
  return new Promise((resolve) => setTimeout(resolve, ms, 'late').unref());
}
