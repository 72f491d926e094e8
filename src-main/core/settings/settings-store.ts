/**
 * The settings on disk, in two files: before each change the new settings are written to a second file beside the first, so that one
 * damaged file costs nothing. Where neither can be read nobody knows which drives are protected: then every drive is, the damaged file
 * stays where it is, and nothing is changed until a person has put it away.
 */
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
  /** Serial numbers of drives that are no target; `notKnown` among them where the settings cannot be read. */
  readonly protects: readonly string[];
  /** Resolves when the change is on disk. Throws a `ContractError` when it could not be written; then nothing has changed. */
  change(change: SettingsChange): Promise<Settings>;
}

export interface LoadedSettings {
  store: SettingsStore;
  /** Set when the file could not be used: `settings-restored` or `settings-damaged`. */
  warning: AppError | null;
}

/** To the helper: which drives the person protects is not known, so every drive is (`ProtectedList::kNotKnown`). */
export const notKnown = '*';

/** The second file. */
export const copyOf = (path: string): string => `${path}.copy`;

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
    // The one setting without a harmless default: to leave it out would lay drives open.
    else if (name === 'protectedSerials' && base !== undefined) throw value.error;
  }
  const { bays, ...others } = settingsSchema.parse(kept);
  return { ...others, bays: tidyBays(bays) };
}

/** The settings in a file; `missing` where there is none, `damaged` where it cannot be read or understood. */
async function readSettings(path: string): Promise<Settings | 'missing' | 'damaged'> {
  try {
    return parseSettings(await readFile(path, 'utf8'));
  } catch (error) {
    return (error as NodeJS.ErrnoException).code === 'ENOENT' ? 'missing' : 'damaged';
  }
}

const textOf = (settings: Settings): string => seal({ version: currentVersion, settings });

/** Puts the second file in the place of the first, which is kept under another name. */
async function restore(path: string, settings: Settings, isThere: boolean, now: number): Promise<void> {
  if (isThere) await rename(path, `${path}.damaged-${String(now)}`);
  await writeFileSafely(path, textOf(settings));
}

/** Loads the settings: of the first file, else of the second, and without any the defaults. */
export async function loadSettings(path: string, now: () => number): Promise<LoadedSettings> {
  const [first, second] = [await readSettings(path), await readSettings(copyOf(path))];
  let current = defaultSettings;
  let warning: AppError | null = null;
  if (typeof first === 'object') current = first;
  else if (typeof second === 'object') {
    current = second;
    warning = appError('settings-restored', { path });
    // Where this cannot be done the copy is in use all the same, and it is said again at the next start.
    await restore(path, second, first === 'damaged', now()).catch(() => undefined);
  } else if (first === 'damaged' || second === 'damaged')
    warning = appError('settings-damaged', { path: first === 'damaged' ? path : copyOf(path) });
  const isKnown = warning?.code !== 'settings-damaged';
  let queue: Promise<unknown> = Promise.resolve();

  async function apply(change: SettingsChange): Promise<Settings> {
    if (!isKnown && warning) throw new ContractError(warning);
    const next = merge(current, change);
    try {
      // The copy first: it is never older than the settings that it may have to stand for.
      for (const file of [copyOf(path), path]) await writeFileSafely(file, textOf(next));
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
    get protects() {
      return isKnown ? current.protectedSerials : [notKnown];
    },
    change(change) {
      const done = queue.then(() => apply(change));
      queue = done.catch(() => undefined);
      return done;
    },
  };
  return { store, warning };
}
