/** Verifying drives at any later time, against a manifest in a file. The work itself is a job of kind `verify`. */
import { z } from '../zod.ts';
import {
  byteCount,
  driveIdSchema,
  filePath,
  foreignText,
  jobIdSchema,
  type CallDefinition,
} from './common.ts';

/** What a manifest says of itself (docs/manifest-format.md). */
export const manifestHeadSchema = z.strictObject({
  path: filePath,
  /** When it was made: UTC, as `2026-11-23T10:07:19Z`. */
  time: z.string().max(64),
  /** The name of what it is of, for showing. */
  title: foreignText,
  size: byteCount,
  /** Ranges that could not be read then; right copies hold zeros there. */
  unreadable: z.number().int().nonnegative(),
  rootDigest: z.string().max(128),
});
export type ManifestHead = z.infer<typeof manifestHeadSchema>;

const maxDrives = 64;

export const verifyCalls = {
  /** Looks at the beginning of a manifest. Fails with `not-found` or `manifest-damaged`. */
  'verify.look': {
    role: 'operator',
    input: z.strictObject({ path: filePath }),
    output: z.strictObject({ manifest: manifestHeadSchema }),
  },
  /** The manifest of the last copy that is known to have been written to a drive; null when none is. */
  'verify.find': {
    role: 'operator',
    input: z.strictObject({ drive: driveIdSchema }),
    output: z.strictObject({ manifest: manifestHeadSchema.nullable() }),
  },
  /**
   * The manifest of a copy that this computer has made, by its root digest, a part at a time: `next` is where the next one begins,
   * null after the last. Fails with `no-manifest` where none is kept.
   */
  'verify.export': {
    role: 'viewer',
    input: z.strictObject({ rootDigest: z.string().max(128), from: byteCount }),
    output: z.strictObject({
      /** What to call the file. */
      name: z.string().max(128),
      text: z.string(),
      next: byteCount.nullable(),
    }),
  },
  /** Compares drives with a manifest; `sample`: a few blocks only, which never counts as verified. Nothing is written. */
  'verify.start': {
    role: 'operator',
    input: z.strictObject({
      drives: z.array(driveIdSchema).min(1).max(maxDrives),
      manifest: filePath,
      sample: z.boolean(),
    }),
    output: z.strictObject({ job: jobIdSchema }),
    patient: true,
  },
} as const satisfies Record<string, CallDefinition>;
