import { expect, it } from 'vitest';
import { columnsFor } from './use-columns.ts';

const even = [1, 2, 4, 8];

it.each([
  ['as many as fit', 1000, undefined, 4],
  ['one at least', 10, undefined, 1],
  ['the largest step that fits', 1500, even, 4],
  ['a step that just fits', 1912, even, 8],
  ['the only one where nothing fits', 10, even, 1],
  ['what fits where it is below all steps', 300, [2, 4], 1],
])('%s', (_title, width, steps, columns) => expect(columnsFor(width, 230, 10, steps)).toBe(columns));
