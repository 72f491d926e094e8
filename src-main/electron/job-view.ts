/** What the shell has to know of jobs. Pure. */
import { isFinal, isGood, type Job } from '@contract/groups/jobs.ts';
import type { HandOut } from '@contract/groups/stations.ts';
import type { AppState } from '@contract/snapshot.ts';

const isRunning = (job: Job): boolean => job.state !== 'ended';
const jobsOf = (state: AppState): Job[] => Object.values(state.jobs);

/** A job of this state is not over. */
export const anyRunning = (state: AppState): boolean => jobsOf(state).some(isRunning);

/** Blocks of a running job go to other computers, or come from one. */
export const anyNetworked = (state: AppState): boolean =>
  jobsOf(state).some(
    ({ id, state: now, source }) =>
      now !== 'ended' && (source.card.kind === 'feed' || state.handOuts[id]?.state === 'open'),
  );

/** The jobs that were running before and are over now. */
export function justEnded(before: AppState, now: AppState): Job[] {
  return jobsOf(now).filter((job) => {
    const old = before.jobs[job.id];
    return !isRunning(job) && old !== undefined && isRunning(old);
  });
}

/** The bar on the program's icon. */
export interface TaskbarProgress {
  /** 0 to 1; null while nothing can be said yet. */
  fraction: number | null;
  /** A target has failed by now. */
  failed: boolean;
}

/** Never full while something runs: only the end is the end. */
const almost = 0.99;

/**
 * All running jobs as one bar, by bytes that the devices have acknowledged or given back; null when nothing runs.
 * A target that is over counts as a whole one. A joiner brings its own work, so the bar may go back for it.
 */
export function taskbarProgress(state: AppState): TaskbarProgress | null {
  const running = jobsOf(state).filter(isRunning);
  if (running.length === 0) return null;
  let work = 0;
  let done = 0;
  let failed = false;
  for (const { source, options, targets } of running) {
    const whole = source.size * (options.verify ? 2 : 1);
    for (const target of Object.values(targets)) {
      work += whole;
      done += isFinal(target.state)
        ? whole
        : Math.min(whole, target.bytesCopied + (target.bytesVerified ?? 0));
      failed ||= target.state === 'failed' || target.state === 'removed';
    }
  }
  return { fraction: work === 0 ? null : Math.min(almost, done / work), failed };
}

/** How a job went, counted. */
export interface JobResult {
  all: number;
  verified: number;
  /** Complete, but not read back. */
  unverified: number;
  /** Not complete, for whatever reason but a person's wish. */
  failed: number;
  /** Stopped by a person. */
  stopped: number;
  sourceFailed: boolean;
}

/** `handOut`: what stations made of it, whose targets count like those of this computer. */
export function jobResult(job: Job, handOut?: HandOut): JobResult {
  const states = Object.values(job.targets).map(({ state }) => state);
  const own = stateResult(job, states);
  if (!handOut) return own;
  const { counts, stations } = handOut;
  const verified = stations
    .flatMap(({ targets }) => targets)
    .filter(({ state }) => state === 'verified').length;
  return {
    ...own,
    all: own.all + counts.targets,
    verified: own.verified + verified,
    unverified: own.unverified + counts.good - verified,
    // A station that was lost has at least itself not ended well, even if it had not told of any target.
    failed: own.failed + Math.max(counts.bad + counts.open, counts.lost),
  };
}

function stateResult(job: Job, states: readonly Job['targets'][string]['state'][]): JobResult {
  const count = (test: (state: (typeof states)[number]) => boolean): number => states.filter(test).length;
  return {
    all: states.length,
    verified: count((state) => state === 'verified'),
    unverified: count((state) => state === 'done'),
    stopped: count((state) => state === 'cancelled'),
    // A state that is not final although the job is over is no success either.
    failed: count((state) => !isGood(state) && state !== 'cancelled'),
    sourceFailed: job.outcome === 'source-failed',
  };
}
