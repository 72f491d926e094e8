/** Files in the catalogue: practice drives, and images that somebody named. */
import { stat } from 'node:fs/promises';
import { basename, dirname, isAbsolute, normalize } from 'node:path';
import { fail } from '@contract/errors.ts';
import type { DriveId } from '@contract/groups/common.ts';
import { readPracticeFolder, type FoundPracticeDrive } from '../practice/practice-drives.ts';
import type { FoundDrive } from './drive-entry.ts';
import { fileId } from './identity.ts';
import type { RawDrive } from './raw-drive.ts';

const sectorSize = 512;

/** An ordinary file as a drive. */
export const rawFile = (path: string, size: number, extra: Partial<RawDrive> = {}): RawDrive => ({
  path,
  size,
  sectorSize,
  vendor: null,
  model: null,
  serial: null,
  wwn: null,
  busPath: null,
  port: null,
  usbSpeed: null,
  diskseq: null,
  bus: 'file',
  removable: true,
  readOnly: false,
  table: null,
  volumes: [],
  ...extra,
});

/** The socket of a practice stick: the one that its file is numbered for. The source is in none. */
export const practicePort = (file: string): string | null => {
  const number = /^practice-(\d+)\.img$/.exec(file)?.[1];
  return number === undefined ? null : `practice/${number}`;
};

async function practiceDrive(drive: FoundPracticeDrive, use: FoundDrive['use']): Promise<FoundDrive[]> {
  if (drive.state !== 'ready') return [];
  const info = await stat(drive.path).catch(() => null);
  if (!info) return [];
  return [
    {
      id: fileId('prc', drive.path),
      kind: 'practice',
      use,
      raw: rawFile(drive.path, drive.size, { serial: drive.serial, port: practicePort(drive.file) }),
      title: drive.name,
      exists: true,
      blank: info.blocks === 0, // a file without a block on disk has never been written
    },
  ];
}

/** The drives of a practice folder; none where it is no practice folder. Throws if its marker is damaged. */
export async function practiceDrives(dir: string): Promise<FoundDrive[]> {
  const folder = readPracticeFolder(dir);
  if (!folder) return [];
  const all = [
    practiceDrive(folder.source, 'source'),
    ...folder.drives.map((drive) => practiceDrive(drive, 'both')),
  ];
  return (await Promise.all(all)).flat();
}

/** Images that were named in this run of the core. */
export interface ImageList {
  /** Throws a `ContractError` when there is no such file. */
  addSource(path: string): Promise<DriveId>;
  /** Throws a `ContractError` when it exists and may not be overwritten, or cannot be made there. */
  addTarget(path: string, overwrite: boolean): Promise<DriveId>;
  forget(id: DriveId): boolean;
  list(): Promise<FoundDrive[]>;
}

const absolute = (path: string): string =>
  isAbsolute(path) && !path.includes('\0') ? normalize(path) : fail('bad-request', { at: 'path' });

const statOrNull = (path: string): Promise<Awaited<ReturnType<typeof stat>> | null> =>
  stat(path).catch((error: NodeJS.ErrnoException) =>
    error.code === 'EACCES' ? fail('no-permission', { errno: 'EACCES' }) : null,
  );

/** An empty list of images. */
export function createImageList(): ImageList {
  const images = new Map<DriveId, { path: string; use: 'source' | 'target' }>();

  function put(path: string, use: 'source' | 'target'): DriveId {
    const id = fileId('img', `${use}:${path}`);
    images.set(id, { path, use });
    return id;
  }

  return {
    async addSource(path) {
      const file = absolute(path);
      const info = await statOrNull(file);
      if (!info) fail('not-found', {});
      if (!info.isFile()) fail('not-a-drive', {});
      return put(file, 'source');
    },
    async addTarget(path, overwrite) {
      const file = absolute(path);
      const info = await statOrNull(file);
      if (info && !info.isFile()) fail('not-a-drive', {});
      if (info && !overwrite) fail('file-exists');
      if (!info && !(await statOrNull(dirname(file)))?.isDirectory()) fail('not-found', {});
      return put(file, 'target');
    },
    forget: (id) => images.delete(id),
    async list() {
      const found = [...images].map(async ([id, { path, use }]) => {
        const info = await stat(path).catch(() => null);
        return {
          id,
          kind: 'image' as const,
          use,
          raw: rawFile(path, info?.size ?? 0),
          title: basename(path),
          exists: info !== null,
          blank: info === null,
        };
      });
      return Promise.all(found);
    },
  };
}
