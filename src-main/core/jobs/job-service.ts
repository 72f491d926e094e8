/** Runs jobs: asks the engine, feeds what it says to the machine, performs what the machine wants done. */
import { fail } from '@contract/errors.ts';
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
import type { ManifestHead } from '@contract/groups/verify.ts';
import type { JobSummary } from '@contract/helper-messages.ts';
import type { RunningJob } from '@contract/helper-verdicts.ts';
import type { Logger } from '../logging/logger.ts';
import type { KeptManifests } from '../manifests/kept-manifests.ts';
import type { Clock, Elevation } from '../ports.ts';
import type { ReachedFeed } from '../stations/feed-service.ts';
import { createApprovalDesk } from './approval-desk.ts';
import { busyReasons } from './approvals.ts';
import { cardOf, cardOfPath } from './drive-card.ts';
import type { Engine, EngineJob } from './engine.ts';
import { adoptionOf } from './job-adoption.ts';
import { createJobBoarding, isRunning, newJobId, type JobBoarding, type Live } from './job-boarding.ts';
import { createJobChecks, type PlannedCheck } from './job-checks.ts';
import type { JobJournal } from './job-journal.ts';
import { step, type JobEvent } from './job-machine.ts';
import { restsOf } from './job-rests.ts';
import { newRun, type Effect, type JobRun } from './job-run.ts';
import type { KeptResults } from './kept-results.ts';
import { createLastWords } from './last-words.ts';

/** More jobs that are over than this are taken off the list by themselves, the oldest first. */
const maxEndedJobs = 20;
const tickMs = 1000;
/** So many ticks of progress may be missing from the journal. */
const ticksBetweenSaves = 5;

export interface JobServiceOptions {
  engine: () => Engine;
  elevation: Elevation;
  clock: Clock;
  /** Whether there is a process of this number. */
  isAlive: (pid: number) => boolean;
  journal: JobJournal;
  results: KeptResults;
  manifests: Pick<KeptManifests, 'prepare' | 'putAway' | 'find'>;
  /** The root digest of what the drive with a serial number holds, as far as the ledger knows for certain. */
  contentOf: (serial: string) => Promise<string | null>;
  /** The folder of the maps of unfinished copies; null: none are kept. */
  resumeFolder: string | null;
  logger: Logger;
  /** The catalogue as it is now. */
  drive: (id: DriveId) => Drive | undefined;
  driveAt: (path: string) => Drive | undefined;
  defaults: () => JobOptions;
  /** Whether a job that another program began is shown here. */
  adopts: (sourcePath: string) => boolean;
  /** Whether what is handed out under this mark is handed out by ourselves. */
  handsOut: (mark: string) => boolean;
  /** Reaches the computer whose blocks a source of kind `feed` is made of. */
  reachFeed: (source: DriveId, takeUp: boolean) => Promise<ReachedFeed>;
  onChange: (jobs: readonly Job[]) => void;
  /** Drives have become free or hold something else. */
  onDrivesTouched: () => void;
}

export interface JobService extends Pick<JobBoarding, 'start' | 'addTargets' | 'retry'> {
  /** Asks a person, but only where this user may not open one of the drives as it is. */
  obtainRights(source: DriveId, targets: readonly DriveId[]): Promise<void>;
  check(request: {
    source: DriveId;
    targets: readonly DriveId[];
    job?: JobId | undefined;
  }): Promise<TargetCheck[]>;
  checkRetry(job: JobId, targets: readonly TargetId[]): Promise<TargetCheck[]>;
  verify(job: JobId, targets: readonly TargetId[] | undefined): Promise<void>;
  checkHeal(job: JobId, targets: readonly TargetId[]): Promise<TargetCheck[]>;
  heal(job: JobId, targets: readonly Approval[]): Promise<void>;
  verifyDrives(drives: readonly DriveId[], manifest: string, sample: boolean): Promise<JobId>;
  findManifest(drive: DriveId): Promise<ManifestHead | null>;
  /** Looks for what interrupted copies have left on targets that did not end well. */
  lookForRests(): Promise<void>;
  removeTarget(job: JobId, target: TargetId): void;
  cancel(job: JobId): void;
  setSlowPolicy(job: JobId, policy: SlowPolicy, target: TargetId | undefined): void;
  dismiss(job: JobId): void;
  /** Brings back what was kept. */
  restore(): Promise<void>;
  /** Attaches to jobs that run, others' too. What was kept as running and runs no more has ended. Rejects without a helper. */
  find(): Promise<void>;
  jobOf(drive: DriveId): JobId | null;
  /** The helper's name for a job, by which others attach to it; null while it has none. */
  keyOf(job: JobId): string | null;
  running(): boolean;
  /** Lets go of every job; they run on. */
  stop(): Promise<void>;
}

/** A service without jobs. */
export function createJobService(options: JobServiceOptions): JobService {
  const { clock, journal, results, manifests, logger } = options;
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
  const boarding = createJobBoarding({ ...options, jobs, desk, drive: driveOf, jobOf, feed, listen });
  const { sourceOf, engineOrFail } = boarding;
  const checks = createJobChecks({
    desk,
    run: (id) => liveOf(id).run,
    runs: () => [...jobs.values()].map(({ run }) => run),
    drive: options.drive,
    driveAt: options.driveAt,
    now: () => clock.now(),
    defaults: options.defaults,
    pastManifest: async (serial) => {
      const rootDigest = await options.contentOf(serial);
      return rootDigest === null ? null : manifests.find(rootDigest);
    },
  });
  const lastWords = createLastWords(options);
  /** Who hands it out beside ourselves. */
  const withoutOwn = (summary: JobSummary): JobSummary => ({
    ...summary,
    handedOutBy: (summary.handedOutBy ?? []).filter((mark) => !options.handsOut(mark)),
  });
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

  /** True where that changes what is shown. */
  function advance(live: Live, event: JobEvent): boolean {
    const { run, effects } = step(live.run, event);
    const changed = run.job !== live.run.job;
    live.run = run;
    for (const effect of effects) perform(live, effect);
    return changed;
  }

  function feed(id: JobId, event: JobEvent): void {
    const live = jobs.get(id);
    if (live && advance(live, event)) publish();
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

  /**
   * The card a target was given when it stepped on, or what the catalogue has at that path. Of one that is over already only the
   * path is known: another drive may be there by now.
   */
  function cardAt(id: JobId, path: string, isOver: boolean): DriveCard {
    const own = Object.values(jobs.get(id)?.run.job.targets ?? {}).find(({ card }) => card.path === path);
    if (own) return own.card;
    const drive = isOver ? undefined : options.driveAt(path);
    return drive ? cardOf(drive) : cardOfPath(path);
  }

  function listen(id: JobId, engine: EngineJob): void {
    const live = jobs.get(id);
    if (!live) return;
    live.engine = engine;
    keepTicking();
    engine.on('event', (event) => {
      if (jobs.get(id)?.engine !== engine) return;
      if (event.event === 'handed-out' && options.handsOut(event.by)) return;
      const path = 'target' in event && typeof event.target === 'string' ? event.target : '';
      const isOver = event.event === 'target' && isFinal(event.state);
      feed(id, { type: 'helper', event, card: cardAt(id, path, isOver) });
    });
    engine.on('log', (text) => logger.debug('helper', text));
    engine.on('violation', (text) => logger.warn('helper', `not understood: ${text}`));
    void engine.finished.then((summary) => {
      if (jobs.get(id)?.engine !== engine) return;
      live.engine = null;
      if (!stopped) settle(live, summary);
    });
  }

  /** Ends it, unless its helper may still tell how it ended; then `find` looks again. */
  function settle(live: Live, told: JobSummary | null): void {
    const { job, toRemove } = live.run;
    const word = lastWords.of(live.run, told);
    if (word === 'ending') return;
    const now = clock.now();
    if (word === 'lost') return feed(job.id, { type: 'lost', now });
    logger.info('jobs', `${job.id} ended: ${word.outcome}, ${word.ok ? 'all good' : 'not all good'}`);
    advance(live, { type: 'finished', summary: withoutOwn(word), now });
    if (word.outcome === 'complete' && job.state !== 'stopping') boarding.takeLatecomers(live, toRemove);
    publish();
  }

  /** Begins a comparison on a job that is over. */
  function compare(id: JobId, { task, riders, request, left }: PlannedCheck): void {
    const { heal, ...rest } = request;
    const engine = engineOrFail(() => {
      const { stallTimeout } = liveOf(id).run.job.options;
      const resultFile = results.prepare(id);
      const chosen = { heal, sample: task === 'sample', stallTimeout, resultFile };
      return options.engine().verify({ ...rest, options: chosen });
    });
    logger.info('jobs', `${id}: ${heal ? 'heals' : 'compares'} ${String(rest.targets.length)} targets`);
    feed(id, { type: 'check', task, heal, riders });
    for (const { target, error } of left) feed(id, { type: 'unchecked', target, error });
    listen(id, engine);
    options.onDrivesTouched();
  }

  /** Compares what a running job has copied to its end, by the same helper: it has the digests, and nobody waits for that. */
  async function compareBeside(id: JobId, targets: readonly TargetId[] | undefined): Promise<void> {
    const { riders, identities, left } = await checks.planBeside(id, targets);
    const { engine, run } = liveOf(id);
    // It may have ended, or somebody else may have begun the same, while rights were asked for.
    const still = riders.filter((rider) => isFinal(run.job.targets[rider.id]?.state ?? 'waiting'));
    if (!engine || run.job.state !== 'running' || still.length === 0) fail('job-running');
    const request = engine.compare(
      still.map(({ card }) => card.path),
      identities,
    );
    logger.info('jobs', `${id}: compares ${String(still.length)} targets while it copies`);
    feed(id, { type: 'compare', riders: still });
    feed(id, { type: 'asked', request, targets: still.map((rider) => rider.id) });
    for (const { target, error } of left) feed(id, { type: 'unchecked', target, error });
    options.onDrivesTouched();
  }

  /** The same for a plan that took a while: somebody else may have begun something meanwhile. */
  function beginCheck(id: JobId, plan: PlannedCheck): void {
    if (isRunning(liveOf(id))) fail('job-running');
    compare(id, plan);
  }

  function forgetOldest(): void {
    const ended = [...jobs.values()].filter((live) => !isRunning(live));
    for (const { run } of ended.slice(0, Math.max(0, ended.length - maxEndedJobs))) forget(run);
  }

  function forget(run: JobRun): void {
    jobs.delete(run.job.id);
    const unused = new Map([...run.manifests.values()].map((kept) => [kept.path, kept]));
    for (const other of jobs.values()) {
      for (const { path } of other.run.manifests.values()) unused.delete(path);
    }
    manifests.putAway(unused.values()).catch((error: unknown) => logger.error('manifests', String(error)));
  }

  /** Attaches to a job that runs, unless that has been done or it is one of ours that has not said its name yet. */
  function adopt(found: RunningJob): void {
    const { job: key, pid, source: sourcePath } = found;
    const all = [...jobs.values()].map(({ run, engine }) => ({ run, attached: engine !== null }));
    const adoption = adoptionOf(found, all, clock.now());
    if (adoption === null || (adoption.kept === null && !options.adopts(sourcePath))) return;
    const { kept } = adoption;
    const drive = options.driveAt(sourcePath);
    const card = drive ? cardOf(drive) : cardOfPath(sourcePath);
    const id = kept?.job.id ?? newJobId();
    const run = kept ?? {
      ...newRun(id, card, drive?.size ?? 0, options.defaults(), clock.now()),
      key,
      pid,
    };
    jobs.set(id, { run, engine: null, boarded: [] });
    logger.info('jobs', `${id} runs already (${sourcePath}): attached`);
    const engine = options.engine().attach(key);
    listen(id, engine);
    if (run.job.state === 'stopping') engine.cancel(); // it was asked for while nobody could be told
    publish();
  }

  async function find(): Promise<void> {
    if (stopped) return;
    const found = await options.engine().listJobs();
    if (stopped) return;
    found.forEach(adopt);
    // What ran when the core went away and does not run any more has ended unseen.
    for (const live of [...jobs.values()]) {
      if (isRunning(live) && !live.engine) settle(live, null);
    }
    forgetOldest();
  }

  function jobOf(drive: DriveId): JobId | null {
    for (const live of jobs.values()) {
      if (!isRunning(live)) continue;
      const { source, targets } = live.run.job;
      const reads = live.run.check ? live.run.check.heal : live.run.job.task === 'copy';
      if (reads && source.card.drive === drive) return live.run.job.id;
      if (Object.values(targets).some(({ card, state }) => card.drive === drive && !isFinal(state)))
        return live.run.job.id;
    }
    return null;
  }

  return {
    async check({ source, targets, job }) {
      const from = job === undefined ? driveOf(source) : sourceOf(liveOf(job).run.job);
      return desk.checkAll(targets.map(driveOf), from);
    },

    obtainRights: (source, targets) => desk.obtainRights(driveOf(source), targets.map(driveOf)),

    async checkRetry(job, targets) {
      const { run } = liveOf(job);
      const card = (target: TargetId): DriveId =>
        run.job.targets[target]?.card.drive ?? fail('no-such-drive');
      return desk.checkAll(
        targets.map((target) => driveOf(card(target))),
        sourceOf(run.job),
      );
    },

    start: boarding.start,
    addTargets: boarding.addTargets,
    retry: boarding.retry,

    async verify(job, targets) {
      if (isRunning(liveOf(job))) return compareBeside(job, targets);
      beginCheck(job, await checks.planVerify(job, targets));
    },
    checkHeal: (job, targets) => checks.checkHeal(job, targets),
    async heal(job, targets) {
      beginCheck(job, await checks.planHeal(job, targets));
    },
    findManifest: (drive) => checks.find(drive),
    async verifyDrives(drives, manifest, sample) {
      const id = newJobId();
      const { run, plan } = await checks.planDrives(id, drives, manifest, sample);
      jobs.set(id, { run, engine: null, boarded: [] });
      try {
        compare(id, plan);
      } catch (error) {
        jobs.delete(id);
        throw error;
      }
      return id;
    },
    async lookForRests() {
      const { resumeFolder } = options;
      if (resumeFolder === null) return;
      for (const { run } of [...jobs.values()]) {
        const found = await restsOf(run.job, {
          drive: options.drive,
          engine: options.engine,
          folder: resumeFolder,
        });
        feed(run.job.id, { type: 'left', found });
      }
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
      forget(liveOf(job).run);
      save();
      publish();
    },

    async restore() {
      for (const run of await journal.load()) jobs.set(run.job.id, { run, engine: null, boarded: [] });
      publish();
    },

    find,

    jobOf,

    keyOf: (job) => jobs.get(job)?.run.key ?? null,

    running: () => [...jobs.values()].some(isRunning),

    async stop() {
      stopped = true;
      for (const { engine } of jobs.values()) engine?.detach();
      save();
      await journal.close();
    },
  };
}
