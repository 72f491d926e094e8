import { describe, expect, it } from 'vitest';
import { errorCodes } from '@contract/errors.ts';
import { looks } from '../model/look.ts';
import { ar } from './ar.ts';
import { de } from './de.ts';
import { en } from './en.ts';
import { chooseLocale, pluralForms, pluralRule, type Locale } from './locales.ts';
import { createTexts } from './text.ts';

const flat = (catalogue: object): Map<string, string> =>
  new Map(
    Object.entries(catalogue).flatMap(([part, words]) =>
      Object.entries(words as Record<string, string>).map(([key, text]) => [`${part}.${key}`, text] as const),
    ),
  );
const placeholders = (text: string): string[] => [...new Set(text.match(/\{\w+\}/g) ?? [])].sort();

const english = flat(en);
const others: [Locale, Map<string, string>][] = [
  ['de', flat(de)],
  ['ar', flat(ar)],
];

describe.each(others)('the catalogue %s', (locale, words) => {
  it('has the keys of the English one', () => {
    expect([...words.keys()].sort()).toEqual([...english.keys()].sort());
  });

  it('has no empty text, and none left in English', () => {
    const isLeft = (key: string, text: string): boolean =>
      text === '' || (text.replaceAll(/\{\w+\}|\W/g, '').length > 8 && text === english.get(key));
    expect([...words].filter(([key, text]) => isLeft(key, text))).toEqual([]);
  });

  it('has the placeholders of the English one', () => {
    for (const [key, text] of words) {
      const wanted = placeholders(english.get(key) ?? '');
      const plural = text.includes(' | ');
      // A form such as "one drive" may do without its number.
      if (plural) expect(wanted, key).toEqual(expect.arrayContaining(placeholders(text)));
      else expect(placeholders(text), key).toEqual(wanted);
    }
  });

  it('has all plural forms of its language', () => {
    for (const [key, text] of english) {
      if (!text.includes(' | ')) continue;
      expect(words.get(key)?.split(' | ').length, key).toBe(pluralForms(locale).length);
    }
  });
});

/** Keys of these parts are put together from a code or a state. */
const composed =
  /^(state|spoken|errors|errorsAt|advice|short|keys|link)\.|^access\.(watch|operate|approve)Hint$|^machines\.(connecting|live|refused)$|^history\.(save|task|state)_|^bench\.(why|reason|hand|spoken)_|^stationProblem\.|^stations\.(live|lost|done)$/;
const sources = Object.entries(
  import.meta.glob<string>('../**/*.{ts,vue}', { query: '?raw', import: 'default', eager: true }),
)
  .filter(
    ([file]) => !file.endsWith('.test.ts') && !/i18n\/(en|de|ar)\.ts$/.test(file) && !file.startsWith('./'),
  )
  .map(([, source]) => source)
  .join('\n');

describe('the English catalogue', () => {
  it('has no text that nothing shows', () => {
    const unused = [...english.keys()].filter((key) => !composed.test(key) && !sources.includes(`'${key}'`));
    expect(unused).toEqual([]);
  });

  it('has words for every error', () => {
    expect(errorCodes.filter((code) => !english.has(`errors.${code}`))).toEqual([]);
  });

  it('has words for every look, to see and to hear', () => {
    expect(looks.filter((look) => !english.has(`state.${look}`) || !english.has(`spoken.${look}`))).toEqual(
      [],
    );
  });
});

describe('plurals', () => {
  it.each([
    ['ar', 0, 0],
    ['ar', 1, 1],
    ['ar', 2, 2],
    ['ar', 7, 3],
    ['ar', 32, 4],
    ['ar', 100, 5],
    ['en', 1, 0],
    ['en', 0, 1],
    ['de', 2, 1],
  ])('%s %i takes form %i', (locale, n, form) => {
    expect(pluralRule(locale)(n, pluralForms(locale).length)).toBe(form);
  });

  it('are chosen in texts', async () => {
    const texts = createTexts();
    expect(texts.text.value.tn('tray.count', 1)).toBe('1 drive');
    expect(texts.text.value.tn('tray.count', 3)).toBe('3 drives');
    await texts.use('ar');
    expect(texts.text.value.tn('tray.count', 2)).toBe('محركان');
    expect(texts.text.value.t('zone.source')).toBe('المصدر');
  });
});

describe('the language', () => {
  it.each([
    ['system', ['de-AT', 'en'], 'de'],
    ['system', ['fr', 'ar-EG'], 'ar'],
    ['system', ['fr'], 'en'],
    ['de', ['en'], 'de'],
    ['tlh', ['de'], 'en'],
  ])('for %s and %j is %s', (wanted, preferred, locale) => {
    expect(chooseLocale(wanted, preferred)).toBe(locale);
  });
});
