/** What each message of the helper means for a job. Pure; part of the job machine. */
import { appError, errorCodes, type AppError } from '@contract/errors.ts';
import type { TargetId } from '@contract/groups/common.ts';
import { isFinal, isGood, type ByteRange, type DriveCard, type Target } from '@contract/groups/jobs.ts';
import type { HelperEvent, HelperEventOf, JobSummary } from '@contract/helper-messages.ts';
import {
  newTarget,
  toAppError,
  withJob,
  withSource,
  withTarget,
  type Effect,
  type JobRun,
  type Step,
} from './job-run.ts';
import { etaOf } from './job-speed.ts';

/** Ranges beyond this are counted, not listed. */
const maxRanges = 256;
const maxWarnings = 32;

const quiet = (run: JobRun): Step => ({ run, effects: [] });
const saved = (run: JobRun): Step => ({ run, effects: [{ do: 'save' }] });

/**
 * The target that a message is about: by its number, else one with that path that waits for a number, else a new one.
 * Null for an attempt that is over and done with.
 */
function locate(
  run: JobRun,
  id: number,
  path: string,
  card: DriveCard,
): { run: JobRun; target: Target } | null {
  const key = run.ids.get(id);
  if (key === null) return null;
  const known = key === undefined ? undefined : run.job.targets[key];
  if (known) return { run, target: known };
  const taken = new Set(run.ids.values());
  const free = run.job.targetOrder
    .map((key) => run.job.targets[key])
    .find((target) => target?.card.path === path && !taken.has(target.id) && !isFinal(target.state));
  const target = free ?? newTarget(freeTargetId(run), card, 1, false);
  return {
    run: { ...withTarget(run, target), ids: new Map(run.ids).set(id, target.id) },
    target,
  };
}

/** A key that no target of the job has. */
export function freeTargetId(run: JobRun, after = 0): TargetId {
  return `t-${String(run.job.targetOrder.length + 1 + after)}`;
}

/** Keeps what never goes back from going back, and works out the rest. */
function put(run: JobRun, before: Target, change: Partial<Target>): JobRun {
  const next = { ...before, ...change };
  next.bytesCopied = Math.min(run.job.source.size, Math.max(before.bytesCopied, next.bytesCopied));
  if (isGood(next.state)) {
    next.bytesCopied = run.job.source.size;
    next.coverage = 'f'.repeat(next.coverage.length || 64);
  }
  if (isFinal(next.state)) {
    next.bytesPerSecond = 0;
    next.stalledSeconds = null;
    next.slowForItsKind = false;
  }
  next.etaSeconds = etaOf(next, run.job.source.size);
  return withTarget(run, next);
}

function onJob(run: JobRun, event: HelperEventOf<'job'>): Step {
  const { source, options } = run.job;
  const next: JobRun = {
    ...run,
    key: event.job,
    pid: event.pids.supervisor ?? null,
    job: {
      ...run.job,
      state: run.job.state === 'stopping' ? 'stopping' : 'running',
      // A job of ours that was found again after a restart is still ours.
      role: run.job.role ?? event.role,
      blockCount: event.blockCount,
      source: {
        ...source,
        size: event.source.size,
        mountedWritable: event.source.mountedWritable,
        unreadable: [],
        unreadableBytes: 0,
      },
      options: {
        ...options,
        blockSize: event.blockSize,
        slots: event.slots,
        slow: event.slow,
        onReadError: event.onReadError ?? options.onReadError,
      },
    },
  };
  return saved(next);
}

function onTarget(run: JobRun, event: HelperEventOf<'target'>, card: DriveCard): Step {
  const found = locate(run, event.id, event.target, card);
  if (!found) return quiet(run);
  const before = found.target;
  if (isFinal(before.state)) return quiet(run); // nothing comes back from the end, whatever arrives late
  const changedState = before.state !== event.state;
  let next = put(found.run, before, {
    state: event.state,
    size: event.size ?? before.size,
    joinedAtBlock: event.joinedAtBlock ?? before.joinedAtBlock,
    bytesCopied: Math.max(before.bytesCopied, event.bytesWritten),
    bytesVerified: event.state === 'verifying' ? (before.bytesVerified ?? 0) : before.bytesVerified,
    bytesPerSecond: changedState ? 0 : before.bytesPerSecond,
    stalledSeconds: changedState ? null : before.stalledSeconds,
    badBlocks: event.badBlocks,
    healedBlocks: event.healedBlocks,
    seconds: isFinal(event.state) ? event.seconds : null,
    error: event.error ? toAppError(event.error) : null,
  });
  const effects: Effect[] = [{ do: 'save' }];
  if (isFinal(event.state)) effects.push({ do: 'look-at-drives' });
  else if (next.toRemove.includes(before.id)) {
    effects.push({ do: 'remove', id: event.id });
    next = { ...next, toRemove: next.toRemove.filter((id) => id !== before.id) };
  }
  return { run: next, effects };
}

function onProgress(run: JobRun, event: HelperEventOf<'progress'>, card: DriveCard): Step {
  const found = locate(run, event.id, event.target, card);
  if (!found) return quiet(run);
  const { target } = found;
  if (isFinal(target.state) || isFinal(event.phase)) return quiet(run);
  const copying = event.phase === 'copying' || event.phase === 'aside' || event.phase === 'flushing';
  return quiet(
    put(found.run, target, {
      state: event.phase,
      bytesCopied: copying ? event.bytes : target.bytesCopied,
      bytesVerified:
        event.phase === 'verifying' ? Math.min(event.bytes, run.job.source.size) : target.bytesVerified,
      bytesPerSecond: event.bytesPerSecond,
      coverage: copying ? (event.coverage ?? target.coverage) : target.coverage,
      stalledSeconds: null,
    }),
  );
}

function addRange(ranges: readonly ByteRange[], { offset, length }: ByteRange): ByteRange[] {
  const last = ranges.at(-1);
  if (last && last.offset + last.length === offset) {
    return [...ranges.slice(0, -1), { offset: last.offset, length: last.length + length }];
  }
  return ranges.length < maxRanges ? [...ranges, { offset, length }] : [...ranges];
}

function addWarning(run: JobRun, warning: AppError): JobRun {
  const known = run.job.warnings.some(
    ({ code, params }) => code === warning.code && JSON.stringify(params) === JSON.stringify(warning.params),
  );
  if (known || run.job.warnings.length >= maxWarnings) return run;
  return withJob(run, { warnings: [...run.job.warnings, warning] });
}

function warningOf({ code, message }: { code: string; message: string }): AppError {
  if (code === 'source-mounted-writable') return appError('source-mounted-writable');
  const known = errorCodes.find((other) => other === code);
  const detail = message ? { detail: message.slice(0, 1024) } : {};
  // Codes of our own that need parameters cannot come from the helper; its own all take a detail.
  if (known)
    return toAppError({ code: known as HelperEventOf<'error'>['code'], message: detail.detail ?? '' });
  return appError('other-warning', { code: code.slice(0, 256) });
}

function onVerbError(run: JobRun, event: HelperEventOf<'error'>): Step {
  const error = toAppError(event);
  const asked = run.asked.get(event.request ?? '');
  if (!asked) return quiet(addWarning(run, error));
  const next = asked.reduce((all, id) => {
    const target = all.job.targets[id];
    return target && !isFinal(target.state) ? put(all, target, { state: 'refused', error, seconds: 0 }) : all;
  }, run);
  return { run: next, effects: [{ do: 'save' }, { do: 'look-at-drives' }] };
}

/** A message of the helper. `card` says what the core knows about the drive at the message's path. */
export function onHelperEvent(run: JobRun, event: HelperEvent, card: DriveCard): Step {
  switch (event.event) {
    case 'job':
      return onJob(run, event);
    case 'target':
      return onTarget(run, event, card);
    case 'joined': {
      const found = locate(run, event.id, event.target, card);
      if (!found) return quiet(run);
      const joinedAtSequence = event.sequence ?? found.target.joinedAtSequence;
      return saved(put(found.run, found.target, { joinedAtBlock: event.block, joinedAtSequence }));
    }
    case 'progress':
      return onProgress(run, event, card);
    case 'stalled': {
      const found = locate(run, event.id, event.target, card);
      if (!found || isFinal(found.target.state)) return quiet(run);
      return quiet(put(found.run, found.target, { stalledSeconds: event.seconds }));
    }
    case 'head': {
      const { lap, bytesRead } = run.job.source;
      return quiet(
        withSource(run, {
          headSequence: event.sequence,
          headBlock: event.block,
          lap: Math.max(lap, event.lap),
          bytesRead: Math.max(bytesRead, event.bytesRead),
          bytesPerSecond: event.bytesPerSecond,
        }),
      );
    }
    case 'lap':
      return quiet(withSource(run, { lap: Math.max(run.job.source.lap, event.n) }));
    case 'pace': {
      const target = event.id === undefined ? null : (run.ids.get(event.id) ?? null);
      return quiet(withJob(run, { pace: { by: event.by, target } }));
    }
    case 'policy': {
      if (event.id === undefined)
        return saved(withJob(run, { options: { ...run.job.options, slow: event.slow } }));
      const target = run.job.targets[run.ids.get(event.id) ?? ''];
      return target ? saved(put(run, target, { slow: event.slow })) : quiet(run);
    }
    case 'bad-source':
      return saved(
        withSource(run, {
          unreadable: addRange(run.job.source.unreadable, event),
          unreadableBytes: run.job.source.unreadableBytes + event.length,
        }),
      );
    case 'warning':
      return quiet(addWarning(run, warningOf(event)));
    case 'error':
      return onVerbError(run, event);
    case 'hello':
    case 'digests':
    case 'summary': // comes through `finished`
      return quiet(run);
  }
}

const outcomeOf: Record<
  Exclude<JobSummary['outcome'], 'detached'>,
  'complete' | 'cancelled' | 'source-failed' | 'refused' | 'helper-lost'
> = {
  complete: 'complete',
  cancelled: 'cancelled',
  'source-failed': 'source-failed',
  refused: 'refused',
  'helper-died': 'helper-lost',
};

/** The end of a run, as the helper — or, if it has died, what was known until then — tells it. */
export function onSummary(run: JobRun, summary: JobSummary, now: number): Step {
  if (summary.outcome === 'detached') return quiet(run);
  let next = run;
  for (const result of [...summary.targets, ...summary.others]) {
    const id = result.id === undefined ? undefined : next.ids.get(result.id);
    if (id === null) continue;
    const byPath = Object.values(next.job.targets).find(
      (target) => target.card.path === result.path && !isFinal(target.state),
    );
    const target = id === undefined ? byPath : next.job.targets[id];
    if (!target) continue;
    next = put(next, target, {
      state: result.state,
      joinedAtBlock: result.joinedAtBlock ?? target.joinedAtBlock,
      bytesCopied: Math.max(target.bytesCopied, result.bytesWritten),
      badBlocks: result.badBlocks,
      healedBlocks: result.healedBlocks,
      seconds: result.seconds,
      error: result.error ? toAppError(result.error) : null,
    });
  }
  next = failOpenTargets(next);
  const outcome = outcomeOf[summary.outcome];
  const someGood = Object.values(next.job.targets).some(({ state }) => isGood(state));
  const { source } = next.job;
  next = withJob(next, {
    state: 'ended',
    // A second run that was refused does not undo what the first one did.
    outcome: outcome === 'refused' && someGood ? 'complete' : outcome,
    endedAt: now,
    pace: { by: 'none', target: null },
    source: {
      ...source,
      bytesRead: Math.max(source.bytesRead, summary.source.bytesRead),
      bytesPerSecond: 0,
      lap: Math.max(source.lap, Math.ceil(summary.source.laps)),
      rootDigest: summary.source.rootDigest ?? source.rootDigest,
      unreadable: summary.source.unreadable.slice(0, maxRanges),
      // The summary names only so many ranges; each has been told by itself before.
      unreadableBytes: Math.max(
        source.unreadableBytes,
        summary.source.unreadable.reduce((sum, { length }) => sum + length, 0),
      ),
      error: summary.source.error ? toAppError(summary.source.error) : null,
    },
  });
  return over(next);
}

/** Nothing may stay open at the end, and nothing open may read as good. */
function failOpenTargets(run: JobRun): JobRun {
  return Object.values(run.job.targets)
    .filter(({ state }) => !isFinal(state))
    .reduce((all, target) => put(all, target, { state: 'failed', error: appError('helper-died', {}) }), run);
}

const over = (run: JobRun): Step => ({
  run: { ...run, ids: new Map(), asked: new Map(), toRemove: [], slowSince: new Map() },
  effects: [{ do: 'save' }, { do: 'look-at-drives' }],
});

/** The end of a run that nobody saw: what was open then counts as failed. */
export function endUnseen(run: JobRun, now: number): Step {
  const ended = withJob(failOpenTargets(run), {
    state: 'ended',
    outcome: 'helper-lost',
    endedAt: now,
    pace: { by: 'none', target: null },
  });
  return over(withSource(ended, { bytesPerSecond: 0 }));
}
