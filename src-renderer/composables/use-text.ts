/** The words of the language in use, for components. */
import { inject, type ComputedRef, type InjectionKey } from 'vue';
import type { Text } from '../i18n/text.ts';

export const textKey: InjectionKey<ComputedRef<Text>> = Symbol('text');

/** Use as `text.value.t(...)` in scripts and `text.t(...)` in templates. */
export function useText(): ComputedRef<Text> {
  const text = inject(textKey);
  if (!text) throw new Error('no texts provided');
  return text;
}
