import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, expect, it } from 'vitest';
import { ContractError } from '@contract/errors.ts';
import { readManifestHead } from './manifest-head.ts';

const head = {
  program: '0.1.0',
  time: '2026-11-23T10:07:19Z',
  source: { path: '/home/me/ma\u202Ester.img', kind: 'file', size: 10, identity: '' },
  blockSize: 65_536,
  blockCount: 1,
  unreadable: 2,
  rootDigest: 'a'.repeat(64),
  sha256: null,
};
let dir = '';
beforeAll(async () => void (dir = await mkdtemp(join(tmpdir(), 'carousel-head-'))));
afterAll(() => rm(dir, { recursive: true }));

async function read(text: string): Promise<unknown> {
  const path = join(dir, 'm');
  await writeFile(path, text);
  return readManifestHead(path).catch((error: unknown) =>
    error instanceof ContractError ? error.error.code : error,
  );
}
const lines = (change: object): string => `carousel-manifest 1\n${JSON.stringify({ ...head, ...change })}\n`;

it('says what a manifest is of, cleaned for the screen', async () => {
  expect(await read(lines({}))).toMatchObject({ title: 'master.img', size: 10, unreadable: 2 });
});

it.each<[string, string]>([
  ['nothing', ''],
  ['another version', lines({}).replace(' 1\n', ' 2\n')],
  ['no second line', 'carousel-manifest 1\n{}'],
  ['no JSON', 'carousel-manifest 1\nhello\n'],
  ['a digest that is none', lines({ rootDigest: 'A'.repeat(64) })],
  ['a size that is none', lines({ source: { ...head.source, size: -1 } })],
  ['a second line without an end', `carousel-manifest 1\n${'x'.repeat(40_000)}\n`],
])('%s is damaged', async (_what, text) => {
  expect(await read(text)).toBe('manifest-damaged');
});

it('a folder, and nothing at all', async () => {
  const code = (path: string): Promise<unknown> =>
    readManifestHead(path).catch((error: unknown) => (error as ContractError).error.code);
  expect(await code(dir)).toBe('manifest-damaged');
  expect(await code(join(dir, 'none'))).toBe('not-found');
});
