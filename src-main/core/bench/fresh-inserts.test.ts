import { describe, expect, it } from 'vitest';
import { sampleDrive } from '@contract/testing/samples.ts';
import { createFreshInserts } from './fresh-inserts.ts';

const drive = (id: string, diskseq: number | null) =>
  sampleDrive({ id: `drv-${id}`, identity: { ...sampleDrive().identity, diskseq } });
const ids = (drives: readonly { id: string }[]): string[] => drives.map(({ id }) => id);

describe('fresh inserts', () => {
  it('are not what was there', () => {
    const there = [drive('a', 4), drive('b', 9), drive('p', null)];
    expect(createFreshInserts(there).take(there)).toEqual([]);
  });

  it('are drives with a number that no drive had before', () => {
    const inserts = createFreshInserts([drive('a', 4), drive('b', 9)]);
    expect(ids(inserts.take([drive('a', 4), drive('b', 9), drive('c', 10)]))).toEqual(['drv-c']);
    expect(inserts.take([drive('a', 4), drive('b', 9), drive('c', 10)])).toEqual([]);
    expect(ids(inserts.take([drive('a', 12), drive('b', 9), drive('c', 10)]))).toEqual(['drv-a']);
  });

  it('are not drives that a look has missed', () => {
    const inserts = createFreshInserts([drive('a', 4), drive('b', 9)]);
    expect(inserts.take([])).toEqual([]);
    expect(inserts.take([drive('a', 4), drive('b', 9)])).toEqual([]);
    // One that the first look did not show, but that was plugged in before the newest of those it did.
    expect(inserts.take([drive('a', 4), drive('b', 9), drive('c', 7)])).toEqual([]);
  });

  it('are all of those that come at once, whichever a look sees first', () => {
    const inserts = createFreshInserts([]);
    expect(ids(inserts.take([drive('b', 2)]))).toEqual(['drv-b']);
    expect(ids(inserts.take([drive('b', 2), drive('a', 1)]))).toEqual(['drv-a']);
  });

  it('are drives without a number that were not there at the look before', () => {
    const inserts = createFreshInserts([drive('p', null)]);
    expect(inserts.take([])).toEqual([]);
    expect(ids(inserts.take([drive('p', null)]))).toEqual(['drv-p']);
    expect(inserts.take([drive('p', null)])).toEqual([]);
  });
});
