/** A set of block numbers below a fixed count, and its form as ranges `[first, count]`. */

export type BlockRange = readonly [first: number, count: number];

export class BlockSet {
  readonly count: number;
  #size = 0;
  readonly #bits: Uint8Array;

  constructor(count: number) {
    this.count = count;
    this.#bits = new Uint8Array(count);
  }

  get size(): number {
    return this.#size;
  }

  has(block: number): boolean {
    return this.#bits[block] === 1;
  }

  /** True if it was not in it before. */
  add(block: number): boolean {
    if (block < 0 || block >= this.count || this.#bits[block] === 1) return false;
    this.#bits[block] = 1;
    this.#size++;
    return true;
  }

  /** True if it was in it before. */
  delete(block: number): boolean {
    if (this.#bits[block] !== 1) return false;
    this.#bits[block] = 0;
    this.#size--;
    return true;
  }

  clear(): void {
    this.#bits.fill(0);
    this.#size = 0;
  }
}

/** The blocks for which `is` holds, as ranges in order. */
export function rangesWhere(count: number, is: (block: number) => boolean): BlockRange[] {
  const ranges: BlockRange[] = [];
  let first = -1;
  for (let block = 0; block <= count; block++) {
    const inside = block < count && is(block);
    if (inside && first < 0) first = block;
    if (inside || first < 0) continue;
    ranges.push([first, block - first]);
    first = -1;
  }
  return ranges;
}

/** True for ranges in ascending order of which no two share a block, all below `count`. */
export function areInOrder(ranges: readonly BlockRange[], count: number): boolean {
  let end = 0;
  return ranges.every(([first, n]) => {
    const fits = first >= end && n >= 1 && first + n <= count;
    end = first + n;
    return fits;
  });
}

/** Calls for each block of the ranges. */
export function eachBlock(ranges: readonly BlockRange[], visit: (block: number) => void): void {
  for (const [first, count] of ranges) for (let block = first; block < first + count; block++) visit(block);
}
