/** The system's file dialogs, over our window. */
import type { BrowserWindow } from 'electron';
import type { FilePurpose } from '@contract/groups/system.ts';
import type { FileDialogs } from '../core/ports.ts';
import type { ElectronParts } from './parts.ts';
import type { Texts } from './texts.ts';

const named = (purpose: FilePurpose, words: Texts) =>
  purpose === 'open-manifest'
    ? { name: words.manifests, extensions: ['manifest'] }
    : { name: words.images, extensions: ['img', 'iso', 'raw', 'bin', 'dd'] };

export function createFileDialogs(
  { dialog }: Pick<ElectronParts, 'dialog'>,
  window: () => BrowserWindow | null,
  texts: () => Texts,
): FileDialogs {
  return {
    async pick(purpose) {
      const over = window();
      if (!over) return null;
      const words = texts();
      const filters = [
        ...(purpose === 'open-file' ? [] : [named(purpose, words)]),
        { name: words.allFiles, extensions: ['*'] },
      ];
      if (purpose !== 'save-image') {
        const { filePaths } = await dialog.showOpenDialog(over, { properties: ['openFile'], filters });
        return filePaths[0] ?? null;
      }
      const { filePath, canceled } = await dialog.showSaveDialog(over, {
        properties: ['showOverwriteConfirmation', 'createDirectory'],
        filters,
      });
      return canceled || filePath === '' ? null : filePath;
    },
  };
}
