/**
 * A copy of named paths, with the helper's own events: what a terminal and a script are told. For the command line with the
 * core in its own process (role `local`); one copy at a time on a connection. A connection that ends does not end its copy.
 */
import { appErrorSchema } from '../errors.ts';
import { helperEventSchema, jobSummarySchema } from '../helper-messages.ts';
import { verdictSchema } from '../helper-verdicts.ts';
import { z } from '../zod.ts';
import { filePath, nothing, type CallDefinition } from './common.ts';
import { jobOptionsSchema } from './jobs.ts';

/** As many targets as one request to the helper may name. */
export const maxCopyTargets = 64;

const paths = z.array(filePath).max(maxCopyTargets);

export const copyRequestSchema = z.strictObject({
  /** Absolute paths, symbolic links as they are. */
  source: filePath,
  targets: paths,
  /** The tokens of approved drives (`survey.approval` of their verdicts); without its own a drive is refused. */
  approvals: z
    .array(z.strictObject({ path: filePath, token: z.string().max(128) }))
    .max(maxCopyTargets)
    .optional(),
  /** What is left out takes the helper's default, not the settings'. */
  options: jobOptionsSchema
    .extend({
      /** A new file for the manifest of the source. */
      manifest: filePath,
      /** The folder of the maps of unfinished copies, and whether to go on where they say. */
      resume: filePath,
      takeUp: z.boolean(),
    })
    .partial(),
});
export type CopyRequest = z.infer<typeof copyRequestSchema>;

export const copyCalls = {
  /**
   * What is at the paths that are to be written, in the same order; null for a drive that gives no
   * answer. Where this user may not open a drive that is to be read or written, a person is asked for the right to.
   */
  'copy.check': {
    role: 'local',
    input: z.strictObject({ reads: paths, writes: paths }),
    output: z.strictObject({
      found: z.array(verdictSchema.nullable()),
      /** Why rights that are needed were not given. */
      refusal: appErrorSchema.nullable(),
    }),
    patient: true,
  },
  /** Starts it, or joins the running copy of that source. Its events follow as `copy.event`. */
  'copy.start': {
    role: 'local',
    input: copyRequestSchema,
    output: z.strictObject({
      /** The helper's process, for messages to people. */
      pid: z.int().positive().nullable(),
    }),
    patient: true,
  },
  /** Stops the targets of this copy at a block border; the result follows. */
  'copy.cancel': { role: 'local', input: nothing, output: nothing },
  /** Waits for the result. All events have been told by then. */
  'copy.result': {
    role: 'local',
    input: nothing,
    output: z.strictObject({ summary: jobSummarySchema }),
    patient: true,
  },
} as const satisfies Record<string, CallDefinition>;

export const copyEvents = {
  'copy.event': helperEventSchema,
  /** A line for people; hostile text is possible. */
  'copy.note': z.strictObject({ text: z.string().max(4096) }),
} as const;
