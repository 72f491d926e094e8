import {
  existsSync,
  mkdirSync,
  mkdtempSync,
  readFileSync,
  readdirSync,
  rmSync,
  writeFileSync,
} from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, expect, test } from 'vitest';
import type { JobSummary } from '@contract/helper-messages.ts';
import { createKeptManifests } from '../manifests/kept-manifests.ts';
import { summaryOf } from '../testing/helper-events.ts';
import { keptCopy } from './kept-copy.ts';

const root = 'ab'.repeat(32);
let folder = '';
let notes: string[] = [];
const note = (text: string): void => void notes.push(text);
beforeEach(() => {
  folder = mkdtempSync(join(tmpdir(), 'carousel-kept-copy-'));
  notes = [];
});
afterEach(() => rmSync(folder, { recursive: true }));

const kept = (): string => join(folder, 'manifests');
const copyOf = (manifest?: string, manifests = createKeptManifests(kept())) =>
  keptCopy({ source: '/s', targets: ['/t'], options: manifest === undefined ? {} : { manifest } }, manifests);
const asked = ({ request }: ReturnType<typeof copyOf>): string => request.options?.manifest ?? '';

function ended(path: string, written: boolean, change: Partial<JobSummary> = {}): JobSummary {
  const done = summaryOf('complete', [{ path: '/t' }], change);
  return {
    ...done,
    ok: done.ok && written,
    source: { ...done.source, rootDigest: root },
    manifest: { path, written },
  };
}

test('one that nobody asked for is kept by its root digest and told of nowhere', async () => {
  const copy = copyOf();
  writeFileSync(asked(copy), 'of the copy');
  const summary = await copy.settle(ended(asked(copy), true), note);
  expect(readdirSync(kept())).toEqual([`${root}.manifest`]);
  expect([summary.ok, summary.manifest, notes]).toEqual([true, undefined, []]);
});

test('one that was asked for is where it was asked for, and kept', async () => {
  const file = join(folder, 'mine');
  const copy = copyOf(file);
  expect(asked(copy)).toBe(file);
  writeFileSync(file, 'of the copy');
  const summary = await copy.settle(ended(file, true), note);
  expect(summary.manifest).toEqual({ path: file, written: true });
  expect(readFileSync(join(kept(), `${root}.manifest`), 'utf8')).toBe('of the copy');
  expect(existsSync(file)).toBe(true);
});

test('not keeping it does not spoil a good copy, and does not make a bad one good', async () => {
  const copy = copyOf();
  const good = await copy.settle(ended(asked(copy), false), note);
  expect([good.ok, good.manifest]).toEqual([true, undefined]);
  expect(notes).toHaveLength(1);
  const bad = ended(asked(copy), false);
  const source = { ...bad.source, unreadable: [{ offset: 0, length: 512 }] };
  const failed = bad.targets.map((target) => ({ ...target, state: 'failed' as const }));
  for (const change of [{ source }, { targets: failed }, { outcome: 'cancelled' as const }])
    expect((await copy.settle({ ...bad, ...change }, note)).ok).toBe(false);
});

test('one that was asked for and is not written stays a failure', async () => {
  const file = join(folder, 'mine');
  const summary = await copyOf(file).settle(ended(file, false), note);
  expect([summary.ok, summary.manifest?.written]).toEqual([false, false]);
  expect(readdirSync(kept())).toEqual([]);
});

test('where nothing can be kept the copy is asked for without, and that is said', async () => {
  writeFileSync(kept(), 'a file in its place');
  const copy = copyOf();
  expect(copy.request.options?.manifest).toBeUndefined();
  await copy.settle(summaryOf('complete', [{ path: '/t' }]), note);
  expect(notes).toHaveLength(1);
  rmSync(kept());
  mkdirSync(kept());
});
