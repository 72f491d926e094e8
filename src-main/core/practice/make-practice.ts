// Makes a practice folder, or completes one that is there. What lies in existing practice drives is left alone.

import { mkdir, open, readdir, rename, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { writePracticeSource } from './practice-content.ts';
import {
  MARKER_FILE,
  MARKER_VERSION,
  PracticeMarkerError,
  readPracticeFolder,
  type FoundPracticeDrive,
  type PracticeDrive,
  type PracticeFolder,
  type PracticeMarker,
} from './practice-drives.ts';

/** What is wished for; what is left out stays as it is, or takes the default in a new folder. */
export interface PracticeWish {
  readonly sticks?: number | undefined;
  readonly size?: number | undefined;
}

/** The folder and the names of what was made in it; nothing made means that everything was there. */
export interface PracticeMade {
  readonly folder: PracticeFolder;
  readonly made: readonly string[];
  readonly isNew: boolean;
}

/** The folder may not be used for practice drives. */
export class PracticeRefused extends Error {
  override readonly name = 'PracticeRefused';
}

const DEFAULT_STICKS = 3;
const DEFAULT_SIZE = 64 * 1_048_576;

/** Makes or completes the practice drives in a folder. */
export async function makePractice(dir: string, wish: PracticeWish): Promise<PracticeMade> {
  await mkdir(dir, { recursive: true });
  const known = readPracticeFolder(dir);
  if (known === undefined && (await readdir(dir)).length > 0)
    throw new PracticeRefused(
      'the folder is not empty and is not a practice folder; give a new or an empty one',
    );
  const marker = known === undefined ? newMarker(wish) : grown(known, wish);
  const isNew = known === undefined;
  // The marker goes first: a run that is interrupted leaves a folder that the next run recognises and completes.
  if (marker !== known?.marker) await writeMarker(dir, marker);
  const folder = must(readPracticeFolder(dir));
  const made: string[] = [];
  for (const drive of [folder.source, ...folder.drives]) {
    if (drive.state === 'odd')
      throw new PracticeRefused(
        `${drive.file} is not what ${MARKER_FILE} says; remove it and run this again`,
      );
    if (drive.state === 'ready') continue;
    await makeDrive(drive, drive === folder.source);
    made.push(drive.file);
  }
  return { folder: must(readPracticeFolder(dir)), made, isNew };
}

function newMarker({ sticks = DEFAULT_STICKS, size = DEFAULT_SIZE }: PracticeWish): PracticeMarker {
  return {
    carouselPractice: MARKER_VERSION,
    note: 'Practice drives of Carousel: image files that the app treats as drives. This folder may be deleted.',
    source: { file: 'practice-source.img', name: 'Practice Source', serial: 'PRACTICE-SOURCE', size },
    drives: Array.from({ length: sticks }, (_, i) => stick(i + 1, size)),
  };
}

function grown({ marker }: PracticeFolder, { sticks = 0, size }: PracticeWish): PracticeMarker {
  if (size !== undefined && size !== marker.source.size)
    throw new PracticeRefused(
      `its drives have ${marker.source.size} bytes; for another size use another folder`,
    );
  const have = new Set(marker.drives.map((drive) => drive.file));
  const wanted = Array.from({ length: sticks }, (_, i) => stick(i + 1, marker.source.size));
  const missing = wanted.filter((drive) => !have.has(drive.file));
  return missing.length > 0 ? { ...marker, drives: [...marker.drives, ...missing] } : marker;
}

function stick(number: number, size: number): PracticeDrive {
  const serial = `PRACTICE-${String(number).padStart(4, '0')}`;
  return { file: `practice-${number}.img`, name: `Practice Stick ${number}`, serial, size };
}

async function makeDrive(drive: FoundPracticeDrive, isSource: boolean): Promise<void> {
  if (isSource) return writePracticeSource(drive.path, drive.size);
  const file = await open(drive.path, 'wx');
  try {
    await file.truncate(drive.size);
  } finally {
    await file.close();
  }
}

async function writeMarker(dir: string, marker: PracticeMarker): Promise<void> {
  const part = join(dir, `${MARKER_FILE}.part`);
  await writeFile(part, JSON.stringify(marker, null, 2) + '\n');
  await rename(part, join(dir, MARKER_FILE));
}

function must(folder: PracticeFolder | undefined): PracticeFolder {
  if (folder === undefined) throw new PracticeMarkerError(`${MARKER_FILE} is gone`);
  return folder;
}
