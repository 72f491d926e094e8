import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, expect, test } from 'vitest';
import { exportManifest } from './export-manifest.ts';

const rootDigest = 'ab'.repeat(32);
let folder = '';
beforeEach(() => void (folder = mkdtempSync(join(tmpdir(), 'carousel-export-'))));
afterEach(() => rmSync(folder, { recursive: true }));

function kept(text: string) {
  const path = join(folder, 'one.manifest');
  writeFileSync(path, text);
  return { find: (digest: string) => Promise.resolve(digest === rootDigest ? path : null) };
}
const codeOf = (work: Promise<unknown>): Promise<unknown> =>
  work.then(
    () => 'fine',
    (error: unknown) => (error as { error?: { code: string } }).error?.code,
  );

test('hands it out part by part, each of whole lines, and all of it', async () => {
  // Characters of several bytes: a part that tears one would not read.
  const lines = Array.from(
    { length: 12_000 },
    (_, i) => `${String(i)} ${'é'.repeat(i % 17)} ${'d'.repeat(32)}\n`,
  );
  const manifests = kept(lines.join(''));
  const parts: string[] = [];
  for (let from: number | null = 0; from !== null;) {
    const part: Awaited<ReturnType<typeof exportManifest>> = await exportManifest(manifests, {
      rootDigest,
      from,
    });
    expect(part.name).toBe('abababababab.manifest');
    expect(part.text.endsWith('\n')).toBe(true);
    expect(part.text.length).toBeLessThanOrEqual(150_000);
    parts.push(part.text);
    from = part.next;
  }
  expect(parts.length).toBeGreaterThan(3);
  expect(parts.join('')).toBe(lines.join(''));
});

test('what is not kept, or has no lines, is not handed out', async () => {
  const asked = { rootDigest: 'cd'.repeat(32), from: 0 };
  expect(await codeOf(exportManifest(kept('x'), asked))).toBe('no-manifest');
  expect(await codeOf(exportManifest(kept('x'.repeat(200_000)), { rootDigest, from: 0 }))).toBe(
    'manifest-damaged',
  );
  const gone = { find: () => Promise.resolve(join(folder, 'gone')) };
  expect(await codeOf(exportManifest(gone, { rootDigest, from: 0 }))).toBe('no-manifest');
});
