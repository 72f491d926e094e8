/** The life of a job as a pure function: (run, event) -> (run, effects). The service performs the effects. */
import type { AppError } from '@contract/errors.ts';
import type { TargetId } from '@contract/groups/common.ts';
import { isFinal, type DriveCard, type SlowPolicy, type Target } from '@contract/groups/jobs.ts';
import type { HelperEvent, JobSummary } from '@contract/helper-messages.ts';
import { beginCheck, beginComparing } from './job-check.ts';
import { endUnseen, onHelperEvent, onSummary } from './job-helper-events.ts';
import { newTarget, withJob, withSource, withTarget, type JobRun, type Step } from './job-run.ts';
import { sampleSpeeds, slowAfterMs, slowTargets } from './job-speed.ts';

export type JobEvent =
  /** The helper is being started, for the first time or again. */
  | { type: 'launch' }
  /** Targets step on: new ones, or old ones for another attempt in their old place. */
  | { type: 'ride'; targets: readonly { id: TargetId; card: DriveCard }[] }
  /** Targets of a job that is over are compared with their manifest. */
  | {
      type: 'check';
      task: 'verify' | 'sample';
      heal: boolean;
      riders: readonly { id: TargetId; card: DriveCard }[];
    }
  /** Targets that hold the copy are compared while others are still copied to. */
  | { type: 'compare'; riders: readonly { id: TargetId; card: DriveCard }[] }
  /** A target could not be compared, for a reason that was seen before it began. */
  | { type: 'unchecked'; target: TargetId; error: AppError }
  /** What an interrupted copy has left on targets. */
  | { type: 'left'; found: ReadonlyMap<TargetId, Target['resumable']> }
  /** The helper was asked for targets; an error with this mark is about them. */
  | { type: 'asked'; request: string; targets: readonly TargetId[] }
  | { type: 'helper'; event: HelperEvent; card: DriveCard }
  | { type: 'finished'; summary: JobSummary; now: number }
  /** It ended while nobody looked, and nobody knows how. */
  | { type: 'lost'; now: number }
  | { type: 'remove'; target: TargetId }
  | { type: 'cancel' }
  | { type: 'slow'; policy: SlowPolicy; target: TargetId | null }
  /** Once a second while it runs. */
  | { type: 'tick'; now: number };

const quiet = (run: JobRun): Step => ({ run, effects: [] });

function numberOf(run: JobRun, target: TargetId): number | null {
  for (const [id, key] of run.ids) if (key === target) return id;
  return null;
}

function launch(run: JobRun): Step {
  const fresh: JobRun = { ...run, key: null, pid: null, ids: new Map(), asked: new Map(), toRemove: [] };
  const started = withJob(fresh, {
    task: 'copy',
    diagnoses: [],
    state: 'starting',
    outcome: null,
    role: null,
    endedAt: null,
    warnings: [],
  });
  const unread = {
    lap: 1,
    bytesRead: 0,
    bytesPerSecond: 0,
    headSequence: null,
    headBlock: null,
    error: null,
  };
  return { run: withSource(started, unread), effects: [{ do: 'save' }] };
}

function ride(run: JobRun, targets: readonly { id: TargetId; card: DriveCard }[]): Step {
  const next = targets.reduce((all, { id, card }) => {
    const attempt = (all.job.targets[id]?.attempt ?? 0) + 1;
    // The number of an earlier attempt must not be taken for this one's.
    const ids = new Map([...all.ids].map(([number, key]) => [number, key === id ? null : key] as const));
    return { ...withTarget(all, newTarget(id, card, attempt, true)), ids };
  }, run);
  return { run: next, effects: [{ do: 'save' }] };
}

function remove(run: JobRun, id: TargetId): Step {
  const target = run.job.targets[id];
  if (!target || isFinal(target.state) || run.toRemove.includes(id)) return quiet(run);
  const number = numberOf(run, id);
  if (number !== null) return { run, effects: [{ do: 'remove', id: number }] };
  return quiet({ ...run, toRemove: [...run.toRemove, id] });
}

function slow(run: JobRun, policy: SlowPolicy, target: TargetId | null): Step {
  if (target === null) return { run, effects: [{ do: 'slow', policy }] };
  const id = numberOf(run, target);
  return id === null ? quiet(run) : { run, effects: [{ do: 'slow', policy, id }] };
}

function tick(run: JobRun, now: number): Step {
  if (run.job.state === 'ended') return quiet(run);
  const slowSince = slowTargets(run.job, run.slowSince, now);
  let next: JobRun = { ...run, slowSince };
  for (const target of Object.values(run.job.targets)) {
    const since = slowSince.get(target.id);
    const slowForItsKind = since !== undefined && now - since >= slowAfterMs;
    if (slowForItsKind !== target.slowForItsKind) next = withTarget(next, { ...target, slowForItsKind });
  }
  const speeds = next.job.state === 'starting' ? next.job.speeds : sampleSpeeds(next.job, now);
  return quiet(speeds === next.job.speeds ? next : withJob(next, { speeds }));
}

function left(run: JobRun, found: ReadonlyMap<TargetId, Target['resumable']>): JobRun {
  return [...found].reduce((all, [id, resumable]) => {
    const target = all.job.targets[id];
    const same = target?.resumable?.blocks === resumable?.blocks && target?.resumable?.of === resumable?.of;
    return !target || same ? all : withTarget(all, { ...target, resumable });
  }, run);
}

/** One step in the life of a job. */
export function step(run: JobRun, event: JobEvent): Step {
  const ended = run.job.state === 'ended';
  switch (event.type) {
    case 'launch':
      return launch(run);
    case 'ride':
      return ride(run, event.targets);
    case 'asked':
      return quiet({ ...run, asked: new Map(run.asked).set(event.request, event.targets) });
    case 'check':
      return { run: beginCheck(run, event), effects: [{ do: 'save' }] };
    case 'compare':
      return ended ? quiet(run) : { run: beginComparing(run, event.riders), effects: [{ do: 'save' }] };
    case 'unchecked': {
      const target = run.job.targets[event.target];
      return target ? quiet(withTarget(run, { ...target, checkError: event.error })) : quiet(run);
    }
    case 'left':
      return quiet(left(run, event.found));
    case 'helper':
      return ended ? quiet(run) : onHelperEvent(run, event.event, event.card);
    case 'finished':
      return ended ? quiet(run) : onSummary(run, event.summary, event.now);
    case 'lost':
      return ended ? quiet(run) : endUnseen(run, event.now);
    case 'remove':
      return ended ? quiet(run) : remove(run, event.target);
    case 'cancel':
      if (ended) return quiet(run);
      return { run: withJob(run, { state: 'stopping' }), effects: [{ do: 'cancel' }, { do: 'save' }] };
    case 'slow':
      return ended ? quiet(run) : slow(run, event.policy, event.target);
    case 'tick':
      return tick(run, event.now);
  }
}
