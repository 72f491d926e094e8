// Is a stick as large as it says? The probe on simulated sticks of every kind, against what f3 says of the same sticks.

import assert from 'node:assert/strict';
import { execFile, execFileSync, spawnSync } from 'node:child_process';
import fs from 'node:fs';
import { describe } from 'node:test';
import { promisify } from 'node:util';
import { compareBytes, makeSource, readDirect } from '../../testlab/sticks.mjs';
import { assertUntouched } from './support/expect.mjs';
import { partitionedStick } from './support/partitions.mjs';
import { onPath } from './support/tools.mjs';
import { asked, MiB, scenario, sticksHere } from './support/world.mjs';

const run = promisify(execFile);
const noMkfs = !onPath('mkfs.ext4') && 'mkfs.ext4 is missing';
const PLACE = 4096;
const K = 1024;

/** Probes a stick; gives the last word. */
async function verdictOf(w, target, options = {}, more = {}) {
  const probe = w.probe(target, options, more);
  const { code } = await probe.exit;
  assert.ok(probe.verdict, probe.tail());
  return { ...probe.verdict, code };
}

/** Are both ends of a stick zeros? */
async function isBlank({ dev, size }) {
  const length = Math.min(256 * K, size);
  const ends = [await readDirect(dev, 0, length), await readDirect(dev, size - length, length)];
  return ends.every((end) => end.every((byte) => byte === 0));
}

/** Fakes: announced and real size. */
const FAKES = [
  { size: 256 * MiB, real: 64 * MiB },
  { size: 256 * MiB, real: 255 * MiB },
  { size: 1024 * MiB, real: 100_000 * K },
  { size: 1024 * MiB, real: 777 * MiB + 12 * K },
  { size: 2048 * MiB, real: 16 * MiB },
  { size: 200 * MiB, real: 150 * MiB + 4 * K },
  { size: 16 * MiB, real: 5 * MiB },
  { size: 16 * MiB, real: 15 * MiB + 20 * K },
  { size: 1 * MiB, real: 512 * K },
  { size: 512 * MiB, real: 130 * MiB, sector: 4096 },
];

describe('probe: fakes', () => {
  for (const { size, real, sector = 512 } of FAKES) {
    for (const past of ['drop', 'wrap']) {
      for (const full of [false, true]) {
        if (full && size > 256 * MiB) continue;
        const name = `${full ? 'full' : 'quick'}: ${size / K} KiB announced, ${real / K} real, ${past}`;
        scenario(`${name}, sectors of ${sector}`, { sticks: true }, async (w) => {
          const [stick] = await w.sticks(['f'], { size, real, past, sector });
          const v = await verdictOf(w, stick.dev, { full });
          assert.deepEqual([v.ok, v.verdict, v.code], [false, `fake-${past}s`, 0], JSON.stringify(v));
          assert.deepEqual([v.realBytes, v.realAtMost, v.announcedBytes], [real, real, size]);
          assert.equal(v.left, full ? 'blank' : 'as-before');
        });
      }
    }
  }

  scenario(
    'a cache of the stick that hides the fake is written out of the way',
    { sticks: true },
    async (w) => {
      for (const past of ['drop', 'wrap']) {
        const options = { size: 300 * MiB, real: 90 * MiB, past, remember: '32M' };
        const [stick] = await w.sticks([`c${past}`], options);
        const quick = await verdictOf(w, stick.dev);
        assert.deepEqual(
          [quick.verdict, quick.realBytes],
          [`fake-${past}s`, 90 * MiB],
          JSON.stringify(quick),
        );
        assert.ok(quick.doubt.cache > 32 * MiB);
      }
    },
  );
});

describe('probe: good sticks', () => {
  for (const [size, sector] of [
    [4096, 512],
    [64 * K, 4096],
    [3 * MiB, 512],
    [64 * MiB, 512],
    [65 * MiB, 4096],
    [130 * MiB, 512],
    [777 * MiB, 4096],
  ]) {
    scenario(`${size / K} KiB in sectors of ${sector}: genuine, both ways`, { sticks: true }, async (w) => {
      const [stick] = await w.sticks(['g'], { size, sector });
      for (const full of size < 200 * MiB ? [false, true] : [false]) {
        const v = await verdictOf(w, stick.dev, { full });
        assert.deepEqual(
          [v.ok, v.verdict, v.realBytes, v.code],
          [true, 'genuine', size, 0],
          JSON.stringify(v),
        );
        assert.equal(v.left, full ? 'blank' : 'as-before');
        assert.ok(await isBlank(stick), 'a blank stick stays blank');
      }
    });
  }

  scenario('20 runs, 20 seeds: no false alarm, and not a byte is changed', { sticks: true }, async (w) => {
    const [stick] = await w.sticks(['g'], { size: '160M' });
    const source = await w.source('source.img', 160 * MiB);
    await makeSource(stick.dev, stick.size, 1);
    for (let i = 0; i < 20; i++) {
      const v = await verdictOf(w, stick.dev);
      assert.deepEqual([v.verdict, v.left], ['genuine', 'as-before'], `run ${i}: ${JSON.stringify(v)}`);
    }
    assert.equal(await compareBytes(source, stick.dev, stick.size), -1);
  });

  scenario('an ordinary file of an odd size is left as it was', { linux: true }, async (w) => {
    const file = await w.source('a.img', 70 * MiB + 1234, 1);
    const copy = await w.source('b.img', 70 * MiB + 1234, 1);
    const v = await verdictOf(w, file);
    assert.deepEqual([v.verdict, v.left], ['genuine', 'as-before'], JSON.stringify(v));
    assert.equal(await compareBytes(file, copy, 70 * MiB + 1234), -1);
    assert.equal(fs.statSync(file).size, 70 * MiB + 1234);
  });
});

describe('probe: damage', () => {
  const AT = 10 * MiB;
  for (const [name, fault, word] of [
    ['bit rot', { corrupt: [AT, 3] }, 'damaged'],
    ['a sector that cannot be read', { readError: [AT, 512] }, 'damaged'],
    ['a sector that cannot be written', { writeError: [AT, 4096] }, 'damaged'],
    ['a lost write', { drop: [AT, 4096] }, 'damaged'],
    ['dead sectors at the very end', { readError: [128 * MiB - 4096, 4096] }, 'damaged'],
    ['every second read differs', { flaky: [100 * MiB, 26 * MiB] }, 'unstable'],
  ]) {
    scenario(`${name}: ${word}`, { sticks: true }, async (w) => {
      const [stick] = await w.sticks(['d'], { size: '128M' });
      await stick.fault(fault);
      const v = await verdictOf(w, stick.dev);
      assert.deepEqual([v.verdict, v.ok], [word, false], JSON.stringify(v));
      const [[at]] = Object.values(fault);
      if (word === 'damaged')
        assert.ok(v.firstBad <= at && v.firstBad + PLACE > at, `first bad ${v.firstBad}`);
      assert.equal(v.realBytes, v.firstBad);
    });
  }

  scenario('full: names every bad range, wherever it is', { sticks: true }, async (w) => {
    const [stick] = await w.sticks(['d'], { size: '128M' });
    await stick.fault({
      corrupt: [
        [70 * MiB + 513, 1],
        [90 * MiB, 1024],
      ],
    });
    await stick.fault({ readError: [99 * MiB, 512] });
    const v = await verdictOf(w, stick.dev, { full: true });
    assert.equal(v.verdict, 'damaged');
    assert.deepEqual(v.bad.slice(0, 2), [
      { offset: 70 * MiB + 512, length: 512 },
      { offset: 90 * MiB, length: 1024 },
    ]);
    assert.deepEqual([v.bad.length, v.bad[2].offset], [3, 99 * MiB]);
    assert.ok(v.bad[2].length <= PLACE && v.badBytes <= 1536 + PLACE);
    assert.ok(await isBlank(stick), 'both ends are cleared');
  });
});

describe('probe: ends', () => {
  scenario('cancel in the middle of a quick probe: all is put back', { sticks: true }, async (w) => {
    const [stick] = await w.sticks(['s'], { size: '128M', bps: '60MB' });
    const source = await w.source('source.img', 128 * MiB);
    const [plain] = await w.sticks(['fast'], { size: '128M' });
    assert.equal(plain.size, stick.size);
    await makeSource(stick.dev, stick.size, 1);
    const probe = w.probe(stick.dev);
    await probe.seen((e) => e.event === 'progress' && e.phase === 'writing' && e.bytes > 10 * MiB, 'writing');
    probe.say({ verb: 'cancel' });
    const { code } = await probe.exit;
    const v = probe.verdict;
    assert.deepEqual([v.outcome, v.verdict, v.ok, v.left, code], ['cancelled', null, false, 'as-before', 0]);
    assert.equal(await compareBytes(source, stick.dev, stick.size), -1);
  });

  scenario(
    'the front end is killed in a full probe: it ends, and the stick is blank',
    { sticks: true },
    async (w) => {
      const [stick] = await w.sticks(['s'], { size: '512M', bps: '40MB' });
      const probe = w.probe(stick.dev, { full: true });
      await probe.seen((e) => e.event === 'progress' && e.phase === 'writing', 'writing');
      probe.child.stdin.destroy();
      await probe.exit;
      assert.deepEqual([probe.verdict.outcome, probe.verdict.left], ['cancelled', 'blank']);
      assert.ok(await isBlank(stick));
    },
  );

  scenario(
    'the examining process is killed: no verdict, and the stick looks blank',
    { sticks: true },
    async (w) => {
      const [stick] = await w.sticks(['s'], { size: '128M', bps: '40MB' });
      await makeSource(stick.dev, 4 * MiB, 1);
      const before = await readDirect(stick.dev, 0, 512);
      const probe = w.probe(stick.dev);
      const { pid } = await probe.seen((e) => e.event === 'probe', 'its process');
      await probe.seen(
        (e) => e.event === 'progress' && e.phase === 'writing' && e.bytes > 2 * MiB,
        'writing',
      );
      process.kill(pid, 'SIGKILL');
      await probe.exit;
      const v = probe.verdict;
      assert.deepEqual(
        [v.outcome, v.verdict, v.left, v.error.code],
        ['failed', null, 'changed', 'consumer-died'],
      );
      assert.ok(!(await readDirect(stick.dev, 0, 512)).equals(before));
    },
  );

  scenario('pulled out: no verdict', { sticks: true }, async (w) => {
    const [stick] = await w.sticks(['s'], { size: '128M', bps: '100MB' });
    await stick.yank({ after: '90M', errno: 'ENODEV' });
    const v = await verdictOf(w, stick.dev);
    assert.deepEqual([v.outcome, v.verdict, v.ok], ['failed', null, false], JSON.stringify(v));
    assert.equal(v.error.code, 'device-gone');
  });

  scenario('no answer: given up after the stall timeout', { sticks: true }, async (w) => {
    const [stick] = await w.sticks(['s'], { size: '128M' });
    const [asks] = asked([stick.dev]);
    await stick.fault({ stall: 12 });
    const v = await verdictOf(w, stick.dev, { stallTimeout: 2 }, { asks });
    assert.deepEqual([v.outcome, v.error?.code, v.left], ['failed', 'hung', 'changed'], JSON.stringify(v));
    await stick.fault({ clear: true });
  });
});

/** Why a probe is refused before it writes. */
async function refusalOf(w, path) {
  const v = await verdictOf(w, path);
  assert.deepEqual([v.outcome, v.verdict, v.left, v.code], ['refused', null, 'as-before', 1]);
  return v.error.code;
}

describe('probe: refused, and nothing is written', () => {
  scenario(
    'a partition, and a stick of which something is mounted',
    { sticks: true, when: noMkfs },
    async (w, t) => {
      const parted = await partitionedStick(w);
      if (!parted) return t.skip('the kernel shows no partitions of loop devices here');
      const { stick, partition } = parted;
      const place = w.path('place');
      fs.mkdirSync(place);
      execFileSync('mkfs.ext4', ['-q', '-F', partition]);
      await stick.stat({ reset: true });
      assert.equal(await refusalOf(w, partition), 'partition');
      execFileSync('mount', ['-o', 'ro', partition, place]);
      w.after(() => spawnSync('umount', [place], { stdio: 'ignore' }));
      await stick.stat({ reset: true });
      assert.equal(await refusalOf(w, stick.dev), 'mounted');
      await assertUntouched(stick);
      execFileSync('umount', [place]);
      fs.rmdirSync(place);
      return undefined;
    },
  );

  scenario('a stick whose beginning reads differently each time', { sticks: true }, async (w) => {
    const [stick] = await w.sticks(['flicker'], { size: '16M' });
    await makeSource(stick.dev, stick.size, 1);
    await stick.stat({ reset: true });
    // Beyond what the look into file systems reads a second time, so that it is another half of the time at each look.
    await stick.fault({ flaky: [512 * K, 512] });
    assert.equal(await refusalOf(w, stick.dev), 'unsteady-drive');
    const { code, stderr } = await w.command(['probe', stick.dev, '--yes']).exit;
    assert.equal(code, 3);
    assert.match(stderr, /reads differently each time/);
    await assertUntouched(stick);
  });

  scenario('busy, missing, source of a job', { sticks: true }, async (w) => {
    const [stick] = await w.sticks(['s'], { size: '8M', bps: '4MB' });
    const [source] = await w.sticks(['t'], { size: '16M' });
    const refusal = (path) => refusalOf(w, path);
    assert.equal(await refusal('/dev/no-such-stick'), 'not-found');
    assert.equal(await refusal(w.path('no-such-file')), 'not-found');
    assert.equal(await refusal('/dev/null'), 'not-a-drive');
    const held = w.probe(stick.dev, { full: true });
    await held.seen((e) => e.event === 'probe', 'its process');
    const [{ pid }] = w.processes('examine');
    await w.hold(pid);
    assert.equal(await refusal(stick.dev), 'in-use');
    w.release(pid);
    await held.exit;
    const job = w.job(source.dev, [], { waitForJoin: 60 });
    await job.job();
    assert.equal(await refusal(source.dev), 'source-of-other-job');
    job.say({ verb: 'cancel' });
    await job.exit;
  });

  scenario('lines that are no probe', { linux: true }, async (w) => {
    const file = await w.source('a.img', 1 * MiB);
    for (const options of [{ full: 1 }, { stallTimeout: 0 }, { more: 1 }]) {
      const probe = w.probe(file, options);
      const { code, events } = await probe.exit;
      assert.deepEqual([code, events.at(-1).event, probe.verdict], [2, 'error', undefined]);
    }
  });
});

describe('carousel probe', () => {
  scenario(
    'says what it found, and exits 0 for genuine, 1 for a fake, 3 for refused',
    { sticks: true },
    async (w) => {
      const [good] = await w.sticks(['g'], { size: '96M' });
      const [fake] = await w.sticks(['f'], { size: '256M', real: '80M', past: 'drop' });
      const yes = await w.command(['probe', good.dev, '--yes']).exit;
      assert.deepEqual([yes.code, yes.events.length], [0, 0]);
      assert.match(yes.stderr, /GENUINE[^]*Not ruled out[^]*as before/);
      const json = await w.command(['probe', fake.dev, '--yes', '--full', '--json']).exit;
      const last = json.events.at(-1);
      assert.equal(json.code, 1);
      assert.deepEqual([last.event, last.verdict, last.realBytes], ['verdict', 'fake-drops', 80 * MiB]);
      assert.ok(json.events.some((e) => e.event === 'progress' && e.phase === 'writing'));
      const text = await w.command(['probe', fake.dev, '--yes']).exit;
      assert.equal(text.code, 1);
      assert.match(text.stderr, /FAKE: 83.9 MB of 268.4 MB are real/);
      const unasked = await w.command(['probe', good.dev]).exit;
      assert.deepEqual([unasked.code, (await good.stat()).errors], [3, 0]);
      assert.match(unasked.stderr, /--yes/);
      for (const args of [['/dev/no-such-stick'], ['/dev/no-such-stick', '--yes']])
        assert.equal((await w.command(['probe', ...args]).exit).code, 3);
      for (const args of [[], [good.dev, '--wat'], [good.dev, '--yes', '--stall-timeout', '0']])
        assert.equal((await w.command(['probe', ...args]).exit).code, 2);
    },
  );

  scenario('Ctrl-C: puts back and exits 130', { sticks: true }, async (w) => {
    const [stick] = await w.sticks(['s'], { size: '128M', bps: '60MB' });
    await makeSource(stick.dev, stick.size, 1);
    const source = await w.source('source.img', 128 * MiB);
    const probe = w.command(['probe', stick.dev, '--yes', '--json']);
    await probe.seen((e) => e.event === 'progress' && e.phase === 'writing', 'writing');
    process.kill(probe.pid, 'SIGINT');
    const { code } = await probe.exit;
    assert.deepEqual([code, probe.verdict.outcome, probe.verdict.left], [130, 'cancelled', 'as-before']);
    assert.equal(await compareBytes(source, stick.dev, stick.size), -1);
  });
});

describe('probe: against f3', () => {
  const f3 = fs.existsSync('/usr/bin/f3probe') && fs.existsSync('/usr/bin/f3write');
  const skip = !sticksHere.ok ? sticksHere.reason : !f3 && 'f3 (f3probe, f3write) is not installed';
  // f3probe itself calls a stick that wraps at a power of two "damaged" if nothing is left of its first bytes (testlab/README.md).
  for (const [name, options, says] of [
    ['genuine', { size: '256M' }, /is the real thing/],
    [
      'fake-drops',
      { size: '256M', real: '64M', past: 'drop' },
      /counterfeit of type limbo[^]*\*Usable\* size: 64.00 MB/,
    ],
    [
      'fake-wraps',
      { size: '1G', real: '512M', past: 'wrap' },
      /counterfeit of type wraparound[^]*\*Usable\* size: 512.00 MB/,
    ],
  ])
    scenario(`f3probe and carousel both call it ${name}`, { sticks: true, when: skip }, async (w) => {
      const [stick] = await w.sticks(['s'], options);
      const { stdout } = await run('f3probe', ['--destructive', '--reset-type=2', stick.dev]).catch((e) => e);
      assert.match(stdout, says);
      const v = await verdictOf(w, stick.dev);
      assert.equal(v.verdict, name);
      const usable = Number(/\((\d+) blocks\)/.exec(stdout)[1]) * 512;
      assert.equal(v.realBytes, usable, stdout);
    });

  scenario('f3write and f3read see the same loss', { sticks: true, when: skip }, async (w) => {
    const [stick] = await w.sticks(['s'], { size: '96M', real: '40M', past: 'drop' });
    const v = await verdictOf(w, stick.dev, { full: true });
    assert.deepEqual([v.verdict, v.realBytes], ['fake-drops', 40 * MiB]);
    const folder = w.path('mnt');
    fs.mkdirSync(folder);
    await run('mkfs.ext4', ['-q', '-F', '-O', '^has_journal', '-E', 'lazy_itable_init=0', stick.dev]);
    await run('mount', [stick.dev, folder]);
    w.after(() => run('umount', [folder]).catch(() => undefined));
    await run('f3write', [folder]);
    const { stdout } = await run('f3read', [folder]).catch((e) => e);
    await run('umount', [folder]);
    assert.match(stdout, /Data LOST: (?!0.00)/);
  });
});
