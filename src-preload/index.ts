/** Electron's bridge: hands text from the page to the core and back. Knows nothing of what the text says. */
import { contextBridge, ipcRenderer, webUtils } from 'electron';

const bridge = {
  /** Sends one message. */
  post: (text: string): void => ipcRenderer.send('carousel:text', text),
  /** Opens the channel: `receive` gets every message, `closed` is told of its end. Once more opens a new one. */
  on(receive: (text: string) => void, closed?: () => void): void {
    for (const name of ['carousel:text', 'carousel:close']) ipcRenderer.removeAllListeners(name);
    ipcRenderer.on('carousel:text', (_event, text: string) => {
      ipcRenderer.send('carousel:taken');
      receive(text);
    });
    ipcRenderer.on('carousel:close', () => closed?.());
    ipcRenderer.send('carousel:open');
  },
  /** Ends the channel. */
  close: (): void => ipcRenderer.send('carousel:close'),
  /** Where a file lies that was dropped on the page; empty when it lies nowhere. The core trusts no path. */
  pathOf: (file: File): string => webUtils.getPathForFile(file),
};

contextBridge.exposeInMainWorld('carouselBridge', bridge);
