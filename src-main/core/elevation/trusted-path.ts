/** May this program be given more rights? Not if somebody without them could put another one in its place. */
import { lstatSync, realpathSync, statfsSync } from 'node:fs';
import { dirname, win32 } from 'node:path';

/** What is asked of the file system. */
export interface Owner {
  uid: number;
  mode: number;
}

/** An access list that lets more people write shows in the group's bits, too (acl(5)). */
const writableByOthers = 0o022;
const sticky = 0o1000;

/** The first part of the path that somebody other than root could change; null when there is none. The path has no links in it. Pure. */
export function firstUntrusted(path: string, look: (path: string) => Owner): string | null {
  for (let at = path; ; at = dirname(at)) {
    const { uid, mode } = look(at);
    const open = (mode & writableByOthers) !== 0 && !(at !== path && (mode & sticky) !== 0);
    if (uid !== 0 || open) return at;
    if (at === dirname(at)) return null;
  }
}

/** The same on Windows, where only administrators may write below the program folders. Pure. */
export function outsideProgramFolders(path: string, folders: readonly (string | undefined)[]): string | null {
  const below = folders.some((folder) => {
    const way = folder ? win32.relative(folder, path) : '';
    return way !== '' && !way.startsWith('..') && !win32.isAbsolute(way);
  });
  return below ? null : path;
}

/** Linux: a file system that a program of anybody's plays, which says of its files what that program likes (statfs(2)). */
const fuse = 0x65735546;

/**
 * A program's own path, every link resolved, and the first part of it that could be changed. Throws when it is not there.
 * What lies in an AppImage could be: it is mounted from a file of the person's, who may mount another one in its place.
 */
export function trusted(
  path: string,
  fileSystem: (path: string) => number = (at) => statfsSync(at).type,
): { path: string; weak: string | null } {
  const real = realpathSync(path);
  const { ProgramFiles, ProgramW6432 } = process.env;
  if (process.platform === 'win32')
    return { path: real, weak: outsideProgramFolders(real, [ProgramFiles, ProgramW6432]) };
  const played = process.platform === 'linux' && fileSystem(real) === fuse;
  return { path: real, weak: played ? real : firstUntrusted(real, lstatSync) };
}
