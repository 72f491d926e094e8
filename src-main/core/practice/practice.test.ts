import { mkdtemp, readdir, readFile, rename, rm, stat, symlink, truncate, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, expect, test } from 'vitest';
import { makePractice, PracticeRefused } from './make-practice.ts';
import { fillPracticeContent } from './practice-content.ts';
import { MARKER_FILE, parseMarker, PracticeMarkerError, readPracticeFolder } from './practice-drives.ts';

const MIB = 1_048_576;
let dir: string;
beforeEach(async () => {
  dir = await mkdtemp(join(tmpdir(), 'carousel-practice-'));
});
afterEach(() => rm(dir, { recursive: true }));

test('makes a source, drives and a marker', async () => {
  const { folder, made, isNew } = await makePractice(dir, { sticks: 2, size: 2 * MIB + 512 });
  expect(isNew).toBe(true);
  expect(made).toEqual(['practice-source.img', 'practice-1.img', 'practice-2.img']);
  expect(folder.drives.map(({ name, state }) => [name, state])).toEqual([
    ['Practice Stick 1', 'ready'],
    ['Practice Stick 2', 'ready'],
  ]);
  expect((await readdir(dir)).sort()).toEqual([
    MARKER_FILE,
    'practice-1.img',
    'practice-2.img',
    'practice-source.img',
  ]);
  const source = await readFile(folder.source.path);
  expect(source.length).toBe(2 * MIB + 512);
  expect(source.toString('latin1', 4096, 4096 + 38)).toBe('Carousel practice sector 000000000001\n');
  expect((await stat(join(dir, 'practice-1.img'))).size).toBe(2 * MIB + 512);
});

test('a second run changes nothing, a third completes', async () => {
  await makePractice(dir, { sticks: 2, size: MIB });
  await writeFile(join(dir, 'practice-1.img'), Buffer.alloc(MIB, 7));
  const again = await makePractice(dir, {});
  expect(again).toMatchObject({ made: [], isNew: false });
  expect((await readFile(join(dir, 'practice-1.img')))[0]).toBe(7);
  await rm(join(dir, 'practice-2.img'));
  const more = await makePractice(dir, { sticks: 3, size: MIB });
  expect(more.made).toEqual(['practice-2.img', 'practice-3.img']);
  expect(more.folder.drives).toHaveLength(3);
});

test('a run that was interrupted is completed', async () => {
  const { folder } = await makePractice(dir, { sticks: 1, size: MIB });
  await rename(folder.source.path, `${folder.source.path}.part`);
  expect((await makePractice(dir, {})).made).toEqual(['practice-source.img']);
  expect(await readdir(dir)).not.toContain('practice-source.img.part');
});

test('refuses other folders, other sizes and files that are not what they should be', async () => {
  await writeFile(join(dir, 'thesis.txt'), 'x');
  await expect(makePractice(dir, {})).rejects.toThrow(PracticeRefused);
  await rm(join(dir, 'thesis.txt'));
  await makePractice(dir, { sticks: 1, size: MIB });
  await expect(makePractice(dir, { size: 2 * MIB })).rejects.toThrow(PracticeRefused);
  await truncate(join(dir, 'practice-1.img'), 5);
  await expect(makePractice(dir, {})).rejects.toThrow(/practice-1.img/);
  await rm(join(dir, 'practice-1.img'));
  await symlink('/etc/passwd', join(dir, 'practice-1.img'));
  expect(readPracticeFolder(dir)?.drives[0]?.state).toBe('odd');
  await expect(makePractice(dir, {})).rejects.toThrow(PracticeRefused);
});

test('no two places of the content are alike, and it is the same every time', () => {
  const [one, two, again] = [Buffer.alloc(MIB), Buffer.alloc(MIB), Buffer.alloc(MIB)];
  fillPracticeContent(one, 0);
  fillPracticeContent(two, 5 * MIB);
  fillPracticeContent(again, 0);
  expect(one.equals(again)).toBe(true);
  const sectors = new Set(
    [one, two].flatMap((data) =>
      Array.from({ length: 256 }, (_, i) => data.toString('latin1', i * 4096, i * 4096 + 4096)),
    ),
  );
  expect(sectors.size).toBe(512);
});

const drive = (file: string, serial = 'S1'): object => ({ file, name: 'A', serial, size: MIB });
const marker = (source: object, ...drives: object[]): string =>
  JSON.stringify({ carouselPractice: 1, source, drives });

test('a marker that is as it should be', () => {
  expect(parseMarker(marker(drive('practice-source.img'), drive('practice-1.img', 'S2')))).toMatchObject({
    carouselPractice: 1,
  });
});

test.each([
  'x',
  '{}',
  'null',
  JSON.stringify({ carouselPractice: 2 }),
  marker(drive('practice-source.img')),
  marker(drive('../../etc/passwd'), drive('practice-1.img', 'S2')),
  marker(drive('/dev/sda'), drive('practice-1.img', 'S2')),
  marker(drive('practice-source.img'), drive('practice-1.img')),
  marker(drive('practice-1.img'), drive('practice-1.img', 'S2')),
  marker(drive('practice-source.img'), { ...drive('practice-1.img', 'S2'), name: '\u001b[2J' }),
  marker(drive('practice-source.img'), { ...drive('practice-1.img', 'S2'), size: -1 }),
])('a marker like %.80s is refused', (text) => {
  expect(() => parseMarker(text)).toThrow(PracticeMarkerError);
});
