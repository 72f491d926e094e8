// What stands between this machine and the others, in words.

import { isGood } from '@contract/groups/jobs.ts';
import type { Station, StationEvent, StationProblemCode } from '@contract/groups/stations.ts';
import { cleanText } from '../output/clean.ts';
import { plural } from '../output/format.ts';

const words: Readonly<Record<StationProblemCode, string>> = {
  'nats-unreachable':
    'The NATS server cannot be reached. Check its address and that it runs: nats-server -js',
  'nats-denied': 'The NATS server does not let us in, or not do this. Check the file of --credentials.',
  'nats-tls':
    'The connection to the NATS server could not be made safe. Check --tls-ca, --tls-cert where the server wants one, and the clocks of both machines.',
  'nats-no-jetstream':
    'The NATS server has no JetStream for us. Start it with -js, or ask for an account with it.',
  'nats-lost': 'The connection to the NATS server is lost; trying again.',
  'stream-too-small':
    'The NATS server has no room for a few blocks. Use a larger --stream-size, or raise its limits.',
  'station-version':
    'The two machines run versions of Carousel that do not understand each other. Install the same on both.',
  'station-no-job':
    'Nobody hands out a job of this name at this server. Check --job, and that the first node still copies.',
  'station-refused': 'The first node refused the request.',
  'station-credentials': 'The file of --credentials or of a certificate cannot be used.',
  'station-changed': 'The first node hands out something else under this name by now. Connect again.',
  'clock-skew':
    'The clocks of the two machines differ. The copy goes on; the times in reports will not fit together.',
  'not-encrypted':
    'The data crosses the network unencrypted, for everybody on it to read. Use tls:// where that matters.',
  'feed-ended': 'The first node has ended the job, or cannot be reached any more.',
  'feed-damaged': 'What came over the network is not what the first node sent.',
};

/** The words for a problem. */
export const problemWords = (code: string, detail: string): string => {
  const known = Object.hasOwn(words, code) ? words[code as StationProblemCode] : code;
  return detail === '' ? known : `${known} (${cleanText(detail, 500)})`;
};

/** How one station ended. */
export function stationLine({ name, state, targets, more }: Station): string {
  const good = targets.filter((target) => isGood(target.state)).length + more.targets - more.notGood;
  const lost = state === 'lost' ? ', lost before it had said how they ended' : '';
  const bad = targets.filter((target) => !isGood(target.state));
  const named = bad.map(
    ({ path, error }) => `${cleanText(path)}${error === null ? '' : ` [${cleanText(error)}]`}`,
  );
  const rest = more.notGood > 0 ? ` and ${more.notGood} more` : '';
  const list = named.length > 0 ? `; not good: ${named.join(', ')}${rest}` : '';
  return `  station ${cleanText(name)}: ${good} of ${plural(targets.length + more.targets, 'target')} good${lost}${list}`;
}

/** Turns events about other machines into the lines that are worth a line. */
export class StationLines {
  readonly #states = new Map<string, Station['state']>();

  after(event: StationEvent): string[] {
    if (event.event === 'link')
      return event.problem ? [problemWords(event.problem.code, event.problem.detail)] : [];
    return event.stations.flatMap(({ id, name, state }) => {
      const before = this.#states.get(id);
      this.#states.set(id, state);
      if (before === state) return [];
      const what = {
        joined: before === undefined ? 'has joined' : 'is back',
        lost: 'is lost and was dropped',
        done: 'is done',
      };
      return [`Station ${cleanText(name)} ${what[state]}`];
    });
  }
}
