/** What the record keeps of the stations of a job: all that goes through one message, the rest counted. */
import { isGood } from '@contract/groups/jobs.ts';
import { maxRecordedStations, maxRecordedStationTargets } from '@contract/groups/history.ts';
import { cleanText } from '../devices/clean-text.ts';
import type { Station } from '@contract/groups/stations.ts';

/** Stations that are left out are one station more, which lists nothing. */
const restId = 'otherstations';

/** Text of other machines, without what could mislead the eye. */
const clean = (station: Station): Station => ({
  ...station,
  name: (cleanText(station.name) ?? station.id).slice(0, 64),
  targets: station.targets.map((target) => ({
    ...target,
    path: (cleanText(target.path, 256) ?? '').slice(0, 256),
    error: cleanText(target.error, 32),
  })),
});

/** The stations, with as many of their targets as are kept. */
export function shortened(told: readonly Station[]): Station[] {
  const stations = told.map(clean);
  let room = maxRecordedStationTargets;
  const cut = (station: Station): Station => {
    const targets = station.targets.slice(0, room);
    const left = station.targets.slice(room);
    room -= targets.length;
    const notGood = left.filter(({ state }) => !isGood(state)).length;
    const more = {
      targets: station.more.targets + left.length,
      notGood: station.more.notGood + notGood,
    };
    return { ...station, targets, more };
  };
  const kept = stations.slice(0, maxRecordedStations - 1).map(cut);
  const rest = stations.slice(maxRecordedStations - 1);
  const [last] = rest;
  if (!last) return kept;
  if (rest.length === 1) return [...kept, cut(last)];
  room = 0;
  const counted = rest.map(cut);
  const more = {
    targets: counted.reduce((sum, one) => sum + one.more.targets, 0),
    notGood: counted.reduce((sum, one) => sum + one.more.notGood, 0),
  };
  const state = rest.every((one) => one.state === 'done') ? 'done' : 'lost';
  return [...kept, { ...last, id: restId, name: `${String(rest.length)} more`, state, targets: [], more }];
}
