/** What this program is, and whose work is in it. */
import type { BrowserWindow } from 'electron';
import type { ElectronParts } from './parts.ts';
import type { Texts } from './texts.ts';

type AboutParts = Pick<ElectronParts, 'dialog' | 'shell'>;

const noticesButton = 1;

/** Opens the notices in the person's text viewer. */
export async function showNotices(
  { dialog, shell }: AboutParts,
  window: BrowserWindow,
  texts: Texts,
  file: string,
): Promise<void> {
  const problem = await shell.openPath(file);
  if (problem !== '') {
    await dialog.showMessageBox(window, { type: 'warning', message: texts.noticesMissing, detail: file });
  }
}

/** Shows version and licence; from there the notices. */
export async function showAbout(
  parts: AboutParts,
  window: BrowserWindow,
  texts: Texts,
  about: { version: string; electron: string; notices: string },
): Promise<void> {
  const { response } = await parts.dialog.showMessageBox(window, {
    type: 'info',
    title: texts.about,
    message: 'Carousel',
    detail: texts.aboutDetail(about.version, about.electron),
    buttons: [texts.ok, texts.notices],
    defaultId: 0,
    cancelId: 0,
    noLink: true,
  });
  if (response === noticesButton) await showNotices(parts, window, texts, about.notices);
}
