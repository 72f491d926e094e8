/**
 * How targets step on a job: at its start, while it runs, once more when they have failed, and, for those that came as it was
 * ending, by another run of it.
 */
import { randomUUID } from 'node:crypto';
import { ContractError, fail } from '@contract/errors.ts';
import type { DriveId, JobId, TargetId } from '@contract/groups/common.ts';
import type { Drive } from '@contract/groups/drives.ts';
import {
  isFinal,
  isGood,
  type Approval,
  type ByteRange,
  type DriveCard,
  type Job,
  type JobOptions,
} from '@contract/groups/jobs.ts';
import type { Approvals, Identities } from '../helper/helper-job.ts';
import { HelperNotFound } from '../helper/helper-path.ts';
import type { Logger } from '../logging/logger.ts';
import type { KeptManifests } from '../manifests/kept-manifests.ts';
import type { Clock } from '../ports.ts';
import type { ReachedFeed } from '../stations/feed-service.ts';
import type { ApprovalDesk } from './approval-desk.ts';
import { busyReasons } from './approvals.ts';
import { cardOf } from './drive-card.ts';
import type { Engine, EngineJob } from './engine.ts';
import { freeTargetId } from './job-helper-events.ts';
import type { JobEvent } from './job-machine.ts';
import { newRun, withSource, type JobRun } from './job-run.ts';
import type { KeptResults } from './kept-results.ts';

/** Practice drives are files and would be done before anybody could let another one step on. */
const practiceBytesPerSecond = 8_000_000;

export interface StartRequest {
  source: DriveId;
  targets: readonly Approval[];
  options?: Partial<{ [K in keyof JobOptions]: JobOptions[K] | undefined }> | undefined;
  /** What of the source is left out: it cannot be read by a map of ddrescue. */
  skipRanges?: readonly ByteRange[] | undefined;
}

/** Called when all is agreed to and nothing is begun yet; throws if it is not wanted any more. */
export type Sure = () => void;

/** What is needed to put targets on a job. */
interface Boarding {
  riders: readonly { id: TargetId; card: DriveCard }[];
  tokens: Approvals;
  identities: Identities;
  takeUp: boolean;
}

/** A job of the list, and its helper while it has one. */
export interface Live {
  run: JobRun;
  engine: EngineJob | null;
  /** Who was put on while it ran. */
  boarded: Boarding[];
}

export interface JobBoardingOptions {
  /** All jobs of the list; what is begun is put there. */
  jobs: Map<JobId, Live>;
  desk: ApprovalDesk;
  engine: () => Engine;
  clock: Clock;
  results: Pick<KeptResults, 'prepare'>;
  manifests: Pick<KeptManifests, 'prepare'>;
  /** The folder of the maps of unfinished copies; null: none are kept. */
  resumeFolder: string | null;
  logger: Logger;
  /** The catalogue as it is now. Throws a `ContractError` for a drive that is not in it. */
  drive: (id: DriveId) => Drive;
  defaults: () => JobOptions;
  reachFeed: (source: DriveId, takeUp: boolean) => Promise<ReachedFeed>;
  /** The job that uses a drive; null: none. */
  jobOf: (drive: DriveId) => JobId | null;
  feed: (id: JobId, event: JobEvent) => void;
  listen: (id: JobId, engine: EngineJob) => void;
  onDrivesTouched: () => void;
}

export interface JobBoarding {
  /** Begins a copy, or lets the targets join the one that reads this source already. */
  start: (request: StartRequest, sure?: Sure) => Promise<JobId>;
  addTargets: (job: JobId, targets: readonly Approval[], sure?: Sure) => Promise<TargetId[]>;
  /** `resume`: goes on with what interrupted copies have left. */
  retry: (job: JobId, targets: readonly Approval[], resume: boolean, sure?: Sure) => Promise<void>;
  /** Lets those step on, by another run, who came when the job was ending; but for those that were taken off. */
  takeLatecomers: (live: Live, takenOff: readonly TargetId[]) => void;
  /** The source as it is now. Throws a `ContractError` unless it is still what the job began with. */
  sourceOf: (job: Job) => Drive;
  /** What `start` makes; throws a `ContractError` where the helper cannot be started. */
  engineOrFail: (start: () => EngineJob) => EngineJob;
}

/** A key that no other job has. */
export const newJobId = (): JobId => `job-${randomUUID().slice(0, 18)}`;

/** Also while only some of it is compared, or it stops. */
export const isRunning = ({ run }: Live): boolean => run.job.state !== 'ended';

/** Boarding for the jobs of a list. */
export function createJobBoarding(options: JobBoardingOptions): JobBoarding {
  const { jobs, desk, clock, results, manifests, logger, feed, listen, jobOf, drive: driveOf } = options;
  const liveOf = (id: JobId): Live => jobs.get(id) ?? fail('no-such-job');

  function sourceOf(job: Job): Drive {
    const { card } = job.source;
    const drive = driveOf(card.drive ?? fail('no-such-drive'));
    const [reason] = drive.asSource.reasons;
    if (reason) throw new ContractError(reason);
    return drive;
  }

  function startEngine(
    { id, source, options: chosen }: Job,
    { riders, tokens, identities, takeUp }: Boarding,
    reached: ReachedFeed | null,
  ): EngineJob {
    const { blockSize, ...rest } = chosen;
    const resume = options.resumeFolder === null ? {} : { resume: options.resumeFolder, takeUp };
    return engineOrFail(() => {
      const resultFile = results.prepare(id);
      const request = {
        source: source.card.path,
        targets: riders.map(({ card }) => card.path),
        approvals: tokens,
        identities,
        options: {
          ...rest,
          block: blockSize,
          resultFile,
          manifest: manifests.prepare(id),
          ...(source.skip.length > 0 ? { skipRanges: source.skip } : {}),
          ...resume,
          ...(source.card.kind === 'practice' ? { limit: practiceBytesPerSecond } : {}),
        },
      };
      const job = options.engine().start(reached ? reached.request(request) : request);
      reached?.ride(job);
      return job;
    });
  }

  /** What a run that is about to begin needs beside its drives: the other computer, where its source is one. */
  async function reach({ source: { card } }: Job, takeUp: boolean): Promise<ReachedFeed | null> {
    if (card.kind !== 'feed') return null;
    return options.reachFeed(card.drive ?? fail('no-such-drive'), takeUp);
  }

  function engineOrFail(start: () => EngineJob): EngineJob {
    try {
      return start();
    } catch (error) {
      logger.error('jobs', `the helper could not be started: ${String(error)}`);
      return fail(error instanceof HelperNotFound ? 'helper-missing' : 'helper-failed');
    }
  }

  /** Lets go of what was reached if this throws. */
  function orClose<T>(reached: ReachedFeed | null, work: () => T): T {
    try {
      return work();
    } catch (error) {
      void reached?.close();
      throw error;
    }
  }

  /** Puts targets on a job that runs, or makes it run (again) for them. */
  function board(live: Live, boarders: Boarding, reached: ReachedFeed | null): void {
    const { riders, tokens, takeUp } = boarders;
    const { id } = live.run.job;
    if (isRunning(live) && live.engine) {
      if (live.run.job.state === 'stopping') fail('job-ending', {});
      if (live.run.job.task !== 'copy') fail('job-running');
      void reached?.close(); // it runs already
      const request = live.engine.add(
        riders.map(({ card }) => card.path),
        tokens,
        takeUp,
      );
      live.boarded.push(boarders);
      feed(id, { type: 'ride', targets: riders });
      feed(id, { type: 'asked', request, targets: riders.map((rider) => rider.id) });
      return;
    }
    if (live.run.job.kind === 'verify') fail('job-ended');
    if (live.run.job.source.card.kind === 'feed' && !reached) fail('job-ending', {}); // it ended a moment ago
    const engine = startEngine(live.run.job, boarders, reached);
    logger.info('jobs', `${id} starts: ${live.run.job.source.card.path} to ${String(riders.length)} targets`);
    feed(id, { type: 'launch' });
    feed(id, { type: 'ride', targets: riders });
    listen(id, engine);
  }

  /** A target may step on at any time: for those that came when the job was ending and were not taken off, it runs once more. */
  function takeLatecomers(live: Live, takenOff: readonly TargetId[]): void {
    const isLate = ({ id }: { id: TargetId }): boolean => {
      if (takenOff.includes(id)) return false;
      const { state, error } = live.run.job.targets[id] ?? {};
      return state === 'refused' && error?.code === 'job-ending';
    };
    const late = live.boarded.splice(0).flatMap(({ riders, ...rest }) => {
      const left = riders.filter(isLate);
      return left.length > 0 ? [{ riders: left, ...rest }] : [];
    });
    if (live.run.job.source.card.kind === 'feed') return; // the other computer hands out no more
    for (const boarders of late) {
      try {
        board(live, boarders, null);
      } catch (error) {
        logger.error('jobs', `${live.run.job.id}: latecomers could not step on: ${String(error)}`);
      }
    }
  }

  /** The running job that reads from this drive. */
  const jobReading = (source: DriveId): JobId | undefined =>
    [...jobs.values()].find(
      ({ run: { job } }) => job.state !== 'ended' && job.task === 'copy' && job.source.card.drive === source,
    )?.run.job.id;

  /** A second look: reaching another computer takes a while, and somebody else may have taken the drives. */
  function demandFree(drives: readonly Drive[]): void {
    for (const { id } of drives) {
      const [busy] = busyReasons(driveOf(id));
      if (busy) throw new ContractError(busy);
      const job = jobOf(id);
      if (job !== null) fail('in-job', { job });
    }
  }

  /** Asks for what is needed, and puts the targets on the job, each in the place that its drive is given. */
  async function stepOn(
    job: JobId,
    targets: readonly Approval[],
    takeUp: boolean,
    placeOf: (drive: Drive, index: number) => TargetId,
    sure?: Sure,
  ): Promise<TargetId[]> {
    const { run } = liveOf(job);
    await desk.obtainRights(
      sourceOf(run.job),
      targets.map(({ drive }) => driveOf(drive)),
    );
    // After the prompt, however long it was open: the drives may be others by now.
    const identities = await desk.identify([sourceOf(run.job)]);
    const { drives, tokens } = desk.demandAll(sourceOf(run.job), targets);
    const reached = isRunning(liveOf(job)) ? null : await reach(run.job, takeUp);
    const riders = orClose(reached, () => {
      demandFree(drives);
      sure?.();
      const all = drives.map((drive, index) => ({ id: placeOf(drive, index), card: cardOf(drive) }));
      board(liveOf(job), { riders: all, tokens, identities, takeUp }, reached);
      return all;
    });
    options.onDrivesTouched();
    return riders.map(({ id }) => id);
  }

  const addTargets = (job: JobId, targets: readonly Approval[], sure?: Sure): Promise<TargetId[]> =>
    stepOn(job, targets, false, (_drive, index) => freeTargetId(liveOf(job).run, index), sure);

  /** The place of a drive on the job that it is to be tried again in. */
  function placeAgain(job: JobId, drive: Drive): TargetId {
    const places = Object.values(liveOf(job).run.job.targets).filter(
      (target) => target.card.drive === drive.id && isFinal(target.state),
    );
    const place = places.find(({ state }) => !isGood(state)) ?? places[0];
    return place?.id ?? fail('no-such-target', {});
  }

  async function retry(
    job: JobId,
    targets: readonly Approval[],
    resume: boolean,
    sure?: Sure,
  ): Promise<void> {
    await stepOn(job, targets, resume, (drive) => placeAgain(job, drive), sure);
  }

  async function start(
    { source, targets, options: chosen = {}, skipRanges = [] }: StartRequest,
    sure?: Sure,
  ): Promise<JobId> {
    const running = jobReading(source);
    if (running !== undefined) {
      // It reads what is to be left out, too; of an image that would be copied as if it were data.
      if (skipRanges.length > 0) fail('job-running');
      // A source that is being copied is joined, not read a second time.
      if (targets.length > 0) await addTargets(running, targets, sure);
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
    const identities = await desk.identify([driveOf(source)]);
    const { drives, tokens } = desk.demandAll(driveOf(source), targets);
    const given = Object.fromEntries(Object.entries(chosen).filter(([, value]) => value !== undefined));
    const id = newJobId();
    const empty = newRun(id, cardOf(from), from.size, { ...options.defaults(), ...given }, clock.now());
    const run = withSource(empty, { skip: [...skipRanges] });
    const reached = await reach(run.job, false);
    orClose(reached, () => {
      demandFree(drives);
      sure?.();
      const riders = drives.map((drive, index) => ({ id: freeTargetId(run, index), card: cardOf(drive) }));
      const live: Live = { run, engine: null, boarded: [] };
      jobs.set(id, live);
      try {
        board(live, { riders, tokens, identities, takeUp: false }, reached);
      } catch (error) {
        jobs.delete(id);
        throw error;
      }
    });
    options.onDrivesTouched();
    return id;
  }

  return { start, addTargets, retry, takeLatecomers, sourceOf, engineOrFail };
}
