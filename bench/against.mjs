// Carousel beside other programs, workload by workload: `npm run bench -- --peers`. A row is {workload, n, unit, best, ...one figure for each program}: the
// median of the rounds as ratio to `best`, what the hardware could do, which is measured or reckoned in the same run. Lower is better, 1 is the limit.
import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { approved, Job, quote, timed } from './peers.mjs';
import { childSeconds, copiers, verifiers } from './others.mjs';
import { compare, median, round, toDrivesInMemory, toNewFiles, withSticks } from './workloads.mjs';

const MiB = 1024 ** 2;
const GiB = 1024 ** 3;
const there = (programs) => Object.fromEntries(Object.entries(programs).filter(([, run]) => run));
const without = (programs, ...names) =>
  Object.fromEntries(Object.entries(programs).filter(([name]) => !names.includes(name)));
/** As ratio to `best` seconds. */
const ratios = (took, best) =>
  Object.fromEntries(Object.entries(took).map(([name, time]) => [name, round(time / best)]));

const ddTo = (source, target) =>
  `dd if=${quote(source)} of=${quote(target)} bs=1M iflag=direct oflag=direct conv=fsync status=none`;

const memory = ({ quick, rounds, folder }) =>
  toDrivesInMemory(
    'to drives in memory',
    (quick ? 128 : 1024) * MiB,
    [1, 2, 4, 8],
    rounds,
    there(copiers(folder)),
  );

const files = ({ quick, rounds, folder }) =>
  toNewFiles(
    'to new files in memory',
    (quick ? 128 : 1024) * MiB,
    [1, 2, 4, 8],
    quick ? 1 : Math.min(rounds, 3),
    () => there(copiers(folder)),
  );

/** To sticks of 20 MB/s, from an image in memory; with sixteen also the processor seconds for each GiB and target. */
async function sticks({ quick, rounds, folder }) {
  const rate = 20e6;
  const size = (quick ? 32 : 256) * MiB;
  const rows = await withSticks('to sticks', size, async (lab, source) => {
    const out = [];
    for (const n of [1, 4, 16]) {
      const made = await lab.newSticks(
        Array.from({ length: n }, (_, i) => `s${n}-${i}`),
        { size, bps: rate },
      );
      const targets = made.map(({ dev }) => dev);
      const spent = {};
      const programs = without(there(copiers(folder)), 'limit');
      const took = await compare(programs, quick ? 1 : Math.min(rounds, 3), async (run) => {
        const before = childSeconds();
        const seconds = await run(source, size, targets);
        const name = Object.keys(programs).find((key) => programs[key] === run);
        (spent[name] ??= []).push(childSeconds() - before);
        return seconds;
      });
      out.push({
        workload: `to sticks of 20 MB/s, ${size / MiB} MiB`,
        n,
        unit: 'x size / rate',
        ...ratios(took, size / rate),
      });
      if (n === 16)
        out.push({
          workload: 'processor seconds of that',
          n,
          unit: 's per GiB and target',
          ...ratios(
            Object.fromEntries(Object.entries(spent).map(([name, list]) => [name, median(list)])),
            (size / GiB) * n,
          ),
        });
      for (const stick of made) await stick.rm();
    }
    return out;
  });
  return rows;
}

/** From a drive that reads 40 MB/s to four sticks of 20: who reads it four times pays for it. */
const fromDrive = ({ quick, rounds, folder }) => {
  const size = (quick ? 24 : 128) * MiB;
  return withSticks('from a drive', size, async (lab, image) => {
    const drive = await lab.newStick('source', { size, readBps: 40e6 });
    await timed(`dd if=${quote(image)} of=${quote(drive.dev)} bs=1M oflag=direct conv=fsync status=none`);
    const made = await lab.newSticks(['a', 'b', 'c', 'd'], { size, bps: 20e6 });
    const targets = made.map(({ dev }) => dev);
    const programs = without(there(copiers(folder)), 'limit');
    const took = await compare(programs, quick ? 1 : Math.min(rounds, 3), (run) =>
      run(drive.dev, size, targets),
    );
    return [
      {
        workload: `from a drive that reads 40 MB/s to sticks of 20, ${size / MiB} MiB`,
        n: 4,
        unit: 'x size / rate',
        ...ratios(took, size / 20e6),
      },
    ];
  });
};

/** One stick of 5 MB/s among seven of 40: when are the seven done? */
const slowOne = ({ quick, folder }) => {
  const size = (quick ? 24 : 128) * MiB;
  return withSticks('one slow stick', size, async (lab, source) => {
    const slow = await lab.newStick('slow', { size, bps: 5e6 });
    const fast = await lab.newSticks(
      Array.from({ length: 7 }, (_, i) => `fast${i}`),
      { size, bps: 40e6 },
    );
    const targets = [slow, ...fast].map(({ dev }) => dev);
    const programs = without(there(copiers(folder)), 'limit');
    programs.carousel = async () => {
      const job = new Job(source, targets, { slow: 'catch-up', slots: quick ? 8 : 64 });
      await job.end();
      return Math.max(
        ...job.events
          .filter((e) => e.event === 'target' && e.state === 'done' && e.id !== 1)
          .map((e) => e.at),
      );
    };
    programs['dd each'] = async () => {
      const straggler = spawn('sh', ['-c', ddTo(source, slow.dev)], { stdio: 'ignore' });
      const seconds = await timed(
        `${fast.map(({ dev }) => `${ddTo(source, dev)} & p="$p $!";`).join(' ')} for i in $p; do wait $i || exit 1; done`,
      );
      if (straggler.exitCode === null) await once(straggler, 'close');
      return seconds;
    };
    const took = await compare(programs, 1, (run) => run(source, size, targets));
    return [
      {
        workload: `seven sticks of 40 MB/s beside one of 5, ${size / MiB} MiB: until the seven are done`,
        n: 8,
        unit: 'x size / rate',
        ...ratios(took, size / 40e6),
      },
    ];
  });
};

/** Sticks of 20 MB/s that come at 0, 25, 50 and 75 % of the first pass, from a drive that reads 40: the mean wait of each from its arrival. */
const arrivals = ({ quick, folder }) => {
  const size = (quick ? 24 : 128) * MiB;
  const pass = size / 20e6;
  return withSticks('arrivals', size, async (lab, image) => {
    const drive = await lab.newStick('source', { size, readBps: 40e6 });
    await timed(`dd if=${quote(image)} of=${quote(drive.dev)} bs=1M oflag=direct conv=fsync status=none`);
    const made = await lab.newSticks(['a', 'b', 'c', 'd'], { size, bps: 20e6 });
    const targets = made.map(({ dev }) => dev);
    const later = (i) => new Promise((resolve) => setTimeout(resolve, (i / 4) * pass * 1000));
    const mean = (waits) => waits.reduce((sum, wait) => sum + wait, 0) / waits.length;
    /** Programs that nobody can join start anew for each. */
    const anew = (run) => async () =>
      mean(
        await Promise.all(
          targets.map(async (target, i) => {
            await later(i);
            return run(drive.dev, size, [target]);
          }),
        ),
      );
    const { 'dd each': dd, Etcher } = copiers(folder);
    const programs = there({
      carousel: async () => {
        const [first, ...others] = targets;
        const riders = approved(others);
        const job = new Job(drive.dev, [first]);
        const done = (target) =>
          job.until((e) => e.event === 'target' && e.target === target && e.state === 'done');
        const waits = [done(first).then((e) => e.at)];
        for (const [i, rider] of riders.entries())
          waits.push(
            later(i + 1).then(async () => {
              const asked = Number(process.hrtime.bigint() - job.from) / 1e9;
              job.say({ verb: 'add', targets: [rider] });
              return (await done(rider.path)).at - asked;
            }),
          );
        await job.end();
        return mean(await Promise.all(waits));
      },
      'dd each': anew(dd),
      Etcher: Etcher && anew(Etcher),
    });
    const took = await compare(programs, 1, (run) => run());
    return [
      {
        workload: `arrivals at 0, 25, 50 and 75 % of a pass, source reads 40 MB/s, ${size / MiB} MiB: mean wait`,
        n: 4,
        unit: 'x pass',
        ...ratios(took, pass),
      },
    ];
  });
};

/** Copy, read back and compare: sticks that write 20 and read 40 MB/s. */
const verifying = ({ quick, rounds, folder }) => {
  const size = (quick ? 24 : 128) * MiB;
  return withSticks('copy and verify', size, async (lab, source) => {
    const rows = [];
    for (const n of [4, 16]) {
      const made = await lab.newSticks(
        Array.from({ length: n }, (_, i) => `v${n}-${i}`),
        { size, writeBps: 20e6, readBps: 40e6 },
      );
      const targets = made.map(({ dev }) => dev);
      const took = await compare(there(verifiers(folder)), quick ? 1 : Math.min(rounds, 3), (run) =>
        run(source, size, targets),
      );
      rows.push({
        workload: `copy and verify, sticks that write 20 and read 40 MB/s, ${size / MiB} MiB`,
        n,
        unit: 'x size / rates',
        ...ratios(took, size / 20e6 + size / 40e6),
      });
      for (const stick of made) await stick.rm();
    }
    return rows;
  });
};

export const against = {
  memory,
  files,
  sticks,
  'from-drive': fromDrive,
  slow: slowOne,
  arrivals,
  verify: verifying,
};
