/** Tells the ear of stations: who steps on, is silent, is back, is dropped, has ended. */
import { watch } from 'vue';
import { isGood } from '@contract/groups/jobs.ts';
import type { HandOut, RidingStation } from '@contract/groups/stations.ts';
import type { Announcer } from '../../composables/announcer.ts';
import { useText } from '../../composables/use-text.ts';
import type { Text } from '../../i18n/text.ts';
import { useStations } from '../../stores/stations.ts';

/** What is worth saying of a station that was `before`; empty when nothing is. Pure. */
function stationNews({ t, f }: Text, before: RidingStation | undefined, now: RidingStation): string {
  const { name, link, targets, more } = now;
  if (before?.link === link) return '';
  switch (link) {
    case 'live':
      return t(before ? 'stations.sayBack' : 'stations.sayJoined', { name });
    case 'silent':
      return t('stations.saySilent', { name });
    case 'lost':
      return t('stations.sayLost', { name });
    case 'done': {
      const good = targets.filter(({ state }) => isGood(state)).length + more.targets - more.notGood;
      return t('stations.sayDone', {
        name,
        good: f.number(good),
        n: f.number(targets.length + more.targets),
      });
    }
  }
}

export function useStationNews(announcer: Announcer): void {
  const text = useText();
  const stations = useStations();
  const all = (handOuts: Readonly<Record<string, HandOut>>): Map<string, RidingStation> =>
    new Map(
      Object.values(handOuts).flatMap(({ stations: list }) =>
        list.map((station) => [station.id, station] as const),
      ),
    );
  let begun = false;
  watch(
    () => stations.handOuts,
    (now, before) => {
      // What is there when the page opens is no news.
      if (!begun) {
        begun = true;
        return;
      }
      const known = all(before);
      const changed = [...all(now).values()].map((station) => ({
        station,
        words: stationNews(text.value, known.get(station.id), station),
      }));
      const said = changed.filter(({ words }) => words !== '');
      const urgent = said.filter(({ station }) => station.link === 'lost');
      const calm = said.filter(({ station }) => station.link !== 'lost');
      if (urgent.length > 0) announcer.now(urgent.map(({ words }) => words).join(' '));
      if (calm.length > 0) announcer.answer(calm.map(({ words }) => words).join(' '));
    },
  );
}
