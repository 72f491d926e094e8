/** The file format of a recording: a line with the first snapshot, then a line for each patch and each call. */
import { appErrorSchema } from '@contract/errors.ts';
import { patchSchema, snapshotSchema, type Patch, type Snapshot } from '@contract/snapshot.ts';
import { z } from '@contract/zod.ts';

/** `t` is milliseconds since the recording began. */
const headSchema = z.object({ carouselRecording: z.literal(1), app: z.string(), snapshot: snapshotSchema });
const lineSchema = z.union([
  z.object({ t: z.number().nonnegative(), patch: patchSchema }),
  z.object({
    t: z.number().nonnegative(),
    call: z.string(),
    input: z.unknown(),
    error: appErrorSchema.nullable(),
  }),
]);

export type RecordingHead = z.infer<typeof headSchema>;
export type RecordingLine = z.infer<typeof lineSchema>;

export interface Recording {
  snapshot: Snapshot;
  patches: { t: number; patch: Patch }[];
}

/** Reads a recording. A last line that was cut off is left out. Throws if it is none. */
export function parseRecording(text: string): Recording {
  const [first = '', ...rest] = text.split('\n');
  const { snapshot } = headSchema.parse(JSON.parse(first));
  const patches: Recording['patches'] = [];
  for (const [index, line] of rest.entries()) {
    if (line === '') continue;
    try {
      const parsed = lineSchema.parse(JSON.parse(line));
      if ('patch' in parsed) patches.push({ t: parsed.t, patch: parsed.patch });
    } catch (error) {
      if (index < rest.length - 1) throw error;
    }
  }
  return { snapshot, patches };
}
