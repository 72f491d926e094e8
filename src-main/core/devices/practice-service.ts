/** Makes and removes practice drives. */
import { lstat, rm, rmdir } from 'node:fs/promises';
import { join } from 'node:path';
import { fail } from '@contract/errors.ts';
import type { DriveId } from '@contract/groups/common.ts';
import { makePractice } from '../practice/make-practice.ts';
import { MARKER_FILE, MAX_STICKS, readPracticeFolder } from '../practice/practice-drives.ts';
import { fileId } from './identity.ts';

export interface PracticeService {
  /** Makes more sticks, and a source if there is none yet; answers with the new ones. */
  add(count: number, size: number): Promise<DriveId[]>;
  /** Deletes what the marker lists, and the folder if that was all. */
  remove(): Promise<void>;
  /** The folder, if it is one. */
  folder(): Promise<string | null>;
}

/** Practice drives in this folder. */
export function createPracticeService(dir: string): PracticeService {
  return {
    async add(count, size) {
      const before = readPracticeFolder(dir);
      const have = before?.drives.length ?? 0;
      if (have + count > MAX_STICKS) fail('bad-request', { at: 'count' });
      if (before && before.marker.source.size !== size) fail('bad-request', { at: 'size' });
      try {
        const { folder, made } = await makePractice(dir, { sticks: have + count, size });
        const fresh = folder.drives.filter(({ file }) => made.includes(file));
        return fresh.map(({ path }) => fileId('prc', path));
      } catch {
        return fail('practice-unavailable');
      }
    },
    async remove() {
      const folder = readPracticeFolder(dir);
      if (!folder) return;
      const files = [folder.source, ...folder.drives].filter(({ state }) => state === 'ready');
      await Promise.all(files.map(({ path }) => rm(path, { force: true })));
      await rm(join(dir, MARKER_FILE), { force: true });
      await rmdir(dir).catch(() => undefined); // something else is in it: it stays
    },
    async folder() {
      const marker = await lstat(join(dir, MARKER_FILE)).catch(() => null);
      return marker ? dir : null;
    },
  };
}
