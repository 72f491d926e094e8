/** Settings: everything a person can choose, all of it shown in the settings screen. */
import { z } from '../zod.ts';
import { foreignText, nothing, type CallDefinition } from './common.ts';
import { jobOptionsSchema } from './jobs.ts';

/** A physical port and the name it was taught. */
export const baySchema = z.strictObject({ port: z.string().min(1).max(64), name: z.string().min(1).max(24) });
export type Bay = z.infer<typeof baySchema>;

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
  /** In the order in which the matrix shows them. */
  bays: z.array(baySchema).max(64),
  /** Drives with these serial numbers are never a target. */
  protectedSerials: z.array(foreignText).max(256),
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
  bays: [],
  protectedSerials: [],
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
