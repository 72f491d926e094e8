/** Among sticks that are to be erased together, the one that is much larger than the others is rarely meant. */

/** How many times the usual size of the batch is too much for one yes to all. */
const factor = 2;

/**
 * Is a drive of `size` bytes more than twice as large as the median of a batch (itself in it)? Of an even number the lower
 * middle counts, so that of two drives the larger one can stand out. Pure.
 */
export function isOddlyLarge(size: number, batch: readonly number[]): boolean {
  const sorted = [...batch].sort((a, b) => a - b);
  const median = sorted[Math.floor((sorted.length - 1) / 2)];
  return median !== undefined && size > factor * median;
}
