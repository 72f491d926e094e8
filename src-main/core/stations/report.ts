/** What a station tells of its targets. */
import { isFinal, isGood } from '@contract/groups/jobs.ts';
import { mostListedTargets, type Station, type StationTarget } from '@contract/groups/stations.ts';

const rank = ({ state }: StationTarget): number => (isGood(state) ? 2 : isFinal(state) ? 0 : 1);

/** As many targets as a message holds, what failed first and what is good last, and the count of those left out. */
export function reportOf(targets: readonly StationTarget[]): Pick<Station, 'targets' | 'more'> {
  const ordered = [...targets].sort((a, b) => rank(a) - rank(b));
  const left = ordered.slice(mostListedTargets);
  return {
    targets: ordered.slice(0, mostListedTargets),
    more: { targets: left.length, notGood: left.filter(({ state }) => !isGood(state)).length },
  };
}
