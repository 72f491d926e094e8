/** What an insert teaches. Pure. */
import type { Drive } from '@contract/groups/drives.ts';
import { bayAt, type Bay } from '@contract/groups/settings.ts';

export type Lesson =
  | { kind: 'taught'; bays: Bay[]; title: string; name: string }
  | { kind: 'twice'; name: string }
  | { kind: 'no-port'; title: string };

/** Names that an operator could not tell apart. */
export const sameName = (a: string, b: string): boolean =>
  a.trim().toLocaleLowerCase() === b.trim().toLocaleLowerCase();

/** The next number that no bay is called by. */
export function nextName(bays: readonly Bay[]): string {
  let number = bays.length + 1;
  while (bays.some(({ name }) => sameName(name, String(number)))) number += 1;
  return String(number);
}

/** What it means that this drive was put in while a name was asked for. */
export function lessonOf(drive: Pick<Drive, 'port' | 'title'>, name: string, bays: readonly Bay[]): Lesson {
  const { port, title } = drive;
  if (port === null) return { kind: 'no-port', title };
  const known = bayAt(bays, port);
  if (known !== null) return { kind: 'twice', name: known };
  return { kind: 'taught', bays: [...bays, { port, name }], title, name };
}

/** The list with one bay moved by so many places. */
export function moved(bays: readonly Bay[], index: number, by: -1 | 1): Bay[] {
  const next = [...bays];
  const [bay] = next.splice(index, 1);
  if (bay) next.splice(Math.max(0, index + by), 0, bay);
  return next;
}

/** Drives of `now` that were not there `before`, or that were plugged in anew. */
export function inserted<D extends Pick<Drive, 'id' | 'identity' | 'kind'>>(
  before: Readonly<Record<string, D>>,
  now: Readonly<Record<string, D>>,
): D[] {
  return Object.values(now).filter((drive) => {
    const old = before[drive.id];
    return drive.kind !== 'image' && (!old || old.identity.diskseq !== drive.identity.diskseq);
  });
}
