/** Closing the window while a job runs asks first, and says that the copy goes on. */
import type { BrowserWindow } from 'electron';
import type { ElectronParts } from './parts.ts';
import type { Texts } from './texts.ts';

export interface Closing {
  /** From here on nothing is asked: somebody has agreed, or the system wants the program to end. */
  readonly agree: () => void;
}

const closeButton = 1;

export function askBeforeClosing(
  { app, dialog }: Pick<ElectronParts, 'app' | 'dialog'>,
  window: BrowserWindow,
  running: () => boolean,
  /** Something of it goes over the network by this program. */
  networked: () => boolean,
  texts: () => Texts,
): Closing {
  let agreed = false;
  let asking = false;

  async function ask(): Promise<void> {
    asking = true;
    try {
      const words = texts();
      const { response } = await dialog.showMessageBox(window, {
        type: 'question',
        message: words.closeQuestion,
        detail: networked() ? words.closeNetwork : words.closeDetail,
        buttons: [words.stayOpen, words.closeAnyway],
        defaultId: 0,
        cancelId: 0,
        noLink: true,
      });
      if (response !== closeButton) return;
      agreed = true;
      app.quit();
    } finally {
      asking = false;
    }
  }

  window.on('close', (event) => {
    if (agreed || !running()) return;
    event.preventDefault();
    if (!asking) ask().catch(() => undefined); // the window has gone meanwhile
  });
  // On Windows the session's end does not wait for an answer.
  window.on('session-end', () => (agreed = true));

  return { agree: () => void (agreed = true) };
}
