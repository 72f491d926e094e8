// The workloads of the bench. Each returns rows {workload, n, unit, ...one figure for each program}; figures are medians of ratios.
import { copyFileSync, mkdirSync, readdirSync, rmSync, statfsSync } from 'node:fs';
import path from 'node:path';
import { Lab, canMakeSticks, makeSource } from '../testlab/sticks.mjs';
import { approved, Job, peers, readers } from './peers.mjs';

const MiB = 1024 ** 2;
const median = (list) => [...list].sort((a, b) => a - b)[Math.floor(list.length / 2)];
const round = (x) => Math.round(x * 100) / 100;

/** Runs every program in turn, several rounds, so that a busy moment hits all alike; the median time of each. */
async function compare(names, rounds, once) {
  const times = Object.fromEntries(names.map((name) => [name, []]));
  for (let i = 0; i < rounds; ++i) for (const name of names) times[name].push(await once(name, peers[name]));
  return Object.fromEntries(names.map((name) => [name, median(times[name])]));
}

/** Files in memory: nothing is slow but the programs. Ratio to the limit measured beside them. */
export async function memory({ quick, rounds }) {
  const dir = '/dev/shm/carousel-bench';
  const size = (quick ? 256 : 1024) * MiB;
  mkdirSync(dir, { recursive: true });
  const rows = [];
  try {
    const source = path.join(dir, 'source');
    await makeSource(source, size, 1);
    for (const n of [1, 2, 4, 8]) {
      const free = statfsSync(dir);
      if (free.bavail * free.bsize < (n + 1) * size) continue;
      const targets = Array.from({ length: n }, (_, i) => path.join(dir, `target-${i}`));
      const names = Object.keys(peers).filter((name) => peers[name]);
      const took = await compare(names, rounds, async (_name, run) => {
        for (const name of readdirSync(dir)) if (name !== 'source') rmSync(path.join(dir, name));
        return run(source, size, targets);
      });
      rows.push({
        workload: `memory speed, ${size / MiB} MiB`,
        n,
        unit: 'x limit',
        ...Object.fromEntries(names.map((x) => [x, round(took[x] / took.limit)])),
      });
    }
  } finally {
    rmSync(dir, { recursive: true, force: true });
  }
  return rows;
}

/** Eight targets in memory read back and compared with a manifest, beside eight plain readers: what the digests cost. */
export async function verify({ quick, rounds }) {
  const dir = '/dev/shm/carousel-bench';
  const size = (quick ? 128 : 512) * MiB;
  mkdirSync(dir, { recursive: true });
  try {
    const [source, manifest] = [path.join(dir, 'source'), path.join(dir, 'manifest')];
    await makeSource(source, size, 1);
    const targets = Array.from({ length: 8 }, (_, i) => path.join(dir, `target-${i}`));
    await new Job(source, [targets[0]], { manifest }).end();
    for (const target of targets.slice(1)) copyFileSync(targets[0], target);
    const times = { carousel: [], 'dd each': [] };
    for (let i = 0; i < rounds; ++i)
      for (const [name, read] of Object.entries(readers)) times[name].push(await read(manifest, targets));
    const [ours, dd] = [median(times.carousel), median(times['dd each'])];
    const gib = (8 * size) / 1024 ** 3;
    return [
      {
        workload: `verify, memory speed, ${size / MiB} MiB`,
        n: 8,
        unit: 'x dd each',
        carousel: round(ours / dd),
        'dd each': 1,
      },
      {
        workload: 'verify beyond plain reading',
        n: 8,
        unit: 's per GiB',
        carousel: round((ours - dd) / gib),
      },
    ];
  } finally {
    rmSync(dir, { recursive: true, force: true });
  }
}

/** Runs with a lab of simulated sticks and a source file; says why when there can be none. */
async function withSticks(what, size, body) {
  const can = await canMakeSticks();
  if (!can.ok) return [{ workload: what, n: 0, unit: `skipped: ${can.reason}` }];
  const lab = new Lab();
  const source = '/dev/shm/carousel-bench-source';
  try {
    await makeSource(source, size, 2);
    return await body(lab, source);
  } finally {
    await lab.close();
    rmSync(source, { force: true });
  }
}

/** Sticks of 20 MB/s. Ratio to size / rate. */
export function sticks({ quick, rounds }) {
  const rate = 20e6;
  const size = (quick ? 40 : 256) * MiB;
  return withSticks('sticks of 20 MB/s', size, async (lab, source) => {
    const rows = [];
    for (const n of quick ? [1, 4, 16] : [1, 4, 16, 32]) {
      const made = [];
      for (let i = 0; i < n; ++i) made.push(await lab.newStick(`s${n}-${i}`, { size, bps: rate }));
      const names = Object.keys(peers).filter(
        (name) =>
          peers[name] &&
          (n <= 16 || name === 'carousel' || name === 'limit') &&
          (!quick || name !== 'dcfldd'),
      );
      const took = await compare(names, Math.min(rounds, quick ? 1 : 3), (_name, run) =>
        run(
          source,
          size,
          made.map((s) => s.dev),
        ),
      );
      rows.push({
        workload: `sticks of 20 MB/s, ${size / MiB} MiB`,
        n,
        unit: 'x size/rate',
        ...Object.fromEntries(names.map((x) => [x, round((took[x] * rate) / size)])),
      });
      for (const stick of made) await stick.rm();
    }
    return rows;
  });
}

/** One stick of 2 MB/s among seven of 20: how long the fast ones and the slow one take, as ratio to their own time. */
export function slow({ quick }) {
  const size = (quick ? 24 : 128) * MiB;
  return withSticks('one slow stick among seven', size, async (lab, source) => {
    const made = [await lab.newStick('slow', { size, bps: 2e6 })];
    for (let i = 0; i < 7; ++i) made.push(await lab.newStick(`fast${i}`, { size, bps: 20e6 }));
    const job = new Job(
      source,
      made.map((s) => s.dev),
      { slow: 'catch-up', slots: quick ? 8 : 64 },
    );
    const summary = await job.end();
    const ended = (id) =>
      job.events.find((e) => e.event === 'target' && e.id === id && e.state === 'done').at;
    const fast = Math.max(...[2, 3, 4, 5, 6, 7, 8].map(ended));
    return [
      {
        workload: 'one 2 MB/s stick among seven of 20, catch-up: the fast ones',
        n: 8,
        unit: 'x own time',
        carousel: round((fast * 20e6) / size),
      },
      { workload: 'the slow one', n: 8, unit: 'x own time', carousel: round((ended(1) * 2e6) / size) },
      { workload: 'source read', n: 8, unit: 'x size', carousel: round(summary.source.bytesRead / size) },
    ];
  });
}

/** Arrivals at 0, 25, 50 and 75 % of the first pass: the longest wait in passes, and what was read of the source. */
export function late({ quick }) {
  const size = (quick ? 40 : 128) * MiB;
  return withSticks('late joiners', size, async (lab, source) => {
    const pass = size / 20e6;
    const made = [];
    for (let i = 0; i < 4; ++i) made.push(await lab.newStick(`late${i}`, { size, bps: 20e6 }));
    const job = new Job(source, [made[0].dev], { slow: 'catch-up', slots: 8 });
    const waits = [];
    for (const [i, part] of [0.25, 0.5, 0.75].entries()) {
      await job.until((e) => e.event === 'head' && e.bytesRead >= part * size);
      const asked = Number(process.hrtime.bigint() - job.from) / 1e9;
      job.say({ verb: 'add', targets: approved([made[i + 1].dev]) });
      waits.push(
        job
          .until((e) => e.event === 'target' && e.target === made[i + 1].dev && e.state === 'done')
          .then((e) => e.at - asked),
      );
    }
    const summary = await job.end();
    return [
      {
        workload: 'arrivals at 0, 25, 50, 75 %: longest wait',
        n: 4,
        unit: 'passes',
        carousel: round(Math.max(...(await Promise.all(waits))) / pass),
      },
      {
        workload: 'source read (1.75 allowed)',
        n: 4,
        unit: 'x size',
        carousel: round(summary.source.bytesRead / size),
      },
    ];
  });
}
