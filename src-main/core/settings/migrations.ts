/** Steps from the settings of older versions to those of this one. */

type Stored = Record<string, unknown>;

/** One step for each version, from that version to the next. */
const steps: readonly ((settings: Stored) => Stored)[] = [(settings) => settings];

/** From this version on a file has a check (`sealed-json.ts`); one of version 0 may be written by hand. */
export const sealedSince = 1;

/** The version that this program writes. */
export const currentVersion: number = steps.length;

/** Brings stored settings up to date. Settings of a newer version are taken as far as they are known. */
export function migrate(settings: Stored, version: number): Stored {
  return steps.slice(version).reduce((stored, step) => step(stored), settings);
}
