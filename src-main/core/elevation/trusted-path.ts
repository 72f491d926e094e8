/** May this program be given more rights? Not if somebody without them could put another one in its place. */
import { lstatSync, realpathSync } from 'node:fs';
import { dirname } from 'node:path';

/** What is asked of the file system. */
export interface Owner {
  uid: number;
  mode: number;
}

const writableByOthers = 0o022;
const sticky = 0o1000;

/** The first part of the path that somebody other than root could change; null when there is none. Pure. */
export function firstUntrusted(path: string, look: (path: string) => Owner): string | null {
  for (let at = path; ; at = dirname(at)) {
    const { uid, mode } = look(at);
    const open = (mode & writableByOthers) !== 0 && !(at !== path && (mode & sticky) !== 0);
    if (uid !== 0 || open) return at;
    if (at === dirname(at)) return null;
  }
}

/** The same for a path of this computer, symbolic links resolved. Throws when it is not there. */
export const untrustedPart = (path: string): string | null => firstUntrusted(realpathSync(path), lstatSync);
