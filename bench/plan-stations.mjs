// How long a job takes with many stations, and what limits it: `node bench/plan-stations.mjs [--link GBIT] [--size GIB] [--stick MB/s]
// [--stations N,N,...]`. A model of one hop after the other, with the processor figures of `npm run bench -- --only stations` (docs/stations.md).
// `--check` holds it against the measured rows instead, and fails if it is off by more than a tenth.

import { parseArgs } from 'node:util';

const { values } = parseArgs({
  options: {
    link: { type: 'string', default: '10' },
    size: { type: 'string', default: '32' },
    stick: { type: 'string', default: '20' },
    stations: { type: 'string', default: '1,2,10,50,100,256,300,1000' },
    check: { type: 'boolean', default: false },
  },
});
/** Processor seconds per GiB; of the server once for what comes and once for each station. Measured, see docs/stations.md. */
const COST = {
  firstHelper: 0.9,
  publisher: 4.3,
  serverIn: 5.1,
  serverOut: 0.4,
  station: 3.4,
  stationHelper: 1.0,
};
/** Of a link's bits, so many are the source's bytes: TCP, IP, Ethernet and NATS take the rest. */
const PAYLOAD = 0.94;
const GIB = 1024 ** 3;
const LEAF = 30;
/** One first node takes no more (src-main/core/stations/roster.ts). */
const FIRST_NODE = 256;
/** What was measured with every program on the same two cores: stations, link of each in Gb/s, MB/s each. */
const MEASURED = { cores: 2, rows: [[1, 1, 112], [2, 1, 103], [1, Infinity, 141]] }; // prettier-ignore

const bytesPerSecond = (gbit) => (gbit * 1e9 * PAYLOAD) / 8;
const least = (limits) => Object.entries(limits).reduce((low, one) => (one[1] < low[1] ? one : low));
const table = (rows) => rows.forEach((cells) => console.log(`| ${cells.join(' | ')} |`));

/** Bytes a second of the source that every station gets from one server, and what limits it; each process has a core. */
function flow(stations) {
  const [by, rate] = least({
    sticks: Number(values.stick) * 1e6,
    'station link': bytesPerSecond(1),
    "server's link": bytesPerSecond(Number(values.link)) / stations,
    'server processor': GIB / (COST.serverIn + COST.serverOut * stations),
    'publisher processor': GIB / COST.publisher,
  });
  return { rate, by };
}

function plan() {
  const size = Number(values.size) * GIB;
  const cells = ({ rate, by }) => [(rate / 1e6).toFixed(1), by, (size / rate / 60).toFixed(0)];
  const rows = values.stations.split(',').map((text) => {
    const n = Number(text);
    // Each first node has the source, and a server of its own for its share of the stations.
    const firstNodes = Math.ceil(n / FIRST_NODE);
    const share = Math.ceil(n / firstNodes);
    // Leaves of one server for each so many stations: the first server feeds the leaves, each leaf its stations.
    const leaves = Math.ceil(share / LEAF);
    const [upper, lower] = [flow(leaves), flow(Math.min(share, LEAF))];
    return [n, firstNodes, ...cells(flow(share)), leaves, ...cells(upper.rate < lower.rate ? upper : lower)];
  });
  const flowHead = ['MB/s each', 'limited by', 'minutes'];
  const head = ['stations', 'first nodes', ...flowHead, `leaves of ${LEAF} at each`, ...flowHead];
  table([head, head.map(() => '---'), ...rows]);
}

/** The same model where all programs share a few cores, as they did when it was measured. */
function check() {
  let worst = 0;
  const rows = MEASURED.rows.map(([stations, link, measured]) => {
    const seconds =
      COST.firstHelper +
      COST.publisher +
      COST.serverIn +
      stations * (COST.serverOut + COST.station + COST.stationHelper);
    const [by, rate] = least({
      'station link': bytesPerSecond(link),
      processors: (GIB * MEASURED.cores) / seconds,
    });
    const off = rate / 1e6 / measured - 1;
    worst = Math.max(worst, Math.abs(off));
    const name = link === Infinity ? 'not limited' : `${link} Gb/s`;
    return [stations, name, measured, (rate / 1e6).toFixed(0), by, `${(off * 100).toFixed(0)} %`];
  });
  const head = ['stations', 'link of each', 'MB/s measured', 'MB/s of the model', 'limited by', 'off by'];
  table([head, head.map(() => '---'), ...rows]);
  process.exitCode = worst > 0.1 ? 1 : 0;
}

if (values.check) check();
else plan();
