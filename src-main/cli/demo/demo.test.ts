import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, expect, test } from 'vitest';
import { decodeEvent, type HelperEventOf } from '@contract/helper-messages.ts';
import { firstDifference } from './compare-files.ts';
import type { CopyEnd } from './copy-process.ts';
import { judgeDemo, type DemoStick } from './demo-verdict.ts';
import { holdUp } from './held-consumer.ts';

const SIZE = 100;

function end(role: string, paths: string[], joinedAtBlock: number, state = 'done'): CopyEnd {
  const targets = paths.map((path) => ({ path, state, joinedAtBlock, bytesWritten: SIZE }));
  const source = { path: '/s', size: SIZE, bytesRead: 137, laps: 2 };
  const line = {
    event: 'summary',
    t: 1,
    ok: true,
    role,
    outcome: 'complete',
    source,
    targets,
    others: [],
    seconds: 1,
  };
  const decoded = decodeEvent(JSON.stringify(line));
  if (decoded.kind !== 'event') throw new Error(JSON.stringify(decoded));
  return {
    exitCode: state === 'done' ? 0 : 1,
    summary: decoded.event as HelperEventOf<'summary'>,
    said: 'last words',
  };
}

function sticks(late: CopyEnd, differences: (number | undefined)[] = []): DemoStick[] {
  const first = end('producer', ['/1', '/2'], 0);
  return [first, first, late].map((one, i) => ({
    name: `Drive ${i + 1}`,
    path: `/${i + 1}`,
    end: one,
    difference: differences[i],
  }));
}

test('a demo that went well', () => {
  const { ok, lines, joinedAtBlock, bytesRead } = judgeDemo(SIZE, 10, sticks(end('consumer', ['/3'], 4)));
  expect({ ok, joinedAtBlock, bytesRead }).toEqual({ ok: true, joinedAtBlock: 4, bytesRead: 137 });
  expect(lines).toEqual([
    'Drive 1: from block 0, equal',
    'Drive 2: from block 0, equal',
    'Drive 3: joined at block 4 (40 %), equal',
    'The source has 100 bytes; 137 bytes were read from it: 1.37 passes instead of 3.',
    'All 3 drives are byte for byte equal to the source.',
  ]);
});

test.each<[string, DemoStick[], RegExp]>([
  [
    'one differs although reported good',
    sticks(end('consumer', ['/3'], 4), [undefined, 17]),
    /Drive 2 was reported good and is not/,
  ],
  [
    'the late one failed',
    sticks(end('consumer', ['/3'], 4, 'failed'), []),
    /Drive 3: the copy ended as "failed", exit status 1/,
  ],
  [
    'the late one did not find the first',
    sticks(end('producer', ['/3'], 0)),
    /did not find the running copy/,
  ],
  ['the late one was not late', sticks(end('consumer', ['/3'], 0)), /came too early/],
  [
    'the late one said nothing',
    sticks({ exitCode: null, summary: undefined, said: 'boom' }),
    /it said: boom/,
  ],
  ['interrupted before anything ran', [], /did not find/],
])('is not ok: %s', (_what, run, message) => {
  const verdict = judgeDemo(SIZE, 10, run);
  expect(verdict.ok).toBe(false);
  expect(verdict.lines.join('\n')).toMatch(message);
  expect(verdict.lines.join('\n')).not.toContain('equal to the source');
});

test('nobody is held up whom we may not stop', () => {
  for (const pid of [undefined, null, 0, 1, 2 ** 30]) expect(holdUp(pid)).toBeUndefined();
});

let dir: string;
beforeEach(async () => {
  dir = await mkdtemp(join(tmpdir(), 'carousel-compare-'));
});
afterEach(() => rm(dir, { recursive: true }));

test('comparing finds the first difference, also in length', async () => {
  const size = 9_000_000;
  const data = Buffer.alloc(size, 1);
  const [a, b] = [join(dir, 'a'), join(dir, 'b')];
  await writeFile(a, data);
  await writeFile(b, Buffer.concat([data, Buffer.alloc(100)]));
  expect(await firstDifference(a, b, size)).toBeUndefined();
  data[8_999_999] = 2;
  await writeFile(b, data);
  expect(await firstDifference(a, b, size)).toBe(8_999_999);
  await writeFile(b, data.subarray(0, 5_000_000));
  expect(await firstDifference(a, b, size)).toBe(5_000_000);
});
