import type { Msg, NatsConnection } from '@nats-io/transport-node';
import { describe, expect, it } from 'vitest';
import { Acknowledgements } from './acknowledgements.ts';

/** A server that says `text` to whatever is asked, or nothing. */
function answered(text: string | null, ms = 1000) {
  let say: ((error: Error | null, message: Msg) => void) | undefined;
  const connection = {
    subscribe: (_subject: string, { callback }: { callback: typeof say }) => (say = callback),
  } as unknown as NatsConnection;
  const { reply, answer } = new Acknowledgements(connection).next(ms);
  if (text !== null) say?.(null, { subject: reply, string: () => text } as Msg);
  return answer;
}

describe('what the server says to a message', () => {
  it.each([
    ['{"stream":"CAROUSEL_x","seq":7}', { seq: 7, refused: null }],
    ['{"stream":"CAROUSEL_x","seq":7,"duplicate":true}', { seq: 7, refused: null }],
    [
      '{"error":{"code":503,"err_code":10077,"description":"maximum bytes exceeded"},"stream":"CAROUSEL_x","seq":0}',
      { seq: null, refused: 'maximum bytes exceeded' },
    ],
    ['', { seq: null, refused: null }],
    ['{"stream":"CAROUSEL_x","seq":0}', { seq: null, refused: null }],
  ])('%s', async (text, meaning) => {
    expect(await answered(text)).toEqual(meaning);
  });

  it('is no acknowledgement when nothing comes in time', async () => {
    expect(await answered(null, 10)).toEqual({ seq: null, refused: null });
  });
});
