/** Simulated sticks with names: real block devices that the app sees as USB drives. */
import {
  compareBytes,
  makeSource,
  readDirect,
  sourceBytes,
  type Lab,
  type Stick,
} from '../../testlab/sticks.mjs';
import type { SettingsChange } from '@contract/groups/settings.ts';

export type StickOptions = NonNullable<Parameters<Lab['newStick']>[1]>;

/** Sticks by name; the name is what the app calls them. */
export async function plugIn<Name extends string>(
  lab: Lab,
  sticks: Record<Name, StickOptions>,
): Promise<Record<Name, Stick>> {
  const made = await Promise.all(
    Object.entries<StickOptions>(sticks).map(async ([name, options], index) => {
      const serial = `BN${String(2381 + 617 * index)}`;
      return [
        name,
        await lab.newStick(name.toLowerCase(), { vendor: 'Bench', model: name, serial, ...options }),
      ];
    }),
  );
  return Object.fromEntries(made) as Record<Name, Stick>;
}

/** Fills a stick with bytes that are different everywhere. */
export const fill = (stick: Stick, seed: number): Promise<void> => makeSource(stick.dev, stick.size, seed);

/** The offset of the first byte that differs, or -1. */
export const firstDifference = (source: Stick, target: Stick): Promise<number> =>
  compareBytes(source.dev, target.dev, source.size);

/** The same against what `fill` wrote: for a source that is slow to read. */
export async function differsFrom(seed: number, target: Stick, size: number): Promise<number> {
  const wanted = sourceBytes(seed, 0, size);
  const found = await readDirect(target.dev, 0, size);
  return found.equals(wanted) ? -1 : found.findIndex((byte, index) => byte !== wanted[index]);
}

/** Small blocks and a short ring: a copy of some megabytes then behaves like one of many gigabytes. */
export const small: SettingsChange = {
  undoSeconds: 0,
  job: { blockSize: 262_144, slots: 4, verify: false },
};
