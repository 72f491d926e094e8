/** Runs jobs: asks the engine, feeds what it says to the machine, performs what the machine wants done. */
import { randomUUID } from 'node:crypto';
import { ContractError, fail } from '@contract/errors.ts';
import type { DriveId, JobId, TargetId } from '@contract/groups/common.ts';
import type { Drive } from '@contract/groups/drives.ts';
import {
  isFinal,
  type Approval,
  type DriveCard,
  type Job,
  type JobOptions,
  type SlowPolicy,
  type TargetCheck,
} from '@contract/groups/jobs.ts';
import type { Approvals } from '../helper/helper-job.ts';
import { HelperNotFound } from '../helper/helper-path.ts';
import type { RunningJob } from '@contract/helper-verdicts.ts';
import type { Logger } from '../logging/logger.ts';
import type { Clock, Elevation } from '../ports.ts';
import { createApprovalDesk } from './approval-desk.ts';
import { busyReasons } from './approvals.ts';
import { cardOf, cardOfPath } from './drive-card.ts';
import type { Engine, EngineJob } from './engine.ts';
import { freeTargetId } from './job-helper-events.ts';
import type { JobJournal } from './job-journal.ts';
import type { KeptResults } from './kept-results.ts';
import { step, type JobEvent } from './job-machine.ts';
import { newRun, type Effect, type JobRun } from './job-run.ts';

/** More jobs that are over than this are taken off the list by themselves, the oldest first. */
export const maxEndedJobs = 20;
const tickMs = 1000;
/** So many ticks of progress may be missing from the journal. */
const ticksBetweenSaves = 5;
/** Practice drives are files and would be done before anybody could let another one step on. */
export const practiceBytesPerSecond = 8_000_000;
/** A list of running jobs says nothing about the last moments. */
const listIsOldAfterMs = 3000;

export interface JobServiceOptions {
  engine: () => Engine;
  elevation: Elevation;
  clock: Clock;
  journal: JobJournal;
  results: KeptResults;
  logger: Logger;
  /** The catalogue as it is now. */
  drive: (id: DriveId) => Drive | undefined;
  driveAt: (path: string) => Drive | undefined;
  defaults: () => JobOptions;
  /** Whether a job that another program began is shown here. */
  adopts: (sourcePath: string) => boolean;
  onChange: (jobs: readonly Job[]) => void;
  /** Drives have become free or hold something else. */
  onDrivesTouched: () => void;
}

export interface StartRequest {
  source: DriveId;
  targets: readonly Approval[];
  options?: Partial<{ [K in keyof JobOptions]: JobOptions[K] | undefined }> | undefined;
}

export interface JobService {
  check(request: {
    source: DriveId;
    targets: readonly DriveId[];
    job?: JobId | undefined;
  }): Promise<TargetCheck[]>;
  checkRetry(job: JobId, targets: readonly TargetId[]): Promise<TargetCheck[]>;
  start(request: StartRequest): Promise<JobId>;
  addTargets(job: JobId, targets: readonly Approval[]): Promise<TargetId[]>;
  retry(job: JobId, targets: readonly Approval[]): Promise<void>;
  removeTarget(job: JobId, target: TargetId): void;
  cancel(job: JobId): void;
  setSlowPolicy(job: JobId, policy: SlowPolicy, target: TargetId | undefined): void;
  dismiss(job: JobId): void;
  /** Brings back what was kept. */
  restore(): Promise<void>;
  /** Attaches to jobs that run, others' too. What was kept as running and runs no more has ended. Rejects without a helper. */
  find(): Promise<void>;
  jobOf(drive: DriveId): JobId | null;
  running(): boolean;
  /** Lets go of every job; they run on. */
  stop(): Promise<void>;
}

interface Live {
  run: JobRun;
  engine: EngineJob | null;
}

/** A service without jobs. */
export function createJobService(options: JobServiceOptions): JobService {
  const { clock, journal, results, logger } = options;
  const jobs = new Map<JobId, Live>();
  let stopped = false;
  let ticking = false;
  let ticks = 0;

  const liveOf = (id: JobId): Live => jobs.get(id) ?? fail('no-such-job');
  const driveOf = (id: DriveId): Drive => options.drive(id) ?? fail('no-such-drive');
  const desk = createApprovalDesk({
    engine: options.engine,
    elevation: options.elevation,
    logger,
    drive: driveOf,
    reasons: busyReasons,
  });
  const isRunning = ({ run }: Live): boolean => run.job.state !== 'ended';
  const save = (): void => journal.save([...jobs.values()].map(({ run }) => run));

  function perform(live: Live, effect: Effect): void {
    switch (effect.do) {
      case 'remove':
        return void live.engine?.remove(effect.id);
      case 'cancel':
        return void live.engine?.cancel();
      case 'slow':
        return void live.engine?.slow(effect.policy, effect.id);
      case 'save':
        return save();
      case 'look-at-drives':
        return options.onDrivesTouched();
    }
  }

  function publish(): void {
    options.onChange([...jobs.values()].map(({ run }) => run.job));
  }

  function feed(id: JobId, event: JobEvent): void {
    const live = jobs.get(id);
    if (!live) return;
    const { run, effects } = step(live.run, event);
    const changed = run.job !== live.run.job;
    live.run = run;
    for (const effect of effects) perform(live, effect);
    if (changed) publish();
  }

  function keepTicking(): void {
    if (ticking || stopped) return;
    ticking = true;
    clock.after(tickMs, () => {
      ticking = false;
      const running = [...jobs.values()].filter(isRunning);
      for (const { run } of running) feed(run.job.id, { type: 'tick', now: clock.now() });
      ticks += 1;
      if (ticks % ticksBetweenSaves === 0 && running.length > 0) save();
      if (running.length > 0) keepTicking();
    });
  }

  /** The card a target was given when it stepped on, or what the catalogue has at that path. */
  function cardAt(id: JobId, path: string): DriveCard {
    const own = Object.values(jobs.get(id)?.run.job.targets ?? {}).find(({ card }) => card.path === path);
    if (own) return own.card;
    const drive = options.driveAt(path);
    return drive ? cardOf(drive) : cardOfPath(path);
  }

  function listen(id: JobId, engine: EngineJob): void {
    const live = jobs.get(id);
    if (!live) return;
    live.engine = engine;
    keepTicking();
    engine.on('event', (event) => {
      const path = 'target' in event && typeof event.target === 'string' ? event.target : '';
      feed(id, { type: 'helper', event, card: cardAt(id, path) });
    });
    engine.on('log', (text) => logger.debug('helper', text));
    engine.on('violation', (text) => logger.warn('helper', `not understood: ${text}`));
    void engine.finished.then((summary) => {
      if (jobs.get(id)?.engine !== engine) return;
      live.engine = null;
      logger.info('jobs', `${id} ended: ${summary.outcome}, ${summary.ok ? 'all good' : 'not all good'}`);
      if (stopped) return;
      feed(id, { type: 'finished', summary, now: clock.now() });
      void results.take(id);
    });
  }

  /** The source as it is now. It must still be what the job began with. */
  function sourceOf(job: Job): Drive {
    const { card } = job.source;
    const drive = driveOf(card.drive ?? fail('no-such-drive'));
    const [reason] = drive.asSource.reasons;
    if (reason) throw new ContractError(reason);
    return drive;
  }

  function startEngine(
    { id, source, options: chosen }: Job,
    paths: readonly string[],
    tokens: Approvals,
  ): EngineJob {
    const { blockSize, ...rest } = chosen;
    try {
      const resultFile = results.prepare(id);
      const request = {
        source: source.card.path,
        targets: paths,
        approvals: tokens,
        options: {
          ...rest,
          block: blockSize,
          resultFile,
          ...(source.card.kind === 'practice' ? { limit: practiceBytesPerSecond } : {}),
        },
      };
      return options.engine().start(request);
    } catch (error) {
      logger.error('jobs', `the helper could not be started: ${String(error)}`);
      return fail(error instanceof HelperNotFound ? 'helper-missing' : 'helper-failed');
    }
  }

  /** Puts targets on a job that runs, or makes it run (again) for them. */
  function board(id: JobId, riders: readonly { id: TargetId; card: DriveCard }[], tokens: Approvals): void {
    const live = liveOf(id);
    const paths = riders.map(({ card }) => card.path);
    if (isRunning(live) && live.engine) {
      if (live.run.job.state === 'stopping') fail('job-ending', {});
      const request = live.engine.add(paths, tokens);
      feed(id, { type: 'ride', targets: riders });
      feed(id, { type: 'asked', request, targets: riders.map((rider) => rider.id) });
      return;
    }
    const engine = startEngine(live.run.job, paths, tokens);
    logger.info('jobs', `${id} starts: ${live.run.job.source.card.path} to ${String(paths.length)} targets`);
    feed(id, { type: 'launch' });
    feed(id, { type: 'ride', targets: riders });
    listen(id, engine);
  }

  function forgetOldest(): void {
    const ended = [...jobs.values()].filter((live) => !isRunning(live));
    for (const { run } of ended.slice(0, Math.max(0, ended.length - maxEndedJobs))) jobs.delete(run.job.id);
  }

  /** Attaches to a job that runs, unless that has been done or it is one of ours that has not said its name yet. */
  function adopt({ job: key, pid, source: sourcePath }: RunningJob): void {
    const running = [...jobs.values()].filter(isRunning);
    const isSame = ({ run }: Live): boolean => run.key === key && (run.pid ?? pid) === pid;
    const kept = running.find(isSame);
    if (kept?.engine || (!kept && !options.adopts(sourcePath))) return;
    const isOurs = ({ run, engine }: Live): boolean =>
      engine !== null && run.key === null && run.job.source.card.path === sourcePath;
    if (running.some(isOurs)) return;
    // The list is a moment old: a job that ended meanwhile is not another one.
    const justEnded = (live: Live): boolean => {
      const { endedAt } = live.run.job;
      return isSame(live) && endedAt !== null && clock.now() - endedAt < listIsOldAfterMs;
    };
    if ([...jobs.values()].some(justEnded)) return;
    const drive = options.driveAt(sourcePath);
    const card = drive ? cardOf(drive) : cardOfPath(sourcePath);
    const id = kept?.run.job.id ?? newJobId();
    const run = kept?.run ?? {
      ...newRun(id, card, drive?.size ?? 0, options.defaults(), clock.now()),
      key,
      pid,
    };
    jobs.set(id, { run, engine: null });
    logger.info('jobs', `${id} runs already (${sourcePath}): attached`);
    listen(id, options.engine().attach(key));
    publish();
  }

  async function find(): Promise<void> {
    if (stopped) return;
    const found = await options.engine().listJobs();
    if (stopped) return;
    found.forEach(adopt);
    // What ran when the core went away and does not run any more has ended unseen.
    for (const live of [...jobs.values()]) {
      if (!isRunning(live) || live.engine) continue;
      const { id } = live.run.job;
      const summary = await results.take(id);
      const now = clock.now();
      feed(id, summary ? { type: 'finished', summary, now } : { type: 'lost', now });
    }
    forgetOldest();
  }

  /** The running job that reads from this drive. */
  const jobReading = (source: DriveId): JobId | undefined =>
    [...jobs.values()].find((live) => isRunning(live) && live.run.job.source.card.drive === source)?.run.job
      .id;

  async function addTargets(job: JobId, targets: readonly Approval[]): Promise<TargetId[]> {
    const { run } = liveOf(job);
    await desk.obtainRights(
      sourceOf(run.job),
      targets.map(({ drive }) => driveOf(drive)),
    );
    const { drives, tokens } = await desk.demandAll(sourceOf(run.job), targets);
    const riders = drives.map((drive, index) => ({
      id: freeTargetId(liveOf(job).run, index),
      card: cardOf(drive),
    }));
    board(job, riders, tokens);
    options.onDrivesTouched();
    return riders.map(({ id }) => id);
  }

  const newJobId = (): JobId => `job-${randomUUID().slice(0, 18)}`;

  return {
    async check({ source, targets, job }) {
      const from = job === undefined ? driveOf(source) : sourceOf(liveOf(job).run.job);
      return desk.checkAll(targets.map(driveOf), from);
    },

    async checkRetry(job, targets) {
      const { run } = liveOf(job);
      const card = (target: TargetId): DriveId =>
        run.job.targets[target]?.card.drive ?? fail('no-such-drive');
      return desk.checkAll(
        targets.map((target) => driveOf(card(target))),
        sourceOf(run.job),
      );
    },

    async start({ source, targets, options: chosen = {} }) {
      const running = jobReading(source);
      if (running !== undefined) {
        await addTargets(running, targets); // a source that is being copied is joined, not read a second time
        return running;
      }
      const from = driveOf(source);
      const [reason] = from.asSource.reasons;
      if (reason) throw new ContractError(reason);
      await desk.obtainRights(
        from,
        targets.map(({ drive }) => driveOf(drive)),
      );
      // After the prompt, however long it was open: the drives may be others by now.
      const { drives, tokens } = await desk.demandAll(driveOf(source), targets);
      const given = Object.fromEntries(Object.entries(chosen).filter(([, value]) => value !== undefined));
      const id = newJobId();
      const run = newRun(id, cardOf(from), from.size, { ...options.defaults(), ...given }, clock.now());
      jobs.set(id, { run, engine: null });
      try {
        board(
          id,
          drives.map((drive, index) => ({ id: freeTargetId(run, index), card: cardOf(drive) })),
          tokens,
        );
      } catch (error) {
        jobs.delete(id);
        throw error;
      }
      options.onDrivesTouched();
      return id;
    },

    addTargets,

    async retry(job, targets) {
      const { run } = liveOf(job);
      await desk.obtainRights(
        sourceOf(run.job),
        targets.map(({ drive }) => driveOf(drive)),
      );
      const { drives, tokens } = await desk.demandAll(sourceOf(run.job), targets);
      const riders = drives.map((drive) => {
        const place = Object.values(liveOf(job).run.job.targets).find(
          (target) => target.card.drive === drive.id && isFinal(target.state),
        );
        return { id: place?.id ?? fail('no-such-target', {}), card: cardOf(drive) };
      });
      board(job, riders, tokens);
      options.onDrivesTouched();
    },

    removeTarget(job, target) {
      if (!Object.hasOwn(liveOf(job).run.job.targets, target)) fail('no-such-target', {});
      feed(job, { type: 'remove', target });
    },

    cancel(job) {
      if (!isRunning(liveOf(job))) fail('job-ended');
      feed(job, { type: 'cancel' });
    },

    setSlowPolicy(job, policy, target) {
      const live = liveOf(job);
      if (!isRunning(live)) fail('job-ended');
      if (target !== undefined && !Object.hasOwn(live.run.job.targets, target)) fail('no-such-target', {});
      feed(job, { type: 'slow', policy, target: target ?? null });
    },

    dismiss(job) {
      if (isRunning(liveOf(job))) fail('job-running');
      jobs.delete(job);
      save();
      publish();
    },

    async restore() {
      for (const run of await journal.load()) jobs.set(run.job.id, { run, engine: null });
      publish();
    },

    find,

    jobOf(drive) {
      for (const live of jobs.values()) {
        if (!isRunning(live)) continue;
        const { source, targets } = live.run.job;
        if (source.card.drive === drive) return live.run.job.id;
        if (Object.values(targets).some(({ card, state }) => card.drive === drive && !isFinal(state)))
          return live.run.job.id;
      }
      return null;
    },

    running: () => [...jobs.values()].some(isRunning),

    async stop() {
      stopped = true;
      for (const { engine } of jobs.values()) engine?.detach();
      save();
      await journal.close();
    },
  };
}
