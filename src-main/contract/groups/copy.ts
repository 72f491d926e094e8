/**
 * A copy of named paths, with the helper's own events: what a terminal and a script are told. For the command line with the
 * core in its own process (role `local`); one copy at a time on a connection. A connection that ends does not end its copy.
 */
import { appErrorSchema } from '../errors.ts';
import { helperEventSchema, jobSummarySchema } from '../helper-messages.ts';
import { verdictSchema } from '../helper-verdicts.ts';
import { z } from '../zod.ts';
import { filePath, nothing, type CallDefinition } from './common.ts';
import { recordIdSchema } from './history.ts';
import { jobOptionsSchema, rangeSchema } from './jobs.ts';
import { joinSchema, publishSchema, stationEventSchema, stationSchema } from './stations.ts';

/** As many targets as one request to the helper may name. */
export const maxCopyTargets = 64;

const paths = z.array(filePath).max(maxCopyTargets);

export const copyRequestSchema = z.strictObject({
  /** Absolute paths, symbolic links as they are. */
  source: filePath,
  targets: paths,
  /** Hands the blocks to stations as well. */
  publish: publishSchema.optional(),
  /** Rides on another machine's job; `source` is only a name then. */
  join: joinSchema.optional(),
  /** The tokens of approved drives (`survey.approval` of their verdicts); without its own a drive is refused. */
  approvals: z
    .array(z.strictObject({ path: filePath, token: z.string().max(128) }))
    .max(maxCopyTargets)
    .optional(),
  /** Which drive is meant by the source (`identity` of `copy.check`); any other there is refused. */
  sourceIdentity: z.string().max(128).optional(),
  /** What is left out takes the helper's default, not the settings'. */
  options: jobOptionsSchema
    .extend({
      /** A new file for the manifest of the source. */
      manifest: filePath,
      /** The folder of the maps of unfinished copies, and whether to go on where they say. */
      resume: filePath,
      takeUp: z.boolean(),
      /** Ranges of the source that are known to be unreadable, in order and apart from each other. */
      skipRanges: z.array(rangeSchema).max(1000),
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
    input: z.strictObject({
      reads: paths,
      writes: paths,
      /** Files that are read or written beside; a drive that holds one is no target. */
      keeps: z.array(filePath).max(16).optional(),
    }),
    output: z.strictObject({
      found: z.array(verdictSchema.nullable()),
      /** For a target that only its mounts keep from being one: the level of yes that unmounting it takes; else null. */
      unmountLevels: z.array(z.int().min(1).max(2).nullable()),
      /** The bays that these paths are in, in the same order; null for one in none. */
      bays: z.array(z.string().max(24).nullable()),
      /** Which drives are at the paths that are to be read. */
      identities: z.array(z.strictObject({ path: filePath, identity: z.string().max(128) })),
      /** Why rights that are needed were not given. */
      refusal: appErrorSchema.nullable(),
    }),
    patient: true,
  },
  /**
   * Takes the file systems on a drive out of use, as this user, for a copy that a person has agreed to; refused when more
   * than its mounts keeps it from being a target, and unless that yes was for this drive and of its level.
   */
  'copy.unmount': {
    role: 'local',
    input: z.strictObject({
      path: filePath,
      /** The drive that was shown, as in its verdict. */
      identity: z.string().min(1).max(128),
      /** What was agreed to: 1 a yes for a batch, 2 the typed word of this drive. */
      level: z.int().min(1).max(2),
      /** The yes, where it was given as a token (`survey.unmountApproval`): refused unless it is of the drive as it is now. */
      token: z.string().min(1).max(128).optional(),
    }),
    output: nothing,
    patient: true,
  },
  /** As `drives.eject`, and `drives.identify`, for the drive at a path. */
  'copy.eject': {
    role: 'local',
    input: z.strictObject({ path: filePath, unmount: z.boolean() }),
    output: nothing,
    patient: true,
  },
  'copy.identify': {
    role: 'local',
    input: z.strictObject({ path: filePath }),
    output: z.strictObject({ stopped: z.boolean() }),
    patient: true,
  },
  /** Ends all blinking that was asked for by path. */
  'copy.stopIdentify': { role: 'local', input: nothing, output: nothing },
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
    output: z.strictObject({
      summary: jobSummarySchema,
      /** The record's number of the job; null where it has none. */
      record: recordIdSchema.nullable(),
      /** With `publish`: how the targets of stations ended. */
      stations: z.array(stationSchema).max(1000),
    }),
    patient: true,
  },
} as const satisfies Record<string, CallDefinition>;

export const copyEvents = {
  'copy.event': helperEventSchema,
  'copy.stations': stationEventSchema,
  /** A line for people; hostile text is possible. */
  'copy.note': z.strictObject({ text: z.string().max(4096) }),
} as const;
