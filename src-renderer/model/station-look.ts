/** How a target of a station looks at the first node, by the same rules as one of this machine. Pure. */
import { isGood, type Job } from '@contract/groups/jobs.ts';
import {
  shownState,
  type HandOut,
  type RidingStation,
  type StationCounts,
  type StationTarget,
} from '@contract/groups/stations.ts';
import type { Look } from './look.ts';
import { machineLook } from './machine-look.ts';

/** The look. */
export function stationLook(
  target: Pick<StationTarget, 'state'>,
  station: Pick<RidingStation, 'link'>,
  handOut: Pick<HandOut, 'state' | 'link'>,
  source: Pick<Job['source'], 'unreadableBytes'>,
): Look {
  return machineLook({ state: shownState(target, station, handOut) }, source);
}

/** Whole percent of the present phase; 100 only for what is done. */
export function stationPercent({ state, bytes }: StationTarget, size: number): number {
  if (isGood(state)) return 100;
  return size > 0 ? Math.max(0, Math.min(99, Math.floor((bytes / size) * 100))) : 0;
}

const byName = new Intl.Collator('en', { numeric: true });

/** In the order of their names: a station tells of those first that are least well, and a cell must not move. */
export const byPath = (targets: readonly StationTarget[]): StationTarget[] =>
  [...targets].sort((a, b) => byName.compare(a.path, b.path));

/**
 * True only if every station has said how its targets ended, and all of them are good; `counts` is null where this program has
 * handed nothing out. Of stations of another program nothing is known, so they are not called good.
 */
export const stationsAllGood = (
  { stationsElsewhere }: Pick<Job, 'stationsElsewhere'>,
  counts: StationCounts | null,
): boolean =>
  !stationsElsewhere && (counts === null || (counts.lost === 0 && counts.bad === 0 && counts.open === 0));
