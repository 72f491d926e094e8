/** How long something took that is over. */
import type { Text } from '../i18n/text.ts';

/** `12 min`; of what was over before a second had passed just that. */
export const tookWords = ({ t, f }: Text, seconds: number): string =>
  seconds < 1 ? t('app.underSecond') : f.duration(seconds);
