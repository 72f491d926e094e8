import { expect, test } from 'vitest';
import { parseBlock, parseSize, sizeBetween, wholeNumber } from './values.ts';

test.each([
  ['0', 0],
  ['65536', 65_536],
  ['512B', 512],
  ['64K', 65_536],
  ['64k', 65_536],
  ['64KiB', 65_536],
  ['1M', 1_048_576],
  ['16M', 16_777_216],
  ['1.5G', 1_610_612_736],
  ['2T', 2_199_023_255_552],
  ['20MB', 20_000_000],
  ['32 GB', 32_000_000_000],
  ['4kB', 4000],
  ['1TB', 1e12],
])('%s is %i bytes', (text, bytes) => {
  expect(parseSize(text)).toBe(bytes);
});

test.each([
  '',
  'M',
  '-1',
  '+1',
  '1e6',
  '0x10',
  '1.2',
  '1.0000001K',
  '1X',
  '1MBs',
  '1 0',
  'ten',
  '9007199254740993',
  '9999999T',
  '１M',
])('%j is no size', (text) => {
  expect(() => parseSize(text)).toThrow();
});

test('block sizes are powers of two from 64K to 16M', () => {
  expect(parseBlock('64K')).toBe(65_536);
  expect(parseBlock('16M')).toBe(16_777_216);
  for (const text of ['32K', '32M', '1MB', '3M', '65537']) expect(() => parseBlock(text)).toThrow();
});

test('whole numbers and sizes have bounds', () => {
  const slots = wholeNumber(2, 1024);
  expect(slots('64')).toBe(64);
  for (const text of ['1', '1025', '64.5', '6e1', '', ' 64', '-64', 'NaN'])
    expect(() => slots(text)).toThrow();
  expect(() => sizeBetween(10, 20, 'x')('21')).toThrow();
});
