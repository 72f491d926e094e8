/** What a map of ddrescue says a copy is to leave out, within what a copy takes. */
import { readFileSync, statSync } from 'node:fs';
import type { ByteRange } from '@contract/groups/jobs.ts';
import { MAX_SKIP_RANGES } from '../helper/helper-verbs.ts';
import { MapFileError, maxMapBytes, parseMap, rangesToSkip } from './map-file.ts';

export interface SkipRanges {
  /** At most as many as a copy takes, in order. */
  ranges: ByteRange[];
  /** Of all that the map names. */
  places: number;
  bytes: number;
}

/** An image with more gaps than a copy takes: what is not named would be copied as if it were data. */
export class TooManyGaps extends Error {
  override readonly name = 'TooManyGaps';
  readonly all: Omit<SkipRanges, 'ranges'>;
  constructor(all: Omit<SkipRanges, 'ranges'>) {
    super(`${String(all.places)} places hold no data`);
    this.all = all;
  }
}

/** Reads the map of a source. Throws a `MapFileError`, a `TooManyGaps`, or what the system says of the file. */
export function readSkipRanges(file: string, source: { size: number; isFile: boolean }): SkipRanges {
  if (statSync(file).size > maxMapBytes) throw new MapFileError(1, 'it is too large for a map of ddrescue');
  const all = rangesToSkip(parseMap(readFileSync(file, 'utf8')), source.size, source.isFile);
  const told = { places: all.length, bytes: all.reduce((sum, { length }) => sum + length, 0) };
  if (all.length <= MAX_SKIP_RANGES) return { ranges: all, ...told };
  // Nobody but the map knows of a gap in an image. What a drive is said not to give can be tried.
  if (source.isFile) throw new TooManyGaps(told);
  const largest = [...all].sort((a, b) => b.length - a.length).slice(0, MAX_SKIP_RANGES);
  return { ranges: largest.sort((a, b) => a.offset - b.offset), ...told };
}
