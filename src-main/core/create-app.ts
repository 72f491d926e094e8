/** The composition root of the core: ports in, contract out. The only place that makes services. */
import { randomUUID } from 'node:crypto';
import { mkdirSync } from 'node:fs';
import { hostname } from 'node:os';
import { dirname, join, resolve } from 'node:path';
import type { Channel } from '@contract/channel.ts';
import { appError, fail, type AppError } from '@contract/errors.ts';
import type { RemoteGrant, Role } from '@contract/groups/common.ts';
import { noBench } from '@contract/groups/bench.ts';
import type { AccessState } from '@contract/groups/access.ts';
import type { DriveCard } from '@contract/groups/jobs.ts';
import { bayAt } from '@contract/groups/settings.ts';
import type { HostKind, SystemInfo } from '@contract/groups/system.ts';
import { serveContract, type Handlers } from '@contract/server.ts';
import { diffStates, type AppState } from '@contract/snapshot.ts';
import { createAccessService, type ListenAt } from './access/access-service.ts';
import { createBenchService } from './bench/bench-service.ts';
import { createCopyService } from './copy/copy-service.ts';
import { accessFolder, filesOf } from './default-paths.ts';
import { createDeviceService } from './devices/device-service.ts';
import { everyTime, linuxFingerprint, watchDrives, type Watcher } from './devices/device-watcher.ts';
import { createImageList } from './devices/file-drives.ts';
import { keepingEngine } from './devices/kept-files.ts';
import { listDrives } from './devices/list-drives.ts';
import { createDriveHandling } from './devices/drive-handling.ts';
import { createPracticeService } from './devices/practice-service.ts';
import type { ListDrives } from './devices/raw-drive.ts';
import { createHandlers } from './handlers.ts';
import { HelperClient } from './helper/helper-client.ts';
import { findHelper } from './helper/helper-path.ts';
import { directLauncher } from './helper/launch/direct-launcher.ts';
import { protecting, type HelperLauncher } from './helper/launch/launcher.ts';
import { surveyAll } from './helper/survey.ts';
import { isAlive } from './is-alive.ts';
import type { Engine } from './jobs/engine.ts';
import { createJobJournal } from './jobs/job-journal.ts';
import { createKeptResults } from './jobs/kept-results.ts';
import { createJobService } from './jobs/job-service.ts';
import { createLogger } from './logging/logger.ts';
import { knownMachines } from './machines/known-machines.ts';
import { createMachineService } from './machines/machine-service.ts';
import { createKeptManifests } from './manifests/kept-manifests.ts';
import { createProbeService } from './probes/probe-service.ts';
import type { Ports } from './ports.ts';
import { FactBook } from './record/drive-facts.ts';
import { createHistoryService } from './record/history-service.ts';
import { keepStations, recordedEngine } from './record/recorded-engine.ts';
import { createRecorder } from './record/open-recorder.ts';
import type { RecordProblem } from './record/recorder.ts';
import type { Recorder as SessionRecorder } from './recording/session-recorder.ts';
import { loadSettings } from './settings/settings-store.ts';
import { createStateStore } from './state/state-store.ts';
import { createFeedService, type StationLinkLike } from './stations/feed-service.ts';
import { createHandOutService, type PublisherLike } from './stations/hand-out-service.ts';
import type { PublisherOptions } from './stations/publisher.ts';
import type { StationOptions } from './stations/station.ts';
import { createStationsFile } from './stations/stations-file.ts';

export interface AppOptions {
  host: HostKind;
  version: string;
  ports: Ports;
  /** How to reach the helper, which is to refuse drives with these serial numbers. Tests bring their own. */
  engine?: (protects: () => readonly string[]) => Engine;
  list?: ListDrives;
  /** Shows practice drives and the jobs on them, and no other drive or job of this computer. */
  practiceOnly?: boolean;
  /** Tests bring their own. */
  makePublisher?: (options: PublisherOptions) => PublisherLike | Promise<PublisherLike>;
  openStation?: (options: StationOptions) => Promise<StationLinkLike>;
  /** Everything that is shown and asked is written to it. */
  recorder?: SessionRecorder;
}

/** The core as its host sees it. */
export interface App {
  readonly state: AppState;
  /** Answers the contract on a channel until it ends. */
  connect(channel: Channel, role: Role): void;
  /** Listens to paired devices at an address of this computer, instead of where the settings say. */
  listenAt(at: ListenAt): Promise<AccessState>;
  /** A one-time code for a device that may watch. */
  offerCode(): Promise<string>;
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

const helperEngine = (launcher: HelperLauncher | undefined, protects: () => readonly string[]): Engine =>
  new HelperClient(protecting(launcher ?? directLauncher(findHelper()), protects), checkMs);

const textOf = (error: unknown): string =>
  error instanceof Error ? (error.stack ?? error.message) : JSON.stringify(error);

/** Puts the core together. */
export async function createApp({ host, version, ports, recorder, ...own }: AppOptions): Promise<App> {
  const { clock, paths, elevation, powerGuard, fileDialogs, screenLock } = ports;
  const record = createRecorder(paths, version, clock, tellRecordProblem);
  const facts = new FactBook(
    (path) => Object.values(store.state.drives).find((drive) => drive.path === path),
    (port) => ({ bay: bayAt(settings.current.bays, port), operator: bench.operatorAt(port) }),
  );
  const makeEngine = own.engine ?? ((protects) => helperEngine(elevation.launcher, protects));
  const protects = (): readonly string[] => settings.protects;
  let made: Engine | null = null;
  const engine = (): Engine =>
    (made ??= recordedEngine(keepingEngine(makeEngine(protects), filesOf(paths)), record, facts));
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
    handOuts: {},
    feeds: {},
    bench: { ...noBench, seesLock: screenLock !== undefined },
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

  function tellRecordProblem(problem: RecordProblem): void {
    logger.error('record', JSON.stringify(problem));
    if (problem.code === 'set-aside') warn(appError('record-set-aside', { keptAs: problem.path }), true);
    else warn(appError('record-not-kept', { detail: problem.why.slice(0, 1024) }), true);
  }

  const devices = createDeviceService({
    list: own.practiceOnly ? () => Promise.resolve([]) : (own.list ?? listDrives),
    listFiles: async () => [...(await practice.drives()), ...(await images.list()), ...feeds.list()],
    check: async (asked) => engine().check(asked),
    survey: async (asked) => surveyAll(engine(), asked),
    policy: () => ({
      protectedSerials: settings.current.protectedSerials,
      canElevate: elevation.state !== 'unavailable' && elevation.state !== 'none-needed',
    }),
    jobOf: (id) => jobs.jobOf(id),
    isProbed: (id) => probes.isRunning(id),
    bayAt: (port) => bayAt(settings.current.bays, port),
    onChange(drives, problem) {
      if (problem !== null) logger.error('drives', textOf(problem));
      store.update((state) => ({
        ...state,
        drives: Object.fromEntries(drives.map((drive) => [drive.id, drive])),
        driveOrder: drives.map(({ id }) => id),
      }));
      setSystem({ drivesKnown: true });
      warn(appError('drives-unreadable'), problem !== null);
      bench.onDrives();
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
  const manifests = createKeptManifests(join(paths.stateDir, 'manifests'));
  const journal = createJobJournal(join(paths.stateDir, 'jobs.json'), (error) =>
    logger.error('journal', String(error)),
  );
  const stationsFile = createStationsFile(
    join(paths.stateDir, 'stations.json'),
    () => journal.isMine(),
    (error) => logger.error('stations', textOf(error)),
  );
  const feeds = createFeedService({
    open:
      own.openStation ??
      (async (options) => (await import('./stations/station.ts')).StationLink.open(options)),
    logger,
    onChange: (feeds) => store.update((state) => ({ ...state, feeds })),
    keep: (feeds) => stationsFile.keep({ feeds }),
  });
  const handOuts = createHandOutService({
    engine,
    clock,
    logger,
    makePublisher:
      own.makePublisher ??
      (async (options) => new (await import('./stations/publisher.ts')).Publisher(options)),
    job: (id) => store.state.jobs[id],
    keyOf: (id) => jobs.keyOf(id),
    defaults: () => settings.current.job,
    begin: (source, options) => jobs.start({ source, targets: [], options }),
    cancel: (job) => jobs.cancel(job),
    record: keepStations,
    onChange: (handOuts) => store.update((state) => ({ ...state, handOuts })),
    keep: (handOuts) => stationsFile.keep({ handOuts }),
  });
  const jobs = createJobService({
    engine,
    elevation,
    clock,
    isAlive,
    logger,
    journal,
    results: createKeptResults(join(paths.stateDir, 'results'), (file, summary) =>
      record.absorb(file, summary),
    ),
    manifests,
    contentOf: async (serial) =>
      (await history['ledger.lookup']({ serial }).catch(() => null))?.holds?.rootDigest ?? null,
    resumeFolder: resumeFolder(join(paths.stateDir, 'resume'), (error) =>
      logger.error('jobs', `interrupted copies cannot be resumed: ${String(error)}`),
    ),
    drive: (id) => store.state.drives[id],
    driveAt: (path) => Object.values(store.state.drives).find((drive) => drive.path === path),
    defaults: () => settings.current.job,
    handsOut: (mark) => handOuts.owns(mark),
    reachFeed: (source, takeUp) => feeds.reach(source, takeUp),
    adopts: (sourcePath) => !own.practiceOnly || dirname(sourcePath) === resolve(paths.practiceDir),
    onChange(list) {
      store.update((state) => ({
        ...state,
        jobs: Object.fromEntries(list.map((job) => [job.id, job])),
        jobOrder: list.map(({ id }) => id),
      }));
      handOuts.follow(store.state.jobs);
      stayAwake();
      bench.onJobs();
    },
    onDrivesTouched: touched,
  });

  const bench = createBenchService({
    clock,
    logger,
    drives: () => store.state.driveOrder.flatMap((id) => store.state.drives[id] ?? []),
    bays: () => settings.current.bays,
    jobs,
    jobsNow: () => Object.values(store.state.jobs),
    ledger: (serial) => history['ledger.lookup']({ serial }).catch(() => null),
    scan: () => devices.scan(),
    onChange: (change) => store.update((state) => ({ ...state, bench: { ...state.bench, ...change } })),
  });
  screenLock?.onLock(() => bench.disarm({ code: 'screen-locked' }));

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
    onDrivesTouched: touched,
  });

  /** Drives are used by others now, are free, or hold something else. What a job uses needs its speed for itself. */
  function touched(): void {
    devices.judge();
    for (const { id, job } of Object.values(store.state.drives)) if (job !== null) handling.stopIdentify(id);
    void look();
  }

  async function look(anew = false): Promise<void> {
    await devices.scan(anew);
    await jobs.lookForRests().catch((error: unknown) => logger.debug('jobs', textOf(error)));
    const pulled = practice.pulled();
    if (diffStates(store.state.bench.pulled, pulled).length > 0)
      store.update((state) => ({ ...state, bench: { ...state.bench, pulled } }));
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
    // What could not be read before can be now.
    if (elevation.state === 'granted') void look(true);
  });

  const copies = createCopyService(engine, elevation, facts, record, manifests);
  const access = createAccessService({
    folder: accessFolder(paths),
    clock,
    listen: ports.listen,
    connect: (channel, { role, approve }) => serveTo(channel, role, { approve }),
    onError: (error) => logger.error('access', textOf(error)),
  });
  const machines = createMachineService({
    machines: knownMachines(accessFolder(paths)),
    clock,
    onError: (error) => logger.error('machines', textOf(error)),
  });
  const history = createHistoryService(record, engine);
  const handling = createDriveHandling({
    ...{ engine, elevation, practice },
    drive: (id) => store.state.drives[id] ?? fail('no-such-drive'),
    isProbed: (id) => probes.isRunning(id),
    look: () => look(true),
  });
  const services = {
    ...{ store, settings, devices, images, practice, jobs, probes, copies, history, access, machines },
    ...{ handOuts, feeds, bench },
    ...{ logger, fileDialogs, look, handling, manifests, elevation },
  };
  const handlers: Handlers = recorder
    ? recorder.watch(store, createHandlers(services))
    : createHandlers(services);

  function serveTo(channel: Channel, role: Role, remote: RemoteGrant | null): void {
    serveContract(channel, {
      role,
      remote,
      app: version,
      handlers,
      onInternalError: (name, error) => logger.error('contract', `${name}: ${textOf(error)}`),
    });
  }

  return {
    get state() {
      return store.state;
    },
    connect: (channel, role) => serveTo(channel, role, null),
    async listenAt(at) {
      await access.listenAt(at);
      return access.state();
    },
    async offerCode() {
      return (await access.offer({ role: 'viewer', approve: false }, undefined)).code;
    },
    onState: (listener) => store.onPatch((_patch, state) => listener(state)),
    async look() {
      await look();
      await devices.lookedInside();
      store.flush();
    },
    async start() {
      record.warm();
      watcher = watchDrives({
        timers: clock,
        commands: watchCommands(),
        fingerprint: process.platform === 'linux' ? () => linuxFingerprint() : everyTime(),
        onChange: () => void look(),
        onMode: (watching) => setSystem({ watching }),
      });
      await jobs.restore();
      const kept = await stationsFile.load();
      feeds.restore(kept.feeds);
      handOuts.restore(kept.handOuts);
      await recallImages();
      await manifests.putAwayLeft();
      await Promise.all([askHelper(), look()]);
      await findJobs();
      store.flush();
      await access.follow(settings.current.listen);
    },
    async stop() {
      stopped = true;
      watcher?.stop();
      cancelFind?.();
      awake?.();
      bench.stop();
      probes.stop();
      handling.stop();
      machines.close();
      await access.close();
      await handOuts.close();
      await stationsFile.idle();
      await jobs.stop();
      record.close();
      await recorder?.close();
    },
  };
}

/** The folder for the maps of unfinished copies; null where it cannot be made. */
function resumeFolder(path: string, onError: (error: unknown) => void): string | null {
  try {
    mkdirSync(path, { recursive: true, mode: 0o700 });
    return path;
  } catch (error) {
    onError(error);
    return null;
  }
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
