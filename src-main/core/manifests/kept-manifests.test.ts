import { mkdtempSync, readdirSync, rmSync, utimesSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, describe, expect, it } from 'vitest';
import { createKeptManifests, type PastLimits } from './kept-manifests.ts';

const digestOf = (n: number): string => n.toString(16).padStart(32, '0');
const folders: string[] = [];
afterEach(() => folders.splice(0).forEach((folder) => rmSync(folder, { recursive: true })));

function setup(limits?: PastLimits) {
  const folder = mkdtempSync(join(tmpdir(), 'carousel-manifests-'));
  folders.push(folder);
  const kept = createKeptManifests(folder, limits);
  const write = (n: number, bytes = 10) => {
    const path = kept.prepare(`job-${String(n)}`);
    writeFileSync(path, Buffer.alloc(bytes, n));
    return { path, rootDigest: digestOf(n) };
  };
  return { folder, kept, write };
}

describe('manifests of the past', () => {
  it('are found by their root digest when no job shows them any more', async () => {
    const { kept, write } = setup();
    const one = write(1);
    expect(kept.past(one.rootDigest)).toBeNull();
    await kept.putAway([one]);
    expect(kept.past(one.rootDigest)).toMatch(/[0-9a-f]{32}\.manifest$/);
    await kept.putAway([{ path: kept.past(one.rootDigest) ?? '', rootDigest: one.rootDigest }]);
    expect(kept.past(one.rootDigest)).not.toBeNull();
  });

  it('go, the oldest first, when they are too many or too large', async () => {
    const { folder, kept, write } = setup({ count: 3, bytes: 100 });
    for (const n of [1, 2, 3, 4]) {
      await kept.putAway([write(n)]);
      const at = new Date(2026, 0, n);
      utimesSync(kept.past(digestOf(n)) ?? '', at, at);
    }
    expect([1, 2, 3, 4].filter((n) => kept.past(digestOf(n)) !== null)).toEqual([2, 3, 4]);
    await kept.putAway([write(5, 95)]);
    expect(readdirSync(folder)).toEqual([`${digestOf(5)}.manifest`]);
  });

  it('are never looked for, or put, anywhere else', async () => {
    const { folder, kept, write } = setup();
    const elsewhere = setup().write(7);
    await kept.putAway([elsewhere, { ...write(8), rootDigest: '../../etc/passwd' }]);
    expect(kept.past(elsewhere.rootDigest)).toBeNull();
    expect(kept.past('../kept-manifests')).toBeNull();
    expect(readdirSync(folder)).toEqual([]);
  });
});
