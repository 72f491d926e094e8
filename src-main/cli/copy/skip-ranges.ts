// What a map of ddrescue says a copy is to leave out.

import { readFileSync, statSync } from 'node:fs';
import type { ByteRange } from '@contract/groups/jobs.ts';
import { MapFileError, maxMapBytes, parseMap, rangesToSkip } from '../../core/ddrescue/map-file.ts';
import { MAX_SKIP_RANGES } from '../../core/helper/helper-verbs.ts';
import { usageError } from '../exit-codes.ts';
import { cleanText } from '../output/clean.ts';
import { formatBytes, plural } from '../output/format.ts';

/** The ranges, and what to tell people about them. Throws a usage error. `size`: bytes of the source. */
export function skipRanges(
  file: string,
  source: { size: number; isFile: boolean },
): { ranges: ByteRange[]; note: string } {
  const name = cleanText(file);
  const all = rangesToSkip(readMap(file, name), source.size, source.isFile);
  const bytes = all.reduce((sum, { length }) => sum + length, 0);
  const what = `${plural(all.length, 'place')} (${formatBytes(bytes)})`;
  if (all.length <= MAX_SKIP_RANGES)
    return { ranges: all, note: `By ${name}, ${what} of the source cannot be read: zeros go there.` };
  // Nobody but the map knows of a gap in an image; one that is not named would be copied as if it were data.
  if (source.isFile)
    throw usageError(
      `${name} names ${what} of the image that hold no data; a copy takes at most ${MAX_SKIP_RANGES}`,
    );
  const largest = [...all].sort((a, b) => b.length - a.length).slice(0, MAX_SKIP_RANGES);
  return {
    ranges: largest.sort((a, b) => a.offset - b.offset),
    note: `By ${name}, ${what} of the source cannot be read. The ${MAX_SKIP_RANGES} largest are left out, the others tried.`,
  };
}

function readMap(file: string, name: string): ReturnType<typeof parseMap> {
  try {
    if (statSync(file).size > maxMapBytes) throw usageError(`${name} is too large for a map of ddrescue`);
    return parseMap(readFileSync(file, 'utf8'));
  } catch (error) {
    if (error instanceof MapFileError) throw usageError(`${name} is no map of ddrescue: ${error.message}`);
    if (error instanceof Error && 'errno' in error)
      throw usageError(`${name} cannot be read: ${error.message}`);
    throw error;
  }
}
