/** The settings on disk. What cannot be read is kept under another name, never overwritten. */
import { readFile, rename } from 'node:fs/promises';
import { appError, ContractError, type AppError } from '@contract/errors.ts';
import {
  defaultSettings,
  settingsSchema,
  type Settings,
  type SettingsChange,
} from '@contract/groups/settings.ts';
import { z } from '@contract/zod.ts';
import { tidyBays } from '../bench/bays.ts';
import { seal, unseal } from '../sealed-json.ts';
import { writeFileSafely } from '../write-file-safely.ts';
import { currentVersion, migrate, sealedSince } from './migrations.ts';

export interface SettingsStore {
  readonly current: Settings;
  /** Resolves when the change is on disk. Throws a `ContractError` when it could not be written; then nothing has changed. */
  change(change: SettingsChange): Promise<Settings>;
}

export interface LoadedSettings {
  store: SettingsStore;
  /** Set when the file could not be used. */
  warning: AppError | null;
}

const fileSchema = z.object({ version: z.int().min(0), settings: z.record(z.string(), z.unknown()) });

/** What was left out of a change is left as it is. */
function merge(settings: Settings, change: SettingsChange): Settings {
  const given = (object: object): object =>
    Object.fromEntries(Object.entries(object).filter(([, value]) => value !== undefined));
  const job = { ...settings.job, ...given(change.job ?? {}) };
  return settingsSchema.parse({ ...settings, ...given(change), job });
}

/** Reads a file's text. A setting that is unknown or out of range takes its default; the others stay. */
export function parseSettings(text: string): Settings {
  const { content, sealed } = unseal(text);
  const { version, settings } = fileSchema.parse(content);
  if (!sealed && version >= sealedSince) throw new Error('the check is missing');
  const stored = migrate(settings, version);
  const kept: Record<string, unknown> = { ...defaultSettings };
  for (const [name, schema] of Object.entries(settingsSchema.shape)) {
    const base: unknown =
      name === 'job' ? { ...defaultSettings.job, ...(stored[name] as object | undefined) } : stored[name];
    const value = schema.safeParse(base);
    if (value.success) kept[name] = value.data;
  }
  const { bays, ...others } = settingsSchema.parse(kept);
  return { ...others, bays: tidyBays(bays) };
}

async function setAside(path: string, now: number): Promise<AppError> {
  const keptAs = `${path}.damaged-${String(now)}`;
  await rename(path, keptAs).catch(() => undefined);
  return appError('settings-damaged', { keptAs });
}

/** Loads the settings; without a usable file, the defaults. */
export async function loadSettings(path: string, now: () => number): Promise<LoadedSettings> {
  let current = defaultSettings;
  let warning: AppError | null = null;
  const text = await readFile(path, 'utf8').catch((error: NodeJS.ErrnoException) =>
    error.code === 'ENOENT' ? null : '',
  );
  if (text !== null) {
    try {
      current = parseSettings(text);
    } catch {
      warning = await setAside(path, now());
    }
  }
  let queue: Promise<unknown> = Promise.resolve();

  async function apply(change: SettingsChange): Promise<Settings> {
    const next = merge(current, change);
    try {
      await writeFileSafely(path, seal({ version: currentVersion, settings: next }));
    } catch {
      throw new ContractError(appError('settings-not-saved'));
    }
    current = next;
    return next;
  }

  const store: SettingsStore = {
    get current() {
      return current;
    },
    change(change) {
      const done = queue.then(() => apply(change));
      queue = done.catch(() => undefined);
      return done;
    },
  };
  return { store, warning };
}
