/** Jobs: one source and everything that rides on it. */
import { appErrorSchema } from '../errors.ts';
import { finalStates, targetStates } from '../helper-messages.ts';
import { z } from '../zod.ts';
import {
  byteCount,
  driveIdSchema,
  filePath,
  foreignText,
  jobIdSchema,
  nothing,
  rate,
  reasonsSchema,
  targetIdSchema,
  type CallDefinition,
} from './common.ts';
import { busSchema, driveIdentitySchema, driveKindSchema, tableSchema, volumeSchema } from './drives.ts';

/** What a job remembers of a drive: it goes on being shown when the drive has been pulled out. */
export const driveCardSchema = z.strictObject({
  /** Null when the job found it by its path only (a job begun by another program). */
  drive: driveIdSchema.nullable(),
  kind: driveKindSchema,
  /** Where it was when it stepped on. */
  path: filePath,
  identity: driveIdentitySchema,
  title: foreignText,
  labels: z.array(foreignText).max(128),
  bus: busSchema,
  port: z.string().max(64).nullable(),
});
export type DriveCard = z.infer<typeof driveCardSchema>;

export const slowPolicySchema = z.enum(['together', 'catch-up']);
export type SlowPolicy = z.infer<typeof slowPolicySchema>;

/** The states of a target; the helper's own words. */
export const targetStateSchema = z.enum(targetStates);
export type TargetState = z.infer<typeof targetStateSchema>;

const finalOnes: ReadonlySet<TargetState> = new Set(finalStates);

/** True for a state that does not change any more. */
export const isFinal = (state: TargetState): boolean => finalOnes.has(state);

/** True for the good final states. */
export const isGood = (state: TargetState): boolean =>
  state === 'done' || state === 'verified' || state === 'sampled';

const blockNumber = z.number().int().nonnegative();
const blockList = z.array(blockNumber).max(64);

/** What one reading back found wrong: the blocks, and which other block's content stood in them. */
export const evidenceSchema = z.strictObject({
  /** 0 the first time, then once more after each rewriting. */
  attempt: blockNumber,
  bad: blockList,
  /** So many more than are named. */
  more: blockNumber,
  echoes: z.array(z.strictObject({ block: blockNumber, of: blockNumber })).max(16),
  /** Blocks that are not all zeros, from the first bad one to where nobody looked; missing where that is not known. */
  occupied: blockNumber.optional(),
});

/** One target on a job. */
export const targetSchema = z.strictObject({
  id: targetIdSchema,
  card: driveCardSchema,
  state: targetStateSchema,
  /** 1, or more after retries. */
  attempt: z.int().positive(),
  /** False for targets that another program put on the same job. */
  mine: z.boolean(),
  /** Bytes of the target as the helper knows it; null before it has looked. */
  size: byteCount.nullable(),
  joinedAtBlock: z.number().int().nonnegative().nullable(),
  joinedAtSequence: z.number().int().nonnegative().nullable(),
  /** Bytes the device has acknowledged, of `job.source.size`; never goes back within one attempt. */
  bytesCopied: byteCount,
  /** Bytes read back, of `job.source.size`; null before verification began. */
  bytesVerified: byteCount.nullable(),
  bytesPerSecond: rate,
  /**
   * Where the copied bytes are: hex digits, each the filled sixteenths of one equal part of the source
   * (`0` none, `f` all). Empty before the first byte.
   */
  coverage: z.string().regex(/^[0-9a-f]{0,128}$/),
  /** What the present phase still needs at its present rate; null while unknown. */
  etaSeconds: z.number().nonnegative().nullable(),
  /** Its own policy, when it differs from the job's. */
  slow: slowPolicySchema.nullable(),
  /** Seconds without an answer from the device; null while it answers. */
  stalledSeconds: z.number().nonnegative().nullable(),
  /** Below half the median of its siblings for half a minute. */
  slowForItsKind: z.boolean(),
  badBlocks: z.number().int().nonnegative(),
  healedBlocks: z.number().int().nonnegative(),
  /** Ranges that could not be read from the source and hold zeros on it. */
  unreadable: z.number().int().nonnegative(),
  /** Blocks that an interrupted copy had left there and that were found right. */
  resumedBlocks: z.number().int().nonnegative(),
  /** Readings back that found something wrong, of the last copy or verification. */
  evidence: z.array(evidenceSchema).max(8),
  /** Blocks that read back wrong on this drive in earlier jobs, one list a job, where there are any. */
  earlier: z.array(blockList).max(8).optional(),
  /** What the device took while it was copied to, and the milliseconds it took for that. */
  deviceBytes: byteCount,
  deviceMs: z.number().nonnegative(),
  /** The digests of all its blocks are kept: it can be verified at any time (`jobs.verify`). */
  manifest: z.boolean(),
  /** What an interrupted copy has left on it, in blocks of the source; null when nothing or not known. */
  resumable: z.strictObject({ blocks: blockNumber, of: blockNumber }).nullable(),
  /** Seconds on the job, once it is over. */
  seconds: z.number().nonnegative().nullable(),
  error: appErrorSchema.nullable(),
  /** Why the last verification of it came to nothing. Its state is still what it was before. */
  checkError: appErrorSchema.nullable(),
});
export type Target = z.infer<typeof targetSchema>;

/** True for a target whose bad blocks are known: only those have to be written again. */
export const mayHeal = ({ manifest, state, evidence }: Target): boolean =>
  manifest && (state === 'failed' || state === 'removed') && evidence.length > 0;

export const rangeSchema = z.strictObject({ offset: byteCount, length: byteCount });
export type ByteRange = z.infer<typeof rangeSchema>;

/** What the person chose for the job. */
export const jobOptionsSchema = z.strictObject({
  verify: z.boolean(),
  heal: z.boolean(),
  slow: slowPolicySchema,
  onReadError: z.enum(['skip', 'stop']),
  /** A power of two. */
  blockSize: z.int().min(65536).max(16777216),
  slots: z.int().min(2).max(1024),
  /** Seconds the job stays open for joiners while no target rides. */
  waitForJoin: z.int().min(0).max(86400),
  stallTimeout: z.int().min(1).max(3600),
});
export type JobOptions = z.infer<typeof jobOptionsSchema>;

/** One point of the speed graph: seconds since the start, source bytes/s, sum over the targets bytes/s. */
export const speedSampleSchema = z.tuple([z.number(), rate, rate]);
export type SpeedSample = z.infer<typeof speedSampleSchema>;

export const jobSourceSchema = z.strictObject({
  card: driveCardSchema,
  size: byteCount,
  /** Null until the helper has opened it. */
  mountedWritable: z.boolean().nullable(),
  bytesRead: byteCount,
  bytesPerSecond: rate,
  /** 1 on the first turn. */
  lap: z.int().positive(),
  /** The newest published sequence and its block; null before the first. */
  headSequence: z.number().int().nonnegative().nullable(),
  headBlock: z.number().int().nonnegative().nullable(),
  /** Ranges that could not be read and hold zeros in the copies; the first 256. */
  /** Left out because a map of ddrescue says that they cannot be read. */
  skip: z.array(rangeSchema).max(1000).default([]),
  unreadable: z.array(rangeSchema).max(256),
  unreadableBytes: byteCount,
  rootDigest: z.string().max(128).nullable(),
  /** SHA-256 of all its bytes, as `sha256sum` gives it; null where it was not taken. */
  sha256: z.string().max(64).nullable().default(null),
  error: appErrorSchema.nullable(),
});

export const outcomeSchema = z.enum(['complete', 'cancelled', 'source-failed', 'refused', 'helper-lost']);
export type JobOutcome = z.infer<typeof outcomeSchema>;

/** What the results of a job say about why something went wrong. Blocks are numbers of blocks of the source. */
export const diagnosisSchema = z.discriminatedUnion('code', [
  /** Every target that was read back has the same bad blocks: the source or this computer's memory, not the drives. */
  z.strictObject({ code: z.literal('same-blocks'), targets: z.int().positive(), blocks: blockList }),
  /** Less room than it claims: other blocks' data comes back (`echo`), or nothing holds from one block on. */
  z.strictObject({
    code: z.literal('fake-capacity'),
    target: targetIdSchema,
    from: blockNumber,
    echo: z.boolean(),
  }),
  /** Takes no data at this byte: past the end of its room, or a bad place. */
  z.strictObject({ code: z.literal('takes-no-more'), target: targetIdSchema, at: byteCount }),
  /** The same blocks are wrong again after they were rewritten, or in another job: the medium is worn there. */
  z.strictObject({ code: z.literal('worn'), target: targetIdSchema, blocks: blockList }),
  /** Bad blocks that are right after rewriting, or elsewhere each time: the reader, the hub, the cable or the power. */
  z.strictObject({ code: z.literal('moving'), target: targetIdSchema, blocks: blockNumber }),
  /** Took data at less than half the median speed of its siblings; bytes a second. */
  z.strictObject({ code: z.literal('slow-for-its-kind'), target: targetIdSchema, rate, median: rate }),
]);
export type JobDiagnosis = z.infer<typeof diagnosisSchema>;

/** A job: running, or over and still shown. */
export const jobSchema = z.strictObject({
  id: jobIdSchema,
  /** `copy`, or `verify`: drives held against a manifest; nothing was copied, and `source` is what the manifest is of. */
  kind: z.enum(['copy', 'verify']),
  /** What it is doing, or did last: copying, comparing all blocks, or comparing a few. */
  task: z.enum(['copy', 'verify', 'sample']),
  /** The manifest of a job that verifies. */
  manifest: filePath.nullable(),
  state: z.enum(['starting', 'running', 'stopping', 'ended']),
  /** Null until it has ended. */
  outcome: outcomeSchema.nullable(),
  /** `producer`: begun here. `consumer`: joined a job of another program. `observer`: another program's, looked in on. */
  role: z.enum(['producer', 'consumer', 'observer']).nullable(),
  source: jobSourceSchema,
  options: jobOptionsSchema,
  /** Null until the helper has said it. */
  blockCount: z.number().int().positive().nullable(),
  targets: z.record(targetIdSchema, targetSchema),
  /** In the order in which they stepped on; a cell keeps its place. */
  targetOrder: z.array(targetIdSchema),
  /** Who holds the job back. */
  pace: z.strictObject({
    by: z.enum(['source', 'target', 'targets', 'none']),
    target: targetIdSchema.nullable(),
  }),
  warnings: reasonsSchema,
  /**
   * Another program hands it out, or did: how the targets of those stations stand is known only there, so the job as a whole is
   * never called good here.
   */
  stationsElsewhere: z.boolean().default(false),
  /** What the results say about causes; empty while it runs. */
  diagnoses: z.array(diagnosisSchema).max(65),
  /** Oldest first, one a second at most. */
  speeds: z.array(speedSampleSchema).max(900),
  /** Milliseconds since 1970. */
  startedAt: z.number(),
  endedAt: z.number().nullable(),
});
export type Job = z.infer<typeof jobSchema>;

/** True for a target that a verification can be asked for: all of it was written once, and its digests are kept. */
export const mayVerify = (target: Target, job: Pick<Job, 'kind'>): boolean =>
  target.manifest &&
  isFinal(target.state) &&
  (job.kind === 'verify' || isGood(target.state) || mayHeal(target));

/** True for a target that can be compared now, while others of its job are still copied to: this run has copied all of it. */
export const mayCompareNow = (target: Target, job: Pick<Job, 'state' | 'task'>): boolean =>
  job.state === 'running' && job.task === 'copy' && isGood(target.state) && !target.manifest;

/** A yes to erasing one drive: the token from `jobs.checkTargets`, and for level 2 what was typed. */
export const approvalSchema = z.strictObject({
  drive: driveIdSchema,
  token: z.string().max(256),
  typed: z.string().max(64).optional(),
});
export type Approval = z.infer<typeof approvalSchema>;

/** What writing to one drive would mean. */
export const targetCheckSchema = z.strictObject({
  drive: driveIdSchema,
  ok: z.boolean(),
  level: z.int().min(0).max(3),
  reasons: reasonsSchema,
  /** What would be erased. */
  volumes: z.array(volumeSchema).max(128),
  usedBytes: byteCount.nullable(),
  /** Milliseconds since 1970: the newest date that was seen on it; there may be newer ones deeper inside. Null when none was seen. */
  newest: z.number().nonnegative().nullable(),
  /** The kind of partition table; null when the drive may not be looked into before rights are given. */
  table: tableSchema.nullable(),
  /** What to type, at level 2 or before such a drive is unmounted: the end of the serial number or, without one, the port. */
  type: z.enum(['serial', 'port', 'title']).nullable(),
  /** Goes into the approval; empty when the target is refused. */
  token: z.string().max(256),
});
export type TargetCheck = z.infer<typeof targetCheckSchema>;

const targetList = z.array(driveIdSchema).min(1).max(64);
const approvals = z.array(approvalSchema).min(1).max(64);
const ofTargets = z.strictObject({ job: jobIdSchema, targets: z.array(targetIdSchema).min(1).max(64) });

export const jobCalls = {
  /** Says for each drive what would be erased, what kind of yes that needs, or why it is refused. Changes nothing. */
  'jobs.checkTargets': {
    role: 'operator',
    remote: 'approve',
    input: z.strictObject({ source: driveIdSchema, targets: targetList, job: jobIdSchema.optional() }),
    output: z.strictObject({ targets: z.array(targetCheckSchema) }),
  },
  /** Begins a copy. Every target needs an approval. Options that are left out come from the settings. */
  'jobs.start': {
    role: 'operator',
    remote: 'approve',
    input: z.strictObject({
      source: driveIdSchema,
      targets: approvals,
      options: jobOptionsSchema.partial().optional(),
      /** What of the source is not even tried and counts as unreadable (`drives.readMap`); in order. */
      skipRanges: z.array(rangeSchema).max(1000).optional(),
    }),
    output: z.strictObject({ job: jobIdSchema }),
    patient: true,
  },
  /** More targets for a job: they step on where the source head is. On a job that is over, it runs again for them. */
  'jobs.addTargets': {
    role: 'operator',
    remote: 'approve',
    input: z.strictObject({ job: jobIdSchema, targets: approvals }),
    output: z.strictObject({ targets: z.array(targetIdSchema) }),
    patient: true,
  },
  /** Stops one target at a block border. Its contents are then unusable. */
  'jobs.removeTarget': {
    role: 'operator',
    remote: 'operate',
    input: z.strictObject({ job: jobIdSchema, target: targetIdSchema }),
    output: nothing,
  },
  /** Stops all targets of a job at a block border. */
  'jobs.cancel': {
    role: 'operator',
    remote: 'operate',
    input: z.strictObject({ job: jobIdSchema }),
    output: nothing,
  },
  /** For the whole job, or for one target alone ("let it catch up"). */
  'jobs.setSlowPolicy': {
    role: 'operator',
    remote: 'operate',
    input: z.strictObject({ job: jobIdSchema, policy: slowPolicySchema, target: targetIdSchema.optional() }),
    output: nothing,
  },
  /** What trying failed targets again would mean: the same answer as `checkTargets`. */
  'jobs.checkRetry': {
    role: 'operator',
    remote: 'approve',
    input: ofTargets,
    output: z.strictObject({ targets: z.array(targetCheckSchema) }),
  },
  /**
   * Tries targets again, each in its old place. Every one needs a fresh approval. `resume`: goes on with what an interrupted
   * copy has left on them; what reads back wrong, and a target on which nothing was left, is copied anew.
   */
  'jobs.retryTargets': {
    role: 'operator',
    remote: 'approve',
    input: z.strictObject({ job: jobIdSchema, targets: approvals, resume: z.boolean().optional() }),
    output: nothing,
    patient: true,
  },
  /**
   * Reads targets back and compares every block; all that can be verified and have not been, if none are named. While the job still
   * copies to others, that goes for what it has copied to its end. Nothing is written. What cannot be looked at keeps its state and
   * says why (`checkError`).
   */
  'jobs.verify': {
    role: 'operator',
    remote: 'operate',
    input: z.strictObject({
      job: jobIdSchema,
      targets: z.array(targetIdSchema).min(1).max(64).optional(),
    }),
    output: nothing,
    patient: true,
  },
  /** What healing targets would mean, in the words of `checkTargets`. Only bad blocks are written, from the source. */
  'jobs.checkHeal': {
    role: 'operator',
    remote: 'approve',
    input: ofTargets,
    output: z.strictObject({ targets: z.array(targetCheckSchema) }),
  },
  /** Compares every block, writes the bad ones again from the source, and compares again. Each needs an approval. */
  'jobs.heal': {
    role: 'operator',
    remote: 'approve',
    input: z.strictObject({ job: jobIdSchema, targets: approvals }),
    output: nothing,
    patient: true,
  },
  /** Takes a job that is over off the list. */
  'jobs.dismiss': {
    role: 'operator',
    remote: 'operate',
    input: z.strictObject({ job: jobIdSchema }),
    output: nothing,
  },
} as const satisfies Record<string, CallDefinition>;
