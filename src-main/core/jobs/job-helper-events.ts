/** What each message of the helper means for a job. Pure; part of the job machine. */
import { appError, errorCodes, type AppError } from '@contract/errors.ts';
import type { TargetId } from '@contract/groups/common.ts';
import {
  isFinal,
  isGood,
  type ByteRange,
  type DriveCard,
  type Job,
  type JobDiagnosis,
  type JobOutcome,
  type Target,
} from '@contract/groups/jobs.ts';
import {
  takesBack,
  type FinalState,
  type HelperEvent,
  type HelperEventOf,
  type JobSummary,
  type TargetResult,
} from '@contract/helper-messages.ts';
import { diagnose, type Diagnosis } from '../diagnosis/diagnose.ts';
import { beginComparing, settleCheck, type RunningCheck } from './job-check.ts';
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
const maxDiagnoses = 65;

const quiet = (run: JobRun): Step => ({ run, effects: [] });
const saved = (run: JobRun): Step => ({ run, effects: [{ do: 'save' }] });

/** The target with this number; null while none has it, and for an attempt that is over and done with. */
function targetOf(run: JobRun, id: number): Target | null {
  const key = run.ids.get(id);
  return key === undefined || key === null ? null : (run.job.targets[key] ?? null);
}

/**
 * The target that a `target` message is about: by its number, else one with that path that waits for a number, else a new one.
 * Only a message about a target of ours finds one by its path: in a job that was joined others have ridden before, and one of
 * them may have been at the same path. Null for an attempt that is over and done with.
 */
function locate(
  run: JobRun,
  { id, target: path, mine, compared }: HelperEventOf<'target'>,
  card: DriveCard,
): { run: JobRun; target: Target } | null {
  if (run.ids.get(id) === null) return null;
  const known = targetOf(run, id);
  if (known) return { run, target: known };
  const taken = new Set(run.ids.values());
  const free = run.job.targetOrder
    .map((key) => run.job.targets[key])
    .find((one) => mine && one?.card.path === path && !taken.has(one.id) && !isFinal(one.state));
  if (compared && !free) return locateCompared(run, id, path);
  const target = free ?? newTarget(freeTargetId(run), card, 1, false);
  return {
    run: { ...withTarget(run, target), ids: new Map(run.ids).set(id, target.id) },
    target,
  };
}

/** The target that somebody else has asked to be compared: the last one at that path that holds the copy. */
function locateCompared(run: JobRun, id: number, path: string): ReturnType<typeof locate> {
  const copied = run.job.targetOrder
    .flatMap((key) => run.job.targets[key] ?? [])
    .filter(({ card, state }) => card.path === path && isFinal(state))
    .at(-1);
  if (!copied) return null;
  const begun = beginComparing(run, [{ id: copied.id, card: copied.card }]);
  const target = begun.job.targets[copied.id];
  return target ? { run: { ...begun, ids: new Map(begun.ids).set(id, target.id) }, target } : null;
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
  if (next.state === 'verified') next.bytesVerified = run.job.source.size;
  if (isFinal(next.state)) {
    next.bytesPerSecond = 0;
    next.stalledSeconds = null;
    next.slowForItsKind = false;
  }
  next.etaSeconds = etaOf(next, run.job.source.size);
  return withTarget(run, next);
}

/** A comparison says nothing new of what was copied, nor of the source. */
function onCheckJob(run: JobRun, event: HelperEventOf<'job'>): Step {
  const { state, blockCount } = run.job;
  const next = { ...run, key: event.job, pid: event.pids.supervisor ?? null };
  return saved(
    withJob(next, {
      state: state === 'stopping' ? 'stopping' : 'running',
      role: run.job.role ?? event.role,
      blockCount: blockCount ?? event.blockCount,
    }),
  );
}

function onJob(run: JobRun, event: HelperEventOf<'job'>): Step {
  if (run.check) return onCheckJob(run, event);
  const { source, options } = run.job;
  const next: JobRun = {
    ...run,
    key: event.job,
    pid: event.pids.supervisor ?? null,
    job: {
      ...run.job,
      kind: event.task === 'copy' ? run.job.kind : 'verify',
      task: event.task,
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
  const isJoined = event.role === 'consumer' && source.skip.length > 0;
  return saved(isJoined ? addWarning(next, appError('map-unused', {})) : next);
}

function onTarget(run: JobRun, event: HelperEventOf<'target'>, card: DriveCard): Step {
  const found = locate(run, event, card);
  if (!found) return quiet(run);
  const before = found.target;
  if (isFinal(before.state) && !takesBack(before.state, event)) return quiet(run); // whatever arrives late
  const changedState = before.state !== event.state;
  let next = end(found.run, before, event.bytesWritten, {
    ...findingsOf(event, run),
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

/** What the helper found out about a target beside its state. Speeds are those of a copy, not of a few healed blocks. */
function findingsOf(found: HelperEventOf<'target'> | TargetResult, run: JobRun): Partial<Target> {
  const { unreadable, resumedBlocks, deviceBytes, deviceMs } = found;
  return {
    ...cluesOf(found),
    ...(unreadable === undefined ? {} : { unreadable }),
    ...(resumedBlocks === undefined ? {} : { resumedBlocks }),
    ...(deviceBytes === undefined || run.check ? {} : { deviceBytes }),
    ...(deviceMs === undefined || run.check ? {} : { deviceMs }),
  };
}

/** What read back wrong, and what is known of that; only the summary knows all of it. */
const cluesOf = ({ evidence, earlier }: Pick<TargetResult, 'evidence' | 'earlier'>): Partial<Target> => ({
  ...(evidence === undefined ? {} : { evidence }),
  ...(earlier === undefined ? {} : { earlier }),
});

/** The same as `put`; at the end of a comparison the target is what that has shown. `written`: bytes of this run. */
function end(run: JobRun, before: Target, written: number, change: Partial<Target>): JobRun {
  const isOver = isFinal(change.state ?? before.state);
  if (run.check && isOver) return put(run, before, settleCheck(run.check, { ...before, ...change }, written));
  if (!isOver || !run.comparing.has(before.id)) return put(run, before, change);
  const settled = settleCheck({ heal: false, before: run.comparing }, { ...before, ...change }, written);
  const comparing = new Map(run.comparing);
  comparing.delete(before.id);
  return { ...put(run, before, settled), comparing };
}

function onProgress(run: JobRun, event: HelperEventOf<'progress'>): Step {
  const target = targetOf(run, event.id);
  if (!target) return quiet(run);
  if (isFinal(target.state) || isFinal(event.phase)) return quiet(run);
  const copying = event.phase === 'copying' || event.phase === 'aside' || event.phase === 'flushing';
  return quiet(
    put(run, target, {
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
    return target && !isFinal(target.state)
      ? end(all, target, 0, { state: 'refused', error, seconds: 0 })
      : all;
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
      const target = targetOf(run, event.id);
      if (!target) return quiet(run);
      const joinedAtSequence = event.sequence ?? target.joinedAtSequence;
      return saved(put(run, target, { joinedAtBlock: event.block, joinedAtSequence }));
    }
    case 'progress':
      return onProgress(run, event);
    case 'stalled': {
      const target = targetOf(run, event.id);
      if (!target || isFinal(target.state)) return quiet(run);
      return quiet(put(run, target, { stalledSeconds: event.seconds }));
    }
    case 'head': {
      if (run.check) return quiet(run);
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
      return quiet(run.check ? run : withSource(run, { lap: Math.max(run.job.source.lap, event.n) }));
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
      if (run.check) return quiet(run);
      return saved(
        withSource(run, {
          unreadable: addRange(run.job.source.unreadable, event),
          unreadableBytes: run.job.source.unreadableBytes + event.length,
        }),
      );
    case 'handed-out': // by another program: the service keeps our own back
      return run.job.stationsElsewhere ? quiet(run) : saved(withJob(run, { stationsElsewhere: true }));
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

const outcomeOf: Record<Exclude<JobSummary['outcome'], 'detached'>, JobOutcome> = {
  complete: 'complete',
  cancelled: 'cancelled',
  'source-failed': 'source-failed',
  refused: 'refused',
  'helper-died': 'helper-lost',
};

/** The manifest of a run that has ended, at every target that the run was about. */
function keepManifest(run: JobRun, { manifest, source }: JobSummary, of: readonly TargetId[]): JobRun {
  const { rootDigest } = source;
  if (!manifest?.written || rootDigest === null) return run;
  const kept = { path: manifest.path, rootDigest };
  const manifests = new Map([...run.manifests, ...of.map((id) => [id, kept] as const)]);
  return of.reduce<JobRun>(
    (all, id) => {
      const target = all.job.targets[id];
      return target ? withTarget(all, { ...target, manifest: true }) : all;
    },
    { ...run, manifests },
  );
}

const copyOf = (found: Diagnosis): JobDiagnosis =>
  found.code === 'same-blocks' || found.code === 'worn' ? { ...found, blocks: [...found.blocks] } : found;

/** Where on the target it happened, if the error says so. */
const placeOf = ({ params }: AppError): { offset?: number | undefined } => ('offset' in params ? params : {});

/** What the ends of all targets together say. */
function diagnosed(job: Job): JobDiagnosis[] {
  const ended = job.targetOrder.flatMap((id) => {
    const target = job.targets[id];
    if (!target || !isFinal(target.state)) return [];
    const { state, evidence, earlier, deviceBytes, deviceMs } = target;
    const error = target.error ? { code: target.error.code, ...placeOf(target.error) } : undefined;
    return [{ path: id, state: state as FinalState, evidence, earlier, deviceBytes, deviceMs, error }];
  });
  return diagnose(ended, { blockCount: job.blockCount ?? 0, blockSize: job.options.blockSize })
    .slice(0, maxDiagnoses)
    .map(copyOf);
}

/** The end of a run, as the helper — or, if it has died, what was known until then — tells it. */
export function onSummary(run: JobRun, summary: JobSummary, now: number): Step {
  if (summary.outcome === 'detached') return quiet(run);
  let next = run;
  const about: TargetId[] = [];
  for (const result of [...summary.targets, ...summary.others]) {
    const id = result.id === undefined ? undefined : next.ids.get(result.id);
    if (id === null) continue;
    const byPath = Object.values(next.job.targets).find(
      (target) => target.card.path === result.path && !isFinal(target.state),
    );
    const target = id === undefined ? byPath : next.job.targets[id];
    if (!target) continue;
    about.push(target.id);
    // What has ended before was told then, and a comparison has settled it.
    if ((run.check || result.compared) && isFinal(target.state) && !takesBack(target.state, result)) {
      const isSame = target.evidence.length === result.evidence?.length;
      if (isSame) next = withTarget(next, { ...target, ...cluesOf(result) });
      continue;
    }
    next = end(next, target, result.bytesWritten, {
      ...findingsOf(result, run),
      state: result.state,
      joinedAtBlock: result.joinedAtBlock ?? target.joinedAtBlock,
      bytesCopied: Math.max(target.bytesCopied, result.bytesWritten),
      badBlocks: result.badBlocks,
      healedBlocks: result.healedBlocks,
      seconds: result.seconds,
      error: result.error ? toAppError(result.error) : null,
    });
  }
  next = failOpenTargets(refuseLate(next, summary));
  const outcome = outcomeOf[summary.outcome];
  next = run.check
    ? endOfCheck(next, run.check, summary, outcome, now)
    : endOfCopy(keepManifest(next, summary, about), summary, outcome, now);
  const stationsElsewhere = next.job.stationsElsewhere || (summary.handedOutBy ?? []).length > 0;
  return over(withJob(next, { stationsElsewhere, diagnoses: diagnosed(next.job) }));
}

/** A job that has copied stays what its copies made of it. */
function endOfCheck(
  run: JobRun,
  check: RunningCheck,
  { source }: JobSummary,
  outcome: JobOutcome,
  now: number,
): JobRun {
  const copied = run.job.kind === 'copy';
  const ended = withJob(run, {
    state: 'ended',
    outcome: copied ? check.outcome : outcome,
    endedAt: copied ? check.endedAt : now,
    pace: { by: 'none', target: null },
  });
  if (copied) return withSource(ended, { bytesPerSecond: 0 });
  const unreadable = source.unreadable.slice(0, maxRanges);
  const unreadableBytes = source.unreadable.reduce((sum, { length }) => sum + length, 0);
  const error = source.error ? toAppError(source.error) : null;
  return withSource(ended, { unreadable, unreadableBytes, error, rootDigest: source.rootDigest });
}

/** A later run of the job may not have taken it: it still holds if the source is the same. */
const sha256Of = ({ source: now }: JobSummary, before: Job['source']): string | null =>
  now.sha256 ?? (now.rootDigest === before.rootDigest ? before.sha256 : null);

function endOfCopy(run: JobRun, summary: JobSummary, outcome: JobOutcome, now: number): JobRun {
  const someGood = Object.values(run.job.targets).some(({ state }) => isGood(state));
  const { source } = run.job;
  return withJob(run, {
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
      sha256: sha256Of(summary, source),
      unreadable: summary.source.unreadable.slice(0, maxRanges),
      // The summary names only so many ranges; each has been told by itself before.
      unreadableBytes: Math.max(
        source.unreadableBytes,
        summary.source.unreadable.reduce((sum, { length }) => sum + length, 0),
      ),
      error: summary.source.error ? toAppError(summary.source.error) : null,
    },
  });
}

/** A helper that has told its end has never heard of a target without a number. */
function refuseLate(run: JobRun, { outcome }: JobSummary): JobRun {
  if (outcome === 'helper-died') return run;
  const numbered = new Set(run.ids.values());
  return Object.values(run.job.targets)
    .filter(({ id, state }) => !isFinal(state) && !numbered.has(id))
    .reduce(
      (all, target) =>
        end(all, target, 0, { state: 'refused', error: appError('job-ending', {}), seconds: 0 }),
      run,
    );
}

/** Nothing may stay open at the end, and nothing open may read as good. */
function failOpenTargets(run: JobRun): JobRun {
  return Object.values(run.job.targets)
    .filter(({ state }) => !isFinal(state))
    .reduce(
      (all, target) => end(all, target, 0, { state: 'failed', error: appError('helper-died', {}) }),
      run,
    );
}

const over = (run: JobRun): Step => ({
  run: {
    ...run,
    ids: new Map(),
    asked: new Map(),
    toRemove: [],
    slowSince: new Map(),
    check: null,
    comparing: new Map(),
  },
  effects: [{ do: 'save' }, { do: 'look-at-drives' }],
});

/** The end of a run that nobody saw: what was open then counts as failed. */
export function endUnseen(run: JobRun, now: number): Step {
  const kept = run.job.kind === 'copy' ? run.check : null;
  const ended = withJob(failOpenTargets(run), {
    state: 'ended',
    outcome: kept ? kept.outcome : 'helper-lost',
    endedAt: kept ? kept.endedAt : now,
    pace: { by: 'none', target: null },
  });
  return over(withSource(ended, { bytesPerSecond: 0 }));
}
