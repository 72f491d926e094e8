import { describe, expect, it } from 'vitest';
import { isOddlyLarge } from './batch-size.ts';

describe('a drive in a batch', () => {
  it.each([
    ['nobody else', 64, [64], false],
    ['no batch', 64, [], false],
    ['all alike', 16, [16, 16, 16], false],
    ['twice as large', 32, [16, 16, 32], false],
    ['more than that', 33, [16, 16, 33], true],
    ['the larger of two', 64, [64, 16], true],
    ['the smaller of two', 16, [64, 16], false],
    ['the middle ones differ', 64, [16, 16, 32, 64], true],
    ['most are large', 64, [16, 64, 64, 64], false],
    ['a small one among large ones', 16, [16, 64, 64], false],
  ])('%s: %i of %j is too large: %s', (_what, size, batch, wanted) => {
    expect(isOddlyLarge(size, batch)).toBe(wanted);
  });
});
