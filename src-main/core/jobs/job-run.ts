/** A job together with what only the core needs to know about it. */
import type { KeptManifest } from '../manifests/kept-manifests.ts';
import { appError, type AppError } from '@contract/errors.ts';
import type { JobId, TargetId } from '@contract/groups/common.ts';
import type { DriveCard, Job, JobOptions, Target } from '@contract/groups/jobs.ts';
import type { HelperErrorInfo } from '@contract/helper-messages.ts';
import type { RunningCheck } from './job-check.ts';

export interface JobRun {
  readonly job: Job;
  /** The helper's name for it, by which it is found again; null until it has said so. */
  readonly key: string | null;
  /** Its process: a later job of the same source has the same name. */
  readonly pid: number | null;
  /** The helper's number of a target in the present run; null for an attempt that another one has taken the place of. */
  readonly ids: ReadonlyMap<number, TargetId | null>;
  /** What was asked for and not yet answered, by the mark of the request. */
  readonly asked: ReadonlyMap<string, readonly TargetId[]>;
  /** To be stopped as soon as the helper has given them a number. */
  readonly toRemove: readonly TargetId[];
  /** Since when a target is slower than its siblings. */
  readonly slowSince: ReadonlyMap<TargetId, number>;
  /** Where the digests of what was copied to a target are kept. */
  readonly manifests: ReadonlyMap<TargetId, KeptManifest>;
  /** What targets were before the comparison that runs; null while none does. */
  readonly check: RunningCheck | null;
  /** The same for targets that are compared while others of the job are still copied to. */
  readonly comparing: ReadonlyMap<TargetId, Target>;
}

/** What the service must do after a step of the machine. */
export type Effect =
  | { readonly do: 'remove'; readonly id: number }
  | { readonly do: 'cancel' }
  | { readonly do: 'slow'; readonly policy: 'together' | 'catch-up'; readonly id?: number }
  /** Something worth keeping across a restart has changed. */
  | { readonly do: 'save' }
  /** Drives have become free, or hold something else now. */
  | { readonly do: 'look-at-drives' };

export interface Step {
  readonly run: JobRun;
  readonly effects: readonly Effect[];
}

/** A job that has not begun. */
export function newRun(id: JobId, source: DriveCard, size: number, options: JobOptions, now: number): JobRun {
  const job: Job = {
    id,
    kind: 'copy',
    task: 'copy',
    manifest: null,
    state: 'starting',
    outcome: null,
    role: null,
    source: {
      card: source,
      size,
      mountedWritable: null,
      bytesRead: 0,
      bytesPerSecond: 0,
      lap: 1,
      headSequence: null,
      headBlock: null,
      skip: [],
      unreadable: [],
      unreadableBytes: 0,
      rootDigest: null,
      sha256: null,
      error: null,
    },
    options,
    blockCount: null,
    targets: {},
    targetOrder: [],
    pace: { by: 'none', target: null },
    warnings: [],
    stationsElsewhere: false,
    diagnoses: [],
    speeds: [],
    startedAt: now,
    endedAt: null,
  };
  return restoredRun(job);
}

/** A job as it was kept; what the helper has to say comes when it is attached to. */
export const restoredRun = (
  job: Job,
  kept: Partial<Pick<JobRun, 'key' | 'pid' | 'ids' | 'manifests' | 'check' | 'comparing'>> = {},
): JobRun => ({
  job,
  key: kept.key ?? null,
  pid: kept.pid ?? null,
  ids: kept.ids ?? new Map(),
  asked: new Map(),
  toRemove: [],
  slowSince: new Map(),
  manifests: kept.manifests ?? new Map(),
  check: kept.check ?? null,
  comparing: kept.comparing ?? new Map(),
});

/** A target at the beginning of an attempt. */
export const newTarget = (id: TargetId, card: DriveCard, attempt: number, mine: boolean): Target => ({
  id,
  card,
  state: 'waiting',
  attempt,
  mine,
  size: null,
  joinedAtBlock: null,
  joinedAtSequence: null,
  bytesCopied: 0,
  bytesVerified: null,
  bytesPerSecond: 0,
  coverage: '',
  etaSeconds: null,
  slow: null,
  stalledSeconds: null,
  slowForItsKind: false,
  badBlocks: 0,
  healedBlocks: 0,
  unreadable: 0,
  resumedBlocks: 0,
  evidence: [],
  deviceBytes: 0,
  deviceMs: 0,
  manifest: false,
  resumable: null,
  seconds: null,
  error: null,
  checkError: null,
});

/** The run with a change to its job. */
export const withJob = (run: JobRun, change: Partial<Job>): JobRun => ({
  ...run,
  job: { ...run.job, ...change },
});

/** The run with a change to its source. */
export const withSource = (run: JobRun, change: Partial<Job['source']>): JobRun =>
  withJob(run, { source: { ...run.job.source, ...change } });

/** The run with a target put in or replaced; a new one comes last. */
export function withTarget(run: JobRun, target: Target): JobRun {
  const { targets, targetOrder } = run.job;
  return withJob(run, {
    targets: { ...targets, [target.id]: target },
    targetOrder: Object.hasOwn(targets, target.id) ? targetOrder : [...targetOrder, target.id],
  });
}

/** An error of the helper as one of the contract. */
export function toAppError({ code, message, offset, errno }: HelperErrorInfo): AppError {
  return appError(code, {
    ...(offset === undefined ? {} : { offset }),
    ...(errno === undefined ? {} : { errno: errno.slice(0, 32) }),
    ...(message ? { detail: message.slice(0, 1024) } : {}),
  });
}
