/** Carries the settings that are about looks to the document. */
import { watchEffect } from 'vue';
import type { Settings } from '@contract/groups/settings.ts';
import { chooseLocale, locales } from '../i18n/locales.ts';
import type { Texts } from '../i18n/text.ts';

export function useAppearance(settings: () => Settings, texts: Texts): void {
  const root = document.documentElement;
  const wantsLess = matchMedia('(prefers-reduced-motion: reduce)');

  function setMotion(): void {
    const { motion } = settings();
    const reduced = motion === 'reduced' || (motion === 'system' && wantsLess.matches);
    root.dataset['motion'] = reduced ? 'reduced' : 'full';
  }
  wantsLess.addEventListener('change', setMotion);

  watchEffect(() => {
    const { theme, textScale } = settings();
    root.dataset['theme'] = theme;
    root.style.setProperty('--text-scale', String(textScale));
    setMotion();
  });
  watchEffect(() => {
    const locale = chooseLocale(settings().language, navigator.languages);
    void texts.use(locale).then(() => {
      root.lang = locale;
      root.dir = locales[locale].direction;
    });
  });
}
