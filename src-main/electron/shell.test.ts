import { beforeEach, describe, expect, it, vi } from 'vitest';
import type { Job } from '@contract/groups/jobs.ts';
import { sampleDrive, sampleJob, sampleState, sampleTarget } from '@contract/testing/samples.ts';
import type { ShellPorts } from './parts.ts';
import { startShell, type Shell } from './shell.ts';
import {
  cancellable,
  fakeElectron,
  FakeNotification,
  FakeWindow,
  type FakeElectron,
} from './testing/fake-electron.ts';
import { fakeCore } from './testing/fake-core.ts';

const paths = {
  renderer: '/app/dist/renderer',
  preload: '/app/dist/preload/preload.cjs',
  icon: '/app/icon.png',
  notices: '/app/third-party-notices.txt',
  userData: '/home/a/window',
};
const options = { version: '0.1.0', platform: 'linux', electronVersion: '45' };

let parts: FakeElectron;
let world: ReturnType<typeof fakeCore>;
let ports: ShellPorts;

function start(change: Partial<typeof options> = {}): Shell {
  return startShell(
    parts.electron,
    async (given) => {
      ports = given;
      return world.core;
    },
    paths,
    { ...options, ...change },
  );
}
const theWindow = (): FakeWindow => FakeWindow.all[0] ?? expect.fail('no window');
const withJobs = (...jobs: Job[]) => sampleState([sampleDrive()], jobs);
const ended = (change: Partial<Job> = {}): Job =>
  sampleJob({ state: 'ended', outcome: 'complete', ...change }, [sampleTarget({ state: 'verified' })]);

beforeEach(() => {
  parts = fakeElectron();
  world = fakeCore();
});

describe('life of the program', () => {
  it('a second instance ends at once and makes no core', async () => {
    parts.fake.app.lock = false;
    const makeCore = vi.fn();
    const shell = startShell(parts.electron, makeCore, paths, options);
    await shell.opened;
    expect(shell.first).toBe(false);
    expect(parts.fake.app.quit).toHaveBeenCalledOnce();
    expect(makeCore).not.toHaveBeenCalled();
    expect(FakeWindow.all).toEqual([]);
  });

  it('brings the window up when it is started again', async () => {
    await start().opened;
    theWindow().minimized = true;
    parts.fake.app.emit('second-instance');
    expect(theWindow().calls.slice(-3)).toEqual([['restore'], ['show'], ['focus']]);
  });

  it('sets up sandbox and protocol before anything is waited for', () => {
    parts.fake.app.whenReady.mockReturnValue(new Promise(() => undefined));
    start();
    expect(parts.fake.app.enableSandbox).toHaveBeenCalledOnce();
    expect(parts.fake.protocol.registerSchemesAsPrivileged).toHaveBeenCalledWith([
      { scheme: 'app', privileges: { standard: true, secure: true, supportFetchAPI: true } },
    ]);
    expect(FakeWindow.all).toEqual([]);
  });

  it('names itself to Windows, and only there', async () => {
    await start().opened;
    expect(parts.fake.app.setAppUserModelId).not.toHaveBeenCalled();
    parts = fakeElectron();
    await start({ platform: 'win32' }).opened;
    expect(parts.fake.app.setAppUserModelId).toHaveBeenCalledWith('org.carousel.Carousel');
  });

  it('says why when the core cannot be made, and ends', async () => {
    const shell = startShell(parts.electron, () => Promise.reject(new Error('disk full')), paths, options);
    await expect(shell.opened).rejects.toThrow('disk full');
    expect(parts.fake.dialog.showErrorBox).toHaveBeenCalledWith('Carousel could not start.', 'disk full');
    expect(parts.fake.app.quit).toHaveBeenCalled();
  });

  it('lets the core go before it ends', async () => {
    await start().opened;
    const event = cancellable({});
    parts.fake.app.emit('will-quit', event);
    expect(event.defaultPrevented).toBe(true);
    await vi.waitFor(() => expect(parts.fake.app.exit).toHaveBeenCalledWith(0));
    expect(world.core.stop).toHaveBeenCalledOnce();
  });
});

describe('the window', () => {
  it('has exactly these web preferences', async () => {
    await start().opened;
    expect(theWindow().options['webPreferences']).toEqual({
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
      devTools: false,
    });
    expect(theWindow().callsOf('loadURL')).toEqual([['app://carousel/']]);
  });

  it('shows itself when the page has something to show', async () => {
    await start().opened;
    expect(theWindow().callsOf('show')).toEqual([]);
    theWindow().emit('ready-to-show');
    expect(theWindow().callsOf('show')).toEqual([[]]);
  });

  it.each(['will-navigate', 'will-frame-navigate', 'will-redirect'])('prevents %s', async (name) => {
    await start().opened;
    const event = cancellable({ url: 'http://evil.example/' });
    theWindow().webContents.emit(name, event);
    expect(event.defaultPrevented).toBe(true);
    expect(parts.fake.shell.openExternal).not.toHaveBeenCalled();
  });

  it('prevents webviews', async () => {
    await start().opened;
    const event = cancellable({});
    theWindow().webContents.emit('will-attach-webview', event);
    expect(event.defaultPrevented).toBe(true);
  });

  it.each([
    ['https://carousel.example.org/help', true],
    ['http://carousel.example.org/', false],
    ['file:///etc/passwd', false],
    ['https://user:secret@carousel.example.org/', false],
    ['javascript:alert(1)', false],
    ['smb://server/share', false],
    ['nonsense', false],
  ])('opens no window for %s; the browser gets it: %s', async (url, opened) => {
    await start().opened;
    expect(theWindow().webContents.openHandler?.({ url })).toEqual({ action: 'deny' });
    expect(parts.fake.shell.openExternal.mock.calls).toEqual(opened ? [[url]] : []);
  });

  it('denies every permission and every device', async () => {
    await start().opened;
    const { defaultSession } = parts.fake.session;
    const answer = vi.fn();
    defaultSession.setPermissionRequestHandler.mock.calls[0]?.forEach((handler) =>
      (handler as (...values: unknown[]) => void)({}, 'media', answer),
    );
    expect(answer).toHaveBeenCalledExactlyOnceWith(false);
    const check = defaultSession.setPermissionCheckHandler.mock.calls[0]?.[0] as () => boolean;
    const device = defaultSession.setDevicePermissionHandler.mock.calls[0]?.[0] as () => boolean;
    expect([check(), device()]).toEqual([false, false]);
  });

  it.each([
    ['app://carousel/assets/a.js', false],
    ['app://other/', true],
    ['app://carousel.evil.example/', true],
    ['https://evil.example/', true],
    ['http://127.0.0.1/', true],
    ['file:///etc/passwd', true],
    ['ws://127.0.0.1/', true],
    ['devtools://devtools/bundled/x.js', true],
  ])('lets the page load nothing but its own: %s is cancelled: %s', async (url, cancel) => {
    await start().opened;
    const handler = parts.fake.session.defaultSession.webRequest.onBeforeRequest.mock.calls[0]?.[0];
    const answer = vi.fn();
    (handler as (details: object, answer: unknown) => void)({ url }, answer);
    expect(answer).toHaveBeenCalledExactlyOnceWith({ cancel });
  });

  it('loads a crashed page again, and asks when it goes on crashing', async () => {
    await start().opened;
    const crash = (): boolean =>
      theWindow().webContents.emit('render-process-gone', {}, { reason: 'crashed' });
    crash();
    expect(theWindow().callsOf('loadURL')).toHaveLength(2);
    expect(parts.fake.dialog.showMessageBox).not.toHaveBeenCalled();
    crash();
    expect(parts.fake.dialog.showMessageBox).toHaveBeenCalledOnce();
    await vi.waitFor(() => expect(theWindow().callsOf('loadURL')).toHaveLength(3));
  });
});

describe('closing', () => {
  const close = () => {
    const event = cancellable({});
    theWindow().emit('close', event);
    return event.defaultPrevented;
  };

  it('does not ask when nothing runs', async () => {
    await start().opened;
    world.show(withJobs(ended()));
    expect(close()).toBe(false);
    expect(parts.fake.dialog.showMessageBox).not.toHaveBeenCalled();
  });

  it('asks while a job runs, says that the copy goes on, and stays open by default', async () => {
    await start().opened;
    world.show(withJobs(sampleJob()));
    expect(close()).toBe(true);
    expect(close()).toBe(true); // a second try does not open a second question
    expect(parts.fake.dialog.showMessageBox).toHaveBeenCalledOnce();
    const [, question] = parts.fake.dialog.showMessageBox.mock.calls[0] as unknown as [unknown, object];
    expect(question).toMatchObject({ defaultId: 0, cancelId: 0, buttons: ['Keep Open', 'Close, Copy On'] });
    expect((question as { detail: string }).detail).toContain('The copy goes on');
    await vi.waitFor(() => expect(close()).toBe(true));
    expect(parts.fake.app.quit).not.toHaveBeenCalled();
  });

  it('ends after a yes, without touching the job', async () => {
    await start().opened;
    world.show(withJobs(sampleJob()));
    parts.fake.dialog.showMessageBox.mockResolvedValue({ response: 1 });
    close();
    await vi.waitFor(() => expect(parts.fake.app.quit).toHaveBeenCalledOnce());
    expect(close()).toBe(false);
    expect(world.core.connect).not.toHaveBeenCalled();
  });

  it('does not ask when the system wants the program to end', async () => {
    const shell = start();
    await shell.opened;
    world.show(withJobs(sampleJob()));
    shell.leave();
    expect(parts.fake.app.quit).toHaveBeenCalledOnce();
    expect(close()).toBe(false);
  });
});

describe('while a job runs, and when it is over', () => {
  it('keeps the computer awake from hold to release', async () => {
    await start().opened;
    const release = ports.powerGuard.hold();
    expect(parts.fake.powerSaveBlocker.start).toHaveBeenCalledExactlyOnceWith('prevent-app-suspension');
    release();
    release();
    expect(parts.fake.powerSaveBlocker.stop).toHaveBeenCalledExactlyOnceWith(7);
  });

  it.each([
    ['darwin', true],
    ['win32', true],
    ['linux', false],
  ])('hears on %s that the screen is locked: %s', async (platform, hears) => {
    await start({ platform }).opened;
    expect(ports.screenLock !== undefined).toBe(hears);
    const locked = vi.fn();
    ports.screenLock?.onLock(locked);
    parts.fake.powerMonitor.emit('lock-screen');
    expect(locked).toHaveBeenCalledTimes(hears ? 1 : 0);
  });

  it('shows the progress, then no bar; flashes and notifies only when nobody looks', async () => {
    await start().opened;
    const bars = () => theWindow().callsOf('setProgressBar');
    world.show(withJobs(sampleJob({}, [sampleTarget({ bytesCopied: 15_000_000_000 })])));
    expect(bars().at(-1)).toEqual([0.25, { mode: 'normal' }]);
    const before = bars().length;
    world.show(withJobs(sampleJob({}, [sampleTarget({ bytesCopied: 15_000_000_001 })])));
    expect(bars()).toHaveLength(before); // too little to show

    world.show(withJobs(ended()));
    expect(bars().at(-1)).toEqual([-1, { mode: 'none' }]);
    expect(theWindow().callsOf('flashFrame')).toEqual([]);
    expect(FakeNotification.shown).toEqual([]);

    theWindow().focused = false;
    world.show(withJobs(sampleJob()));
    world.show(withJobs(ended()));
    world.show(withJobs(ended()));
    expect(theWindow().callsOf('flashFrame')).toEqual([[true]]);
    expect(FakeNotification.shown.map(({ options: { title } }) => title)).toEqual([
      'Copied and verified: 1 of 1',
    ]);
    FakeNotification.shown[0]?.emit('click');
    expect(theWindow().calls.at(-1)).toEqual(['focus']);
    theWindow().emit('focus');
    expect(theWindow().callsOf('flashFrame')).toEqual([[true], [false]]);
  });

  it('does not notify when the person does not want it', async () => {
    await start().opened;
    theWindow().focused = false;
    const quiet = (job: Job) => {
      const state = withJobs(job);
      return { ...state, settings: { ...state.settings, notifications: false } };
    };
    world.show(quiet(sampleJob()));
    world.show(quiet(ended()));
    expect(FakeNotification.shown).toEqual([]);
  });
});

describe('settings', () => {
  it('follow the person: menu language and theme', async () => {
    await start().opened;
    const labels = () =>
      (parts.fake.Menu.setApplicationMenu.mock.calls.at(-1)?.[0] as { label: string }[]).map(
        ({ label }) => label,
      );
    expect(labels()).toEqual(['File', 'Edit', 'View', 'Help']);
    const state = sampleState();
    world.show({ ...state, settings: { ...state.settings, language: 'de', theme: 'dark' } });
    expect(labels()).toEqual(['Datei', 'Bearbeiten', 'Ansicht', 'Hilfe']);
    expect(parts.fake.nativeTheme.themeSource).toBe('dark');
  });
});
