/** The map of a source in the catalogue, as the app asks for it. */
import { appError, ContractError, fail } from '@contract/errors.ts';
import type { Drive } from '@contract/groups/drives.ts';
import { MapFileError } from './map-file.ts';
import { readSkipRanges, TooManyGaps, type SkipRanges } from './skip-ranges.ts';

const maxDetail = 1024;

/** What the map at a path says of this drive; fails with an error of the contract. */
export function readMapOf({ kind, size }: Drive, path: string): SkipRanges {
  if (kind === 'feed') fail('unsupported');
  try {
    return readSkipRanges(path, { size, isFile: kind !== 'disk' });
  } catch (error) {
    if (error instanceof TooManyGaps)
      throw new ContractError(appError('map-too-many-gaps', { places: error.all.places }));
    if (error instanceof MapFileError)
      throw new ContractError(appError('map-damaged', { detail: error.message.slice(0, maxDetail) }));
    return fail('not-found', {});
  }
}
