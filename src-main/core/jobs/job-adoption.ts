/** Which running job of the helper's list is which of ours. Pure. */
import type { RunningJob } from '@contract/helper-verdicts.ts';
import type { JobRun } from './job-run.ts';

/** A list of running jobs says nothing about the last moments. */
const listIsOldAfterMs = 3000;

/** A job of ours, and whether somebody listens to its helper. */
export interface KnownRun {
  run: JobRun;
  attached: boolean;
}

/** Null: nobody has to attach to it. Else what we have kept of it; `kept` is null for a job that another program began. */
export function adoptionOf(
  { job: key, pid, source }: RunningJob,
  known: readonly KnownRun[],
  now: number,
): { kept: JobRun | null } | null {
  const isSame = ({ run }: KnownRun): boolean => run.key === key && (run.pid ?? pid) === pid;
  const running = known.filter(({ run }) => run.job.state !== 'ended');
  const kept = running.find(isSame);
  if (kept?.attached) return null;
  // One of ours that has not said its name yet.
  const isNameless = ({ run, attached }: KnownRun): boolean =>
    attached && run.key === null && run.job.source.card.path === source;
  if (running.some(isNameless)) return null;
  // The list is a moment old: a job that ended meanwhile is not another one.
  const justEnded = (one: KnownRun): boolean => {
    const { endedAt } = one.run.job;
    return isSame(one) && endedAt !== null && now - endedAt < listIsOldAfterMs;
  };
  return known.some(justEnded) ? null : { kept: kept?.run ?? null };
}
