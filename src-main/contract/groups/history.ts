/** The record: every job that was, and what is known of each stick that was ever written (docs/record.md). */
import { finalStates, helperErrorSchema } from '../helper-messages.ts';
import { z } from '../zod.ts';
import { byteCount, foreignText, type CallDefinition } from './common.ts';
import { rangeSchema, slowPolicySchema } from './jobs.ts';
import { stationCountsSchema, stationSchema } from './stations.ts';

/** The record keeps so many stations of a job, and so many targets of all of them; the rest is counted. */
export const maxRecordedStations = 256;
export const maxRecordedStationTargets = 2048;

/** The record's own number of a job; goes up. */
export const recordIdSchema = z.int().positive();
const digest = z.string().max(256).nullable();
const path = z.string().max(16_384);
/** Milliseconds since 1970. */
const time = z.number();
/** As the helper said it; the words for people are made elsewhere. */
const errorSchema = helperErrorSchema.nullable();
const number = z.number().nonnegative();

const driveFacts = {
  path,
  serial: foreignText.nullable(),
  wwn: foreignText.nullable(),
  busPath: z.string().max(256).nullable(),
  title: foreignText.nullable(),
  size: byteCount.nullable(),
};

export const recordedStateSchema = z.enum(finalStates);
/** What was done: `probe` is a test of the stick's capacity, and no job. */
export const recordedTaskSchema = z.enum(['copy', 'verify', 'sample', 'probe']);

/** One target's ride on a job, or a probe. */
export const recordedTargetSchema = z.strictObject({
  id: recordIdSchema,
  /** Null: it was begun, and no job is known that it rode on. */
  job: recordIdSchema.nullable(),
  task: recordedTaskSchema,
  ...driveFacts,
  begunAt: time,
  endedAt: time.nullable(),
  /** The name that its port had then. */
  bay: foreignText.nullable(),
  /** Who had the bench armed when it began; null: it was begun by hand. */
  operator: foreignText.nullable(),
  /** Null: no end is known. It rides now if its job runs, else nobody knows what is on it. */
  state: recordedStateSchema.nullable(),
  joinedAtBlock: byteCount.nullable(),
  bytesWritten: byteCount,
  badBlocks: byteCount,
  healedBlocks: byteCount,
  seconds: number.nullable(),
  /** Bytes a second while copying; null where nothing was measured. */
  speed: z.strictObject({ mean: number, min: number, max: number }).nullable(),
  /** Seconds since the job began, bytes a second. */
  curve: z.array(z.tuple([number, number])).max(200),
  /** As `coverage` of a running target. */
  coverage: z.string().regex(/^[0-9a-f]{0,128}$/),
  /** Ranges of the source that could not be read and hold zeros here. */
  unreadable: byteCount,
  resumedBlocks: byteCount,
  /** Numbers of blocks that were found wrong when they were read back, healed or not; the first 64. */
  wrongBlocks: z.array(byteCount).max(64),
  error: errorSchema,
});
export type RecordedTarget = z.infer<typeof recordedTargetSchema>;

/** A job without its targets. */
export const recordedJobSchema = z.strictObject({
  id: recordIdSchema,
  task: recordedTaskSchema,
  /** `unknown`: it does not run any more, and no end was seen. */
  state: z.enum(['running', 'ended', 'unknown']),
  startedAt: time,
  endedAt: time.nullable(),
  /** Null unless it has ended. */
  outcome: z.enum(['complete', 'cancelled', 'source-failed', 'refused', 'helper-died']).nullable(),
  /** Version of the program that began or first saw it. */
  program: z.string().max(64),
  source: z.strictObject({
    ...driveFacts,
    /** Digest over the digests of all blocks; null if not every block was read. */
    rootDigest: digest,
    /** SHA-256 of all its bytes; null where it was not taken. */
    sha256: digest,
    bytesRead: byteCount,
    laps: number,
    unreadablePlaces: byteCount,
    /** Of the first 1000 places. */
    unreadableBytes: byteCount,
    error: errorSchema,
  }),
  blockSize: byteCount,
  blockCount: byteCount,
  slow: slowPolicySchema,
  onReadError: z.enum(['skip', 'stop']),
  seconds: number.nullable(),
  /** How the targets of other computers that rode on it ended. */
  stations: stationCountsSchema,
  /** Targets that are verified, that are good otherwise (`done`, `sampled`), that are not, and whose end is not known. */
  counts: z.strictObject({ verified: byteCount, done: byteCount, bad: byteCount, open: byteCount }),
});
export type RecordedJob = z.infer<typeof recordedJobSchema>;

/** What this program knows of a stick. What other programs did to it nobody here knows. */
export const ledgerAnswerSchema = z.strictObject({
  serial: foreignText,
  /** The newest ride of a stick with this serial number (in the job that was asked about); null: there is none. */
  last: z.strictObject({ target: recordedTargetSchema, job: recordedJobSchema.nullable() }).nullable(),
  /** The source that the stick holds whole; null if it holds none, or if that is not certain. */
  holds: z
    .strictObject({
      rootDigest: z.string().max(256),
      /** Read back and compared whole, and not written to since. */
      verified: z.boolean(),
      /** Ranges that hold zeros, because the source could not be read there. */
      unreadable: byteCount,
      /** The job that says so. */
      job: recordIdSchema,
    })
    .nullable(),
  /** False: more than one stick has this serial number, so it does not tell which of them it is. */
  unique: z.boolean(),
});
export type LedgerAnswer = z.infer<typeof ledgerAnswerSchema>;

export const reportFormatSchema = z.enum(['json', 'csv', 'html', 'ddrescue']);
export type ReportFormat = z.infer<typeof reportFormatSchema>;

/** The languages that a report can be had in. */
export const reportLanguageSchema = z.enum(['en', 'de', 'ar']);
export type ReportLanguage = z.infer<typeof reportLanguageSchema>;

export const historyCalls = {
  /** Jobs, newest first. `before` is the `next` of the page before. */
  'history.list': {
    role: 'viewer',
    input: z.strictObject({
      limit: z.int().min(1).max(100),
      before: recordIdSchema.optional(),
      /** Jobs with a target of exactly this serial number. */
      serial: foreignText.optional(),
      /** Found in paths, names, serial numbers and digests, of source and targets. */
      text: z.string().max(128).optional(),
      /** Begun not before, and before. */
      from: time.optional(),
      to: time.optional(),
    }),
    output: z.strictObject({ jobs: z.array(recordedJobSchema).max(100), next: recordIdSchema.nullable() }),
  },
  /** One job, where its source could not be read, and the other computers that rode on it. */
  'history.get': {
    role: 'viewer',
    input: z.strictObject({ job: recordIdSchema }),
    output: z.strictObject({
      job: recordedJobSchema,
      unreadable: z.array(rangeSchema).max(1000),
      stations: z.array(stationSchema).max(maxRecordedStations),
    }),
  },
  /** Its targets, in the order in which they began. `after` is the `next` of the page before. */
  'history.targets': {
    role: 'viewer',
    input: z.strictObject({
      job: recordIdSchema,
      limit: z.int().min(1).max(64),
      after: recordIdSchema.optional(),
    }),
    output: z.strictObject({
      targets: z.array(recordedTargetSchema).max(64),
      next: recordIdSchema.nullable(),
    }),
  },
  /** The report of a job as a text, a part at a time: `next` is where the next one begins, null after the last. */
  'history.report': {
    role: 'viewer',
    input: z.strictObject({
      job: recordIdSchema,
      format: reportFormatSchema,
      from: byteCount,
      /** Of the page for people; English if it is left out. */
      lang: reportLanguageSchema.optional(),
    }),
    output: z.strictObject({
      /** What to call the file. */
      name: z.string().max(128),
      text: z.string(),
      next: byteCount.nullable(),
    }),
  },
  /** What is on the stick with this serial number; with `job`: how it fared in that job (its last try). */
  'ledger.lookup': {
    role: 'viewer',
    input: z.strictObject({ serial: foreignText, job: recordIdSchema.optional() }),
    output: ledgerAnswerSchema,
  },
} as const satisfies Record<string, CallDefinition>;
