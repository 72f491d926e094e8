// Does what reads back wrong look like a drive with less room than it claims? Pure.

import type { Evidence } from '@contract/helper-messages.ts';

/** The source of a job, as far as places matter. */
export interface SourceShape {
  readonly blockCount: number;
  readonly blockSize: number;
}

/** Where its room ends, as a number of a block, and whether other blocks' data came back. */
export interface RoomEnd {
  readonly from: number;
  readonly echo: boolean;
}

/** So many bad blocks to the end make a lack of room; fewer may be one bad place. */
const TAIL_BLOCKS = 3;
/** So many bad blocks among at least as few right ones after the first of them do so too. */
const MOST_BLOCKS = 8;
/** Up to so much of the end is written last and need not show in the first reading back (`kEnd` of `engine/target`). */
const HELD_BACK = 1_048_576;

/** The first block at whose first reading back nobody looked. */
export const readBackEnd = ({ blockCount, blockSize }: SourceShape): number =>
  blockCount - Math.ceil(HELD_BACK / blockSize) - 1;

/** Where the room of a drive seems to end; undefined if nothing points to that. */
export function roomEnd(found: Evidence, source: SourceShape): RoomEnd | undefined {
  // Of a drive that starts over at its beginning both places of each echo are known: the higher one is not there.
  const echoes = found.echoes.map(({ block, of }) => Math.max(block, of));
  if (echoes.length > 0) return { from: Math.min(...echoes), echo: true };
  const from = tailFrom(found, source);
  return from === undefined ? undefined : { from, echo: false };
}

/** The block from which on nothing holds. What holds nothing at all is broken or is not what was written, but no fake. */
function tailFrom(found: Evidence, source: SourceShape): number | undefined {
  const bad = found.bad.toSorted((a, b) => a - b);
  const [from] = bad;
  const end = readBackEnd(source);
  if (from === undefined || from === 0 || from >= end) return undefined;
  const count = bad.filter((block) => block < end).length + found.more;
  // A block of zeros reads back right where nothing was written, too: it is no sign of room.
  const telling = Math.min(end - from, found.occupied ?? Infinity);
  if (count >= TAIL_BLOCKS && count >= telling) return from;
  return count >= MOST_BLOCKS && 2 * count > telling && isDense(bad, found) ? from : undefined;
}

/** The list is cut off at some length: what it names must not lie far apart either. */
function isDense(bad: readonly number[], { more, occupied }: Evidence): boolean {
  if (more === 0 || occupied !== undefined) return true;
  return (bad.at(-1) ?? 0) - (bad[0] ?? 0) < 2 * bad.length;
}
