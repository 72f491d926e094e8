/** What a source was when the bench was armed, in one line: as long as it is the same, so is the source. */
import { stat } from 'node:fs/promises';
import type { Drive } from '@contract/groups/drives.ts';

export interface SourcePrint {
  text: string;
  /** Milliseconds since 1970: it is known to be unchanged since then. Null: only since it was looked at. */
  since: number | null;
}

/** The print of a source as it is now; null when it is not there. */
export async function printOf(drive: Drive | undefined): Promise<SourcePrint | null> {
  if (!drive) return null;
  const { id, kind, path, identity, size } = drive;
  // `diskseq` is part of the identity: a drive that was pulled out and put back may hold something else.
  if (kind === 'disk') return { text: JSON.stringify([id, path, identity, size]), since: null };
  const info = await stat(path, { bigint: true }).catch(() => null);
  if (!info?.isFile()) return null;
  const { dev, ino, size: bytes, mtimeNs, ctimeNs } = info;
  const facts = [dev, ino, bytes, mtimeNs, ctimeNs].map(String);
  const changed = Math.max(Number(info.mtimeMs), Number(info.ctimeMs));
  return { text: JSON.stringify([id, path, ...facts]), since: changed };
}
