// How long a job takes with many stations, and what it costs where: `node bench/plan-stations.mjs [--link GBIT] [--size GIB] [--stick MB/s]
// [--stations N,N,...]`. A model of one hop after the other, with the processor figures of `npm run bench -- --only stations` (docs/stations.md).

import { parseArgs } from 'node:util';

const { values } = parseArgs({
  options: {
    link: { type: 'string', default: '10' },
    size: { type: 'string', default: '32' },
    stick: { type: 'string', default: '20' },
    stations: { type: 'string', default: '1,2,10,50,100,300,1000' },
  },
});
/** Processor seconds per GiB; of the server once for what comes and once for each station. Measured, see docs/stations.md. */
const COST = { publisher: 4.3, serverIn: 5.1, serverOut: 0.4, station: 3.4 };
/** Of a link's bits, so many are the source's bytes: TCP, IP, Ethernet and NATS take the rest. */
const PAYLOAD = 0.94;
const GIB = 1024 ** 3;
const LEAF = 30;

const linkBytes = (Number(values.link) * 1e9 * PAYLOAD) / 8;
const stationLink = (1e9 * PAYLOAD) / 8;
const stick = Number(values.stick) * 1e6;
const size = Number(values.size) * GIB;

/** MB/s of the source that every station gets, and what limits it. */
function flow(stations) {
  const limits = {
    sticks: stick,
    'station link': stationLink,
    "server's link": linkBytes / stations,
    'server processor': GIB / (COST.serverIn + COST.serverOut * stations),
    'publisher processor': GIB / COST.publisher,
  };
  const [by, rate] = Object.entries(limits).reduce((least, one) => (one[1] < least[1] ? one : least));
  return { rate, by };
}

const rows = values.stations.split(',').map((text) => {
  const n = Number(text);
  const one = flow(n);
  // Leaves of one server for each so many stations: the first server feeds the leaves, each leaf its stations.
  const leaves = Math.ceil(n / LEAF);
  const upper = flow(leaves);
  const lower = flow(Math.min(n, LEAF));
  const least = upper.rate < lower.rate ? upper : lower;
  const minutes = (rate) => (size / rate / 60).toFixed(0);
  return [
    n,
    (one.rate / 1e6).toFixed(1),
    one.by,
    minutes(one.rate),
    leaves,
    (least.rate / 1e6).toFixed(1),
    least.by,
    minutes(least.rate),
  ];
});
const head = [
  'stations',
  'one server: MB/s each',
  'limited by',
  'minutes',
  `leaves of ${LEAF}`,
  'with leaves: MB/s each',
  'limited by',
  'minutes',
];
for (const cells of [head, head.map(() => '---'), ...rows]) console.log(`| ${cells.join(' | ')} |`);
