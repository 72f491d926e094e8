/** Runs probes: asks for approval, starts the helper, keeps what it says until somebody has seen it. */
import { appError, fail } from '@contract/errors.ts';
import type { DriveId } from '@contract/groups/common.ts';
import type { Drive } from '@contract/groups/drives.ts';
import type { Approval, TargetCheck } from '@contract/groups/jobs.ts';
import type { Probe, ProbeResult } from '@contract/groups/probes.ts';
import { HelperNotFound } from '../helper/helper-path.ts';
import type { ProbeEvent, ProbeVerdict } from '../helper/probe-messages.ts';
import { createApprovalDesk } from '../jobs/approval-desk.ts';
import { busyReasons, type SourceLike } from '../jobs/approvals.ts';
import { cardOf } from '../jobs/drive-card.ts';
import { toAppError } from '../jobs/job-run.ts';
import type { Engine } from '../jobs/engine.ts';
import type { Logger } from '../logging/logger.ts';
import type { Clock, Elevation } from '../ports.ts';

/** More probes that are over than this are taken off the list by themselves, the oldest first. */
const maxEndedProbes = 64;
const maxRanges = 256;

/** One conversation with a running probe. `HelperProbe` is it. */
export interface EngineProbe {
  /** Always comes, never rejects. */
  readonly finished: Promise<ProbeVerdict>;
  on(name: 'event', listener: (event: ProbeEvent) => void): unknown;
  cancel(): unknown;
}

export interface ProbeServiceOptions {
  engine: () => Engine;
  elevation: Elevation;
  logger: Logger;
  clock: Clock;
  /** The catalogue as it is now. */
  drive: (id: DriveId) => Drive | undefined;
  onChange: (probes: Readonly<Record<DriveId, Probe>>) => void;
  /** A drive is taken, has become free or holds something else. */
  onDrivesTouched: () => void;
}

export interface ProbeService {
  check(drive: DriveId, full: boolean): Promise<TargetCheck>;
  start(target: Approval, full: boolean): Promise<void>;
  cancel(drive: DriveId): void;
  dismiss(drive: DriveId): void;
  running(): boolean;
  /** True while this drive is being tested: nobody may use it meanwhile. */
  isRunning(drive: DriveId): boolean;
  /** Ends every probe; their helpers put back what they can, whether or not anybody waits for that. */
  stop(): void;
}

/** Stands for the source in an approval: a yes to one kind of probe is no yes to the other, nor to a copy. */
const purpose = (full: boolean): SourceLike => ({
  id: full ? 'full-probe' : 'quick-probe',
  path: '',
  size: 0,
});

/** A service without probes. */
export function createProbeService(options: ProbeServiceOptions): ProbeService {
  const { clock } = options;
  const probes = new Map<DriveId, { probe: Probe; engine: EngineProbe }>();

  const isRunning = (id: DriveId): boolean => {
    const state = probes.get(id)?.probe.state;
    return state !== undefined && state !== 'ended';
  };
  const driveOf = (id: DriveId): Drive => options.drive(id) ?? fail('no-such-drive');
  const reasons = (drive: Drive) => [
    ...busyReasons(drive),
    ...(isRunning(drive.id) ? [appError('in-probe')] : []),
    ...(drive.exists ? [] : [appError('not-found', {})]),
  ];
  const desk = createApprovalDesk({
    engine: options.engine,
    elevation: options.elevation,
    logger: options.logger,
    drive: driveOf,
    reasons,
  });
  const publish = (): void =>
    options.onChange(Object.fromEntries([...probes].map(([id, { probe }]) => [id, probe])));

  function change(id: DriveId, part: Partial<Probe>): void {
    const live = probes.get(id);
    if (!live) return;
    live.probe = { ...live.probe, ...part };
    publish();
  }

  function onEvent(id: DriveId, event: ProbeEvent): void {
    if (event.event === 'stalled') return change(id, { stalledSeconds: event.seconds });
    const { phase, bytes, of, bytesPerSecond } = event;
    change(id, { phase, bytes, of, bytesPerSecond, stalledSeconds: null });
  }

  function onEnd(id: DriveId, verdict: ProbeVerdict): void {
    const ended = { bytesPerSecond: 0, stalledSeconds: null, endedAt: clock.now() };
    change(id, { ...ended, state: 'ended', result: resultOf(verdict) });
    const over = [...probes].filter(([other]) => !isRunning(other));
    for (const [old] of over.slice(0, Math.max(0, over.length - maxEndedProbes))) probes.delete(old);
    publish();
    options.onDrivesTouched();
  }

  return {
    async check(id, full) {
      const [check = fail('no-such-drive')] = await desk.checkAll([driveOf(id)], purpose(full));
      return check;
    },
    async start(target, full) {
      await desk.obtainRights(null, [driveOf(target.drive)]);
      // After the prompt, however long it was open: the drive may be another one by now.
      const { drives, tokens } = desk.demandAll(purpose(full), [target]);
      const [drive = fail('no-such-drive')] = drives;
      const approval = tokens.get(drive.path);
      let engine: EngineProbe;
      try {
        engine = options.engine().probe({
          target: drive.path,
          full,
          ...(approval === undefined ? {} : { approval }),
        });
      } catch (error) {
        return fail(error instanceof HelperNotFound ? 'helper-missing' : 'helper-failed');
      }
      probes.delete(drive.id); // a new one goes last
      const nothing = { phase: null, bytes: 0, of: 0, bytesPerSecond: 0, stalledSeconds: null, result: null };
      const times = { startedAt: clock.now(), endedAt: null };
      const probe: Probe = { card: cardOf(drive), full, state: 'running', ...nothing, ...times };
      probes.set(drive.id, { probe, engine });
      engine.on('event', (event) => onEvent(drive.id, event));
      void engine.finished.then((verdict) => onEnd(drive.id, verdict));
      publish();
      options.onDrivesTouched();
    },
    cancel(id) {
      if (!isRunning(id)) fail(probes.has(id) ? 'job-ended' : 'no-such-job');
      probes.get(id)?.engine.cancel();
      change(id, { state: 'stopping' });
    },
    dismiss(id) {
      if (isRunning(id)) fail('job-running');
      if (!probes.delete(id)) fail('no-such-job');
      publish();
    },
    running: () => [...probes.keys()].some(isRunning),
    isRunning,
    stop() {
      for (const [id, { engine }] of probes) if (isRunning(id)) engine.cancel();
    },
  };
}

function resultOf(v: ProbeVerdict): ProbeResult {
  const { outcome, verdict, announcedBytes, realBytes, realAtMost, left, testedBytes, badBytes, firstBad } =
    v;
  return {
    ...{ outcome, verdict, announcedBytes, realBytes, realAtMost, left, testedBytes, badBytes, firstBad },
    bad: v.bad.slice(0, maxRanges),
    badMore: v.badMore + Math.max(0, v.bad.length - maxRanges),
    doubt: v.doubt,
    writeRate: v.writeRate,
    readRate: v.readRate,
    error: v.error ? toAppError(v.error) : null,
  };
}
