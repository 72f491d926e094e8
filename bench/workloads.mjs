// The workloads of the bench. Each returns rows {workload, n, unit, ...one figure for each program}; figures are medians of ratios.
import { spawnSync } from 'node:child_process';
import { mkdirSync, readdirSync, rmSync, statfsSync } from 'node:fs';
import path from 'node:path';
import { Lab, canMakeSticks, makeSource } from '../testlab/sticks.mjs';
import { approved, Job, peers, readers, timed } from './peers.mjs';

const MiB = 1024 ** 2;
const COMMAND = path.join(import.meta.dirname, '../bin/carousel');
export const median = (list) => [...list].sort((a, b) => a - b)[Math.floor(list.length / 2)];
export const round = (x) => Math.round(x * 100) / 100;

/** Runs every program in turn, several rounds, so that a busy moment hits all alike; the median time of each. */
export async function compare(programs, rounds, once) {
  const times = Object.fromEntries(Object.keys(programs).map((name) => [name, []]));
  for (let i = 0; i < rounds; ++i)
    for (const [name, run] of Object.entries(programs)) times[name].push(await once(run));
  return Object.fromEntries(Object.entries(times).map(([name, list]) => [name, median(list)]));
}

/** Those that are installed. */
const installed = () => Object.fromEntries(Object.entries(peers).filter(([, run]) => run));

/** Median times as ratios to that of the limit, which was measured beside them. */
function rowOf(workload, size, n, took) {
  const ratios = Object.entries(took).map(([name, time]) => [name, round(time / took.limit)]);
  return { workload: `${workload}, ${size / MiB} MiB`, n, unit: 'x limit', ...Object.fromEntries(ratios) };
}

/** A row for each number of targets: drives in memory all of whose pages are there, so nothing is slow but the programs. */
export const toDrivesInMemory = (workload, size, targetCounts, rounds, programs) =>
  withSticks(workload, size, async (lab, source) => {
    const names = Array.from({ length: Math.max(...targetCounts) }, (_, i) => `memory${i}`);
    const targets = (await lab.newSticks(names, { size, plain: true })).map(({ dev }) => dev);
    const fill = `if=/dev/zero bs=1M count=${size / MiB} oflag=direct conv=fsync status=none`;
    for (const target of targets) await timed(`dd of=${target} ${fill}`);
    const rows = [];
    for (const n of targetCounts) {
      const took = await compare(programs, rounds, (run) => run(source, size, targets.slice(0, n)));
      rows.push(rowOf(workload, size, n, took));
    }
    return rows;
  });

/** The same with new files: making room for them, which the system does page by page, is part of it. */
export async function toNewFiles(workload, size, targetCounts, rounds, programsIn) {
  const dir = '/dev/shm/carousel-bench';
  mkdirSync(dir, { recursive: true });
  const rows = [];
  try {
    const source = path.join(dir, 'source');
    await makeSource(source, size, 1);
    for (const n of targetCounts) {
      const free = statfsSync(dir);
      if (free.bavail * free.bsize < (n + 1) * size) continue;
      const targets = Array.from({ length: n }, (_, i) => path.join(dir, `target-${i}`));
      const anew = async (run) => {
        for (const name of readdirSync(dir)) if (name !== 'source') rmSync(path.join(dir, name));
        return run(source, size, targets);
      };
      const programs = programsIn(dir);
      await anew(programs.limit); // a virtual machine may have to fetch so much memory first, once
      const took = await compare(programs, rounds, anew);
      rows.push(rowOf(workload, size, n, took));
    }
  } finally {
    rmSync(dir, { recursive: true, force: true });
  }
  return rows;
}

export const memory = ({ quick, rounds }) =>
  toDrivesInMemory('to drives in memory', (quick ? 256 : 1024) * MiB, [1, 2, 4, 8], rounds, installed());

/** Also with a manifest, for which all of the source is hashed with SHA-256. */
export const files = ({ quick, rounds }) =>
  toNewFiles('to new files in memory', (quick ? 256 : 1024) * MiB, [1, 2, 4, 8], rounds, (dir) => ({
    ...installed(),
    'carousel, manifest': async (source, _size, targets) =>
      (await new Job(source, targets, { manifest: path.join(dir, 'manifest') }).end()).at,
  }));

/** So little to copy that starting and ending is most of it. */
export const small = ({ rounds }) =>
  toNewFiles('starting and ending', 4 * MiB, [1, 2, 8], rounds * 3, installed);

/** Eight drives in memory read back and compared with a manifest, beside eight plain readers: what the digests cost. */
export function verify({ quick, rounds }) {
  const size = (quick ? 128 : 512) * MiB;
  return withSticks('verify', size, async (lab, source) => {
    const names = Array.from({ length: 8 }, (_, i) => `verify${i}`);
    const targets = (await lab.newSticks(names, { size, plain: true })).map(({ dev }) => dev);
    const manifest = `${source}.manifest`;
    try {
      await new Job(source, targets, { manifest }).end();
      const took = await compare(readers, rounds, (read) => read(manifest, targets));
      const [ours, dd] = [took.carousel, took['dd each']];
      const row = { n: 8, unit: 'x dd each', carousel: round(ours / dd), 'dd each': 1 };
      const gib = (8 * size) / 1024 ** 3;
      return [
        { workload: `verify drives in memory, ${size / MiB} MiB`, ...row },
        {
          workload: 'verify beyond plain reading',
          n: 8,
          unit: 's per GiB',
          carousel: round((ours - dd) / gib),
        },
      ];
    } finally {
      rmSync(manifest, { force: true });
    }
  });
}

/** Runs with a lab of simulated sticks and a source file; says why when there can be none. */
export async function withSticks(what, size, body) {
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
      const programs = Object.fromEntries(
        Object.entries(installed()).filter(
          ([name]) => (n <= 16 || name === 'carousel' || name === 'limit') && (!quick || name !== 'dcfldd'),
        ),
      );
      const took = await compare(programs, Math.min(rounds, quick ? 1 : 3), (run) =>
        run(
          source,
          size,
          made.map((s) => s.dev),
        ),
      );
      const ratios = Object.entries(took).map(([name, time]) => [name, round((time * rate) / size)]);
      rows.push({
        workload: `sticks of 20 MB/s, ${size / MiB} MiB`,
        n,
        unit: 'x size/rate',
        ...Object.fromEntries(ratios),
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

/** 64 sticks listed by the command that people use: the look at the drives, and all of it from the start of the program. */
export async function list({ rounds }) {
  const what = 'look at 64 drives';
  const can = canMakeSticks();
  if (!can.ok) return [{ workload: what, n: 0, unit: `skipped: ${can.reason}` }];
  const lab = new Lab();
  try {
    const names = Array.from({ length: 64 }, (_, i) => `list${i}`);
    await lab.newSticks(names, { size: '8M', plain: true });
    const looks = [];
    const whole = [];
    for (let i = 0; i < rounds; ++i) {
      const began = performance.now();
      const { stdout, status, stderr } = spawnSync(process.execPath, [COMMAND, 'list', '--json'], {
        encoding: 'utf8',
        maxBuffer: 16 * MiB,
        env: { ...process.env, CAROUSEL_SHOW_LOOP: '1' },
      });
      if (status !== 0) throw new Error(`carousel list: ${stderr}`);
      whole.push(performance.now() - began);
      looks.push(JSON.parse(stdout.slice(0, stdout.indexOf('\n'))).t * 1000);
    }
    return [
      { workload: what, n: 64, unit: 'ms', carousel: Math.round(median(looks)) },
      {
        workload: '`carousel list` from start to end',
        n: 64,
        unit: 'ms',
        carousel: Math.round(median(whole)),
      },
    ];
  } finally {
    await lab.close();
  }
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
