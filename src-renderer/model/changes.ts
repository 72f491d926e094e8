/** What happened between two states that somebody who does not look at the screen should hear. Pure. */
import { isGood, type Job, type Target } from '@contract/groups/jobs.ts';
import type { JobId, TargetId } from '@contract/groups/common.ts';

export interface Changes {
  /** Good ends. */
  done: { job: JobId; target: TargetId }[];
  joined: { job: JobId; target: TargetId }[];
  aside: { job: JobId; target: TargetId }[];
  /** Bad ends: said at once. */
  failed: { job: JobId; target: TargetId }[];
  ended: JobId[];
}

type Jobs = Readonly<Record<JobId, Job>>;

function note(changes: Changes, job: JobId, before: Target | undefined, after: Target): void {
  if (before?.state === after.state && before.attempt === after.attempt) return;
  const what = { job, target: after.id };
  if (isGood(after.state)) {
    // `done` may become `verified`: that is the same good news.
    if (!before || !isGood(before.state)) changes.done.push(what);
  } else if (after.state === 'failed' || after.state === 'removed' || after.state === 'refused') {
    changes.failed.push(what);
  } else if (after.state === 'aside') {
    changes.aside.push(what);
  } else if (after.state === 'copying' && before?.state === 'waiting') {
    changes.joined.push(what);
  }
}

/** Jobs that are new in `after` are not news: they were begun here, or are shown for the first time. */
export function changesBetween(before: Jobs, after: Jobs): Changes {
  const changes: Changes = { done: [], joined: [], aside: [], failed: [], ended: [] };
  for (const job of Object.values(after)) {
    const old = before[job.id];
    if (!old || old === job) continue;
    for (const target of Object.values(job.targets)) {
      if (target !== old.targets[target.id]) note(changes, job.id, old.targets[target.id], target);
    }
    if (old.state !== 'ended' && job.state === 'ended') changes.ended.push(job.id);
  }
  return changes;
}

/** True if nothing happened. */
export const isQuiet = (changes: Changes): boolean =>
  Object.values(changes).every((list: unknown[]) => list.length === 0);
