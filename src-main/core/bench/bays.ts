/** The list of taught ports, as it may be kept. Names are what somebody typed: they are cleaned, and no two bays may be mistaken for each other. */
import { maxBays, type Bay } from '@contract/groups/settings.ts';
import { cleanText } from '../devices/clean-text.ts';

/** Characters of a name; more do not fit a cell. */
const maxName = 24;

/** The name without anything that could mislead the eye, and short enough; null when nothing is left of it. */
export function cleanBayName(name: string): string | null {
  for (let points = maxName; points > 0; points -= 1) {
    const clean = cleanText(name, points);
    if (clean === null || clean.length <= maxName) return clean;
  }
  return null;
}

/** Two names that look alike to an operator. */
const asSeen = (name: string): string => name.normalize('NFKC').toLocaleLowerCase('en').replace(/\s+/g, '');

/** The bays with clean names, in their order. One without a name, and a second one of the same port or name, is left out. */
export function tidyBays(bays: readonly Bay[]): Bay[] {
  const ports = new Set<string>();
  const names = new Set<string>();
  return bays.slice(0, maxBays).flatMap(({ port, name: given }) => {
    const name = cleanBayName(given);
    if (name === null || ports.has(port) || names.has(asSeen(name))) return [];
    ports.add(port);
    names.add(asSeen(name));
    return [{ port, name }];
  });
}
