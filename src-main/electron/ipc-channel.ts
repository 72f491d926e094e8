/**
 * A channel over Electron's IPC, at the core's end. Only the window's own main frame, showing our own page, is heard.
 * Each load of the page opens a new channel; the old one ends with its page.
 */
import type { IpcMain, IpcMainEvent, WebContents } from 'electron';
import type { Channel } from '@contract/channel.ts';
import { pageOrigin } from './page-policy.ts';

/** The names that the bridge (`src-preload`) uses too. */
export const ipcNames = {
  /** Page: it is ready for messages. */
  open: 'carousel:open',
  /** Both: one message. */
  text: 'carousel:text',
  /** Page: it has taken one message. */
  taken: 'carousel:taken',
  /** Both: the channel has ended. */
  close: 'carousel:close',
} as const;

/** More messages than this not yet taken by the page: what can wait should wait. */
export const congestedMessages = 16;

/** Our end of one page's channel, and what the page tells it. */
interface PageChannel {
  readonly channel: Channel;
  take(text: string): void;
  taken(): void;
  /** The page has gone, or has ended the channel itself. */
  ended(): void;
}

function createPageChannel(tell: (name: string, text?: string) => void): PageChannel {
  const early: string[] = [];
  const closeListeners: (() => void)[] = [];
  let receive: ((text: string) => void) | null = null;
  let underway = 0;
  let over = false;

  function ended(): void {
    if (over) return;
    over = true;
    for (const listener of closeListeners) queueMicrotask(listener);
  }

  const channel: Channel = {
    send(text) {
      if (over) return;
      underway += 1;
      tell(ipcNames.text, text);
    },
    onMessage(listener) {
      queueMicrotask(() => {
        for (const text of early.splice(0)) listener(text);
        receive = listener;
      });
    },
    onClose(listener) {
      if (over) queueMicrotask(listener);
      else closeListeners.push(listener);
    },
    close() {
      if (over) return;
      tell(ipcNames.close);
      ended();
    },
    congested: () => underway > congestedMessages,
  };

  return {
    channel,
    take(text) {
      if (over) return;
      if (receive) receive(text);
      else early.push(text);
    },
    taken: () => void (underway = Math.max(0, underway - 1)),
    ended,
  };
}

/** Answers the page in these contents: `connect` gets a channel for each load of it. */
export function answerPage(
  ipcMain: IpcMain,
  contents: WebContents,
  connect: (channel: Channel) => void,
): void {
  let current: PageChannel | null = null;

  const tell = (name: string, text?: string): void => {
    if (!contents.isDestroyed()) contents.send(name, ...(text === undefined ? [] : [text]));
  };

  function isOurPage({ sender, senderFrame }: IpcMainEvent): boolean {
    return (
      sender === contents &&
      senderFrame !== null &&
      senderFrame === contents.mainFrame &&
      senderFrame.origin === pageOrigin
    );
  }

  function leave(): void {
    current?.ended();
    current = null;
  }

  ipcMain.on(ipcNames.open, (event) => {
    if (!isOurPage(event)) return;
    leave();
    current = createPageChannel(tell);
    connect(current.channel);
  });
  ipcMain.on(ipcNames.text, (event, text: unknown) => {
    if (!isOurPage(event)) return;
    if (typeof text === 'string') current?.take(text);
    else current?.channel.close();
  });
  ipcMain.on(ipcNames.taken, (event) => {
    if (isOurPage(event)) current?.taken();
  });
  ipcMain.on(ipcNames.close, (event) => {
    if (isOurPage(event)) leave();
  });
  contents.on('did-start-navigation', ({ isMainFrame, isSameDocument }) => {
    if (isMainFrame && !isSameDocument) leave();
  });
  contents.on('render-process-gone', leave);
  contents.on('destroyed', leave);
}
