/** Runs probes: asks for approval, starts the helper, keeps what it says until somebody has seen it. */
import { appError, fail } from '@contract/errors.ts';
import type { DriveId } from '@contract/groups/common.ts';
import type { Drive } from '@contract/groups/drives.ts';
import type { Approval, TargetCheck } from '@contract/groups/jobs.ts';
import type { Probe, ProbeResult } from '@contract/groups/probes.ts';
import { HelperNotFound } from '../helper/helper-path.ts';
import type { ProbeEvent, ProbeRequest, ProbeVerdict } from '../helper/probe-messages.ts';
import { busyReasons, createApprovals, type SourceLike } from '../jobs/approvals.ts';
import { cardOf } from '../jobs/drive-card.ts';
import { toAppError } from '../jobs/job-run.ts';
import type { Clock, Elevation } from '../ports.ts';

/** More probes that are over than this are taken off the list by themselves, the oldest first. */
export const maxEndedProbes = 64;
const maxRanges = 256;

/** One conversation with a running probe. `HelperProbe` is it. */
export interface EngineProbe {
  /** Always comes, never rejects. */
  readonly finished: Promise<ProbeVerdict>;
  on(name: 'event', listener: (event: ProbeEvent) => void): unknown;
  cancel(): unknown;
}

export interface ProbeServiceOptions {
  begin: (request: ProbeRequest) => EngineProbe;
  elevation: Elevation;
  clock: Clock;
  /** The catalogue as it is now. */
  drive: (id: DriveId) => Drive | undefined;
  onChange: (probes: Readonly<Record<DriveId, Probe>>) => void;
  /** A drive has become free or holds something else. */
  onDrivesTouched: () => void;
}

export interface ProbeService {
  check(drive: DriveId, full: boolean): TargetCheck;
  start(target: Approval, full: boolean): Promise<void>;
  cancel(drive: DriveId): void;
  dismiss(drive: DriveId): void;
  running(): boolean;
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
  const approvals = createApprovals();
  const probes = new Map<DriveId, { probe: Probe; engine: EngineProbe }>();

  const isRunning = (id: DriveId): boolean => {
    const state = probes.get(id)?.probe.state;
    return state !== undefined && state !== 'ended';
  };
  const driveOf = (id: DriveId): Drive => options.drive(id) ?? fail('no-such-drive');
  const reasons = (drive: Drive) => [
    ...busyReasons(drive),
    ...(isRunning(drive.id) ? [appError('in-use', {})] : []),
    ...(drive.exists ? [] : [appError('not-found', {})]),
  ];
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
    check: (id, full) => {
      const drive = driveOf(id);
      return approvals.check(drive, purpose(full), reasons(drive));
    },
    async start(target, full) {
      const demand = (): Drive => {
        const drive = driveOf(target.drive);
        approvals.demand(drive, purpose(full), target, reasons(drive));
        return drive;
      };
      if (demand().kind === 'disk') await options.elevation.obtain();
      const drive = demand(); // it may have changed while somebody was asked
      let engine: EngineProbe;
      try {
        engine = options.begin({ target: drive.path, full });
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
