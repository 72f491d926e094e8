/** The languages there are, and which to use. */
import { en, type Catalogue } from './en.ts';

export const locales = {
  en: { name: 'English', direction: 'ltr' },
  de: { name: 'Deutsch', direction: 'ltr' },
  ar: { name: 'العربية', direction: 'rtl' },
} as const;
export type Locale = keyof typeof locales;

export const localeNames = Object.keys(locales) as Locale[];

const isLocale = (tag: string): tag is Locale => Object.hasOwn(locales, tag);

/** The best of our languages for what is wanted; `system` means what the browser prefers. */
export function chooseLocale(wanted: string, preferred: readonly string[]): Locale {
  const tags = wanted === 'system' ? preferred : [wanted];
  for (const tag of tags) {
    const language = tag.toLowerCase().split('-')[0] ?? '';
    if (isLocale(language)) return language;
  }
  return 'en';
}

/** Loads a catalogue. All but English come when they are needed. */
export async function loadCatalogue(locale: Locale): Promise<Catalogue> {
  switch (locale) {
    case 'en':
      return en;
    case 'de':
      return (await import('./de.ts')).de;
    case 'ar':
      return (await import('./ar.ts')).ar;
  }
}

/** The plural categories of a language, in the order of a message's forms. */
export function pluralForms(locale: string): readonly Intl.LDMLPluralRule[] {
  const inOrder = ['zero', 'one', 'two', 'few', 'many', 'other'] as const;
  const has = new Set(new Intl.PluralRules(locale).resolvedOptions().pluralCategories);
  return inOrder.filter((category) => has.has(category));
}

/** The number of the form to use for `n`, as vue-i18n asks for it. */
export function pluralRule(locale: string): (n: number, forms: number) => number {
  const rules = new Intl.PluralRules(locale);
  const order = pluralForms(locale);
  return (n, forms) => Math.min(forms - 1, Math.max(0, order.indexOf(rules.select(n))));
}
