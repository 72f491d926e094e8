/** The time of day, as a value that components may show. */
import { onScopeDispose, readonly, ref, type Ref } from 'vue';

/** Milliseconds since 1970, each second. */
export function useNow(): Readonly<Ref<number>> {
  const now = ref(Date.now());
  const timer = setInterval(() => {
    now.value = Date.now();
  }, 1000);
  onScopeDispose(() => clearInterval(timer));
  return readonly(now);
}
