import { describe, expect, it } from 'vitest';
import { createFormat } from './format.ts';

const en = createFormat('en');
const de = createFormat('de');
/** The spaces at which no line ends, as those of the keyboard. */
const plain = (words: string): string => words.replaceAll('\u00a0', ' ');

describe('formats', () => {
  it.each([
    [0, '0 byte'],
    [999, '999 byte'],
    [12_100_000_000, '12.1 GB'],
    [32_000_000_000, '32 GB'],
    [999_999_999, '1 GB'],
  ])('%i bytes are %s', (bytes, words) => expect(plain(en.bytes(bytes))).toBe(words));

  it.each([
    [0, '0 MB/s'],
    [4_000_000, '4 MB/s'],
    [3_240_000, '3.2 MB/s'],
    [412_300_000, '412 MB/s'],
  ])('%i bytes a second are %s', (rate, words) => expect(plain(en.rate(rate))).toBe(words));

  it.each([
    [40, '40 sec'],
    [90, '1 min 30 sec'],
    [720, '12 min'],
    [4800, '1 hr 20 min'],
  ])('%i seconds are %s', (seconds, words) => expect(plain(en.duration(seconds))).toBe(words));

  it('keep a number and its unit on one line', () => {
    for (const { bytes, rate, duration } of [en, de, createFormat('ar')])
      expect([bytes(4e9), rate(4e6), duration(40)].join('')).not.toContain(' ');
    expect(de.rate(4_000_000)).toBe('4\u00a0MB/s');
    expect(de.duration(90)).toBe('1\u00a0Min. 30\u00a0Sek.');
  });
});
