/** Words and formats of the language in use, as one value that pure functions can be given. */
import { createI18n } from 'vue-i18n';
import { computed } from 'vue';
import { en, type Catalogue } from './en.ts';
import { createFormat, type Format } from './format.ts';
import { loadCatalogue, localeNames, pluralRule, type Locale } from './locales.ts';

type Keys<C> = { [Part in keyof C & string]: `${Part}.${keyof C[Part] & string}` }[keyof C & string];
/** Every key of the catalogue. */
export type TextKey = Keys<Catalogue>;
export type Named = Readonly<Record<string, string | number>>;

export interface Text {
  t: (key: TextKey, named?: Named) => string;
  /** The form for `n`, which is also `{n}` in it. */
  tn: (key: TextKey, n: number, named?: Named) => string;
  /** True if the catalogue has such a key: for codes that not every table lists. */
  has: (key: string) => key is TextKey;
  f: Format;
}

/** So many finished texts are kept. */
const knownLimit = 1000;

/** The translations of one page. */
export function createTexts(locale: Locale = 'en', catalogue: Catalogue = en) {
  const i18n = createI18n({
    legacy: false,
    locale,
    fallbackLocale: 'en',
    messages: { en, [locale]: catalogue },
    pluralRules: Object.fromEntries(localeNames.map((name) => [name, pluralRule(name)])),
    missingWarn: false,
    fallbackWarn: false,
  });
  const { global } = i18n;

  const text = computed<Text>(() => {
    const now = global.locale.value;
    const f = createFormat(now);
    // Cells ask for the same words many times a second, and the library takes its time for each.
    const known = new Map<string, string>();
    function t(key: TextKey, named: Named = {}): string {
      const name = `${key} ${Object.values(named).join('|')}`;
      let words = known.get(name);
      if (words === undefined) {
        if (known.size >= knownLimit) known.clear();
        known.set(name, (words = global.t(key, named)));
      }
      return words;
    }
    return {
      f,
      t,
      tn: (key, n, named) => global.t(key, { n: f.number(n), ...named }, { plural: n }),
      has: (key): key is TextKey => global.te(key, now),
    };
  });

  async function use(next: Locale): Promise<void> {
    if (!global.availableLocales.includes(next)) global.setLocaleMessage(next, await loadCatalogue(next));
    global.locale.value = next;
  }

  return { i18n, text: text, use };
}

export type Texts = ReturnType<typeof createTexts>;
