/** The program itself: what it is, where it runs, what it may do here. */
import { z } from '../zod.ts';
import { filePath, nothing, reasonsSchema, type CallDefinition } from './common.ts';

export const hostKindSchema = z.enum(['electron', 'serve', 'cli', 'replay']);
export type HostKind = z.infer<typeof hostKindSchema>;

/**
 * Rights to write to drives. `none-needed`: this user may write already. `on-demand`: asked for when a job needs it,
 * once per run. `asking`: a prompt is open now.
 */
export const elevationStateSchema = z.enum(['none-needed', 'on-demand', 'asking', 'granted', 'unavailable']);
export type ElevationState = z.infer<typeof elevationStateSchema>;

export const systemSchema = z.strictObject({
  version: z.string().max(64),
  platform: z.string().max(32),
  arch: z.string().max(32),
  host: hostKindSchema,
  hostName: z.string().max(256),
  elevation: elevationStateSchema,
  /** The version of the copying program; null when it is not there. */
  helper: z.string().max(64).nullable(),
  /** The folder of the practice drives; null while there is none. */
  practiceDir: filePath.nullable(),
  /** How plugging in is noticed: at once from the kernel, or by looking every second. */
  watching: z.enum(['events', 'polling', 'off']),
  /** Drives have been looked for at least once. */
  drivesKnown: z.boolean(),
  /** This host can show a file dialog (`system.pickFile`). */
  canPickFile: z.boolean(),
  warnings: reasonsSchema,
});
export type SystemInfo = z.infer<typeof systemSchema>;

export const logLineSchema = z.strictObject({
  /** Milliseconds since 1970. */
  time: z.number(),
  level: z.enum(['debug', 'info', 'warn', 'error']),
  /** The part of the program that wrote it. */
  part: z.string().max(64),
  text: z.string().max(2048),
});
export type LogLine = z.infer<typeof logLineSchema>;

/** What a file is looked for. */
export const filePurposeSchema = z.enum(['open-image', 'save-image', 'open-manifest', 'open-file']);
export type FilePurpose = z.infer<typeof filePurposeSchema>;

export const systemCalls = {
  /** The newest lines of the log, oldest first: for bug reports. */
  'system.logLines': {
    role: 'operator',
    input: z.strictObject({ limit: z.int().min(1).max(1000) }),
    output: z.strictObject({ lines: z.array(logLineSchema) }),
  },
  /** Shows the host's file dialog; null when it was closed without a choice. */
  'system.pickFile': {
    role: 'operator',
    input: z.strictObject({ purpose: filePurposeSchema }),
    output: z.strictObject({ path: filePath.nullable() }),
    patient: true,
  },
  /**
   * Asks the person for the rights to open drives, once for each run; at once where they were given. Refused with
   * `elevation-declined`, `elevation-unavailable`, `elevation-failed` or `helper-untrusted`. Drives are looked at anew afterwards.
   */
  'system.obtainRights': {
    role: 'operator',
    remote: 'approve',
    input: nothing,
    output: nothing,
    patient: true,
  },
  /** Takes a warning off the list. */
  'system.dismissWarning': {
    role: 'operator',
    input: z.strictObject({ code: z.string().max(64) }),
    output: nothing,
  },
} as const satisfies Record<string, CallDefinition>;
