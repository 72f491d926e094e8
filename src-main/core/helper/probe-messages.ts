// What `carousel-helper probe` says and understands (docs/probe.md), checked like every other message.

import { z } from '@contract/zod.ts';
import { explain, helperErrorSchema, PROTOCOL_VERSION } from '@contract/helper-messages.ts';

const count = z.number().int().nonnegative().max(Number.MAX_SAFE_INTEGER);
const t = z.number().nonnegative();

/** What a stick turned out to be. */
const probeVerdicts = ['genuine', 'fake-wraps', 'fake-drops', 'damaged', 'unstable'] as const;
/** What a probe is doing. */
const probePhases = ['saving', 'writing', 'reading', 'narrowing', 'restoring', 'clearing'] as const;
/** How it leaves the stick behind. */
const probeLeft = ['as-before', 'blank', 'changed'] as const;

const progress = z.object({
  event: z.literal('progress'),
  t,
  phase: z.enum(probePhases),
  bytes: count,
  of: count,
  bytesPerSecond: z.number().nonnegative().default(0),
});
const stalled = z.object({ event: z.literal('stalled'), t, seconds: z.number().nonnegative() });

/** The last word of a probe. Bytes everywhere. */
export const probeVerdictSchema = z
  .object({
    event: z.literal('verdict'),
    t,
    ok: z.boolean(),
    outcome: z.enum(['complete', 'cancelled', 'failed', 'refused']),
    target: z.string().max(16_384),
    full: z.boolean(),
    announcedBytes: count,
    verdict: z.enum(probeVerdicts).nullable(),
    /** So many bytes from the start can be relied on. */
    realBytes: count.nullable(),
    realAtMost: count.nullable(),
    left: z.enum(probeLeft),
    testedBytes: count,
    badBytes: count,
    firstBad: count.nullable(),
    bad: z.array(z.object({ offset: count, length: count })).max(1000),
    badMore: count,
    doubt: z.object({
      /** Places tested by themselves; 0: every byte was tested. */
      places: count,
      /** Longest stretch without a tested place. */
      widestGap: count,
      /** With 95 % probability no larger part of the stick is bad. */
      missedPercent: z.number().min(0).max(100),
      /** A cache in the stick smaller than this cannot have deceived the probe. */
      cache: count,
    }),
    writeRate: count,
    readRate: count,
    error: helperErrorSchema.optional(),
  })
  .refine((v) => v.ok === (v.outcome === 'complete' && v.verdict === 'genuine'), {
    message: 'good, but not genuine',
    path: ['ok'],
  })
  .refine((v) => (v.verdict === null) === (v.outcome !== 'complete'), {
    message: 'a verdict without a complete probe, or the other way round',
    path: ['verdict'],
  });

/** The last word of a probe. */
export type ProbeVerdict = z.infer<typeof probeVerdictSchema>;
/** What a probe tells while it runs. */
export type ProbeEvent = z.infer<typeof progress> | z.infer<typeof stalled>;

const eventSchemas = { progress, stalled, verdict: probeVerdictSchema } as const;

/** What one line turned out to be; never throws. `other`: an event that needs no answer. */
export function decodeProbeLine(
  line: string,
):
  | { kind: 'event'; event: ProbeEvent }
  | { kind: 'verdict'; verdict: ProbeVerdict }
  | { kind: 'error'; error: z.infer<typeof helperErrorSchema> }
  | { kind: 'other' }
  | { kind: 'invalid'; reason: string } {
  let value: unknown;
  try {
    value = JSON.parse(line);
  } catch {
    return { kind: 'invalid', reason: 'not JSON' };
  }
  const name = typeof value === 'object' && value !== null ? (value as { event?: unknown }).event : undefined;
  if (typeof name !== 'string') return { kind: 'invalid', reason: 'no event name' };
  if (name === 'error') {
    const error = helperErrorSchema.safeParse(value);
    return error.success
      ? { kind: 'error', error: error.data }
      : { kind: 'invalid', reason: explain(error.error) };
  }
  if (!Object.hasOwn(eventSchemas, name)) return { kind: 'other' };
  const result = eventSchemas[name as keyof typeof eventSchemas].safeParse(value);
  if (!result.success) return { kind: 'invalid', reason: `${name}: ${explain(result.error)}` };
  return result.data.event === 'verdict'
    ? { kind: 'verdict', verdict: result.data }
    : { kind: 'event', event: result.data };
}

const requestSchema = z.strictObject({
  target: z.string().startsWith('/', 'paths must be absolute').max(4096),
  /** A token of `survey`, without which no drive is written to. */
  approval: z.string().max(128).optional(),
  full: z.boolean().optional(),
  stallTimeout: z.number().int().min(1).max(3600).optional(),
});

/** What to probe, and how. The path is absolute; seconds for the time without an answer. */
export type ProbeRequest = z.infer<typeof requestSchema>;

/** The line that begins a probe; throws a `RangeError` where the helper would not take it. */
export function encodeProbe(request: ProbeRequest): string {
  const checked = requestSchema.safeParse(request);
  if (!checked.success) throw new RangeError(explain(checked.error));
  const { target, approval, ...options } = checked.data;
  const asked = { path: target, ...(approval === undefined ? {} : { approval }) };
  return JSON.stringify({ verb: 'probe', version: PROTOCOL_VERSION, target: asked, options }) + '\n';
}
