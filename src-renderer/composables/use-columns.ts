/** How many columns of a least width fit into an element. */
import { onScopeDispose, ref, watch, type Ref } from 'vue';

/** As many as fit, and one at least; of `steps`, where given, the largest that fits. Pure. */
export function columnsFor(width: number, least: number, gap: number, steps: readonly number[] = []): number {
  const fitting = Math.max(1, Math.floor((width + gap) / (least + gap)));
  return steps.reduce((best, step) => (step <= fitting ? Math.max(best, step) : best), 0) || fitting;
}

/** Follows the width of an element. */
export function useColumns(
  element: Readonly<Ref<HTMLElement | null>>,
  least: () => number,
  gap: () => number,
  steps: () => readonly number[] | undefined,
): Readonly<Ref<number>> {
  const columns = ref(1);
  let width = 0;
  const count = (): void => {
    columns.value = columnsFor(width, least(), gap(), steps());
  };
  const observer = new ResizeObserver(([entry]) => {
    width = entry?.contentRect.width ?? width;
    count();
  });
  watch(
    element,
    (now, before) => {
      if (before) observer.unobserve(before);
      if (now) {
        width = now.clientWidth;
        observer.observe(now);
        count();
      }
    },
    { immediate: true, flush: 'post' },
  );
  watch([least, gap, steps], count);
  onScopeDispose(() => observer.disconnect());
  return columns;
}
