/** The composition root of the core: ports in, contract out. The only place that makes services. */
import { randomUUID } from 'node:crypto';
import { hostname } from 'node:os';
import { dirname, join, resolve } from 'node:path';
import type { Channel } from '@contract/channel.ts';
import { appError, type AppError } from '@contract/errors.ts';
import type { Role } from '@contract/groups/common.ts';
import type { DriveCard } from '@contract/groups/jobs.ts';
import type { HostKind, SystemInfo } from '@contract/groups/system.ts';
import { serveContract, type Handlers } from '@contract/server.ts';
import type { AppState } from '@contract/snapshot.ts';
import { createCopyService } from './copy/copy-service.ts';
import { createDeviceService } from './devices/device-service.ts';
import { everyTime, linuxFingerprint, watchDrives, type Watcher } from './devices/device-watcher.ts';
import { createImageList, practiceDrives } from './devices/file-drives.ts';
import { listDrives } from './devices/list-drives.ts';
import { createPracticeService } from './devices/practice-service.ts';
import type { ListDrives } from './devices/raw-drive.ts';
import { createHandlers } from './handlers.ts';
import { HelperClient } from './helper/helper-client.ts';
import { findHelper } from './helper/helper-path.ts';
import { directLauncher } from './helper/launch/direct-launcher.ts';
import type { HelperLauncher } from './helper/launch/launcher.ts';
import type { Engine } from './jobs/engine.ts';
import { createJobJournal } from './jobs/job-journal.ts';
import { createKeptResults } from './jobs/kept-results.ts';
import { createJobService } from './jobs/job-service.ts';
import { createLogger } from './logging/logger.ts';
import { createProbeService } from './probes/probe-service.ts';
import type { Ports } from './ports.ts';
import type { Recorder } from './recording/session-recorder.ts';
import { loadSettings } from './settings/settings-store.ts';
import { createStateStore } from './state/state-store.ts';

export interface AppOptions {
  host: HostKind;
  version: string;
  ports: Ports;
  /** Tests bring their own. */
  engine?: () => Engine;
  list?: ListDrives;
  /** Shows practice drives and the jobs on them, and no other drive or job of this computer. */
  practiceOnly?: boolean;
  /** Everything that is shown and asked is written to it. */
  recorder?: Recorder;
}

/** The core as its host sees it. */
export interface App {
  readonly state: AppState;
  /** Answers the contract on a channel until it ends. */
  connect(channel: Channel, role: Role): void;
  /** Tells of every published change; the result stops it. For the taskbar, notifications, a closing window. */
  onState(listener: (state: AppState) => void): () => void;
  /** Looks for drives once, without watching and without jobs: for a command that only lists them. */
  look(): Promise<void>;
  /** Begins to watch drives and to find jobs that run; resolves when the first look is done. */
  start(): Promise<void>;
  /** Lets go of everything. Jobs run on. */
  stop(): Promise<void>;
}

/** The helper answers a question about drives in a moment, or a drive hangs. */
const checkMs = 4000;
/** So often is looked for jobs that another program began. */
const findJobsMs = 5000;

function helperEngine(launcher: HelperLauncher | undefined): () => Engine {
  let engine: Engine | null = null;
  return () => (engine ??= new HelperClient(launcher ?? directLauncher(findHelper()), checkMs));
}

const textOf = (error: unknown): string =>
  error instanceof Error ? (error.stack ?? error.message) : JSON.stringify(error);

/** Puts the core together. */
export async function createApp({ host, version, ports, recorder, ...own }: AppOptions): Promise<App> {
  const { clock, paths, elevation, powerGuard, fileDialogs } = ports;
  const engine = own.engine ?? helperEngine(elevation.launcher);
  const logger = createLogger(clock, paths.logFile);
  const loaded = await loadSettings(paths.settingsFile, () => clock.now());
  const settings = loaded.store;
  const images = createImageList();
  const practice = createPracticeService(paths.practiceDir);
  const system: SystemInfo = {
    version,
    platform: process.platform,
    arch: process.arch,
    host,
    hostName: hostname().slice(0, 256),
    elevation: elevation.state,
    helper: null,
    practiceDir: null,
    watching: 'off',
    drivesKnown: false,
    canPickFile: fileDialogs !== undefined,
    warnings: loaded.warning ? [loaded.warning] : [],
  };
  const initial = {
    system,
    settings: settings.current,
    drives: {},
    driveOrder: [],
    jobs: {},
    jobOrder: [],
    probes: {},
  };
  const store = createStateStore(initial, randomUUID(), clock);

  const setSystem = (change: Partial<SystemInfo>): void =>
    store.update((state) => ({ ...state, system: { ...state.system, ...change } }));

  /** Puts a warning on the list, or takes it off. */
  function warn(warning: AppError, on: boolean): void {
    const others = store.state.system.warnings.filter(({ code }) => code !== warning.code);
    const had = others.length < store.state.system.warnings.length;
    if (on !== had) setSystem({ warnings: on ? [...others, warning] : others });
  }

  const devices = createDeviceService({
    list: own.practiceOnly ? () => Promise.resolve([]) : (own.list ?? listDrives),
    listFiles: async () => [...(await practiceDrives(paths.practiceDir)), ...(await images.list())],
    check: async (asked) => engine().check(asked),
    policy: () => ({
      protectedSerials: settings.current.protectedSerials,
      canElevate: elevation.state !== 'unavailable' && elevation.state !== 'none-needed',
    }),
    jobOf: (id) => jobs.jobOf(id),
    onChange(drives, problem) {
      if (problem !== null) logger.error('drives', textOf(problem));
      store.update((state) => ({
        ...state,
        drives: Object.fromEntries(drives.map((drive) => [drive.id, drive])),
        driveOrder: drives.map(({ id }) => id),
      }));
      setSystem({ drivesKnown: true });
      warn(appError('drives-unreadable'), problem !== null);
    },
  });

  let awake: (() => void) | null = null;
  function stayAwake(): void {
    if (jobs.running() || probes.running()) awake ??= powerGuard.hold();
    else {
      awake?.();
      awake = null;
    }
  }
  const jobs = createJobService({
    engine,
    elevation,
    clock,
    logger,
    journal: createJobJournal(join(paths.stateDir, 'jobs.json'), (error) =>
      logger.error('journal', String(error)),
    ),
    results: createKeptResults(join(paths.stateDir, 'results')),
    drive: (id) => store.state.drives[id],
    driveAt: (path) => Object.values(store.state.drives).find((drive) => drive.path === path),
    defaults: () => settings.current.job,
    adopts: (sourcePath) => !own.practiceOnly || dirname(sourcePath) === resolve(paths.practiceDir),
    onChange(list) {
      store.update((state) => ({
        ...state,
        jobs: Object.fromEntries(list.map((job) => [job.id, job])),
        jobOrder: list.map(({ id }) => id),
      }));
      stayAwake();
    },
    onDrivesTouched() {
      devices.judge();
      void look();
    },
  });

  const probes = createProbeService({
    engine,
    elevation,
    logger,
    clock,
    drive: (id) => store.state.drives[id],
    onChange(probed) {
      store.update((state) => ({ ...state, probes: probed }));
      stayAwake();
    },
    onDrivesTouched: () => void look(),
  });

  async function look(): Promise<void> {
    await devices.scan();
    const practiceDir = await practice.folder();
    if (practiceDir !== store.state.system.practiceDir) setSystem({ practiceDir });
  }

  async function askHelper(): Promise<void> {
    try {
      const { helper } = await engine().version();
      setSystem({ helper: helper.slice(0, 64) });
      warn(appError('helper-missing'), false);
    } catch (error) {
      logger.error('helper', textOf(error));
      warn(appError('helper-missing'), true);
    }
  }

  /** Images of jobs that were kept belong in the catalogue: the job may be retried. Not those of other programs' jobs. */
  async function recallImages(): Promise<void> {
    const isOurs = (card: DriveCard): boolean => card.kind === 'image' && card.drive !== null;
    for (const { source, targets } of Object.values(store.state.jobs)) {
      if (isOurs(source.card)) await images.addSource(source.card.path).catch(() => undefined);
      for (const { card } of Object.values(targets)) {
        if (isOurs(card)) await images.addTarget(card.path, true).catch(() => undefined);
      }
    }
  }

  let watcher: Watcher | null = null;
  let cancelFind: (() => void) | null = null;
  let stopped = false;

  async function findJobs(): Promise<void> {
    await jobs.find().catch((error: unknown) => logger.debug('jobs', textOf(error)));
    if (!stopped) cancelFind = clock.after(findJobsMs, () => void findJobs());
  }

  elevation.onChange(() => {
    setSystem({ elevation: elevation.state });
    devices.judge();
  });

  const copies = createCopyService(engine, elevation);
  const services = { store, settings, devices, images, practice, jobs, probes, copies, logger, fileDialogs };
  const handlers: Handlers = recorder
    ? recorder.watch(store, createHandlers(services))
    : createHandlers(services);

  return {
    get state() {
      return store.state;
    },
    connect(channel, role) {
      serveContract(channel, {
        role,
        app: version,
        handlers,
        onInternalError: (name, error) => logger.error('contract', `${name}: ${textOf(error)}`),
      });
    },
    onState: (listener) => store.onPatch((_patch, state) => listener(state)),
    async look() {
      await look();
      store.flush();
    },
    async start() {
      watcher = watchDrives({
        timers: clock,
        commands: watchCommands(),
        fingerprint: process.platform === 'linux' ? () => linuxFingerprint() : everyTime(),
        onChange: () => void look(),
        onMode: (watching) => setSystem({ watching }),
      });
      await jobs.restore();
      await recallImages();
      await Promise.all([askHelper(), look()]);
      await findJobs();
      store.flush();
    },
    async stop() {
      stopped = true;
      watcher?.stop();
      cancelFind?.();
      awake?.();
      probes.stop();
      await jobs.stop();
      await recorder?.close();
    },
  };
}

/** Programs that tell of the kernel's uevents: the helper, which ends when we do; udev's where it is missing. */
function watchCommands(): [string, ...string[]][] {
  if (process.platform !== 'linux') return [];
  const udev: [string, ...string[]] = ['udevadm', 'monitor', '--kernel', '--subsystem-match=block'];
  try {
    return [[findHelper(), 'watch'], udev];
  } catch {
    return [udev];
  }
}
