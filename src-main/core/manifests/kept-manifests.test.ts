import { mkdtempSync, readdirSync, rmSync, utimesSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { basename, join } from 'node:path';
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
    expect(await kept.find(one.rootDigest)).toBeNull();
    await kept.putAway([one]);
    expect(await kept.find(one.rootDigest)).toMatch(/[0-9a-f]{32}\.manifest$/);
    await kept.putAway([{ path: (await kept.find(one.rootDigest)) ?? '', rootDigest: one.rootDigest }]);
    expect(await kept.find(one.rootDigest)).not.toBeNull();
  });

  it('go, the oldest first, when they are too many or too large', async () => {
    const { folder, kept, write } = setup({ count: 3, bytes: 100 });
    for (const n of [1, 2, 3, 4]) {
      await kept.putAway([write(n)]);
      const at = new Date(2026, 0, n);
      utimesSync((await kept.find(digestOf(n))) ?? '', at, at);
    }
    expect(readdirSync(folder).sort()).toEqual([2, 3, 4].map((n) => `${digestOf(n)}.manifest`));
    await kept.putAway([write(5, 95)]);
    expect(readdirSync(folder)).toEqual([`${digestOf(5)}.manifest`]);
  });

  it('are never looked for, or put, anywhere else', async () => {
    const { folder, kept, write } = setup();
    const elsewhere = setup().write(7);
    await kept.putAway([elsewhere, { ...write(8), rootDigest: '../../etc/passwd' }]);
    expect(await kept.find(elsewhere.rootDigest)).toBeNull();
    expect(await kept.find('../kept-manifests')).toBeNull();
    expect(readdirSync(folder)).toEqual([]);
  });
});

describe('the manifest of a copy that no job shows', () => {
  /** The beginning of a manifest, which says what it is of. */
  const headOf = (rootDigest: string): string =>
    `carousel-manifest 1\n${JSON.stringify({
      time: '2026-11-30T10:00:00Z',
      source: { path: '/s', size: 1 },
      ...{ blockSize: 65_536, unreadable: 0, rootDigest },
    })}\n`;
  const root = 'ab'.repeat(32);

  it('is put away when its program was killed; what is not whole or is a shown job’s stays', async () => {
    const { folder, kept, write } = setup();
    const path = kept.prepareUnshown();
    writeFileSync(path ?? '', headOf(root));
    writeFileSync(join(folder, 'unshown-00000000.manifest'), 'torn');
    const shown = write(1);
    await kept.putAwayLeft();
    expect(readdirSync(folder).sort()).toEqual(
      [basename(shown.path), `${root}.manifest`, 'unshown-00000000.manifest'].sort(),
    );
    expect(await kept.find(root)).toBe(join(folder, `${root}.manifest`));
  });

  it('is none where no folder can be made', () => {
    expect(createKeptManifests('/dev/null/manifests').prepareUnshown()).toBeNull();
  });
});
