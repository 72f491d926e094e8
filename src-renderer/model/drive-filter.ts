/** Which drives a typed filter leaves. Pure. */
import type { Drive } from '@contract/groups/drives.ts';

const folded = (text: string): string => text.normalize('NFKC').toLocaleLowerCase();

/** Whether every word of the filter is somewhere in the drive's name, serial number, labels, file name or port. An empty filter leaves all. */
export function matchesFilter(drive: Drive, filter: string): boolean {
  const words = folded(filter).split(/\s+/).filter(Boolean);
  if (words.length === 0) return true;
  const { title, path, port, identity, volumes } = drive;
  const all = folded(
    [
      title,
      path.split(/[\\/]/).at(-1) ?? '',
      port ?? '',
      identity.serial ?? '',
      ...volumes.map(({ label }) => label ?? ''),
    ].join('\n'),
  );
  return words.every((word) => all.includes(word));
}
