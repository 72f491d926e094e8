/** Numbers that people wait by. Pure. */
import { isFinal, isGood, mayCompareNow, mayVerify, type Job, type Target } from '@contract/groups/jobs.ts';

/** True while a target is read back, or waits for that: what was copied before is no progress then. */
const isReading = ({ state, bytesVerified }: Target): boolean =>
  state === 'verifying' || (state === 'waiting' && bytesVerified !== null);

/**
 * Whole percent of the present phase, rounded down: 100 only when the target is done or verified,
 * and not a moment before its last flush.
 */
export function percentOf(target: Target, sourceSize: number): number {
  if (isGood(target.state)) return 100;
  const bytes = isReading(target) ? (target.bytesVerified ?? 0) : target.bytesCopied;
  if (sourceSize <= 0) return 0;
  return Math.max(0, Math.min(99, Math.floor((bytes / sourceSize) * 100)));
}

/** Seconds until the last target of the job has finished its phase; null while none can say. */
export function jobEta(job: Job): number | null {
  let longest: number | null = null;
  for (const target of Object.values(job.targets)) {
    if (isFinal(target.state) || target.etaSeconds === null) continue;
    longest = Math.max(longest ?? 0, target.etaSeconds);
  }
  return longest;
}

/** Seconds as a person would say them: a number that jumps every second tells nothing. */
export function calmSeconds(seconds: number): number {
  if (seconds < 10) return Math.max(1, Math.ceil(seconds));
  if (seconds < 60) return Math.ceil(seconds / 10) * 10;
  if (seconds < 600) return Math.ceil(seconds / 30) * 30;
  return Math.ceil(seconds / 60) * 60;
}

/** What all targets of a job write at this moment, together. */
export function totalRate(job: Job): number {
  let sum = 0;
  for (const target of Object.values(job.targets)) {
    if (target.state === 'copying' || target.state === 'aside') sum += target.bytesPerSecond;
  }
  return sum;
}

/** How the targets of a job stand. */
export interface Counts {
  total: number;
  good: number;
  failed: number;
  stopped: number;
  open: number;
}

/** Counts `refused` and `removed` as failed: nobody may take such a drive for a copy. */
export function countTargets(targets: Iterable<Target>): Counts {
  const counts: Counts = { total: 0, good: 0, failed: 0, stopped: 0, open: 0 };
  for (const { state } of targets) {
    counts.total += 1;
    if (isGood(state)) counts.good += 1;
    else if (state === 'cancelled') counts.stopped += 1;
    else if (isFinal(state)) counts.failed += 1;
    else counts.open += 1;
  }
  return counts;
}

/** True for a target that needs a second try. */
export const canRetry = (target: Target, job: Pick<Job, 'kind'>): boolean =>
  job.kind === 'copy' && isFinal(target.state) && !isGood(target.state);

/** True for a target that was not verified yet, or did not hold, and can be. */
export const wantsVerifying = (target: Target, job: Job): boolean =>
  target.state !== 'verified' &&
  (job.state === 'ended' ? mayVerify(target, job) : mayCompareNow(target, job));

/** What is read back of all targets of a job that compares, as whole percent of the slowest; 0 before. */
export function comparedPercent(job: Job): number {
  const open = Object.values(job.targets).filter(({ state }) => !isFinal(state));
  return Math.min(...open.map((target) => percentOf(target, job.source.size)), 100);
}

/** What all targets of a job give back at this moment, together. */
export function readingRate(job: Job): number {
  let sum = 0;
  for (const { state, bytesPerSecond } of Object.values(job.targets)) {
    if (state === 'verifying') sum += bytesPerSecond;
  }
  return sum;
}

/** Stopping asks first when this much is already copied. */
const askBeyond = 0.05;

/** True when stopping this target throws away enough to be worth a question. */
export const worthAsking = (target: Target, sourceSize: number): boolean =>
  sourceSize > 0 && target.bytesCopied / sourceSize > askBeyond;

/** Remembers what was shown, so that a percent never goes back within one phase of one attempt. */
export function createPercentKeeper(): (job: Job, target: Target) => number {
  const shown = new Map<string, { phase: string; percent: number }>();
  return (job, target) => {
    const key = `${job.id}/${target.id}`;
    const phase = `${String(target.attempt)}/${isReading(target) ? 'verify' : 'copy'}`;
    const before = shown.get(key);
    const now = percentOf(target, job.source.size);
    const percent = before?.phase === phase ? Math.max(before.percent, now) : now;
    if (before?.percent !== percent || before.phase !== phase) shown.set(key, { phase, percent });
    return percent;
  };
}
