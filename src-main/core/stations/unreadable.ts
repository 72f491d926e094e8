/** What of the source could not be read, as the helper has said it. */
import type { BlockFrame, ByteRange } from './frame.ts';

export class Unreadable {
  readonly #ranges: ByteRange[] = [];

  add(range: ByteRange): void {
    this.#ranges.push(range);
  }

  /** Whether some of the block could not be read. */
  touches(block: number, blockSize: number): boolean {
    return this.#ranges.some(
      ({ offset, length }) => offset < (block + 1) * blockSize && offset + length > block * blockSize,
    );
  }

  /** What of the block could not be read. It is said before the block comes; should it not have been, all of it is in doubt. */
  of({ block, data }: BlockFrame, blockSize: number): ByteRange[] {
    const from = block * blockSize;
    const to = from + data.length;
    const inside = this.#ranges
      .map(({ offset, length }) => ({ offset: Math.max(offset, from), end: Math.min(offset + length, to) }))
      .filter(({ offset, end }) => offset < end)
      .map(({ offset, end }) => ({ offset, length: end - offset }));
    return inside.length > 0 ? inside : [{ offset: from, length: data.length }];
  }
}
