// What a map of ddrescue says a copy is to leave out.

import type { ByteRange } from '@contract/groups/jobs.ts';
import { MapFileError } from '../../core/ddrescue/map-file.ts';
import { readSkipRanges, TooManyGaps } from '../../core/ddrescue/skip-ranges.ts';
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
  const what = ({ places, bytes }: { places: number; bytes: number }): string =>
    `${plural(places, 'place')} (${formatBytes(bytes)})`;
  try {
    const { ranges, ...all } = readSkipRanges(file, source);
    const rest =
      ranges.length === all.places
        ? ' of the source cannot be read: zeros go there.'
        : ` of the source cannot be read. The ${MAX_SKIP_RANGES} largest are left out, the others tried.`;
    return { ranges, note: `By ${name}, ${what(all)}${rest}` };
  } catch (error) {
    if (error instanceof TooManyGaps)
      throw usageError(
        `${name} names ${what(error.all)} of the image that hold no data; a copy takes at most ${MAX_SKIP_RANGES}`,
      );
    if (error instanceof MapFileError) throw usageError(`${name} is no map of ddrescue: ${error.message}`);
    if (error instanceof Error && 'errno' in error)
      throw usageError(`${name} cannot be read: ${error.message}`);
    throw error;
  }
}
