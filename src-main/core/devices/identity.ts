/** Keys of drives: the same drive in the same socket has the same key, under whatever name in /dev. */
import { createHash } from 'node:crypto';
import type { DriveId } from '@contract/groups/common.ts';
import type { DriveIdentity } from '@contract/groups/drives.ts';

const keyOf = (prefix: string, parts: readonly unknown[]): DriveId =>
  `${prefix}-${createHash('sha256').update(JSON.stringify(parts)).digest('hex').slice(0, 16)}`;

/**
 * Keys for drives, in the same order. Serial numbers are not unique (cheap sticks share them), sockets are; a drive
 * with neither is told apart by its name and the kernel's number. No two get the same key.
 */
export function driveIds(drives: readonly { identity: DriveIdentity; path: string }[]): DriveId[] {
  const seen = new Set<DriveId>();
  return drives.map(({ identity, path }) => {
    const { busPath, serial, wwn, size, diskseq } = identity;
    const weak = busPath === null && serial === null && wwn === null;
    const stable = weak ? [path, diskseq, size] : [busPath, serial, wwn, size];
    const id = keyOf('drv', stable);
    const unique = seen.has(id) ? keyOf('drv', [...stable, path]) : id;
    seen.add(unique);
    return unique;
  });
}

/** The key of a file in the catalogue. */
export const fileId = (kind: 'img' | 'prc' | 'fed', path: string): DriveId => keyOf(kind, [path]);
