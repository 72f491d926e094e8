import { describe, expect, test } from 'vitest';
import { decodeEvent } from '@contract/helper-messages.ts';
import { encodeVerb, type Verb } from './helper-verbs.ts';
import { LineDecoder, MAX_EVENT_BYTES } from './line-decoder.ts';

const target = { event: 'target', t: 1, id: 1, target: '/a', state: 'copying' };

describe('decodeEvent', () => {
  test('drops fields it does not know', () => {
    const decoded = decodeEvent(JSON.stringify({ ...target, shiny: true }));
    expect(decoded).toMatchObject({ kind: 'event', event: { id: 1, joinedAtBlock: null } });
    expect(JSON.stringify(decoded)).not.toContain('shiny');
  });

  test('reads an error code of a newer helper as internal', () => {
    const line = JSON.stringify({ ...target, state: 'failed', error: { code: 'gamma-rays', message: 'x' } });
    expect(decodeEvent(line)).toMatchObject({ event: { error: { code: 'internal', message: 'x' } } });
  });

  test('takes an empty error for none', () => {
    const decoded = decodeEvent(JSON.stringify({ ...target, error: {} }));
    expect(decoded).toMatchObject({ kind: 'event', event: { error: undefined } });
  });

  test.each([
    '',
    'null',
    '42',
    '[]',
    '{}',
    '{"event":7}',
    '{"event":"target"}',
    '{"event":"progress","t":-1,"id":1,"target":"/a","phase":"copying","bytes":1}',
    '{"event":"progress","t":1,"id":1,"target":"/a","phase":"copying","bytes":1.5}',
    '{"event":"progress","t":1,"id":1,"target":"/a","phase":"copying","bytes":1e300}',
    '{"event":"progress","t":1,"id":1,"target":"/a","phase":"gone","bytes":1}',
    '{"event":"progress","t":1,"id":1,"target":"/a","phase":"copying","bytes":1,"coverage":"zz"}',
    '{"event":"job","t":1,"job":"k","role":"producer","source":{"path":"/a","size":1},"blockSize":0,"blockCount":1,"slots":1,"slow":"together"}',
    `{"event":"summary","t":1,"ok":"yes"}`,
    '['.repeat(60_000),
  ])('refuses %.60s', (line) => {
    expect(decodeEvent(line).kind).toBe('invalid');
  });

  test.each(['constructor', '__proto__', 'toString', 'hasOwnProperty', 'new-thing'])(
    'passes over an event called %s',
    (name) => {
      expect(decodeEvent(`{"event":"${name}","t":1}`)).toEqual({ kind: 'unknown', name });
    },
  );

  test('a poisoned prototype stays outside', () => {
    const decoded = decodeEvent(`{"event":"lap","t":1,"n":2,"__proto__":{"polluted":true}}`);
    expect(decoded).toEqual({ kind: 'event', event: { event: 'lap', t: 1, n: 2 } });
    expect(({} as { polluted?: boolean }).polluted).toBeUndefined();
  });
});

describe('LineDecoder', () => {
  const lines = (decoder: LineDecoder, ...chunks: (string | Buffer)[]): string[] =>
    chunks.flatMap((chunk) =>
      decoder.push(Buffer.from(chunk)).map((line) => (line.kind === 'line' ? line.text : `! ${line.reason}`)),
    );

  test('puts pieces together, also in the middle of a character', () => {
    const bytes = Buffer.from('{"a":"é"}\nnext\n');
    expect(lines(new LineDecoder(), ...[...bytes].map((byte) => Buffer.from([byte])))).toEqual([
      '{"a":"é"}',
      'next',
    ]);
  });

  test('passes over a line that is too long, once, and goes on', () => {
    const decoder = new LineDecoder(8);
    expect(lines(decoder, 'ok\n12345', '678', '9'.repeat(100), '\nfine\n')).toEqual([
      'ok',
      '! a line is longer than 8 bytes',
      'fine',
    ]);
  });

  test('counts the newline', () => {
    expect(lines(new LineDecoder(), 'x'.repeat(MAX_EVENT_BYTES - 1) + '\n')[0]).toHaveLength(
      MAX_EVENT_BYTES - 1,
    );
    expect(lines(new LineDecoder(), 'x'.repeat(MAX_EVENT_BYTES) + '\n')).toEqual([
      '! a line is longer than 1048576 bytes',
    ]);
  });

  test('a rest at the end is a line that was cut off', () => {
    const decoder = new LineDecoder();
    decoder.push(Buffer.from('{"event"'));
    expect(decoder.end()).toMatchObject([{ kind: 'bad' }]);
    expect(decoder.end()).toEqual([]);
  });
});

test('verbs are one line each, without what was not asked for', () => {
  expect(encodeVerb({ verb: 'cancel' })).toBe('{"verb":"cancel"}\n');
  const start: Verb = {
    verb: 'start',
    version: 1,
    source: { path: '/a\n' },
    targets: [{ path: '/b' }],
    options: {},
  };
  expect(encodeVerb(start).indexOf('\n')).toBe(encodeVerb(start).length - 1);
});
