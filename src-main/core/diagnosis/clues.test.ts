import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, expect, test } from 'vitest';
import { summaryOf } from '../testing/helper-events.ts';
import { withClues } from './clues.ts';

const block = 65_536;
const zeros = 'fd5ee061c8433a0f33b202d302b65caa';
const data = 'f'.repeat(32);
const nobody = { manifest: null, earlier: () => [] };
let folder = '';
beforeEach(() => void (folder = mkdtempSync(join(tmpdir(), 'carousel-clues-'))));
afterEach(() => rmSync(folder, { recursive: true }));

/** A manifest of these digests with one unreadable range. */
function manifestOf(digests: string[]): string {
  const path = join(folder, 'manifest');
  const head = {
    program: '1',
    time: '2026-11-30T10:00:00Z',
    source: { path: '/s', kind: 'file', size: digests.length * block, identity: '' },
    ...{
      blockSize: block,
      blockCount: digests.length,
      unreadable: 1,
      rootDigest: 'a'.repeat(64),
      sha256: null,
    },
  };
  const lines = ['carousel-manifest 1', JSON.stringify(head), `unreadable 0 512`, ...digests];
  writeFileSync(path, [...lines, `sha256 ${'b'.repeat(64)}`, ''].join('\n'));
  return path;
}

function summaryWith(blocks: number, bad: number[]) {
  const evidence = [{ attempt: 0, bad, more: 0, echoes: [] }];
  const summary = summaryOf('complete', [{ path: '/t', state: 'failed', evidence }]);
  return { ...summary, source: { ...summary.source, size: blocks * block, blockSize: block } };
}

test('counts what is not empty from the first bad block to where nobody looked', async () => {
  // 17 of 64 KiB at the end are not looked at.
  const digests = Array.from({ length: 60 }, (_, i) => (i === 5 || i === 30 || i === 50 ? data : zeros));
  const told = await withClues(summaryWith(60, [5, 30]), { ...nobody, manifest: manifestOf(digests) });
  expect(told.targets[0]?.evidence?.[0]?.occupied).toBe(2);
  const later = await withClues(summaryWith(60, [30]), { ...nobody, manifest: manifestOf(digests) });
  expect(later.targets[0]?.evidence?.[0]?.occupied).toBe(1);
});

test('a manifest that is missing, damaged or of another source is no clue', async () => {
  for (const manifest of [null, join(folder, 'none'), '/etc/passwd', manifestOf([data, data])]) {
    const summary = summaryWith(60, [5]);
    expect(await withClues(summary, { ...nobody, manifest })).toEqual(summary);
  }
});

test('asks for earlier jobs only of what is bad', async () => {
  const told = await withClues(summaryWith(60, [5]), { manifest: null, earlier: () => [[7]] });
  expect(told.targets[0]?.earlier).toEqual([[7]]);
  const right = summaryWith(60, []);
  expect(await withClues(right, { manifest: null, earlier: () => [[7]] })).toEqual(right);
});
