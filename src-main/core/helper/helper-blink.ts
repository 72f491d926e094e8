// One drive whose light the helper makes blink.

import { appError, type AppError } from '@contract/errors.ts';
import { helperErrorCodes } from '@contract/helper-errors.gen.ts';
import { z } from '@contract/zod.ts';
import type { HelperLauncher } from './launch/launcher.ts';
import { LineDecoder } from './line-decoder.ts';

const lineSchema = z.union([
  z.object({ event: z.literal('identified'), bytes: z.number().nonnegative(), stopped: z.boolean() }),
  z.object({
    event: z.literal('error'),
    code: z.enum(helperErrorCodes).catch('internal'),
    message: z.string().default(''),
    errno: z.string().max(32).optional(),
  }),
]);

/** How it ended. */
export type BlinkEnd = { stopped: boolean } | { error: AppError };

/** Starts the blinking. Its end always comes, unless the drive gives no answer: then `stop` gives the process up. */
export function startBlink(
  launcher: HelperLauncher,
  path: string,
): { finished: Promise<BlinkEnd>; stop: () => void } {
  const helper = launcher.launch(['identify', path]);
  const { stdin, stdout, stderr, exited } = helper;
  const lines = new LineDecoder();
  let end: BlinkEnd | null = null;
  let giveUp: (end: BlinkEnd) => void = () => undefined;
  const abandoned = new Promise<BlinkEnd>((resolve) => (giveUp = resolve));
  for (const stream of [stdin, stdout, stderr]) stream.on('error', () => undefined);
  stderr.resume();
  const take = (said: ReturnType<LineDecoder['push']>): void => {
    for (const line of said) end ??= line.kind === 'line' ? meaning(line.text) : null;
  };
  stdout.on('data', (chunk: Buffer) => take(lines.push(chunk)));
  stdout.on('end', () => take(lines.end()));
  const exit = exited.then(({ error }): BlinkEnd => {
    const detail = error?.message.slice(0, 1024) ?? 'it ended without a word';
    return end ?? { error: appError('helper-died', { detail }) };
  });
  return {
    finished: Promise.race([exit, abandoned]),
    stop() {
      stdin.end();
      setTimeout(() => {
        giveUp({ error: appError('hung', {}) });
        helper.release();
      }, answerMs).unref();
    },
  };
}

/** A drive that was asked to stop does so after the read that is on its way. */
const answerMs = 5000;

function meaning(line: string): BlinkEnd | null {
  const said = lineSchema.safeParse(parsed(line));
  if (!said.success) return null;
  if (said.data.event === 'identified') return { stopped: said.data.stopped };
  const { code, message, errno } = said.data;
  return { error: appError(code, { detail: message.slice(0, 1024), ...(errno ? { errno } : {}) }) };
}

function parsed(line: string): unknown {
  try {
    return JSON.parse(line) as unknown;
  } catch {
    return null;
  }
}
