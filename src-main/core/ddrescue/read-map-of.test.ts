import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, expect, test } from 'vitest';
import { sampleDrive } from '@contract/testing/samples.ts';
import { readMapOf } from './read-map-of.ts';

let folder = '';
beforeEach(() => void (folder = mkdtempSync(join(tmpdir(), 'carousel-map-'))));
afterEach(() => rmSync(folder, { recursive: true }));

function mapOf(lines: string[]): string {
  const path = join(folder, 'map');
  writeFileSync(path, ['0x0 + 1', ...lines, ''].join('\n'));
  return path;
}
const codeOf = (work: () => unknown): unknown => {
  try {
    return work();
  } catch (error) {
    return (error as { error?: { code: string } }).error?.code;
  }
};
const drive = sampleDrive({ size: 1_000_000 });
const image = sampleDrive({ kind: 'image', size: 1_000_000 });
/** So many bad places, 20 bytes apart; one of them is larger than the others. */
const holes = (count: number): string[] =>
  Array.from({ length: count }, (_, i) => {
    const [at, long] = [i * 20, i === 7 ? 15 : 10];
    return [`${String(at)} ${String(long)} -`, `${String(at + long)} ${String(20 - long)} +`];
  }).flat();

test('of a drive what was given up is left out, of an image whatever was not read', () => {
  const path = mapOf(['0 500000 +', '500000 512 -', '500512 488 ?']);
  expect(readMapOf(drive, path)).toEqual({
    ranges: [{ offset: 500_000, length: 512 }],
    places: 1,
    bytes: 512,
  });
  expect(readMapOf(image, path)).toEqual({
    ranges: [{ offset: 500_000, length: 500_000 }],
    places: 1,
    bytes: 500_000,
  });
});

test('of a drive the largest are taken where there are too many; an image is refused', () => {
  const path = mapOf(holes(1001));
  const found = readMapOf(drive, path);
  expect([found.places, found.ranges.length, found.bytes]).toEqual([1001, 1000, 10_015]);
  expect(found.ranges).toContainEqual({ offset: 140, length: 15 });
  expect(codeOf(() => readMapOf(image, path))).toBe('map-too-many-gaps');
});

test('what is no map, is not there, or would be for a source of another computer is refused', () => {
  expect(codeOf(() => readMapOf(drive, mapOf(['nonsense'])))).toBe('map-damaged');
  expect(codeOf(() => readMapOf(drive, join(folder, 'none')))).toBe('not-found');
  expect(codeOf(() => readMapOf(sampleDrive({ kind: 'feed' }), mapOf(['0 10 -'])))).toBe('unsupported');
});
