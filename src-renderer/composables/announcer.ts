/** The two voices of the page: urgent things at once, the rest gathered and said at most every ten seconds. */
import { readonly, ref, type Ref } from 'vue';
import type { Timers } from '@contract/timers.ts';

export const politeEveryMs = 10_000;

export interface Announcer {
  readonly polite: Readonly<Ref<string>>;
  readonly assertive: Readonly<Ref<string>>;
  /** Asks for words when it is time; an empty text says nothing. */
  later(words: () => string): void;
  now(text: string): void;
  /** An answer to a question the person has just asked (the P key). */
  answer(text: string): void;
}

/** A silent announcer. */
export function createAnnouncer(timers: Timers): Announcer {
  const polite = ref('');
  const assertive = ref('');
  let waiting: (() => string) | null = null;
  let resting = false;
  let twin = false;

  /** Live regions say only what is different: an invisible mark makes the same words new. */
  const fresh = (text: string): string => {
    twin = !twin;
    return twin ? text : `${text}\u200b`;
  };

  function speak(): void {
    const words = waiting?.() ?? '';
    waiting = null;
    if (words === '') return;
    polite.value = fresh(words);
    resting = true;
    timers.after(politeEveryMs, () => {
      resting = false;
      speak();
    });
  }

  return {
    polite: readonly(polite),
    assertive: readonly(assertive),
    later(words) {
      waiting = words;
      if (!resting) speak();
    },
    now(text) {
      assertive.value = fresh(text);
    },
    answer(text) {
      polite.value = fresh(text);
    },
  };
}
