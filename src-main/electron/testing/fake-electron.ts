/** As much of Electron as the shell uses, in plain Node. It records what it is told, and tests fire its events. */
import { EventEmitter } from 'node:events';
import { vi } from 'vitest';
import type { ElectronParts } from '../parts.ts';
import { pageOrigin } from '../page-policy.ts';

type Answer = (...values: unknown[]) => unknown;

/** An event that can be prevented, like Electron's. */
export const cancellable = <T extends object>(rest: T) => {
  const event = {
    defaultPrevented: false,
    preventDefault: () => void (event.defaultPrevented = true),
    ...rest,
  };
  return event;
};

export class FakeContents extends EventEmitter {
  readonly mainFrame = { origin: pageOrigin, url: `${pageOrigin}/` };
  readonly sent: unknown[][] = [];
  destroyed = false;
  openHandler: ((details: { url: string }) => { action: string }) | null = null;
  /** Where what is sent to the page arrives. */
  toPage: (name: string, ...values: unknown[]) => void = () => undefined;

  setWindowOpenHandler(handler: (details: { url: string }) => { action: string }): void {
    this.openHandler = handler;
  }
  isDestroyed(): boolean {
    return this.destroyed;
  }
  send(name: string, ...values: unknown[]): void {
    this.sent.push([name, ...values]);
    this.toPage(name, ...values);
  }
}

export class FakeWindow extends EventEmitter {
  static all: FakeWindow[] = [];
  readonly webContents = new FakeContents();
  readonly calls: unknown[][] = [];
  readonly options: Record<string, unknown>;
  focused = true;
  minimized = false;

  constructor(options: Record<string, unknown>) {
    super();
    this.options = options;
    FakeWindow.all.push(this);
    fakeApp?.emit('web-contents-created', {}, this.webContents);
  }
  private note(name: string, ...values: unknown[]): void {
    this.calls.push([name, ...values]);
  }
  /** What `name` was called with, call by call. */
  callsOf(name: string): unknown[][] {
    return this.calls.filter(([called]) => called === name).map(([, ...values]) => values);
  }
  loadURL = (url: string): Promise<void> => Promise.resolve(this.note('loadURL', url));
  show = (): void => this.note('show');
  focus = (): void => this.note('focus');
  restore = (): void => this.note('restore');
  isMinimized = (): boolean => this.minimized;
  isFocused = (): boolean => this.focused;
  flashFrame = (on: boolean): void => this.note('flashFrame', on);
  setProgressBar = (value: number, options: unknown): void => this.note('setProgressBar', value, options);
}

let fakeApp: FakeApp | null = null;

class FakeApp extends EventEmitter {
  isPackaged = true;
  lock = true;
  readonly requestSingleInstanceLock = vi.fn(() => this.lock);
  readonly enableSandbox = vi.fn();
  readonly setAppUserModelId = vi.fn();
  readonly setPath = vi.fn();
  readonly quit = vi.fn();
  readonly exit = vi.fn();
  readonly whenReady = vi.fn(() => Promise.resolve());
  readonly getPreferredSystemLanguages = vi.fn(() => ['en-GB']);
}

export class FakeNotification extends EventEmitter {
  static supported = true;
  static shown: FakeNotification[] = [];
  static isSupported = (): boolean => FakeNotification.supported;
  readonly options: Record<string, unknown>;
  constructor(options: Record<string, unknown>) {
    super();
    this.options = options;
  }
  show(): void {
    FakeNotification.shown.push(this);
  }
}

/** A fresh Electron; windows and notifications of the last test are forgotten. */
export function fakeElectron() {
  FakeWindow.all = [];
  FakeNotification.shown = [];
  FakeNotification.supported = true;
  const app = (fakeApp = new FakeApp());
  const session = {
    setPermissionRequestHandler: vi.fn<Answer>(),
    setPermissionCheckHandler: vi.fn<Answer>(),
    setDevicePermissionHandler: vi.fn<Answer>(),
    webRequest: { onBeforeRequest: vi.fn<Answer>() },
  };
  const fake = {
    app,
    BrowserWindow: FakeWindow,
    dialog: {
      showMessageBox: vi.fn(() => Promise.resolve({ response: 0 })),
      showErrorBox: vi.fn<Answer>(),
      showOpenDialog: vi.fn(() => Promise.resolve({ filePaths: ['/home/a/b.img'], canceled: false })),
      showSaveDialog: vi.fn(() => Promise.resolve({ filePath: '', canceled: true })),
    },
    ipcMain: new EventEmitter(),
    Menu: { setApplicationMenu: vi.fn<Answer>(), buildFromTemplate: vi.fn((template: unknown) => template) },
    nativeTheme: { shouldUseDarkColors: false, themeSource: 'system' },
    Notification: FakeNotification,
    powerMonitor: new EventEmitter(),
    powerSaveBlocker: { start: vi.fn(() => 7), stop: vi.fn<Answer>() },
    protocol: { registerSchemesAsPrivileged: vi.fn<Answer>(), handle: vi.fn<Answer>() },
    session: { defaultSession: session },
    shell: {
      openExternal: vi.fn((_url: string) => Promise.resolve()),
      openPath: vi.fn((_path: string) => Promise.resolve('')),
    },
  };
  return { fake, electron: fake as unknown as ElectronParts };
}
export type FakeElectron = ReturnType<typeof fakeElectron>;
