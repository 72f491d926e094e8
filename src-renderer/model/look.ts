/** How a drive or a target looks: one look for each row of the table of states. Pure. */
import type { Job, Target } from '@contract/groups/jobs.ts';

export const looks = [
  'empty',
  'ready',
  'locked',
  'waiting',
  'copy',
  'lap',
  'aside',
  'flush',
  'verify',
  'heal',
  'verified',
  'done',
  'sampled',
  'gaps',
  'failed',
  'removed',
  'stopped',
  'unchecked',
] as const;
export type Look = (typeof looks)[number];

/** Where the target stepped on, as a part of the whole; 0 for one that began at the beginning. */
export function joinedAt(target: Pick<Target, 'joinedAtBlock'>, job: Pick<Job, 'blockCount'>): number {
  if (!target.joinedAtBlock || !job.blockCount) return 0;
  return Math.min(1, target.joinedAtBlock / job.blockCount);
}

/** Where the source head is, as a part of the whole; null before the first block. */
export function headAt(job: Pick<Job, 'blockCount' | 'source'>): number | null {
  if (job.source.headBlock === null || !job.blockCount) return null;
  return Math.min(1, (job.source.headBlock + 1) / job.blockCount);
}

/** True once a late joiner has passed the end of the source and goes on from its beginning. */
export function hasWrapped(target: Target, job: Job): boolean {
  const joined = joinedAt(target, job);
  return joined > 0 && job.source.size > 0 && target.bytesCopied / job.source.size > 1 - joined;
}

/** True for a copy that holds zeros where the source could not be read: nobody may take it for a whole one. */
const hasGaps = (target: Target, job: Job): boolean =>
  job.source.unreadableBytes > 0 || target.unreadable > 0;

/** The look of a target on a job. */
export function lookOf(target: Target, job: Job): Look {
  switch (target.state) {
    case 'waiting':
      return 'waiting';
    case 'copying':
      return hasWrapped(target, job) ? 'lap' : 'copy';
    case 'aside':
      return 'aside';
    case 'flushing':
      return 'flush';
    case 'verifying':
      return 'verify';
    case 'healing':
      return 'heal';
    case 'sampled':
      return 'sampled'; // whatever else is known of it: a few places were looked at, and that must show
    case 'verified':
    case 'done':
      return hasGaps(target, job) ? 'gaps' : target.state;
    case 'failed':
      return 'failed';
    case 'removed':
      return job.kind === 'copy' ? 'removed' : 'unchecked';
    case 'cancelled':
      return job.kind === 'copy' ? 'stopped' : 'unchecked';
    case 'refused':
      return job.kind === 'copy' ? 'locked' : 'unchecked';
  }
}
