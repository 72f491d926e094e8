/** Makes and removes practice drives. */
import { lstat, rm, rmdir } from 'node:fs/promises';
import { join } from 'node:path';
import { fail } from '@contract/errors.ts';
import type { BenchState } from '@contract/groups/bench.ts';
import type { DriveId } from '@contract/groups/common.ts';
import { makePractice } from '../practice/make-practice.ts';
import { MARKER_FILE, MAX_STICKS, readPracticeFolder } from '../practice/practice-drives.ts';
import type { FoundDrive } from './drive-entry.ts';
import { practiceDrives } from './file-drives.ts';
import { fileId } from './identity.ts';

export interface PracticeService {
  /** Makes more sticks, and a source if there is none yet; answers with the new ones. */
  add(count: number, size: number): Promise<DriveId[]>;
  /** Deletes what the marker lists, and the folder if that was all. */
  remove(): Promise<void>;
  /** Switches a drive off, as ejecting does with a real one: it is pulled out until somebody looks for drives again. */
  eject(drive: DriveId): void;
  /** All that were ejected are there again; what was pulled out by hand is not. */
  putBack(): void;
  /** The folder, if it is one. */
  folder(): Promise<string | null>;
  /** The drives that are plugged in. Throws if the folder's marker is damaged. */
  drives(): Promise<FoundDrive[]>;
  /** Pulls a drive out or puts it in. Lasts as long as the core does. */
  plug(drive: DriveId, plugged: boolean): void;
  /** The drives that are pulled out, as of the last look. */
  pulled(): BenchState['pulled'];
}

/** Practice drives in this folder. */
export function createPracticeService(dir: string): PracticeService {
  const out = new Set<DriveId>();
  const ejected = new Set<DriveId>();
  let pulled: FoundDrive[] = [];
  return {
    async drives() {
      const all = await practiceDrives(dir);
      pulled = all.filter(({ id }) => out.has(id));
      return all.filter(({ id }) => !out.has(id));
    },
    plug(drive, plugged) {
      ejected.delete(drive);
      if (plugged) out.delete(drive);
      else out.add(drive);
    },
    eject(drive) {
      out.add(drive);
      ejected.add(drive);
    },
    putBack() {
      for (const drive of ejected) out.delete(drive);
      ejected.clear();
    },
    pulled: () => pulled.map(({ id, title, raw }) => ({ drive: id, title: title ?? id, port: raw.port })),
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
      out.clear();
      ejected.clear();
      await rm(join(dir, MARKER_FILE), { force: true });
      await rmdir(dir).catch(() => undefined); // something else is in it: it stays
    },
    async folder() {
      const marker = await lstat(join(dir, MARKER_FILE)).catch(() => null);
      return marker ? dir : null;
    },
  };
}
