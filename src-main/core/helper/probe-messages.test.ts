import { expect, test } from 'vitest';
import { decodeProbeLine, encodeProbe } from './probe-messages.ts';

const good = {
  event: 'verdict',
  t: 1,
  ok: true,
  outcome: 'complete',
  target: '/dev/sdb',
  full: false,
  announcedBytes: 100,
  verdict: 'genuine',
  realBytes: 100,
  realAtMost: 100,
  left: 'as-before',
  testedBytes: 100,
  badBytes: 0,
  firstBad: null,
  bad: [],
  badMore: 0,
  doubt: { places: 0, widestGap: 0, missedPercent: 0, cache: 50 },
  writeRate: 1,
  readRate: 1,
};
const kind = (value: unknown): string => decodeProbeLine(JSON.stringify(value)).kind;

test('a verdict that contradicts itself is no verdict', () => {
  expect(kind(good)).toBe('verdict');
  expect(kind({ ...good, newer: 1 })).toBe('verdict');
  expect(kind({ ...good, verdict: 'fake-drops' })).toBe('invalid');
  expect(kind({ ...good, outcome: 'cancelled' })).toBe('invalid');
  expect(kind({ ...good, ok: false })).toBe('invalid');
  expect(kind({ ...good, verdict: null, ok: false })).toBe('invalid');
  expect(kind({ ...good, verdict: 'splendid' })).toBe('invalid');
  expect(kind({ ...good, bad: Array.from({ length: 1001 }, () => ({ offset: 1, length: 1 })) })).toBe(
    'invalid',
  );
  expect(kind({ ...good, realBytes: -1 })).toBe('invalid');
});

test('nonsense never throws', () => {
  for (const text of ['', 'null', '[]', '{}', '{"event":7}', '{"event":"progress"}'])
    expect(decodeProbeLine(text).kind, text).toBe('invalid');
  expect(kind({ event: 'constructor' })).toBe('other');
  expect(kind({ event: 'error', code: 'bad-option' })).toBe('error');
});

test('a request that the helper would not take is not sent', () => {
  expect(encodeProbe({ target: '/dev/sdb', full: true })).toBe(
    '{"verb":"probe","version":1,"target":{"path":"/dev/sdb"},"options":{"full":true}}\n',
  );
  expect(() => encodeProbe({ target: 'sdb' })).toThrow(RangeError);
  expect(() => encodeProbe({ target: '/dev/sdb', stallTimeout: 0 })).toThrow(RangeError);
});
