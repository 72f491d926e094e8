/** What the shell uses of Electron and of the core. Tests bring fakes of exactly this. */
import type * as Electron from 'electron';
import type { App } from '../core/create-app.ts';
import type { FileDialogs, PowerGuard, ScreenLock } from '../core/ports.ts';

/** The parts of Electron that the shell uses. */
export type ElectronParts = Pick<
  typeof Electron,
  | 'app'
  | 'BrowserWindow'
  | 'dialog'
  | 'ipcMain'
  | 'Menu'
  | 'nativeTheme'
  | 'Notification'
  | 'powerMonitor'
  | 'powerSaveBlocker'
  | 'protocol'
  | 'session'
  | 'shell'
>;

/** The core as the shell sees it. */
export type ShellCore = Pick<App, 'state' | 'connect' | 'onState' | 'start' | 'stop'>;

/** The ports of the core that only a desktop host has. */
export interface ShellPorts {
  powerGuard: PowerGuard;
  fileDialogs: FileDialogs;
  /** Left out on a system that does not tell. */
  screenLock?: ScreenLock;
}

/** Makes the core; called once, and only by the one instance that may have a window. */
export type MakeCore = (ports: ShellPorts) => Promise<ShellCore>;

/** Where the shell finds its files. */
export interface ShellPaths {
  /** The built page. */
  renderer: string;
  /** The bridge's script. */
  preload: string;
  /** The window's icon. */
  icon: string;
  /** The text with the licences of others. */
  notices: string;
  /** Chromium's own files. */
  userData: string;
}
