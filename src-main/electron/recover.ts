/** A page that crashed is loaded again; the jobs have not noticed. If it goes on crashing, a person is asked. */
import type { BrowserWindow } from 'electron';
import type { ElectronParts } from './parts.ts';
import type { Texts } from './texts.ts';
import { loadPage } from './window.ts';

/** A second crash within this time is no accident. */
const restMs = 30_000;

export function recoverPage(
  { app, dialog }: Pick<ElectronParts, 'app' | 'dialog'>,
  window: BrowserWindow,
  texts: () => Texts,
  now: () => number = Date.now,
): void {
  let lastCrash = Number.NEGATIVE_INFINITY;
  const again = (): void => void loadPage(window).catch(() => undefined); // a page that cannot be loaded crashes again

  async function ask(): Promise<void> {
    const words = texts();
    const { response } = await dialog.showMessageBox(window, {
      type: 'error',
      message: words.pageGone,
      detail: words.pageGoneDetail,
      buttons: [words.reopen, words.quit],
      defaultId: 0,
      cancelId: 0,
      noLink: true,
    });
    if (response === 0) again();
    else app.quit();
  }

  window.webContents.on('render-process-gone', (_event, { reason }) => {
    if (reason === 'clean-exit') return;
    const soon = now() - lastCrash < restMs;
    lastCrash = now();
    if (soon)
      ask().catch(() => undefined); // the window has gone meanwhile
    else again();
  });
}
