import { EventEmitter } from 'node:events';
import { join } from 'node:path';
import type { IpcMain, WebContents } from 'electron';
import { beforeEach, describe, expect, it, vi } from 'vitest';
import type { Channel } from '@contract/channel.ts';
import { describeChannel } from '@contract/testing/channel-conformance.ts';
import { answerPage, congestedMessages, ipcNames } from './ipc-channel.ts';
import { FakeContents } from './testing/fake-electron.ts';

interface Bridge {
  post(text: string): void;
  on(receive: (text: string) => void, closed: () => void): void;
  close(): void;
}

let contents: FakeContents;
let ipcMain: EventEmitter;
let channels: Channel[];

beforeEach(setUp);

function setUp(): void {
  contents = new FakeContents();
  ipcMain = new EventEmitter();
  channels = [];
  answerPage(ipcMain as IpcMain, contents as unknown as WebContents, (channel) => channels.push(channel));
}

/** An IPC message of our page, or of whoever `change` makes it. */
const fire = (name: string, value?: unknown, change: object = {}): boolean =>
  ipcMain.emit(name, { sender: contents, senderFrame: contents.mainFrame, ...change }, value);

function received(channel: Channel | undefined): string[] {
  const texts: string[] = [];
  channel?.onMessage((text) => texts.push(text));
  return texts;
}
const settle = (): Promise<void> => new Promise((resolve) => setTimeout(resolve, 5));

describe('the page is heard', () => {
  it('after it has opened, and only then', async () => {
    fire(ipcNames.text, 'too early');
    fire(ipcNames.open);
    const texts = received(channels[0]);
    fire(ipcNames.text, 'hello');
    await settle();
    expect(texts).toEqual(['hello']);
  });

  it.each<[string, () => object]>([
    ['other contents', () => ({ sender: new FakeContents() })],
    ['a frame inside the page', () => ({ senderFrame: { origin: 'app://carousel' } })],
    ['a frame that is gone', () => ({ senderFrame: null })],
  ])('not when the message is from %s', async (_who, change) => {
    fire(ipcNames.open, undefined, change());
    expect(channels).toEqual([]);
    fire(ipcNames.open);
    const texts = received(channels[0]);
    const closed = vi.fn();
    channels[0]?.onClose(closed);
    fire(ipcNames.text, 'evil', change());
    fire(ipcNames.close, undefined, change());
    await settle();
    expect(texts).toEqual([]);
    expect(closed).not.toHaveBeenCalled();
  });

  it.each(['https://evil.example', 'file://', 'app://other', 'null', ''])(
    'not when the main frame shows %j',
    (origin) => {
      contents.mainFrame.origin = origin;
      fire(ipcNames.open);
      expect(channels).toEqual([]);
    },
  );

  it('no longer after it has sent something that is not text', async () => {
    fire(ipcNames.open);
    const closed = vi.fn();
    channels[0]?.onClose(closed);
    fire(ipcNames.text, { not: 'text' });
    await settle();
    expect(closed).toHaveBeenCalledOnce();
  });
});

describe('a channel ends', () => {
  it.each<[string, () => void]>([
    ['is loaded again', () => fire(ipcNames.open)],
    ['is left', () => contents.emit('did-start-navigation', { isMainFrame: true, isSameDocument: false })],
    ['crashes', () => contents.emit('render-process-gone', {}, { reason: 'crashed' })],
    ['is destroyed', () => contents.emit('destroyed')],
  ])('when its page %s', async (_what, happen) => {
    fire(ipcNames.open);
    const closed = vi.fn();
    channels[0]?.onClose(closed);
    happen();
    channels[0]?.send('lost');
    await settle();
    expect(closed).toHaveBeenCalledOnce();
    expect(contents.sent).toEqual([]);
  });

  it('not when the page only moves within itself', async () => {
    fire(ipcNames.open);
    const closed = vi.fn();
    channels[0]?.onClose(closed);
    contents.emit('did-start-navigation', { isMainFrame: true, isSameDocument: true });
    contents.emit('did-start-navigation', { isMainFrame: false, isSameDocument: false });
    await settle();
    expect(closed).not.toHaveBeenCalled();
  });
});

it('is congested while the page does not take what it is sent', () => {
  fire(ipcNames.open);
  const [channel] = channels;
  for (let sent = 0; sent <= congestedMessages; sent += 1) channel?.send('patch');
  expect(channel?.congested()).toBe(true);
  fire(ipcNames.taken);
  expect(channel?.congested()).toBe(false);
});

/** The real bridge, on a fake of the sandboxed half of Electron. */
async function loadBridge(): Promise<Bridge> {
  const ipcRenderer = new EventEmitter();
  const send = (name: string, value?: unknown): void => void setImmediate(() => fire(name, value));
  contents.toPage = (name, ...values) => void setImmediate(() => ipcRenderer.emit(name, {}, ...values));
  let bridge: Bridge | null = null;
  vi.resetModules();
  vi.doMock('electron', () => ({
    ipcRenderer: Object.assign(ipcRenderer, { send }),
    contextBridge: { exposeInMainWorld: (_name: string, value: Bridge) => (bridge = value) },
  }));
  // By its path: the layers keep the two sources apart, and this proves that they fit.
  await import(join(import.meta.dirname, '..', '..', 'src-preload', 'index.ts'));
  return bridge ?? expect.fail('nothing was exposed');
}

/** The page's end, as the page makes it. */
function pageChannel(bridge: Bridge): Channel {
  const early: string[] = [];
  const closeListeners: (() => void)[] = [];
  let receive: ((text: string) => void) | null = null;
  let over = false;
  const end = (): void => {
    if (over) return;
    over = true;
    for (const listener of closeListeners) queueMicrotask(listener);
  };
  bridge.on((text) => {
    if (over) return;
    if (receive) receive(text);
    else early.push(text);
  }, end);
  return {
    send: (text) => void (over || bridge.post(text)),
    onMessage: (listener) =>
      queueMicrotask(() => {
        for (const text of early.splice(0)) listener(text);
        receive = listener;
      }),
    onClose: (listener) => void (over ? queueMicrotask(listener) : closeListeners.push(listener)),
    close() {
      if (!over) bridge.close();
      end();
    },
    congested: () => false,
  };
}

describeChannel('Electron IPC, with the real bridge', async () => {
  setUp();
  const b = pageChannel(await loadBridge());
  await vi.waitFor(() => expect(channels).toHaveLength(1));
  return { a: channels[0] ?? expect.fail('no channel'), b };
});
