// After a crash of anything, or a pulled stick, the same copy goes on with what is missing: proven block by block, never onto another stick,
// never from another source. CAROUSEL_SEEDS=100 for more rounds, CAROUSEL_SEED=N for one of them alone.

import assert from 'node:assert/strict';
import { execFileSync } from 'node:child_process';
import fs from 'node:fs';
import { describe } from 'node:test';
import { makeSource, readDirect } from '../../testlab/sticks.mjs';
import { endOf, lineOf } from './support/expect.mjs';
import { roleOf } from './support/proc.mjs';
import { Random } from './support/random.mjs';
import { HELPER, sleep, until } from './support/run.mjs';
import { MiB, scenario } from './support/world.mjs';

const SIZE = 12 * MiB + 700;
const SMALL = ['--block', '64K', '--slots', 4];
const only = process.env.CAROUSEL_SEED;
const seeds = only
  ? [Number(only)]
  : Array.from({ length: Number(process.env.CAROUSEL_SEEDS ?? 10) }, (_, i) => i + 1);

const folder = (w) => `${w.state}/carousel/resume`;
const maps = (w) => (fs.existsSync(folder(w)) ? fs.readdirSync(folder(w)) : []);

/** Writes to a drive, past what the system may still hold back. */
function writeDurably(dev, bytes, at) {
  const file = fs.openSync(dev, 'r+');
  fs.writeSync(file, bytes, 0, bytes.length, at);
  fs.fsyncSync(file);
  fs.closeSync(file);
}

/** Blocks that interrupted copies have left on a target, by its map. */
function left(w, source, target, block = 65_536) {
  const line = execFileSync(HELPER, ['resumable', folder(w), String(block), source, target]);
  return JSON.parse(line.toString()).blocks;
}

/** A copy that was cut off by killing its supervisor when some of it was durable: source and targets. */
async function interrupted(w, names = ['a', 'b'], { source: given, size = SIZE } = {}) {
  const source = given ?? (await w.source('source.img', size));
  const targets = (await w.sticks(names, { size: '13M', writeBps: '8MB' })).map(({ dev }) => dev);
  const run = w.copy(source, targets, SMALL);
  await until(() => targets.every((target) => left(w, source, target) > 20), 'maps of both');
  w.signal((await run.job()).pids.supervisor, 'SIGKILL');
  await run.exit;
  await w.nothingLeft();
  return { source, targets };
}

const warnings = ({ events }) => events.filter(({ event }) => event === 'warning').map(({ code }) => code);

describe('resume', { concurrency: 2 }, () => {
  scenario(
    'only what is missing is read and written, the ends last, and the map goes',
    { sticks: true },
    async (w) => {
      const { source, targets } = await interrupted(w);
      const there = targets.map((target) => left(w, source, target));
      assert.ok(
        there.every((blocks) => blocks > 20 && blocks < 180),
        there.join(),
      );
      const run = w.copy(source, targets, [
        ...SMALL,
        '--resume',
        '--verify',
        '--manifest',
        w.path('manifest'),
      ]);
      await run.seen((e) => e.event === 'target' && e.state === 'copying', 'copying');
      for (const target of targets)
        for (const at of [0, SIZE - 64 * 1024 - (SIZE % 4096)])
          assert.ok(
            (await readDirect(target, at, 4096)).every((byte) => byte === 0),
            'it looks blank',
          );
      const end = await run.exit;
      assert.equal(end.code, 0, JSON.stringify(end.summary));
      assert.deepEqual(warnings(end), []);
      const { bytesRead } = end.summary.source;
      assert.ok(bytesRead < SIZE - 10 * 65_536, `${bytesRead} of ${SIZE} bytes read again`);
      for (const [i, target] of targets.entries()) {
        assert.equal(endOf(end.summary, target), 'verified');
        assert.ok(lineOf(end.summary, target).resumedBlocks <= there[i]);
        assert.ok(lineOf(end.summary, target).resumedBlocks > 20);
      }
      await w.allEqual(source, targets, SIZE);
      assert.deepEqual(maps(w), []);
      const head = JSON.parse(fs.readFileSync(w.path('manifest'), 'utf8').split('\n')[1]);
      assert.equal(head.sha256, null, 'not all of the source was read in order');
    },
  );

  scenario('without --resume it begins anew', { sticks: true }, async (w) => {
    const { source, targets } = await interrupted(w);
    const end = await w.copy(source, targets, SMALL).exit;
    assert.equal(end.code, 0);
    assert.equal(end.summary.source.bytesRead, SIZE);
    await w.allEqual(source, targets, SIZE);
    assert.deepEqual(maps(w), []);
  });

  scenario('never onto another stick: it begins anew there, and says so', { sticks: true }, async (w) => {
    const { source, targets } = await interrupted(w, ['a']);
    const [other] = await w.sticks(['other'], { size: '13M' });
    const end = await w.copy(source, [other.dev], [...SMALL, '--resume']).exit;
    assert.equal(end.code, 0);
    assert.deepEqual(warnings(end), ['not-resumed']);
    assert.equal(end.summary.source.bytesRead, SIZE);
    await w.equal(source, other.dev, SIZE);
    assert.ok(left(w, source, targets[0]) > 20, 'the map of the first one is still there');
  });

  scenario('what the map claims and the stick does not hold is copied again', { sticks: true }, async (w) => {
    const { source, targets } = await interrupted(w, ['a']);
    const there = left(w, source, targets[0]);
    fs.writeFileSync(targets[0], Buffer.alloc(2 * MiB, 7), { flag: 'r+' });
    const end = await w.copy(source, targets, [...SMALL, '--resume']).exit;
    assert.equal(end.code, 0, JSON.stringify(end.summary));
    assert.ok((lineOf(end.summary, targets[0]).resumedBlocks ?? 0) <= there - 20);
    await w.allEqual(source, targets, SIZE);
  });

  scenario('never from another source: a file that was changed or replaced', { sticks: true }, async (w) => {
    const { source, targets } = await interrupted(w, ['a']);
    fs.writeFileSync(source, 'changed', { flag: 'r+' });
    const other = await w.source('other.img', SIZE, 2);
    for (const from of [source, other]) {
      assert.equal(left(w, from, targets[0]), 0);
      const end = await w.copy(from, targets, [...SMALL, '--resume']).exit;
      assert.equal(end.code, 0, JSON.stringify(end.summary));
      assert.deepEqual(warnings(end), ['not-resumed']);
      assert.equal(end.summary.source.bytesRead, SIZE);
      await w.allEqual(from, targets, SIZE);
    }
  });

  scenario(
    'never from a drive that holds something else by now: source-changed',
    { sticks: true },
    async (w) => {
      const [drive] = await w.sticks(['drive'], { size: 12 * MiB });
      await makeSource(drive.dev, 12 * MiB, 1);
      const { targets } = await interrupted(w, ['a'], { source: drive.dev });
      await makeSource(drive.dev, 12 * MiB, 2);
      const end = await w.copy(drive.dev, targets, [...SMALL, '--resume']).exit;
      assert.equal(end.code, 4);
      assert.equal(end.summary.source.error.code, 'source-changed');
      assert.match(endOf(end.summary, targets[0]), /^failed source-changed/);
      const anew = await w.copy(drive.dev, targets, SMALL).exit;
      assert.equal(anew.code, 0);
      await w.allEqual(drive.dev, targets, 12 * MiB);
    },
  );

  scenario(
    'from a drive that one block was written to meanwhile: source-changed, however often it is tried',
    { sticks: true },
    async (w) => {
      // Slow to read, so that the target's own blocks are compared long before the source's.
      const [drive] = await w.sticks(['drive'], { size: 12 * MiB, readBps: '4MB' });
      await makeSource(drive.dev, 12 * MiB, 1);
      const { targets } = await interrupted(w, ['a'], { source: drive.dev });
      const at = (left(w, drive.dev, targets[0]) - 2) * 65_536;
      const other = Buffer.from(await readDirect(drive.dev, at, 4096));
      other[7] ^= 1;
      writeDurably(drive.dev, other, at);
      for (const time of ['first', 'second', 'third']) {
        const end = await w.copy(drive.dev, targets, [...SMALL, '--resume']).exit;
        assert.equal(end.code, 4, time);
        assert.equal(end.summary.source.error.code, 'source-changed', time);
        assert.equal(end.summary.source.error.offset, at);
        assert.match(endOf(end.summary, targets[0]), /^failed source-changed/);
      }
    },
  );

  scenario('from a file whose time of change was put back: source-changed', { sticks: true }, async (w) => {
    const { source, targets } = await interrupted(w, ['a']);
    const { mtimeNs } = fs.statSync(source, { bigint: true });
    const at = (left(w, source, targets[0]) - 2) * 65_536;
    const file = fs.openSync(source, 'r+');
    fs.writeSync(file, Buffer.alloc(4096, 7), 0, 4096, at);
    fs.closeSync(file);
    const seconds = `${mtimeNs / 1_000_000_000n}.${String(mtimeNs % 1_000_000_000n).padStart(9, '0')}`;
    execFileSync('touch', ['-m', '-d', `@${seconds}`, source]);
    assert.equal(fs.statSync(source, { bigint: true }).mtimeNs, mtimeNs);
    const end = await w.copy(source, targets, [...SMALL, '--resume']).exit;
    assert.equal(end.code, 4, JSON.stringify(end.summary));
    assert.equal(end.summary.source.error.code, 'source-changed');
  });

  for (const anew of [false, true])
    scenario(
      anew
        ? 'from a drive that was plugged in anew: all that is counted as there is read again'
        : 'from a drive that nobody wrote to: little of it is read again',
      { sticks: true },
      async (w) => {
        const size = 12 * MiB;
        const [drive] = await w.sticks(['drive'], { size });
        await makeSource(drive.dev, size, 1);
        const { targets } = await interrupted(w, ['a'], { source: drive.dev });
        if (anew) {
          await drive.yank({ gone: true });
          await drive.plug();
        }
        const end = await w.copy(drive.dev, targets, [...SMALL, '--resume', '--verify']).exit;
        assert.equal(end.code, 0, JSON.stringify(end.summary));
        assert.equal(endOf(end.summary, targets[0]), 'verified');
        assert.ok(lineOf(end.summary, targets[0]).resumedBlocks > 20);
        const { bytesRead } = end.summary.source;
        if (anew) assert.ok(bytesRead >= size, `${bytesRead}: all of it was held against the source`);
        else assert.ok(bytesRead < size - 10 * 65_536, `${bytesRead} of ${size}`);
        await w.allEqual(drive.dev, targets, size);
      },
    );

  scenario(
    'a stick that was pulled out goes on with the running copy when it is back',
    { sticks: true },
    async (w) => {
      const size = 12 * MiB;
      const source = await w.source('source.img', size);
      const [stays] = await w.sticks(['stays'], { size, writeBps: '1MB' });
      const [pulled] = await w.sticks(['pulled'], { size });
      const run = w.copy(source, [stays.dev, pulled.dev], SMALL);
      await until(() => left(w, source, pulled.dev) > 40, 'the map of the one that is pulled');
      await pulled.yank();
      await run.state(pulled.dev, 'failed', 'removed');
      await pulled.plug();
      const back = pulled.dev;
      const again = w.copy(source, [back], ['--resume']);
      const [first, second] = [await run.exit, await again.exit];
      assert.equal(endOf(first.summary, stays.dev), 'done');
      assert.equal(second.code, 0, JSON.stringify(second.summary));
      assert.equal(second.summary.role, 'consumer');
      assert.deepEqual(warnings(second), []);
      assert.ok(lineOf(second.summary, back).resumedBlocks > 30);
      const { bytesRead } = first.summary.source;
      assert.ok(bytesRead < 1.5 * size, `${bytesRead} read`);
      await w.allEqual(source, [stays.dev, back], size);
    },
  );

  scenario('zeros for what could not be read are not forgotten over it', { sticks: true }, async (w) => {
    const [drive] = await w.sticks(['drive'], { size: 12 * MiB });
    await makeSource(drive.dev, 12 * MiB, 1);
    await drive.fault({ readError: [MiB + 512, 512], errno: 'ENODATA' });
    const { targets } = await interrupted(w, ['a'], { source: drive.dev });
    const end = await w.copy(drive.dev, targets, [...SMALL, '--resume', '--verify']).exit;
    assert.equal(end.code, 4);
    assert.equal(end.summary.ok, false);
    assert.equal(lineOf(end.summary, targets[0]).unreadable, 1);
    assert.deepEqual(end.summary.source.unreadable, [{ offset: MiB + 512, length: 512 }]);
  });
});

/** What a round may kill. */
function victims(w) {
  const all = w.processes().map((one) => ({ ...one, role: roleOf(one) }));
  return all.filter(({ role }) => ['job', 'produce', 'consume', 'command'].includes(role));
}

describe('killed anywhere, then resumed', { concurrency: 3 }, () => {
  let resumed = 0;
  for (const seed of seeds)
    scenario(`seed ${seed}`, { sticks: true }, async (w, t) => {
      const random = new Random(seed);
      const size = 5 * MiB + random.below(5000);
      const source = await w.source('source.img', size, `resume ${seed}`);
      const how = random.pick([[], ['--verify'], ['--heal']]);
      const sticks = await w.sticks(['a', 'b'], { size: '6M', writeBps: '5MB', readBps: '40MB' });
      if (how[0] === '--heal') await sticks[0].fault({ drop: [3 * MiB, 4096], times: 1 });
      const targets = sticks.map(({ dev }) => dev);
      const args = ['--block', random.pick(['64K', '256K']), '--slots', 2 + random.below(6)];
      const block = args[1] === '64K' ? 65_536 : 262_144;
      const run = w.copy(source, targets, [...args, ...how]);
      await run.job();
      await sleep(400 + random.below(900));
      const there = victims(w);
      const victim = there.length > 0 ? random.pick(there) : undefined;
      if (victim) w.signal(victim.pid, 'SIGKILL');
      const first = await run.exit;
      await w.nothingLeft();
      for (const { path, state } of first.summary?.targets ?? [])
        if (state === 'done' || state === 'verified') await w.equal(source, path, size);
      const good = (path) =>
        first.summary?.targets.some((one) => one.path === path && ['done', 'verified'].includes(one.state));
      const rest = targets.filter((path) => !good(path));
      if (rest.length === 0) return t.diagnostic(`seed ${seed}: over before the blow`);
      for (const stick of sticks) await stick.fault({ clear: true });
      const claims = rest.map((path) => left(w, source, path, block));
      const end = await w.copy(source, rest, [...args, ...how, '--resume']).exit;
      assert.equal(end.code, 0, JSON.stringify(end.summary));
      await w.allEqual(source, rest, size);
      if (claims.every((count) => count > 6)) {
        resumed += 1;
        assert.ok(
          end.summary.source.bytesRead < size,
          `${end.summary.source.bytesRead} of ${size}; ${claims}`,
        );
      }
      assert.deepEqual(
        rest.map((path) => left(w, source, path, block)),
        rest.map(() => 0),
      );
      return t.diagnostic(`seed ${seed}: ${victim?.role ?? 'nobody'} killed; claims ${claims.join()}`);
    });

  scenario(
    'enough of these rounds had something to go on with',
    { sticks: true, when: only && 'one seed' },
    async () => {
      assert.ok(resumed >= seeds.length / 5, `${resumed} of ${seeds.length}`);
    },
  );
});
