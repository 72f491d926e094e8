/**
 * The map file of GNU ddrescue ("Mapfile structure" in its manual, 1.20 and later): which parts of a drive were read, which were
 * not. Read strictly and within bounds, since it comes from anywhere. Pure.
 */
import type { ByteRange } from '@contract/groups/jobs.ts';

/** A map larger than this is no map: more than a million lines. */
export const maxMapBytes = 64 * 1024 * 1024;

/** `?` not tried yet, `*` failed and not trimmed, `/` not scraped, `-` bad sectors, `+` read. */
const statuses = ['?', '*', '/', '-', '+'] as const;
export type MapStatus = (typeof statuses)[number];

export interface MapBlock extends ByteRange {
  status: MapStatus;
}

/** The file is no map; `line` counts from 1. */
export class MapFileError extends Error {
  override readonly name = 'MapFileError';
  constructor(line: number, what: string) {
    super(`line ${String(line)}: ${what}`);
  }
}

/** Decimal, or hexadecimal with 0x, or octal with 0, as the manual allows; up to 2^53. */
function integer(word: string | undefined): number {
  if (word === undefined || !/^(0x[0-9a-f]{1,16}|0[0-7]{0,21}|[1-9][0-9]{0,18})$/i.test(word))
    return Number.NaN;
  const octal = /^0[0-7]/.test(word);
  const value = octal ? Number.parseInt(word, 8) : Number(word);
  return Number.isSafeInteger(value) ? value : Number.NaN;
}

/** The blocks of a map, in order, one right behind the other. Throws a `MapFileError`. */
export function parseMap(text: string): MapBlock[] {
  const blocks: MapBlock[] = [];
  let end: number | null = null;
  let sawStatus = false;
  let number = 0;
  for (const line of text.split('\n')) {
    number += 1;
    const words = line
      .replace(/(^|\s)#.*$/, '')
      .trim()
      .split(/\s+/);
    if (words[0] === '') continue;
    const refuse = (what: string): never => {
      throw new MapFileError(number, what);
    };
    if (!sawStatus) {
      sawStatus = true;
      const [position, status = '', pass, ...more] = words;
      // The number of the pass came with version 1.20.
      if (Number.isNaN(integer(position)) || !/^[?*/\-FG+]$/.test(status) || more.length > 0)
        refuse('no status line of ddrescue');
      if (pass !== undefined && !(integer(pass) > 0)) refuse('no number of a pass');
      continue;
    }
    const [from, long, sign, ...more] = words;
    const [offset, length] = [integer(from), integer(long)];
    const status = statuses.find((one) => one === sign);
    if (Number.isNaN(offset) || Number.isNaN(length) || more.length > 0)
      refuse('no block: position, size, status');
    if (!status) return refuse('a status that ddrescue does not have');
    if (length === 0 || !Number.isSafeInteger(offset + length)) refuse('a size that cannot be');
    if (end !== null && offset !== end) refuse('the block does not begin where the one before ends');
    end = offset + length;
    blocks.push({ offset, length, status });
  }
  if (!sawStatus) throw new MapFileError(number, 'it is empty');
  return blocks;
}

/** Ranges with neighbours made one. */
function joined(ranges: readonly ByteRange[]): ByteRange[] {
  const all: ByteRange[] = [];
  for (const { offset, length } of ranges) {
    const last = all.at(-1);
    if (last && last.offset + last.length === offset) last.length += length;
    else all.push({ offset, length });
  }
  return all;
}

/**
 * What a copy of a source of `size` bytes leaves out by this map. Of a drive only what ddrescue has given up sector by sector; all
 * else is worth another try. Of an image that ddrescue made (`image`) everything it never read, listed or not: there are no
 * data in it, and nothing but the map says so.
 */
export function rangesToSkip(blocks: readonly MapBlock[], size: number, image: boolean): ByteRange[] {
  const inside = blocks
    .map(({ offset, length, status }) => ({ offset, length: Math.min(length, size - offset), status }))
    .filter(({ length }) => length > 0);
  if (!image) return joined(inside.filter(({ status }) => status === '-'));
  const from = inside[0]?.offset ?? size;
  const last = inside.at(-1);
  const end = last ? last.offset + last.length : size;
  const unlisted = (offset: number, length: number): ByteRange[] => (length > 0 ? [{ offset, length }] : []);
  return joined([
    ...unlisted(0, from),
    ...inside.filter(({ status }) => status !== '+'),
    ...unlisted(end, size - end),
  ]);
}

const hex = (value: number): string => `0x${value.toString(16).toUpperCase().padStart(8, '0')}`;

/**
 * A map of a source of `size` bytes in which these ranges could not be read. `rest`: what the others are: `+` where all of them
 * were read, `?` where that is not known. `comments` say where the map comes from.
 */
export function writeMap(
  { size, unreadable, rest }: { size: number; unreadable: readonly ByteRange[]; rest: '+' | '?' },
  comments: readonly string[],
): string {
  const blocks: MapBlock[] = [];
  let at = 0;
  for (const { offset, length } of unreadable) {
    if (offset > at) blocks.push({ offset: at, length: offset - at, status: rest });
    blocks.push({ offset, length, status: '-' });
    at = offset + length;
  }
  if (at < size) blocks.push({ offset: at, length: size - at, status: rest });
  const lines = blocks.map(({ offset, length, status }) => `${hex(offset)}  ${hex(length)}  ${status}`);
  return [
    ...comments.map((comment) => `# ${comment.replace(/[\r\n]+/g, ' ')}`),
    '# current_pos  current_status  current_pass',
    `${hex(0)}     ${rest === '+' ? '+' : '?'}               1`,
    '#      pos        size  status',
    ...lines,
    '',
  ].join('\n');
}
