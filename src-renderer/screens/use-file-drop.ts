/** Files from the desktop over the window. Whatever becomes of them, the page never leaves for one. */
import { onMounted, onUnmounted } from 'vue';
import { useActions } from '../stores/use-actions.ts';
import { useStaging } from '../stores/staging.ts';

const holdsFiles = (event: DragEvent): boolean => event.dataTransfer?.types.includes('Files') ?? false;
const isRefused = (event: DragEvent): boolean =>
  event.target instanceof Element && event.target.closest('[data-refuses-files]') !== null;

export function useFileDrop(): void {
  const actions = useActions();
  const staging = useStaging();
  /** Elements that the file has entered and not left. */
  let entered = 0;

  function count(change: number): void {
    entered = Math.max(0, entered + change);
    staging.fileOver = entered > 0;
  }

  const listeners = {
    dragenter: () => count(1),
    dragleave: () => count(-1),
    dragover(event: DragEvent) {
      event.preventDefault();
      const refused = isRefused(event) || actions.readOnly.value !== null;
      if (event.dataTransfer) event.dataTransfer.dropEffect = refused ? 'none' : 'copy';
    },
    drop(event: DragEvent) {
      event.preventDefault();
      count(-entered);
      if (!isRefused(event)) void actions.takeFiles([...(event.dataTransfer?.files ?? [])]);
    },
  };
  const heard = Object.entries(listeners).map(([name, listener]) => {
    const hear = (event: Event): void => {
      if (event instanceof DragEvent && holdsFiles(event)) listener(event);
    };
    return { name, hear };
  });

  onMounted(() => heard.forEach(({ name, hear }) => window.addEventListener(name, hear)));
  onUnmounted(() => heard.forEach(({ name, hear }) => window.removeEventListener(name, hear)));
}
