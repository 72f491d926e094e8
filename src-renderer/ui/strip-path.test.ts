import { expect, it } from 'vitest';
import { coveragePath } from './strip-path.ts';

it.each([
  ['nothing known', '', ''],
  ['nothing copied', '0000', ''],
  ['everything, as one piece', 'ffff', 'M0 0H400V1H0Z'],
  ['the beginning', 'ff00', 'M0 0H200V1H0Z'],
  ['a late joiner, in two pieces', 'f00f', 'M0 0H100V1H0ZM300 0H400V1H300Z'],
  ['a part that is filled by a third', '5000', 'M0 0H33V1H0Z'],
])('draws %s', (_title, coverage, path) => expect(coveragePath(coverage)).toBe(path));
