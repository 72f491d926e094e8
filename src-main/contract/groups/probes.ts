/** Probes: is a drive as large as it says it is? At most one for each drive; the last verdict stays until it is dismissed. */
import { appErrorSchema } from '../errors.ts';
import { z } from '../zod.ts';
import { byteCount, driveIdSchema, nothing, rate, type CallDefinition } from './common.ts';
import { approvalSchema, driveCardSchema, rangeSchema, targetCheckSchema } from './jobs.ts';

/** `fake-wraps`: what is written past its real size lands on what was written before; `fake-drops`: it is lost. */
export const probeVerdictSchema = z.enum(['genuine', 'fake-wraps', 'fake-drops', 'damaged', 'unstable']);

export const probePhaseSchema = z.enum([
  'saving',
  'writing',
  'reading',
  'narrowing',
  'restoring',
  'clearing',
]);

/** What came of a probe. */
export const probeResultSchema = z
  .strictObject({
    outcome: z.enum(['complete', 'cancelled', 'failed', 'refused']),
    /** Null unless the outcome is `complete`. */
    verdict: probeVerdictSchema.nullable(),
    announcedBytes: byteCount,
    /** So many bytes from the start can be relied on. */
    realBytes: byteCount.nullable(),
    realAtMost: byteCount.nullable(),
    /** How the drive was left: as it was, with both ends cleared, or with contents that could not all be put back. */
    left: z.enum(['as-before', 'blank', 'changed']),
    testedBytes: byteCount,
    badBytes: byteCount,
    firstBad: byteCount.nullable(),
    /** The first 256 bad ranges; `badMore` counts the rest. */
    bad: z.array(rangeSchema).max(256),
    badMore: z.int().nonnegative(),
    /** What the probe could not see; `places` 0: every byte was tested. */
    doubt: z.strictObject({
      places: z.int().nonnegative(),
      widestGap: byteCount,
      /** With 95 % probability no larger part is bad. */
      missedPercent: z.number().min(0).max(100),
      /** A cache in the drive smaller than this cannot have deceived the probe. */
      cache: byteCount,
    }),
    writeRate: rate,
    readRate: rate,
    error: appErrorSchema.nullable(),
  })
  .refine((r) => (r.verdict === null) === (r.outcome !== 'complete'));
export type ProbeResult = z.infer<typeof probeResultSchema>;

/** A probe: running, or over and still shown. */
export const probeSchema = z.strictObject({
  card: driveCardSchema,
  full: z.boolean(),
  state: z.enum(['running', 'stopping', 'ended']),
  /** Null before the first sign of life. */
  phase: probePhaseSchema.nullable(),
  /** Of `of` in this phase; `of` 0: nobody can say. */
  bytes: byteCount,
  of: byteCount,
  bytesPerSecond: rate,
  /** Seconds without an answer from the drive; null while it answers. */
  stalledSeconds: z.number().nonnegative().nullable(),
  /** Null until it has ended. */
  result: probeResultSchema.nullable(),
  /** Milliseconds since 1970. */
  startedAt: z.number(),
  endedAt: z.number().nullable(),
});
export type Probe = z.infer<typeof probeSchema>;

const ofDrive = z.strictObject({ drive: driveIdSchema });

export const probeCalls = {
  /** Says what a probe would put at risk, what kind of yes that needs, or why it is refused. Changes nothing. */
  'probe.check': {
    role: 'operator',
    remote: 'approve',
    input: z.strictObject({ drive: driveIdSchema, full: z.boolean() }),
    output: z.strictObject({ check: targetCheckSchema }),
  },
  /**
   * Begins. Quick: places all over the drive, put back afterwards (what is on the drive is at risk if it is cut off).
   * Full: every byte; what is on the drive is lost. The approval comes from `probe.check` with the same `full`.
   */
  'probe.start': {
    role: 'operator',
    remote: 'approve',
    input: z.strictObject({ target: approvalSchema, full: z.boolean() }),
    output: nothing,
    patient: true,
  },
  /** Stops it; a quick probe first puts back what it overwrote. */
  'probe.cancel': { role: 'operator', remote: 'operate', input: ofDrive, output: nothing },
  /** Takes a probe that is over off the list. */
  'probe.dismiss': { role: 'operator', remote: 'operate', input: ofDrive, output: nothing },
} as const satisfies Record<string, CallDefinition>;
