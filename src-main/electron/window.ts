/** The one window: a sandboxed page that can reach nothing but the bridge. */
import type { BrowserWindow, BrowserWindowConstructorOptions } from 'electron';
import type { ElectronParts, ShellPaths } from './parts.ts';
import { pageUrl } from './page-policy.ts';

/** The page's own, so that nothing flashes before it is there. */
const darkBackground = '#0c1116';
const lightBackground = '#edf0f3';

/** How the window is made. */
function windowOptions(
  paths: Pick<ShellPaths, 'preload' | 'icon'>,
  { dark, devTools }: { dark: boolean; devTools: boolean },
): BrowserWindowConstructorOptions {
  return {
    width: 1280,
    height: 840,
    minWidth: 480,
    minHeight: 480,
    show: false,
    title: 'Carousel',
    icon: paths.icon,
    backgroundColor: dark ? darkBackground : lightBackground,
    webPreferences: {
      preload: paths.preload,
      sandbox: true,
      contextIsolation: true,
      nodeIntegration: false,
      nodeIntegrationInWorker: false,
      nodeIntegrationInSubFrames: false,
      webSecurity: true,
      allowRunningInsecureContent: false,
      experimentalFeatures: false,
      webviewTag: false,
      navigateOnDragDrop: false,
      spellcheck: false,
      devTools,
    },
  };
}

/** Makes the window, still empty; `loadPage` fills it. It shows itself when there is something to see. */
export function createWindow(
  { BrowserWindow, nativeTheme, app }: Pick<ElectronParts, 'BrowserWindow' | 'nativeTheme' | 'app'>,
  paths: ShellPaths,
): BrowserWindow {
  const window = new BrowserWindow(
    windowOptions(paths, { dark: nativeTheme.shouldUseDarkColors, devTools: !app.isPackaged }),
  );
  window.once('ready-to-show', () => window.show());
  window.on('focus', () => window.flashFrame(false));
  return window;
}

export const loadPage = (window: BrowserWindow): Promise<void> => window.loadURL(pageUrl);

/** Brings the window to the front, wherever it is. */
export function bringUp(window: BrowserWindow): void {
  if (window.isMinimized()) window.restore();
  window.show();
  window.focus();
}
