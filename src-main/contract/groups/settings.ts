/** Settings: everything a person can choose, all of it shown in the settings screen. */
import { z } from '../zod.ts';
import { foreignText, nothing, type CallDefinition } from './common.ts';
import { jobOptionsSchema } from './jobs.ts';

/** A physical port and the name it was taught. */
export const baySchema = z.strictObject({ port: z.string().min(1).max(64), name: z.string().min(1).max(24) });
export type Bay = z.infer<typeof baySchema>;
/** As many bays as a job takes targets. */
export const maxBays = 64;

/** The name that a port was taught; null for any other port, and where the port is not known. */
export const bayAt = (bays: readonly Bay[], port: string | null): string | null =>
  bays.find((bay) => bay.port === port)?.name ?? null;

export const settingsSchema = z.strictObject({
  /** `system`, or a language tag the renderer has. */
  language: z.string().regex(/^[a-zA-Z]{2,8}(-[a-zA-Z0-9]{1,8}){0,3}$/),
  theme: z.enum(['system', 'light', 'dark', 'contrast']),
  density: z.enum(['auto', 'card', 'bench']),
  motion: z.enum(['system', 'full', 'reduced']),
  textScale: z.number().min(0.75).max(2),
  sounds: z.boolean(),
  notifications: z.boolean(),
  /** What a new job starts with. */
  job: jobOptionsSchema,
  /** Seconds between a yes and the first byte in which it can be taken back, for drives that hold something; null: until it is said to start. */
  undoSeconds: z.int().min(0).max(60).nullable(),
  /** In the order in which the matrix shows them. */
  bays: z.array(baySchema).max(maxBays),
  /** Drives with these serial numbers are never a target. */
  protectedSerials: z.array(foreignText).max(256),
  /** Listen to paired devices on the network, as long as the program runs. */
  listen: z.boolean(),
});
export type Settings = z.infer<typeof settingsSchema>;

/** What a new installation starts with. */
export const defaultSettings: Settings = {
  language: 'system',
  theme: 'system',
  density: 'auto',
  motion: 'system',
  textScale: 1,
  sounds: true,
  notifications: true,
  job: {
    verify: true,
    heal: false,
    slow: 'together',
    onReadError: 'skip',
    blockSize: 1_048_576,
    slots: 64,
    waitForJoin: 0,
    stallTimeout: 60,
  },
  undoSeconds: 3,
  bays: [],
  protectedSerials: [],
  listen: false,
};

/** Settings to be changed; what is left out stays. */
export const settingsChangeSchema = settingsSchema
  .partial()
  .extend({ job: jobOptionsSchema.partial().optional() });
export type SettingsChange = z.infer<typeof settingsChangeSchema>;

export const settingsCalls = {
  'settings.get': { role: 'viewer', input: nothing, output: settingsSchema },
  /** Answers with the settings as they are now; also written to disk by then. */
  'settings.set': { role: 'operator', input: settingsChangeSchema, output: settingsSchema },
} as const satisfies Record<string, CallDefinition>;
