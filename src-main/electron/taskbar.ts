/** The bar on the program's icon while a job runs, and the icon's call for attention when one is over. */
import type { BrowserWindow } from 'electron';
import type { TaskbarProgress } from './job-view.ts';

type BarWindow = Pick<BrowserWindow, 'setProgressBar' | 'flashFrame' | 'isFocused'>;

export interface Taskbar {
  show(progress: TaskbarProgress | null): void;
  /** A job is over. */
  attention(): void;
}

/** Electron's ways to say "no bar" and "cannot tell how far". */
const noBar = -1;
const unknown = 2;

export function createTaskbar(window: BarWindow): Taskbar {
  let shown = '';
  return {
    show(progress) {
      const fraction = progress ? (progress.fraction ?? unknown) : noBar;
      const mode = !progress
        ? 'none'
        : progress.fraction === null
          ? 'indeterminate'
          : progress.failed
            ? 'error'
            : 'normal';
      const wanted = `${mode} ${fraction.toFixed(2)}`;
      if (wanted === shown) return;
      shown = wanted;
      window.setProgressBar(fraction, { mode });
    },
    attention() {
      if (!window.isFocused()) window.flashFrame(true);
    },
  };
}
