// Practice drives: ordinary image files in a folder of their own that the app treats as drives. A marker file in the folder
// lists them. The marker is read as carefully as anything else from outside.

import { lstatSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { z } from '@contract/zod.ts';

/** The file that makes a folder a practice folder. */
export const MARKER_FILE = 'carousel-practice.json';
/** The version of the marker this program writes and reads. */
export const MARKER_VERSION = 1;
/** Most practice drives in a folder: as many as a job takes. */
export const MAX_STICKS = 64;
const MAX_MARKER_BYTES = 65_536;

const driveSchema = z.object({
  /** A plain file name in the same folder; nothing in a marker can point elsewhere. */
  file: z.string().regex(/^practice-[a-z0-9]{1,16}\.img$/),
  name: z.string().regex(/^[\x20-\x7e]{1,64}$/),
  serial: z.string().regex(/^[A-Z0-9-]{1,32}$/),
  size: z.number().int().positive().max(Number.MAX_SAFE_INTEGER),
});

/** The marker file's content. */
const practiceMarkerSchema = z.object({
  carouselPractice: z.literal(MARKER_VERSION),
  note: z.string().max(1000).optional(),
  source: driveSchema,
  drives: z.array(driveSchema).min(1).max(MAX_STICKS),
});

/** One drive as the marker describes it. */
export type PracticeDrive = z.infer<typeof driveSchema>;
/** The marker file's content. */
export type PracticeMarker = z.infer<typeof practiceMarkerSchema>;

/** A practice drive as it lies in the folder. */
export interface FoundPracticeDrive extends PracticeDrive {
  readonly path: string;
  /** `missing`: no file; `odd`: not an ordinary file or of another size than the marker says. */
  readonly state: 'ready' | 'missing' | 'odd';
}

/** What a practice folder holds. */
export interface PracticeFolder {
  readonly dir: string;
  readonly marker: PracticeMarker;
  readonly source: FoundPracticeDrive;
  readonly drives: readonly FoundPracticeDrive[];
}

/** A folder has a marker that cannot be used. */
export class PracticeMarkerError extends Error {
  override readonly name = 'PracticeMarkerError';
}

/** Reads a practice folder. Undefined where there is no marker; throws `PracticeMarkerError` where there is a bad one. */
export function readPracticeFolder(dir: string): PracticeFolder | undefined {
  const text = readMarker(join(dir, MARKER_FILE));
  if (text === undefined) return undefined;
  const marker = parseMarker(text);
  return {
    dir,
    marker,
    source: locate(dir, marker.source),
    drives: marker.drives.map((drive) => locate(dir, drive)),
  };
}

/** Checks a marker's text. */
export function parseMarker(text: string): PracticeMarker {
  let value: unknown;
  try {
    value = JSON.parse(text);
  } catch {
    throw new PracticeMarkerError(`${MARKER_FILE} is not JSON`);
  }
  const parsed = practiceMarkerSchema.safeParse(value);
  if (!parsed.success) {
    const [issue] = parsed.error.issues;
    throw new PracticeMarkerError(
      `${MARKER_FILE}: ${issue?.path.join('.') ?? ''}: ${issue?.message ?? 'not valid'}`,
    );
  }
  const { source, drives } = parsed.data;
  const all = [source, ...drives];
  for (const key of ['file', 'serial'] as const) {
    if (new Set(all.map((drive) => drive[key])).size < all.length)
      throw new PracticeMarkerError(`${MARKER_FILE}: two drives have the same ${key}`);
  }
  return parsed.data;
}

function readMarker(path: string): string | undefined {
  const info = lstatSync(path, { throwIfNoEntry: false });
  if (info === undefined) return undefined;
  if (!info.isFile() || info.size > MAX_MARKER_BYTES)
    throw new PracticeMarkerError(`${MARKER_FILE} is not a small ordinary file`);
  return readFileSync(path, 'utf8');
}

function locate(dir: string, drive: PracticeDrive): FoundPracticeDrive {
  const path = join(dir, drive.file);
  const info = lstatSync(path, { throwIfNoEntry: false });
  const state = info === undefined ? 'missing' : info.isFile() && info.size === drive.size ? 'ready' : 'odd';
  return { ...drive, path, state };
}
