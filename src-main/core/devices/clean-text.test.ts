import { describe, expect, it } from 'vitest';
import { cleanText, maxNameLength } from './clean-text.ts';

describe('cleanText', () => {
  it.each<[string, string | null | undefined, string | null]>([
    ['leaves plain text', 'HOLIDAY 2024', 'HOLIDAY 2024'],
    ['leaves other scripts', 'קבצים', 'קבצים'],
    ['leaves emoji', '🎄 Fotos', '🎄 Fotos'],
    ['trims the padding of SCSI names', 'SanDisk ', 'SanDisk'],
    ['folds white space', 'a \t\n b', 'a b'],
    ['removes the right-to-left override', 'safe\u202Egnp.exe', 'safegnp.exe'],
    ['removes isolates and marks', '\u2066A\u2069\u200E\u200F\u061CB', 'AB'],
    ['removes zero-width characters', 'KING\u200BSTON\u200D\uFEFF', 'KINGSTON'],
    ['removes terminal escapes', '\u001B[31mred\u001B[0m\u0007', '[31mred[0m'],
    ['removes C1 controls', 'a\u009Bb', 'ab'],
    ['removes NUL', 'a\u0000b', 'ab'],
    ['removes line separators', 'a\u2028b\u2029c', 'abc'],
    ['removes invisible letters', 'a\u3164\u115F\u2800b', 'ab'],
    ['removes lone halves of pairs', 'a\uD800b', 'ab'],
    ['removes tag characters', 'a\u{E0041}b', 'ab'],
    ['removes soft hyphens', 'co\u00ADoperate', 'cooperate'],
    ['composes', 'e\u0301', 'é'],
    ['cuts piles of marks', `z${'\u0335'.repeat(40)}`, 'z\u0335\u0335'],
    ['gives null for nothing', '\u200B \u0000', null],
    ['gives null for null', null, null],
    ['gives null for undefined', undefined, null],
  ])('%s', (_title, text, expected) => expect(cleanText(text)).toBe(expected));

  it('caps the length by what people see as characters', () => {
    const clean = cleanText('😀'.repeat(500)) ?? '';
    expect(Array.from(clean)).toHaveLength(maxNameLength);
    expect(clean.endsWith('…')).toBe(true);
    expect(clean.length).toBeLessThanOrEqual(128);
  });

  it('is quick with very long text', () => {
    const begin = performance.now();
    cleanText('\u0335'.repeat(10_000_000));
    expect(performance.now() - begin).toBeLessThan(500);
  });
});
