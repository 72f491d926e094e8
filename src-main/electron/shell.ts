/**
 * The desktop host: one instance, one window, the core in this process. Everything of Electron comes in as a value, so
 * that the whole of it runs in tests without Electron.
 *
 * Until the first `await` nothing may be waited for: the protocol and the sandbox must be set up before Electron is ready,
 * and Electron is not ready before its main module has been evaluated.
 */
import type { BrowserWindow } from 'electron';
import { showAbout, showNotices } from './about.ts';
import { answerFrom, pageSchemes } from './app-protocol.ts';
import { askBeforeClosing } from './closing.ts';
import { createFileDialogs } from './file-dialogs.ts';
import { answerPage } from './ipc-channel.ts';
import { anyNetworked, anyRunning, justEnded, taskbarProgress } from './job-view.ts';
import { lockContents, lockSession } from './lock-down.ts';
import { menuTemplate } from './menu.ts';
import { noticeOf, notify } from './notify.ts';
import { pageScheme } from './page-policy.ts';
import type { ElectronParts, MakeCore, ShellCore, ShellPaths } from './parts.ts';
import { createPowerGuard } from './power-guard.ts';
import { createScreenLock } from './screen-lock.ts';
import { recoverPage } from './recover.ts';
import { createTaskbar } from './taskbar.ts';
import { textsFor, type Texts } from './texts.ts';
import { bringUp, createWindow, loadPage } from './window.ts';

export interface ShellOptions {
  version: string;
  platform: string;
  electronVersion: string;
}

/** The started shell. */
export interface Shell {
  /** False when another instance has the window already and this one is about to end. */
  readonly first: boolean;
  /** Settles when the window has its page; rejects when the core could not be made. */
  readonly opened: Promise<void>;
  /** Ends without asking: the system wants it. Jobs run on. */
  readonly leave: () => void;
}

const appId = 'org.carousel.Carousel';
/** The core lets go of its helpers in a moment; longer is not waited for. */
const stopMs = 3000;

const told = (error: unknown): string => (error instanceof Error ? error.message : String(error));

/** Starts the shell. */
export function startShell(
  electron: ElectronParts,
  makeCore: MakeCore,
  paths: ShellPaths,
  options: ShellOptions,
): Shell {
  const { app, dialog, ipcMain, Menu, nativeTheme, protocol, session, shell } = electron;
  let window: BrowserWindow | null = null;
  let core: ShellCore | null = null;
  let agree: () => void = () => undefined;

  app.setPath('userData', paths.userData);
  if (!app.requestSingleInstanceLock()) {
    app.quit();
    return { first: false, opened: Promise.resolve(), leave: () => undefined };
  }
  app.enableSandbox();
  protocol.registerSchemesAsPrivileged(pageSchemes);
  if (options.platform === 'win32') app.setAppUserModelId(appId);

  const openExternal = (url: string): void => void shell.openExternal(url).catch(() => undefined);
  app.on('web-contents-created', (_event, contents) => lockContents(contents, openExternal));
  app.on('second-instance', () => window && bringUp(window));
  app.on('window-all-closed', () => app.quit());
  app.on('will-quit', (event) => {
    const running = core;
    if (!running) return;
    core = null;
    event.preventDefault();
    const limit = new Promise((resolve) => setTimeout(resolve, stopMs));
    void Promise.race([running.stop().catch(() => undefined), limit]).then(() => app.exit(0));
  });

  const texts = (): Texts =>
    textsFor(core?.state.settings.language ?? 'system', app.getPreferredSystemLanguages());

  function showMenu(over: BrowserWindow): void {
    const about = { version: options.version, electron: options.electronVersion, notices: paths.notices };
    const whileOpen = (shown: Promise<void>): void => void shown.catch(() => undefined);
    const actions = {
      about: () => whileOpen(showAbout(electron, over, texts(), about)),
      notices: () => whileOpen(showNotices(electron, over, texts(), paths.notices)),
    };
    const menu = menuTemplate(texts(), {
      platform: options.platform,
      development: !app.isPackaged,
      actions,
    });
    Menu.setApplicationMenu(Menu.buildFromTemplate(menu));
  }

  /** Keeps taskbar, notifications, menu and theme in step with the core. */
  function follow(running: ShellCore, over: BrowserWindow): void {
    const taskbar = createTaskbar(over);
    let before = running.state;
    running.onState((state) => {
      taskbar.show(taskbarProgress(state));
      for (const job of justEnded(before, state)) {
        taskbar.attention();
        if (over.isFocused()) continue;
        const notice = noticeOf(job, texts(), state.handOuts[job.id]);
        notify(electron, notice, state.settings, () => bringUp(over));
      }
      if (before.settings.language !== state.settings.language) showMenu(over);
      if (before.settings.theme !== state.settings.theme) useTheme(state.settings.theme);
      before = state;
    });
    taskbar.show(taskbarProgress(before));
  }

  function useTheme(theme: string): void {
    nativeTheme.themeSource = theme === 'light' || theme === 'dark' ? theme : 'system';
  }

  async function open(): Promise<void> {
    const ready = app.whenReady();
    const screenLock = createScreenLock(electron, options.platform);
    core = await makeCore({
      ...(screenLock ? { screenLock } : {}),
      powerGuard: createPowerGuard(electron),
      fileDialogs: createFileDialogs(electron, () => window, texts),
    });
    const own = core;
    await ready;
    protocol.handle(pageScheme, answerFrom(paths.renderer));
    lockSession(session.defaultSession, !app.isPackaged);
    useTheme(own.state.settings.theme);
    const shown = (window = createWindow(electron, paths));
    shown.on('closed', () => (window = null));
    ({ agree } = askBeforeClosing(
      electron,
      shown,
      () => anyRunning(own.state),
      () => anyNetworked(own.state),
      texts,
    ));
    answerPage(ipcMain, shown.webContents, (channel) => own.connect(channel, 'operator'));
    recoverPage(electron, shown, texts);
    showMenu(shown);
    follow(own, shown);
    await Promise.all([loadPage(shown), own.start()]);
  }

  const opened = open();
  opened.catch((error: unknown) => {
    dialog.showErrorBox(texts().startFailed, told(error));
    agree();
    app.quit();
  });
  return {
    first: true,
    opened,
    leave() {
      agree();
      app.quit();
    },
  };
}
