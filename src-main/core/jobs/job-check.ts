/**
 * Verifying and healing as a step in the life of a job that is over: its targets go through the states of a comparison and
 * come out with what that has shown, or, where it has shown nothing, exactly as they were. Pure; part of the job machine.
 */
import { appError, tellsOfTarget } from '@contract/errors.ts';
import type { TargetId } from '@contract/groups/common.ts';
import { isFinal, isGood, type DriveCard, type Job, type Target } from '@contract/groups/jobs.ts';
import { withJob, withTarget, type JobRun } from './job-run.ts';

/** What is remembered while targets are compared. */
export interface RunningCheck {
  readonly heal: boolean;
  /** The targets as they were. */
  readonly before: ReadonlyMap<TargetId, Target>;
  readonly outcome: Job['outcome'];
  readonly endedAt: number | null;
}

/** The run at the beginning of a comparison of these targets. */
export function beginCheck(
  run: JobRun,
  {
    task,
    heal,
    riders,
  }: { task: Job['task']; heal: boolean; riders: readonly { id: TargetId; card: DriveCard }[] },
): JobRun {
  const before = new Map(
    riders.flatMap(({ id }) => {
      const target = run.job.targets[id];
      return target ? [[id, target] as const] : [];
    }),
  );
  const { outcome, endedAt } = run.job;
  const started: JobRun = {
    ...withJob(run, { task, state: 'starting', outcome: null, endedAt: null, diagnoses: [], warnings: [] }),
    ...{ key: null, pid: null, ids: new Map(), asked: new Map(), toRemove: [] },
    check: { heal, before, outcome, endedAt },
  };
  return riders.reduce((all, { id, card }) => {
    const target = before.get(id);
    return target ? withTarget(all, unlooked(target, card)) : all;
  }, started);
}

/** A target before its comparison. */
const unlooked = (target: Target, card: DriveCard): Target => ({
  ...target,
  card,
  state: 'waiting',
  ...{ bytesVerified: 0, bytesPerSecond: 0, etaSeconds: null, stalledSeconds: null, slowForItsKind: false },
  ...{ badBlocks: 0, healedBlocks: 0, evidence: [], seconds: null, error: null, checkError: null },
});

/** The run when these targets, which hold the copy, are compared while the copy to others goes on. */
export function beginComparing(run: JobRun, riders: readonly { id: TargetId; card: DriveCard }[]): JobRun {
  return riders.reduce((all, { id, card }) => {
    const target = all.job.targets[id];
    if (!target) return all;
    // The helper's number of the copy must not be taken for that of the comparison.
    const ids = new Map([...all.ids].map(([number, key]) => [number, key === id ? null : key] as const));
    const comparing = new Map(all.comparing).set(id, target);
    return { ...withTarget(all, unlooked(target, card)), ids, comparing };
  }, run);
}

/** What a target is after its comparison has ended as `after`; `written` bytes of it were written again. */
export function settleCheck(
  { heal, before }: Pick<RunningCheck, 'heal' | 'before'>,
  after: Target,
  written: number,
): Target {
  const was = before.get(after.id);
  if (!was || !isFinal(after.state) || isGood(after.state)) return after;
  const { code } = after.error ?? {};
  if (after.state === 'failed' && code !== undefined && tellsOfTarget.has(code)) return after;
  if (heal && written > 0)
    return { ...after, state: after.state === 'removed' ? 'removed' : 'failed', error: wrong(after) };
  if (after.badBlocks > 0) return { ...after, state: 'failed', error: appError('verify-mismatch', {}) };
  return { ...was, card: after.card, checkError: after.error };
}

/** Blocks that were wrong stay wrong if their healing was cut short. */
const wrong = (target: Target): Target['error'] => target.error ?? appError('verify-mismatch', {});
