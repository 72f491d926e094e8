// Answers of the helper's one-shot commands: verdicts on paths, running jobs, its version.

import { helperErrorCodes } from './helper-errors.gen.ts';
import { z } from './zod.ts';

const count = z.number().int().nonnegative();
const reason = z.object({
  code: z.enum(helperErrorCodes).catch('internal'),
  message: z.string().default(''),
});
const fitness = z.object({ ok: z.boolean(), reasons: z.array(reason).default([]) });

/** What is on a drive: what erasing it would lose, and the approval that stands for a yes to that. */
export const surveySchema = z.object({
  level: z.int().min(0).max(2),
  approval: z.string().max(128),
  /** The same, as a yes to unmounting the drive before that, too. */
  unmountApproval: z.string().max(128).optional(),
  readable: z.boolean(),
  blank: z.boolean(),
  table: z.enum(['none', 'mbr', 'gpt']).catch('none'),
  volumes: z
    .array(
      z.object({
        offset: count,
        size: count,
        kind: z.string(),
        label: z.string(),
        used: count.optional(),
        newest: count.optional(),
      }),
    )
    .max(32),
});
export type Survey = z.infer<typeof surveySchema>;

/** What the helper found at a path, and whether it may be a source or a target. */
export const verdictSchema = z.object({
  path: z.string(),
  exists: z.boolean(),
  kind: z.enum(['missing', 'device', 'file', 'other']).nullish(),
  size: count.nullish(),
  sectorSize: count.nullish(),
  physicalSectorSize: count.nullish(),
  readOnly: z.boolean().nullish(),
  removable: z.boolean().nullish(),
  major: count.nullish(),
  minor: count.nullish(),
  diskseq: count.nullish(),
  busPath: z.string().default(''),
  serial: z.string().default(''),
  wwn: z.string().default(''),
  /** Which drive it is, for whoever reads it without an approval; empty for anything but a device. */
  identity: z.string().max(128).default(''),
  source: fitness,
  target: fitness,
  /** Only from `survey`, and only for devices. */
  survey: z.union([surveySchema, z.object({ error: reason })]).optional(),
});

/** How much of a copy an interrupted job has left on a target. */
export const resumableSchema = z.object({ path: z.string(), blocks: count, of: count });

/** A job that runs on this machine. */
export const runningJobSchema = z.object({
  job: z.string().max(256),
  pid: count.nullable(),
  source: z.string(),
});

/** What `carousel-helper --version` says. */
export const versionSchema = z.object({ version: count, helper: z.string() });

/** What an interrupted job has left on a target. */
export type Resumable = z.infer<typeof resumableSchema>;
/** What the helper found at a path. */
export type Verdict = z.infer<typeof verdictSchema>;
/** A job that runs on this machine. */
export type RunningJob = z.infer<typeof runningJobSchema>;
/** The helper's protocol version and its own. */
export type HelperVersion = z.infer<typeof versionSchema>;
