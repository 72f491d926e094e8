/**
 * Tells sticks that were put in from those that were there. The kernel numbers every plugging-in (`diskseq`), and never gives a
 * number twice; so a drive that only vanished from one look at the drives and came back is not taken for a new one. Where there
 * is no such number, a drive is new when it was not there at the look before.
 */
import type { Drive } from '@contract/groups/drives.ts';

type Plugged = Pick<Drive, 'id' | 'identity' | 'path'>;

export interface FreshInserts {
  /** Takes the drives of the newest look; answers with those that were put in since the last one. */
  take<D extends Plugged>(drives: readonly D[]): D[];
}

/** Everything in `there` is old. */
export function createFreshInserts(there: readonly Plugged[]): FreshInserts {
  const seqs = (drives: readonly Plugged[]): number[] =>
    drives.flatMap(({ identity }) => identity.diskseq ?? []);
  const newest = Math.max(0, ...seqs(there));
  const known = new Set(seqs(there));
  let before = new Set(there.map(({ id }) => id));
  return {
    take(drives) {
      const fresh = drives.filter(({ id, identity: { diskseq } }) =>
        diskseq === null ? !before.has(id) : !known.has(diskseq) && diskseq > newest,
      );
      for (const seq of seqs(drives)) known.add(seq);
      before = new Set(drives.map(({ id }) => id));
      return fresh;
    },
  };
}
