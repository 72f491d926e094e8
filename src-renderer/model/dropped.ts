/** What files that were dropped on the window can mean. Pure. */

/** Why a drop could not be taken: more than one file, or nobody can say where it lies. */
export type Untaken = { kind: 'several' } | { kind: 'nowhere'; name: string };
export type Dropped = { kind: 'path'; path: string } | Untaken;

/** Knows where a file lies: the desktop window does, a page in a browser does not. */
export interface FilePlaces {
  /** Empty when the file lies nowhere. */
  pathOf(file: File): string;
}

const longestName = 63;

/** A file's name is what a stranger wrote: without control and direction characters, and not endless. */
const cleanName = (name: string): string => name.replace(/[\p{Cc}\p{Cf}]/gu, '').slice(0, longestName);

/** Null for a drop without files. The path is only found here; the core looks at what lies there. */
export function judgeDrop(files: readonly File[], places: FilePlaces | undefined): Dropped | null {
  const [file, another] = files;
  if (!file) return null;
  if (another) return { kind: 'several' };
  const path = places?.pathOf(file) ?? '';
  return path === '' ? { kind: 'nowhere', name: cleanName(file.name) } : { kind: 'path', path };
}
