// The messages of the helper protocol as run-time schemas (docs/helper-protocol.md). What comes from the helper is checked
// here before anything else sees it; fields this version does not know are dropped, events it does not know are passed over.
// They are part of the contract because `copy.*` passes them on to the terminal as they are.

import { helperErrorCodes } from './helper-errors.gen.ts';
import { z } from './zod.ts';

/** The protocol version this side speaks. */
export const PROTOCOL_VERSION = 1;

const count = z.number().int().nonnegative().max(Number.MAX_SAFE_INTEGER);
const seconds = z.number().nonnegative();
const path = z.string().max(16_384);

/** States a target goes through, in the protocol's words. */
const runningStates = ['waiting', 'copying', 'aside', 'flushing', 'verifying', 'healing'] as const;
/** States a target stays in. */
export const finalStates = [
  'done',
  'verified',
  'sampled',
  'failed',
  'removed',
  'cancelled',
  'refused',
] as const;
/** All of them, the final ones last. `sampled`: compared in a few places only. */
export const targetStates = [...runningStates, ...finalStates] as const;
const state = z.enum(targetStates);
const slow = z.enum(['together', 'catch-up']);

/** What went wrong. A code of a newer helper that this version does not know reads as `internal`. */
export const helperErrorSchema = z.object({
  code: z.enum(helperErrorCodes).catch('internal'),
  message: z.string().default(''),
  offset: count.optional(),
  errno: z.string().optional(),
});
const maybeError = z.preprocess(
  (value) =>
    typeof value === 'object' && value !== null && Object.keys(value).length > 0 ? value : undefined,
  helperErrorSchema.optional(),
);

/** Of who hands out; empty where it gave none. */
const mark = z.string().max(64);

const range = z.object({ offset: count, length: count });
const task = z.enum(['copy', 'verify', 'sample']).default('copy');
/** What was found wrong at one reading back: blocks, and which other block's content stood in them. */
const evidence = z.object({
  attempt: count,
  bad: z.array(count).max(64),
  more: count.default(0),
  echoes: z
    .array(z.object({ block: count, of: count }))
    .max(16)
    .default([]),
  /** Not said by the helper: blocks of the source that are not all zeros, from the first bad one to where nobody looked. */
  occupied: count.optional(),
});
/** What is known of how good a target is, beside its state. */
const findings = {
  /** Ranges of the source that could not be read: the copy holds zeros there. Only with a good state. */
  unreadable: count.optional(),
  /** Blocks that an earlier, interrupted copy had left there. */
  resumedBlocks: count.optional(),
  evidence: z.array(evidence).max(8).optional(),
  /** Not said by the helper: blocks that read back wrong on this drive in earlier jobs, by the record. */
  earlier: z.array(z.array(count).max(64)).max(8).optional(),
  /** What the device took, and the milliseconds it took for that. */
  deviceBytes: count.optional(),
  deviceMs: count.optional(),
  /** Not copied to but read back: an earlier target at the same path holds the copy. */
  compared: z.boolean().optional(),
};
const ofTarget = { t: seconds, id: count, target: path };

const hello = z.object({
  event: z.literal('hello'),
  t: seconds.default(0),
  version: count,
  helper: z.string().default(''),
  pid: count.optional(),
});

const job = z.object({
  event: z.literal('job'),
  t: seconds,
  task,
  job: z.string().max(256),
  role: z.enum(['producer', 'consumer', 'observer']),
  source: z.object({
    path,
    size: count,
    kind: z.enum(['device', 'file']).default('file'),
    sectorSize: count.default(512),
    mountedWritable: z.boolean().default(false),
  }),
  blockSize: count.positive(),
  blockCount: count.positive(),
  slots: count,
  slow,
  onReadError: z.enum(['skip', 'stop']).optional(),
  stallTimeout: seconds.optional(),
  waitForJoin: seconds.optional(),
  pids: z.object({ supervisor: count.nullish(), producer: count.nullish() }).default({}),
});

const target = z.object({
  event: z.literal('target'),
  ...ofTarget,
  state,
  size: count.nullish(),
  kind: z.string().nullish(),
  joinedAtBlock: count.nullable().default(null),
  bytesWritten: count.default(0),
  badBlocks: count.default(0),
  healedBlocks: count.default(0),
  seconds: seconds.default(0),
  pid: count.nullish(),
  mine: z.boolean().default(true),
  ...findings,
  error: maybeError,
});

const summaryTarget = z.object({
  id: count.optional(),
  path,
  state: z.enum(finalStates),
  joinedAtBlock: count.nullable().default(null),
  bytesWritten: count,
  badBlocks: count.default(0),
  healedBlocks: count.default(0),
  seconds: seconds.default(0),
  ...findings,
  error: maybeError,
});

const summary = z.object({
  event: z.literal('summary'),
  t: seconds,
  task,
  ok: z.boolean(),
  role: z.enum(['producer', 'consumer', 'observer']),
  outcome: z.enum(['complete', 'cancelled', 'source-failed', 'refused']),
  source: z.object({
    path,
    size: count,
    bytesRead: count,
    laps: z.number().nonnegative(),
    blockSize: count.optional(),
    rootDigest: z.string().max(256).nullable().default(null),
    /** SHA-256 of all bytes of the source, where it was taken. */
    sha256: z
      .string()
      .regex(/^[0-9a-f]{64}$/)
      .optional(),
    unreadable: z.array(range).default([]),
    unreadableMore: count.optional(),
    error: maybeError,
  }),
  targets: z.array(summaryTarget),
  others: z.array(summaryTarget).default([]),
  /** Whether the manifest that was asked for has been written. */
  manifest: z.object({ path, written: z.boolean(), error: maybeError }).optional(),
  /** Marks of all that have handed blocks of the job out to other machines. */
  handedOutBy: z.array(mark).max(65).optional(),
  seconds,
});

const eventSchemas = {
  hello,
  job,
  target,
  joined: z.object({ event: z.literal('joined'), ...ofTarget, block: count, sequence: count.optional() }),
  progress: z.object({
    event: z.literal('progress'),
    ...ofTarget,
    phase: state,
    bytes: count,
    bytesPerSecond: z.number().nonnegative().default(0),
    coverage: z
      .string()
      .regex(/^[0-9a-f]{0,128}$/)
      .optional(),
  }),
  head: z.object({
    event: z.literal('head'),
    t: seconds,
    sequence: count,
    block: count,
    lap: count,
    bytesRead: count,
    bytesPerSecond: z.number().nonnegative().default(0),
  }),
  lap: z.object({ event: z.literal('lap'), t: seconds, n: count }),
  pace: z.object({
    event: z.literal('pace'),
    t: seconds,
    by: z.enum(['source', 'target', 'targets', 'none']),
    id: count.optional(),
    target: path.optional(),
  }),
  policy: z.object({
    event: z.literal('policy'),
    t: seconds,
    slow,
    id: count.optional(),
    request: z.string().optional(),
  }),
  'bad-source': range.extend({ event: z.literal('bad-source'), t: seconds }),
  'handed-out': z.object({ event: z.literal('handed-out'), t: seconds, by: mark }),
  stalled: z.object({ event: z.literal('stalled'), ...ofTarget, seconds }),
  warning: z.object({
    event: z.literal('warning'),
    t: seconds,
    code: z.string(),
    message: z.string().default(''),
    id: count.optional(),
    target: path.optional(),
  }),
  error: helperErrorSchema.extend({
    event: z.literal('error'),
    t: seconds.default(0),
    request: z.string().optional(),
  }),
  digests: z.object({
    event: z.literal('digests'),
    t: seconds,
    from: count,
    list: z.array(z.string().max(64).nullable()).max(1024),
    request: z.string().optional(),
  }),
  summary,
} as const;

/** Any event the helper sends. */
export const helperEventSchema = z.discriminatedUnion('event', [
  hello,
  job,
  target,
  eventSchemas.joined,
  eventSchemas.progress,
  eventSchemas.head,
  eventSchemas.lap,
  eventSchemas.pace,
  eventSchemas.policy,
  eventSchemas['bad-source'],
  eventSchemas['handed-out'],
  eventSchemas.stalled,
  eventSchemas.warning,
  eventSchemas.error,
  eventSchemas.digests,
  summary,
]);

/** The result of a job. `helper-died` and `detached` are outcomes that only the helper's client can know. */
export const jobSummarySchema = summary.extend({
  outcome: z.enum([...summary.shape.outcome.options, 'helper-died', 'detached']),
});
/** The result of a job. */
export type JobSummary = z.infer<typeof jobSummarySchema>;
/** One line of the result. */
export type TargetResult = JobSummary['targets'][number];

type EventSchemas = typeof eventSchemas;
/** An event by its name. */
export type HelperEventOf<Name extends keyof EventSchemas> = z.infer<EventSchemas[Name]>;
/** Any event the helper sends. */
export type HelperEvent = { [Name in keyof EventSchemas]: HelperEventOf<Name> }[keyof EventSchemas];
/** What went wrong with a target, the source or a verb. */
export type HelperErrorInfo = z.infer<typeof helperErrorSchema>;
/** Any state of a target. */
export type TargetState = z.infer<typeof state>;
/** A state that a target stays in. */
export type FinalState = (typeof finalStates)[number];
/** What a job does. */
export type Task = z.infer<typeof task>;
/** What was found wrong at one reading back. */
export type Evidence = z.infer<typeof evidence>;
/** What to do with targets that hold the others back. */
export type SlowPolicy = z.infer<typeof slow>;

/** What one line from the helper turned out to be. */
export type DecodedLine =
  | { kind: 'event'; event: HelperEvent }
  | { kind: 'unknown'; name: string }
  | { kind: 'invalid'; reason: string };

/** Is it one of the states that a target stays in? */
export function isFinal(value: TargetState): value is FinalState {
  return (finalStates as readonly string[]).includes(value);
}

/** Two readings of the source differ, or something wrote to it between them: nothing that was copied from it is good. */
export const putsInDoubt = (error: { code: string } | null | undefined): boolean =>
  error?.code === 'source-changed' || error?.code === 'source-written';

/**
 * Does this take back that a target was good? Nothing else comes back from the end: its source, read again, was another one,
 * and nobody knows which of the readings is right.
 */
export const takesBack = (
  before: TargetState,
  after: { state: TargetState; error?: { code: string } | undefined },
): boolean =>
  (before === 'done' || before === 'verified' || before === 'sampled') &&
  after.state === 'failed' &&
  putsInDoubt(after.error);

/** Reads one line of the helper's standard output; never throws. */
export function decodeEvent(line: string): DecodedLine {
  let value: unknown;
  try {
    value = JSON.parse(line);
  } catch {
    return { kind: 'invalid', reason: 'not JSON' };
  }
  if (typeof value !== 'object' || value === null || Array.isArray(value))
    return { kind: 'invalid', reason: 'not an object' };
  const name = (value as { event?: unknown }).event;
  if (typeof name !== 'string') return { kind: 'invalid', reason: 'no event name' };
  if (!Object.hasOwn(eventSchemas, name)) return { kind: 'unknown', name };
  const result = eventSchemas[name as keyof EventSchemas].safeParse(value);
  if (result.success) return { kind: 'event', event: result.data };
  return { kind: 'invalid', reason: `${name}: ${explain(result.error)}` };
}

/** The first things a schema found wrong, in one line. */
export function explain(error: z.ZodError): string {
  return error.issues
    .slice(0, 3)
    .map((issue) => `${issue.path.join('.')}: ${issue.message}`)
    .join('; ');
}
