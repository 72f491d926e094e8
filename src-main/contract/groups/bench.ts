/**
 * The bench: taught ports ("bays") that can be armed, so that an operator only puts sticks in and pulls them out. While armed, a
 * fresh stick in an armed bay that is allowed joins the job by itself; every other one is refused in words.
 */
import { appErrorSchema } from '../errors.ts';
import { z } from '../zod.ts';
import {
  byteCount,
  driveIdSchema,
  foreignText,
  jobIdSchema,
  nothing,
  type CallDefinition,
} from './common.ts';
import { driveCardSchema } from './jobs.ts';
import { maxBays } from './settings.ts';

const portSchema = z.string().min(1).max(64);
/** Milliseconds since 1970. */
const time = z.number();

/** What is done with a stick that holds something: `refuse`, or `erase-ordinary` for one that a batch sheet would ask for (level 1). */
export const nonBlankRuleSchema = z.enum(['refuse', 'erase-ordinary']);
export type NonBlankRule = z.infer<typeof nonBlankRuleSchema>;

/** What an operator chooses. Nothing of it has a default in the core. */
export const armRequestSchema = z.strictObject({
  source: driveIdSchema,
  /** The ports of the bays that are armed; each must have been taught. */
  bays: z.array(portSchema).min(1).max(maxBays),
  /** Sticks of this size and no other, in bytes, both ends included. */
  least: byteCount,
  most: byteCount,
  nonBlank: nonBlankRuleSchema,
  /** So many good copies, then it disarms. */
  quota: z.int().min(1).max(100_000),
  operator: z.string().min(1).max(64),
});
export type ArmRequest = z.infer<typeof armRequestSchema>;

/** Why a stick that was put in was not begun. */
export const insertReasonSchema = z.discriminatedUnion('code', [
  /** It has just been put in and is being looked at. */
  z.strictObject({ code: z.literal('looking') }),
  /** It has a good copy from today's run already, since `at`. */
  z.strictObject({ code: z.literal('already-done'), at: time }),
  z.strictObject({ code: z.literal('holds-data'), usedBytes: byteCount.nullable() }),
  z.strictObject({ code: z.literal('out-of-window'), size: byteCount }),
  /** Those that ride would make up the quota. It is begun if one of them fails. */
  z.strictObject({ code: z.literal('quota-taken') }),
  /** The job has as many targets as can be shown; it is begun when that one is over. */
  z.strictObject({ code: z.literal('job-full') }),
  /** It cannot be a target of this source. */
  z.strictObject({ code: z.literal('refused'), error: appErrorSchema }),
]);
export type InsertReason = z.infer<typeof insertReasonSchema>;

/** What the hand must do. `set-aside`: neither good nor broken, for another pile. */
export const handSchema = z.enum(['pull', 'wait', 're-seat', 'bin', 'set-aside']);
export type Hand = z.infer<typeof handSchema>;

/** A stick in an armed bay that is not on the job. */
export const insertNoticeSchema = z.strictObject({
  port: portSchema,
  drive: driveIdSchema,
  title: foreignText,
  hand: handSchema,
  reason: insertReasonSchema,
  at: time,
});
export type InsertNotice = z.infer<typeof insertNoticeSchema>;

/** Why it disarmed. */
export const disarmReasonSchema = z.discriminatedUnion('code', [
  z.strictObject({ code: z.literal('by-hand') }),
  z.strictObject({ code: z.literal('quota') }),
  z.strictObject({ code: z.literal('screen-locked') }),
  z.strictObject({ code: z.literal('idle'), minutes: z.int().positive() }),
  /** The source is gone, or not what it was when it was armed. */
  z.strictObject({ code: z.literal('source-changed') }),
  /** A place of the source could not be read: the copies would not be whole. */
  z.strictObject({ code: z.literal('source-unreadable') }),
  /** A drive on an armed bay that is never begun without a person: of level 2, or 3 for the reason in `error`. */
  z.strictObject({
    code: z.literal('dangerous-drive'),
    port: portSchema,
    title: foreignText,
    level: z.int().min(2).max(3),
    error: appErrorSchema.nullable(),
  }),
  /** A copy could not be begun. */
  z.strictObject({ code: z.literal('not-begun'), error: appErrorSchema }),
]);
export type DisarmReason = z.infer<typeof disarmReasonSchema>;

export const armedSchema = z.strictObject({
  source: driveCardSchema,
  size: byteCount,
  bays: z.array(portSchema).max(maxBays),
  least: byteCount,
  most: byteCount,
  nonBlank: nonBlankRuleSchema,
  quota: z.int(),
  operator: foreignText,
  since: time,
  /** It disarms then unless a stick is put in before. */
  idleAt: time,
  /** The job that sticks ride on; null before the first. */
  job: jobIdSchema.nullable(),
  /** Good copies, and sticks that ride now, of those that it began. */
  good: z.int().nonnegative(),
  open: z.int().nonnegative(),
  notices: z.array(insertNoticeSchema).max(maxBays),
});
export type Armed = z.infer<typeof armedSchema>;

export const benchSchema = z.strictObject({
  /** Null: every copy is begun by a person. Never survives a restart of the core. */
  armed: armedSchema.nullable(),
  /** How the last arming ended, until it is put away. */
  disarmed: z
    .strictObject({
      reason: disarmReasonSchema,
      at: time,
      operator: foreignText,
      good: z.int().nonnegative(),
      quota: z.int(),
    })
    .nullable(),
  /** The host is told when the screen is locked. */
  seesLock: z.boolean(),
  /** Practice sticks that are pulled out. */
  pulled: z
    .array(z.strictObject({ drive: driveIdSchema, title: foreignText, port: portSchema.nullable() }))
    .max(maxBays),
});
export type BenchState = z.infer<typeof benchSchema>;

export const noBench: BenchState = { armed: null, disarmed: null, seesLock: false, pulled: [] };

export const benchCalls = {
  /** From now on fresh sticks in these bays are begun by themselves. What is in a bay already never is. */
  'bench.arm': {
    role: 'operator',
    remote: 'approve',
    input: armRequestSchema,
    output: nothing,
    patient: true,
  },
  /** Ends it. Copies that run go on. */
  'bench.disarm': { role: 'operator', remote: 'approve', input: nothing, output: nothing },
  /** Puts away why it disarmed. */
  'bench.dismiss': { role: 'operator', remote: 'operate', input: nothing, output: nothing },
} as const satisfies Record<string, CallDefinition>;
