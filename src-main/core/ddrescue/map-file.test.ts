import { describe, expect, it } from 'vitest';
import { MapFileError, parseMap, rangesToSkip, writeMap, type MapBlock } from './map-file.ts';

const head =
  '# Mapfile. Created by GNU ddrescue version 1.27\n# current_pos  current_status  current_pass\n0x00000000     ?               1\n';

describe('reads', () => {
  it('what the manual shows, in every way of writing numbers', () => {
    const text = `${head}#      pos        size  status\n0x00000000  0x00000075  +\n0x75  0x8B  -   # behind white space\n0400 256 *\n512\t0x1000  /\n\n0x1200 1 ?\n`;
    expect(parseMap(text)).toEqual([
      { offset: 0, length: 0x75, status: '+' },
      { offset: 0x75, length: 0x8b, status: '-' },
      { offset: 0x100, length: 256, status: '*' },
      { offset: 0x200, length: 0x1000, status: '/' },
      { offset: 0x1200, length: 1, status: '?' },
    ]);
  });

  it('maps of before version 1.20, with line ends of Windows, and without a block', () => {
    expect(parseMap('0x0 +\r\n0x0 0x10 +\r\n')).toEqual([{ offset: 0, length: 16, status: '+' }]);
    expect(parseMap(head)).toEqual([]);
  });

  it.each([
    ['', 'line 1: it is empty'],
    ['# only a comment\n', 'line 2: it is empty'],
    ['hello\n', 'line 1: no status line'],
    ['0x0 X 1\n', 'no status line'],
    ['0x0 ? 0\n', 'no number of a pass'],
    ['0x0 ? 1 1\n', 'no status line'],
    [`${head}0x0 0x10\n`, 'a status that ddrescue does not have'],
    [`${head}0x0 0x10 F\n`, 'a status that ddrescue does not have'],
    [`${head}0x0 0x10 + 9\n`, 'no block'],
    [`${head}-1 0x10 +\n`, 'no block'],
    [`${head}0x0 1e3 +\n`, 'no block'],
    [`${head}08 1 +\n`, 'no block'],
    [`${head}0x0 0 +\n`, 'a size that cannot be'],
    [`${head}0x1FFFFFFFFFFFFF 0x10 +\n`, 'a size that cannot be'],
    [`${head}0xFFFFFFFFFFFFFFFF 1 +\n`, 'no block'],
    [`${head}0 16 +\n0x20 1 +\n`, 'line 5: the block does not begin where the one before ends'],
    [`${head}0 16 +\n0x8 1 +\n`, 'does not begin where'],
  ])('%j not', (text, why) => {
    expect(() => parseMap(text)).toThrow(MapFileError);
    expect(() => parseMap(text)).toThrow(why);
  });

  it('a long hostile line in no time', () => {
    const began = performance.now();
    expect(() =>
      parseMap(`0 ? 1\n${' '.repeat(200_000)}#${'#'.repeat(200_000)}\n${'1 '.repeat(200_000)}`),
    ).toThrow();
    expect(performance.now() - began).toBeLessThan(2000);
  });
});

describe('leaves out', () => {
  const blocks: MapBlock[] = [
    { offset: 512, length: 512, status: '+' },
    { offset: 1024, length: 512, status: '-' },
    { offset: 1536, length: 512, status: '*' },
    { offset: 2048, length: 512, status: '/' },
    { offset: 2560, length: 512, status: '?' },
    { offset: 3072, length: 512, status: '+' },
    { offset: 3584, length: 4096, status: '-' },
  ];

  it('of a drive what was given up, and nothing past its end', () => {
    expect(rangesToSkip(blocks, 4096, false)).toEqual([
      { offset: 1024, length: 512 },
      { offset: 3584, length: 512 },
    ]);
    expect(rangesToSkip(blocks, 3584, false)).toEqual([{ offset: 1024, length: 512 }]);
  });

  it('of an image everything that was never read, listed or not', () => {
    expect(rangesToSkip(blocks, 10_000, true)).toEqual([
      { offset: 0, length: 512 },
      { offset: 1024, length: 2048 },
      { offset: 3584, length: 6416 },
    ]);
    expect(rangesToSkip([], 100, true)).toEqual([{ offset: 0, length: 100 }]);
  });
});

it('writes what it reads', () => {
  const unreadable = [
    { offset: 0, length: 512 },
    { offset: 5_000_000_000, length: 1024 },
  ];
  const text = writeMap({ size: 6_000_000_000, unreadable, rest: '+' }, ['of\nsomething']);
  expect(text.split('\n')[0]).toBe('# of something');
  expect(rangesToSkip(parseMap(text), 6_000_000_000, false)).toEqual(unreadable);
  expect(rangesToSkip(parseMap(text), 6_000_000_000, true)).toEqual(unreadable);
  const unsure = writeMap({ size: 1000, unreadable: [{ offset: 100, length: 100 }], rest: '?' }, []);
  expect(rangesToSkip(parseMap(unsure), 1000, true)).toEqual([{ offset: 0, length: 1000 }]);
});
