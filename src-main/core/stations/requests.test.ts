import { expect, it } from 'vitest';
import { stationVersion } from './messages.ts';
import { Requests } from './requests.ts';

it('answers whatever is no request of this version, and goes on', () => {
  const answers: unknown[] = [];
  let hear = (_error: null, _message: unknown): void => undefined;
  const connection = {
    subscribe: (_subject: string, { callback }: { callback: typeof hear }) => {
      hear = callback;
      return { unsubscribe: () => undefined };
    },
  };
  new Requests({ publish: { job: 'k3v8pq2m', server: { url: 'nats://host' } }, connection } as never);
  const versions = ['{"toString":1}', '{"toString":null,"valueOf":null}', '[[[]]]', '"2"', '1e999', 'null'];
  for (const version of versions) {
    const text = `{"version":${version}}`;
    const message = {
      data: Buffer.from(text),
      string: () => text,
      respond: (payload: string | Uint8Array) => {
        answers.push(JSON.parse(Buffer.from(payload as Uint8Array).toString()));
        return true;
      },
    };
    hear(null, message);
  }
  expect(answers).toHaveLength(versions.length);
  for (const answer of answers) expect(answer).toMatchObject({ version: stationVersion, error: 'version' });
});
