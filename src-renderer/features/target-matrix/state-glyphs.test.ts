import { expect, it } from 'vitest';
import { ar } from '../../i18n/ar.ts';
import { de } from '../../i18n/de.ts';
import { en } from '../../i18n/en.ts';
import { looks } from '../../model/look.ts';
import { glyphOf } from '../../ui/state-glyphs.ts';

const repeated = (of: readonly string[]): string[] => of.filter((one, index) => of.indexOf(one) !== index);

it('tells all states apart by their shape alone', () => {
  expect(repeated(looks.map((look) => JSON.stringify(glyphOf(look))))).toEqual([]);
});

it.each(Object.entries({ en, de, ar }))('tells them apart by their word in %s', (_locale, { state }) => {
  const words = looks.map((look) => state[look]);
  // Done is done; whether it was verified says the glyph, and the words below it.
  expect(repeated(words)).toEqual([state.done]);
  expect(state.verified).toBe(state.done);
});
