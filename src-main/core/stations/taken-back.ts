import { isGood } from '@contract/groups/jobs.ts';
import type { Station } from '@contract/groups/stations.ts';

/**
 * A station after the first node has found that its source, read again, is another one: nobody knows which reading is right, so
 * none of its targets is good, whatever it has told of them.
 */
export const takenBack = (station: Station): Station => ({
  ...station,
  targets: station.targets.map((target) =>
    isGood(target.state) ? { ...target, state: 'failed', error: 'source-changed' } : target,
  ),
  more: { ...station.more, notGood: station.more.targets },
});
