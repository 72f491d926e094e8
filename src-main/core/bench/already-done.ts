/** When a stick got a good copy in the run at hand, by what the ledger says. Whatever is not certain is no. Pure. */
import type { LedgerAnswer } from '@contract/groups/history.ts';
import type { DriveCard } from '@contract/groups/jobs.ts';

export interface Run {
  source: DriveCard;
  size: number;
  /** The source is unchanged since then. */
  sourceSince: number;
  now: number;
}

const startOfDay = (now: number): number => new Date(now).setHours(0, 0, 0, 0);

/** Milliseconds since 1970, or null. */
export function doneAt(answer: LedgerAnswer | null, stickSize: number, run: Run): number | null {
  if (!answer?.unique || !answer.last?.job) return null;
  const { target, job } = answer.last;
  const good = target.state === 'verified' || target.state === 'done';
  if (target.task !== 'copy' || !good || target.endedAt === null || target.unreadable > 0) return null;
  if (target.size !== stickSize || target.endedAt < startOfDay(run.now)) return null;
  const { source, startedAt } = job;
  const same = source.path === run.source.path && source.size === run.size;
  const sameSerial = (source.serial ?? null) === (run.source.identity.serial ?? null);
  return same && sameSerial && startedAt >= run.sourceSince ? target.endedAt : null;
}
