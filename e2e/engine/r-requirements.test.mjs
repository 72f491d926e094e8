// R01 to R10 on the helper itself, R11 to R20 the same on the program; R21, R22.
// Copies are stopped with SIGSTOP where a test needs them, so that nothing depends on speed.

import assert from 'node:assert/strict';
import fs from 'node:fs';
import path from 'node:path';
import { assertGood, assertOnePass, lineOf } from './support/expect.mjs';
import {
  argumentsOf,
  FUTEX,
  mappingsOf,
  openFilesOf,
  roleOf,
  stateOf,
  switchesOf,
  systemCallOf,
  ticksOf,
} from './support/proc.mjs';
import { advance, asHelper, asProgram, setting, standstill, startHeld, TIGHT } from './support/ride.mjs';
import { ROOT, sleep, until } from './support/run.mjs';
import { MiB, scenario } from './support/world.mjs';

const NEEDS = { linux: true };
const part = (ring, fraction) => Math.ceil(ring.blockCount * fraction);
/** What one slot too many would be. */
const ahead = (ring) => ring.slots * ring.blockSize;

/** Asleep in the ring: the address it waits at lies in the mapped file, and the wait is not private to the process. */
function assertSleepsInRing(pid) {
  const call = systemCallOf(pid);
  assert.equal(call?.number, FUTEX, `process ${pid} (${argumentsOf(pid)}) does not wait in a futex`);
  const [ring] = mappingsOf(pid, 'memfd:carousel-ring');
  const [address, operation] = call.args;
  assert.ok(address >= ring.from && address < ring.to, 'the semaphore it waits for lies outside the ring');
  assert.equal(operation & 128n, 0n, 'it waits where no other process can wake it');
}

const sleepsSoon = (pid) => until(() => systemCallOf(pid)?.number === FUTEX, `process ${pid} to sleep`);

for (const driver of [asHelper, asProgram]) {
  const R = (n, what) => `R${String(driver.first + n - 1).padStart(2, '0')} ${what} (${driver.how})`;

  scenario(
    R(1, 'one producer process reads the source, one consumer process writes each target'),
    NEEDS,
    async (w) => {
      const place = await setting(w, driver, ['a', 'b', 'c']);
      const held = await startHeld(w, driver, place);
      await advance(w, held, part(held.ring, 0.3));
      const producers = w.processes('produce');
      const consumers = w.processes('consume');
      assert.deepEqual(
        producers.map(({ args }) => args[2]),
        [place.source],
      );
      assert.deepEqual(consumers.map(({ args }) => args[2]).sort(), [...place.targets].sort());
      const open = (pid) => openFilesOf(pid).map(({ target }) => target);
      assert.ok(open(producers[0].pid).includes(place.source), 'the producer holds the source');
      for (const target of place.targets)
        assert.ok(!open(producers[0].pid).includes(target), 'and no target');
      for (const { pid, args } of consumers) {
        const files = open(pid);
        assert.deepEqual(
          [place.source, ...place.targets].filter((at) => files.includes(at)),
          [args[2]],
        );
      }
      const { bytesRead } = held.ring;
      assert.ok(
        bytesRead < place.size && held.ring.entry(0).bytesDone > 0,
        'both sides work at the same time',
      );
      w.release(held.pid);
      assertGood(await held.run.exit, place.targets);
      await w.allEqual(place.source, place.targets, place.size);
    },
  );

  scenario(R(2, 'producer and consumers map one ring and sleep on semaphores in it'), NEEDS, async (w, t) => {
    const place = await setting(w, driver, ['a', 'b']);
    const held = await startHeld(w, driver, place);
    await advance(w, held, part(held.ring, 0.3));
    await standstill(held.ring);
    const [producer] = w.processes('produce');
    const workers = [producer, ...w.processes('consume')];
    assert.equal(workers.length, 3);
    const maps = workers.map(({ pid }) => mappingsOf(pid, 'memfd:carousel-ring'));
    for (const map of maps) assert.ok(map.length > 0 && map.every(({ shared }) => shared));
    assert.equal(new Set(maps.flat().map(({ file }) => file)).size, 1, 'all map the same file');
    const free = workers.find(({ pid, args }) => args[1] === 'consume' && pid !== held.pid);
    if (FUTEX && systemCallOf(process.pid)) {
      await sleepsSoon(producer.pid);
      assertSleepsInRing(producer.pid);
      await sleepsSoon(free.pid);
      assertSleepsInRing(free.pid);
    } else t.diagnostic('/proc/PID/syscall is not to be had: where they sleep was not looked at');
    w.release(held.pid);
    assertGood(await held.run.exit, place.targets);
    await w.allEqual(place.source, place.targets, place.size);
  });

  scenario(R(3, 'a late consumer begins at the newest block and nobody starts again'), NEEDS, async (w) => {
    const place = await setting(w, driver, ['a', 'late']);
    const [a, late] = place.targets;
    const held = await startHeld(w, driver, { ...place, targets: [a] });
    await advance(w, held, part(held.ring, 0.5));
    const head = await standstill(held.ring);
    const { pids } = await held.run.job();
    const second = driver.start(w, place.source, [late], TIGHT);
    const { block, sequence } = await second.joined(late);
    assert.equal(sequence, head - 1, 'it begins with the block that was published last');
    assert.equal(block, (head - 1) % held.ring.blockCount);
    assert.ok(block > 0);
    assert.equal(
      w
        .processes('produce')
        .map(({ pid }) => pid)
        .join(),
      String(pids.producer),
    );
    w.release(held.pid);
    const [first, joiner] = [await held.run.exit, await second.exit];
    assertGood(first, [a]);
    assertGood(joiner, [late]);
    assert.deepEqual([first.summary.role, joiner.summary.role], ['producer', 'consumer']);
    assert.equal(lineOf(first.summary, a).joinedAtBlock, 0);
    assert.equal(lineOf(joiner.summary, late).joinedAtBlock, block);
    assert.equal(first.events.filter((e) => e.event === 'joined' && e.target === a).length, 1);
    await w.allEqual(place.source, place.targets, place.size);
  });

  scenario(R(4, 'the producer never laps a consumer that stands still'), NEEDS, async (w) => {
    const place = await setting(w, driver, ['a', 'b']);
    const options = { block: 65536, slots: 8 };
    const held = await startHeld(w, driver, place, options);
    await advance(w, held, part(held.ring, 0.4));
    const head = await standstill(held.ring, 1200);
    const { cursor } = held.ring.entry(0);
    assert.ok(head - cursor <= held.ring.slots, `head ${head}, slowest ${cursor}, slots ${held.ring.slots}`);
    assert.ok(held.ring.bytesRead <= cursor * held.ring.blockSize + ahead(held.ring));
    const told = held.run.events.filter((e) => e.event === 'head').map((e) => e.bytesRead);
    assert.ok(Math.max(0, ...told) <= cursor * held.ring.blockSize + ahead(held.ring));
    w.release(held.pid);
    const end = await held.run.exit;
    assertGood(end, place.targets);
    assertOnePass(end.summary, place.size);
    await w.allEqual(place.source, place.targets, place.size);
  });

  scenario(
    R(5, 'with all targets there from the start the source is read exactly once'),
    NEEDS,
    async (w) => {
      const place = await setting(w, driver, ['a', 'b', 'c']);
      const run = driver.start(w, place.source, place.targets, { block: 262_144 });
      const end = await run.exit;
      assertGood(end, place.targets);
      assertOnePass(end.summary, place.size);
      assert.ok(!end.events.some(({ event }) => event === 'lap'), 'there was no second lap');
      assert.deepEqual(
        end.summary.targets.map(({ joinedAtBlock }) => joinedAtBlock),
        [0, 0, 0],
      );
      await w.allEqual(place.source, place.targets, place.size);
    },
  );

  scenario(R(6, 'a consumer that waits for a block sleeps: no polling'), NEEDS, async (w) => {
    const place = await setting(w, driver, ['a', 'b']);
    const held = await startHeld(w, driver, place);
    await advance(w, held, part(held.ring, 0.3));
    await standstill(held.ring, 200);
    const { pids } = await held.run.job();
    await w.hold(pids.producer);
    w.release(held.pid);
    const consumers = w.processes('consume').map(({ pid }) => pid);
    assert.equal(consumers.length, 2);
    await until(() => consumers.every((_, seat) => held.ring.entry(seat).waiting), 'both to wait');
    await sleep(100);
    const before = consumers.map((pid) => [ticksOf(pid), switchesOf(pid)]);
    await sleep(1500);
    consumers.forEach((pid, i) => {
      const [ticks, switches] = [ticksOf(pid) - before[i][0], switchesOf(pid) - before[i][1]];
      assert.ok(ticks <= 1, `process ${pid} used ${ticks} ticks while it had nothing to do`);
      assert.ok(switches <= 3, `process ${pid} woke up ${switches} times in 1.5 s`);
    });
    w.release(pids.producer);
    assertGood(await held.run.exit, place.targets);
    await w.allEqual(place.source, place.targets, place.size);
  });

  scenario(R(7, 'the producer sleeps while its consumers do, and nobody loses a block'), NEEDS, async (w) => {
    const place = await setting(w, driver, ['a', 'b']);
    const held = await startHeld(w, driver, place);
    const { pids } = await held.run.job();
    for (const fraction of [0.2, 0.4, 0.6, 0.8]) {
      await advance(w, held, part(held.ring, fraction));
      const head = await standstill(held.ring, 300);
      assert.ok(held.ring.producerWaits, 'the producer says that it waits');
      const before = [ticksOf(pids.producer), switchesOf(pids.producer)];
      await sleep(400);
      assert.equal(held.ring.head, head);
      assert.ok(ticksOf(pids.producer) - before[0] <= 1, 'a waiting producer uses no processor');
      assert.ok(switchesOf(pids.producer) - before[1] <= 3, 'a waiting producer does not poll');
      assert.equal(held.ring.entry(1).cursor, head, 'the other target has all there is');
    }
    w.release(held.pid);
    const end = await held.run.exit;
    assertGood(end, place.targets);
    assertOnePass(end.summary, place.size);
    await w.allEqual(place.source, place.targets, place.size);
  });

  scenario(R(8, 'a consumer that reaches the end goes on with block 0'), NEEDS, async (w) => {
    const place = await setting(w, driver, ['a', 'late']);
    const [a, late] = place.targets;
    const held = await startHeld(w, driver, { ...place, targets: [a] });
    const { ring } = held;
    await advance(w, held, part(ring, 0.6));
    const second = driver.start(w, place.source, [late], TIGHT);
    const { block } = await second.joined(late);
    const lateOne = { pid: await second.consumer(late), ring };
    await w.hold(lateOne.pid);
    w.release(held.pid);
    await advance(w, lateOne, ring.blockCount + 5);
    await until(() => ring.entry(0).seat !== 'attached', 'the first target to have got off');
    await standstill(ring, 200);
    assert.ok(ring.head > ring.blockCount, 'the source has come round');
    assert.ok(ring.entry(1).cursor > block);
    const { missing } = ring.entry(1);
    assert.ok(
      missing > 0 && missing <= block,
      `${missing} of the ${block} blocks before it are still to come`,
    );
    w.release(lateOne.pid);
    const [first, joiner] = [await held.run.exit, await second.exit];
    assertGood(first, [a]);
    assertGood(joiner, [late]);
    assert.equal(joiner.summary.source.laps, 2);
    assert.ok(first.events.some((e) => e.event === 'lap' && e.n === 2));
    await w.allEqual(place.source, place.targets, place.size);
  });

  scenario(R(9, 'a consumer takes exactly one full turn and leaves'), NEEDS, async (w) => {
    const place = await setting(w, driver, ['a', 'late']);
    const [a, late] = place.targets;
    const held = await startHeld(w, driver, { ...place, targets: [a] });
    await advance(w, held, part(held.ring, 0.25));
    const second = driver.start(w, place.source, [late], TIGHT);
    const { block } = await second.joined(late);
    w.release(held.pid);
    const [first, joiner] = [await held.run.exit, await second.exit];
    assertGood(first, [a]);
    assertGood(joiner, [late]);
    // The first needs one lap, the second lap has the blocks before the late one's first and not one more.
    assert.ok(block > 0);
    assert.equal(first.summary.source.bytesRead, place.size + block * held.ring.blockSize);
    const { cursor, missing } = held.ring.entry(1);
    assert.equal(cursor - block, held.ring.blockCount, 'consecutive blocks taken');
    assert.equal(missing, 0);
    await w.allEqual(place.source, place.targets, place.size);
  });

  scenario(
    R(10, 'of three copies of one source in the same instant one becomes the producer (10 times)'),
    NEEDS,
    async (w) => {
      for (let round = 0; round < 10; ++round) {
        const size = 4 * MiB + round;
        const source = await w.source(`source${round}.img`, size, round);
        const targets = ['a', 'b', 'c'].map((name) => w.path(`${name}${round}.img`));
        // Open for others for a moment: however fast the disk is, who started in the same instant comes in time.
        const runs = targets.map((target) =>
          driver.start(w, source, [target], { waitForJoin: driver === asHelper ? 1 : 2 }),
        );
        const ends = await Promise.all(runs.map((run) => run.exit));
        ends.forEach((end, i) => assertGood(end, [targets[i]]));
        const roles = ends.map(({ summary }) => summary.role).sort();
        assert.deepEqual(roles, ['consumer', 'consumer', 'producer'], `round ${round}`);
        const jobs = new Set(ends.map(({ events }) => events.find((e) => e.event === 'job').pids.producer));
        assert.equal(jobs.size, 1, 'one producer process for all three');
        await w.allEqual(source, targets, size);
      }
    },
  );

  scenario(
    R(10, 'a copy that comes as the running one ends is served all the same (8 times)'),
    NEEDS,
    async (w) => {
      const size = 2 * MiB + 1;
      const source = await w.source('source.img', size);
      for (let round = 0; round < 8; ++round) {
        const [one, two] = [w.path(`one${round}.img`), w.path(`two${round}.img`)];
        const first = driver.start(w, source, [one], { block: 65536 });
        // The command takes a while to start; the helper is there at once.
        if (driver === asHelper) await first.state(one, 'flushing', 'done');
        await sleep(round);
        const second = driver.start(w, source, [two], {});
        assertGood(await first.exit, [one]);
        assertGood(await second.exit, [two]);
        await w.allEqual(source, [one, two], size);
      }
    },
  );

  scenario(R(10, 'copies of different sources at once do not meet'), NEEDS, async (w) => {
    const places = [];
    for (const name of ['x', 'y', 'z']) {
      const source = await w.source(`${name}.img`, 6 * MiB + name.charCodeAt(0), name);
      const targets = await w.targets([`${name}1`, `${name}2`], {
        size: 7 * MiB,
        writeBps: '20MB',
        files: driver.files,
      });
      places.push({ source, targets, size: fs.statSync(source).size });
    }
    const ends = await Promise.all(
      places.map(({ source, targets }) => driver.start(w, source, targets, {}).exit),
    );
    for (const [i, { source, targets, size }] of places.entries()) {
      assertGood(ends[i], targets);
      assertOnePass(ends[i].summary, size);
      assert.equal(ends[i].summary.role, 'producer');
      await w.allEqual(source, targets, size);
    }
  });
}

scenario(
  'R21 producer, consumer and coordination are modules and processes with names of their own',
  NEEDS,
  async (w) => {
    const place = await setting(w, asProgram, ['a', 'b']);
    const held = await startHeld(w, asProgram, place);
    const helpers = () => w.processes().filter(({ args }) => path.basename(args[0]) === 'carousel-helper');
    const expected = ['consume', 'consume', 'job', 'produce'];
    const rolesOf = (all) => all.map(roleOf).sort();
    // One that has just been forked still carries its parent's name for a moment, and the second one may come a moment later.
    for (let i = 0; i < 100 && String(rolesOf(helpers())) !== String(expected); ++i) await sleep(50);
    const shown = helpers();
    assert.deepEqual(rolesOf(shown), expected);
    assert.deepEqual(shown.find((one) => roleOf(one) === 'produce').args, [
      'carousel-helper',
      'produce',
      place.source,
    ]);
    for (const target of place.targets)
      assert.ok(
        shown.some(({ args }) => args.join(' ') === `carousel-helper consume ${target}`),
        `consume ${target}`,
      );
    for (const module of ['producer', 'consumer', 'ring', 'job'])
      assert.ok(fs.statSync(path.join(ROOT, 'native-helpers/engine', module)).isDirectory());
    assert.notEqual(stateOf(held.pid), '');
    w.release(held.pid);
    assertGood(await held.run.exit, place.targets);
  },
);

scenario(
  'R22 joiners at .25, .5 and .75 cost one more part of a pass, not one pass each',
  NEEDS,
  async (w) => {
    const place = await setting(w, asProgram, ['a', 'q1', 'q2', 'q3']);
    const [a, ...late] = place.targets;
    const held = await startHeld(w, asProgram, { ...place, targets: [a] });
    const runs = [];
    for (const [i, target] of late.entries()) {
      await advance(w, held, part(held.ring, 0.25 * (i + 1)));
      const run = asProgram.start(w, place.source, [target], TIGHT);
      runs.push(run);
      await run.joined(target);
    }
    w.release(held.pid);
    const first = await held.run.exit;
    const ends = await Promise.all(runs.map((run) => run.exit));
    assertGood(first, [a]);
    ends.forEach((end, i) => assertGood(end, [late[i]]));
    const joined = ends.map(({ summary }, i) => lineOf(summary, late[i]).joinedAtBlock);
    assert.ok(joined[0] > 0 && joined[0] < joined[1] && joined[1] < joined[2], `joined at ${joined}`);
    const { blockCount } = held.ring;
    const limit = place.size * (1 + joined[2] / blockCount) + ahead(held.ring);
    const { bytesRead } = first.summary.source;
    assert.ok(bytesRead <= limit, `${bytesRead} bytes read, at most ${limit} allowed`);
    assert.ok(bytesRead > place.size);
    await w.allEqual(place.source, place.targets, place.size);
  },
);
