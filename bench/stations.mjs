// What copying over a network costs: MB/s through one limited link beside a plain stream of bytes through the same link, and processor seconds
// per GiB in each kind of process, for some numbers of stations. Needs root and nats-server; all in memory, in network namespaces.

import { spawn } from 'node:child_process';
import fs from 'node:fs';
import { marked, ticksOf } from '../e2e/engine/support/proc.mjs';
import { World } from '../e2e/engine/support/world.mjs';
import { Net, noNetwork } from '../e2e/stations/support/net.mjs';
import { makeSource } from '../testlab/sticks.mjs';

const MiB = 1024 ** 2;
const GiB = 1024 ** 3;
const TICKS = 100;
const LOOK_MS = 100;
const PORT = 5001;
const HANG_MS = 600_000;
const median = (list) => [...list].sort((a, b) => a - b)[Math.floor(list.length / 2)];
const round = (x) => Math.round(x * 100) / 100;

/** Processor time by kind of process, looked at again and again: they are gone in the end. */
class Meter {
  #ticks = new Map();
  #timer;

  constructor(mark, server) {
    const first = ticksOf(server);
    this.#timer = setInterval(() => {
      for (const { pid, args } of marked(mark)) {
        const helper = args[0]?.endsWith('carousel-helper');
        const kind = helper
          ? ['feed', 'produce'].includes(args[1])
            ? 'first helper'
            : 'station helper'
          : args.includes('copy')
            ? 'publisher'
            : 'station';
        if (!helper || args[1] !== 'job') this.#ticks.set(pid, { kind, ticks: ticksOf(pid) });
      }
      this.#ticks.set(server, { kind: 'server', ticks: ticksOf(server) - first });
    }, LOOK_MS);
  }

  end() {
    clearInterval(this.#timer);
    const sums = {};
    for (const { kind, ticks } of this.#ticks.values()) sums[kind] = (sums[kind] ?? 0) + ticks / TICKS;
    return sums;
  }
}

/** Seconds that a plain stream of `size` bytes takes from one machine to another. */
async function plainStream(net, world, from, to, address, size) {
  const node = (machine, script) => {
    const [program, ...args] = [...net.on(machine), process.execPath, '-e', script];
    return spawn(program, args, { env: world.env, stdio: ['ignore', 'pipe', 'inherit'] });
  };
  const sink = node(
    to,
    `require('net').createServer((s) => { let n = 0, t = 0; s.on('data', (d) => { t ||= performance.now(); n += d.length; }); s.on('end', () => { console.log((performance.now() - t) / 1000); process.exit(); }); }).listen(${PORT}, () => console.log('ready'))`,
  );
  const lines = sink.stdout.setEncoding('utf8')[Symbol.asyncIterator]();
  await lines.next();
  node(
    from,
    `const s = require('net').connect(${PORT}, '${address}'); const b = Buffer.alloc(1048576); let left = ${size / MiB}; const go = () => { while (left-- > 0) if (!s.write(b)) return s.once('drain', go); s.end(); }; go()`,
  );
  return Number((await lines.next()).value);
}

async function run({ size, stations, rate }) {
  const world = new World();
  const dir = fs.mkdtempSync('/dev/shm/carousel-bench-');
  try {
    const net = new Net(world);
    net.machine('a');
    const names = Array.from({ length: stations }, (_none, i) => `s${i}`);
    for (const name of names) net.machine(name);
    await net.server();
    const source = `${dir}/source`;
    await makeSource(source, size, 1);
    if (rate) for (const name of names) net.limit(name, rate);
    const plain = await plainStream(net, world, 'a', names[0], net.addressOf(names[0]), size);
    const meter = new Meter(world.mark, net.serverPid);
    const a = net.copy('a', source, [], ['--job', 'bench', '--wait-for-join', 10], { hang: HANG_MS });
    await a.job();
    const riders = names.map((name) => net.station(name, 'bench', [`${dir}/${name}`], [], { hang: HANG_MS }));
    // From the first bytes that are received to the last target that is done; what had come by then does not count.
    const first = await Promise.all(
      riders.map(async (rider) => {
        const head = await rider.seen(({ event, bytesRead }) => event === 'head' && bytesRead > 0, 'a block');
        return { at: performance.now(), bytes: head.bytesRead };
      }),
    );
    const speeds = await Promise.all(
      riders.map(async (rider, i) => {
        await rider.seen(({ event }) => event === 'summary', 'the end', HANG_MS);
        const { at, bytes } = first[i];
        return ((size - bytes) / (performance.now() - at)) * 1000;
      }),
    );
    for (const { code, stderr } of await Promise.all(riders.map(({ exit }) => exit)))
      if (code !== 0) throw new Error(stderr);
    const used = meter.end();
    await a.exit;
    return { speed: Math.min(...speeds), plain: size / plain, used };
  } finally {
    fs.rmSync(dir, { recursive: true, force: true });
    await world.close();
  }
}

/** One row for each number of stations at links of 1 Gb/s each, and one for a station whose link is not limited. */
export async function stations({ quick, rounds, numbers }) {
  const why = noNetwork();
  if (why) {
    console.error(`stations: skipped, ${why}`);
    return [];
  }
  const size = (quick ? 256 : 1024) * MiB;
  const rows = [];
  for (const [count, rate] of [...numbers.map((number) => [number, '1gbit']), [1, null]]) {
    const runs = [];
    for (let i = 0; i < Math.min(rounds, 3); i++) runs.push(await run({ size, stations: count, rate }));
    const of = (pick) => round(median(runs.map(pick)));
    const perGiB = (kind) => of(({ used }) => (used[kind] ?? 0) / (size / GiB));
    rows.push({
      workload: `stations, ${rate ?? 'no limit'}, ${size / MiB} MiB`,
      n: count,
      unit: 'MB/s; CPU s per GiB of the source',
      'MB/s each': of(({ speed }) => speed / 1e6),
      'plain stream MB/s': of(({ plain }) => plain / 1e6),
      'x plain stream': of(({ speed, plain }) => plain / speed),
      'first helper': perGiB('first helper'),
      publisher: perGiB('publisher'),
      server: perGiB('server'),
      station: round(perGiB('station') / count),
      'station helper': round(perGiB('station helper') / count),
    });
  }
  return rows;
}
