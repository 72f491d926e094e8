// What goes wrong with the source, the processes that serve it, and the people who stop it.

import assert from 'node:assert/strict';
import fs from 'node:fs';
import { describe } from 'node:test';
import { makeSource } from '../../testlab/sticks.mjs';
import { assertGood, endOf, lineOf } from './support/expect.mjs';
import { advance, asProgram, setting, startHeld, TIGHT } from './support/ride.mjs';
import { sleep, until } from './support/run.mjs';
import { MiB, scenario } from './support/world.mjs';

const SIZE = 10 * MiB;

/** A source stick with known content, two target sticks, and the content as a file to compare with. */
async function place(w, { sector = 512, size = SIZE, writeBps = '5MB' } = {}) {
  const [source] = await w.sticks(['source'], { size, sector });
  await makeSource(source.dev, size, 'drive');
  const targets = (await w.sticks(['a', 'b'], { size, writeBps })).map(({ dev }) => dev);
  return { source, targets, content: await w.source('content.img', size, 'drive') };
}

/** Puts zeros where the source cannot be read: what a good copy of it holds. */
function blank(file, ranges) {
  const fd = fs.openSync(file, 'r+');
  for (const [offset, length] of ranges) fs.writeSync(fd, Buffer.alloc(length), 0, length, offset);
  fs.closeSync(fd);
}

const asObjects = (ranges) => ranges.map(([offset, length]) => ({ offset, length }));
/** Nothing may be called good that is not. */
async function assertHonest(w, content, summary, targets, size) {
  for (const target of targets)
    if (lineOf(summary, target).state === 'done') await w.equal(content, target, size);
}

describe('faults of the source', { concurrency: 2 }, () => {
  for (const [sector, ranges] of [
    [
      512,
      [
        [512, 512],
        [3 * MiB + 512, 512],
        [5 * MiB, 4096],
        [6 * MiB - 512, 1024],
        [SIZE - 512, 512],
      ],
    ],
    [
      4096,
      [
        [3 * MiB + 4096, 4096],
        [SIZE - 4096, 4096],
      ],
    ],
  ])
    scenario(
      `bad sectors of ${sector} are named exactly, zero-filled, and the rest is right`,
      { sticks: true },
      async (w) => {
        const { source, targets, content } = await place(w, { sector });
        await source.fault({ readError: ranges, errno: 'ENODATA' });
        const end = await w.copy(source.dev, targets).exit;
        const { ok, source: told } = end.summary;
        assert.deepEqual(told.unreadable, asObjects(ranges));
        const single = end.events
          .filter((e) => e.event === 'bad-source')
          .map(({ offset, length }) => [offset, length]);
        assert.equal(
          single.reduce((sum, [, length]) => sum + length, 0),
          ranges.reduce((sum, [, n]) => sum + n, 0),
        );
        assert.equal(ok, false);
        assert.equal(end.code, 4);
        for (const target of targets) {
          assert.equal(endOf(end.summary, target), 'done');
          assert.equal(lineOf(end.summary, target).unreadable, ranges.length, 'a copy except for these');
        }
        blank(content, ranges);
        await w.allEqual(content, targets, SIZE);
      },
    );

  for (const [policy, expected] of [
    ['skip', 'complete'],
    ['stop', 'source-failed'],
  ])
    scenario(
      `a bad sector in the last, odd block is found among its neighbours (${policy})`,
      { sticks: true },
      async (w) => {
        // Neither a sixteenth of that block nor a sixteenth of what that is rounded to is a whole number of sectors.
        const size = 3 * MiB - 4096;
        const at = 2 * MiB + 300 * 512;
        const { source, targets, content } = await place(w, { size });
        await source.fault({ readError: [at, 512], errno: 'ENODATA' });
        const { code, summary } = await w.copy(source.dev, targets, ['--on-read-error', policy]).exit;
        assert.deepEqual([code, summary.outcome], [4, expected]);
        if (policy === 'stop') return void assert.equal(summary.source.error.offset, at);
        assert.deepEqual(summary.source.unreadable, [{ offset: at, length: 512 }]);
        blank(content, [[at, 512]]);
        await w.allEqual(content, targets, size);
      },
    );

  scenario('sectors that can be read at the second try do not count', { sticks: true }, async (w) => {
    const { source, targets, content } = await place(w);
    await source.fault({ readError: [3 * MiB, 512], times: 1 });
    await source.fault({ readError: [7 * MiB, 8192], times: 2, errno: 'ENODATA' });
    const end = await w.copy(source.dev, targets).exit;
    assertGood(end, targets);
    assert.deepEqual(end.summary.source.unreadable, []);
    await w.allEqual(content, targets, SIZE);
  });

  scenario('--on-read-error stop ends the job at the first bad sector', { sticks: true }, async (w) => {
    const { source, targets } = await place(w);
    const at = 5 * MiB + 1024;
    await source.fault({ readError: [at, 512], errno: 'ENODATA' });
    const end = await w.copy(source.dev, targets, ['--on-read-error', 'stop']).exit;
    assert.equal(end.code, 4);
    assert.equal(end.summary.outcome, 'source-failed');
    assert.deepEqual([end.summary.source.error.code, end.summary.source.error.offset], ['source-error', at]);
    for (const target of targets) assert.match(endOf(end.summary, target), /^failed source-error/);
  });

  for (const [how, options] of [
    ['pulled out', { gone: true }],
    ['without an answer but errors', {}],
  ])
    scenario(
      `the source is ${how} in the middle: every target ends as not good`,
      { sticks: true },
      async (w) => {
        const { source, targets, content } = await place(w);
        const held = await startHeld(w, asProgram, { source: source.dev, targets });
        await advance(w, held, held.ring.blockCount / 3);
        await source.yank(options);
        w.release(held.pid);
        const end = await held.run.exit;
        assert.equal(end.code, 4, JSON.stringify(end.summary));
        assert.equal(end.summary.ok, false);
        assert.equal(end.summary.outcome, 'source-failed');
        assert.equal(end.summary.source.error.code, 'source-gone');
        for (const target of targets) assert.notEqual(lineOf(end.summary, target).state, 'done');
        await assertHonest(w, content, end.summary, targets, SIZE);
      },
    );

  scenario('the source gives no answer for longer than the limit', { sticks: true }, async (w) => {
    const { source, targets } = await place(w);
    const held = await startHeld(
      w,
      asProgram,
      { source: source.dev, targets },
      { ...TIGHT, stallTimeout: 4 },
    );
    await advance(w, held, held.ring.blockCount / 3);
    await source.fault({ stall: 10 });
    w.release(held.pid);
    const end = await held.run.exit;
    assert.equal(end.code, 4, JSON.stringify(end.summary));
    assert.equal(end.summary.source.error.code, 'source-error');
    for (const target of targets) assert.match(endOf(end.summary, target), /^failed source-error/);
  });

  scenario('the source gives no answer for a while', { sticks: true }, async (w) => {
    const { source, targets, content } = await place(w);
    const held = await startHeld(
      w,
      asProgram,
      { source: source.dev, targets },
      { ...TIGHT, stallTimeout: 30 },
    );
    await advance(w, held, held.ring.blockCount / 3);
    await source.fault({ stall: 2 });
    w.release(held.pid);
    assertGood(await held.run.exit, targets);
    await w.allEqual(content, targets, SIZE);
  });

  scenario(
    'a source that reads differently in the second lap: source-changed names the block, and nobody is good, not even who was',
    { sticks: true },
    async (w) => {
      const size = 12 * MiB;
      const { source } = await place(w, { size });
      const targets = (await w.sticks(['first', 'late'], { size, writeBps: '10MB' })).map(({ dev }) => dev);
      const [first, late] = targets;
      const block = 17;
      await source.fault({ flaky: [block * 65_536 + 8192, 1024] });
      const held = await startHeld(w, asProgram, { source: source.dev, targets: [first] });
      await advance(w, held, 96);
      const second = asProgram.start(w, source.dev, [late], TIGHT);
      await second.joined(late);
      w.release(held.pid);
      const [end, other] = [await held.run.exit, await second.exit];
      assert.equal(endOf(other.summary, late).split(' ').slice(0, 2).join(' '), 'failed source-changed');
      const { error } = other.summary.source;
      assert.equal(error.code, 'source-changed');
      assert.equal(error.offset, block * 65_536);
      assert.match(error.message, new RegExp(`\\b${block}\\b`));
      assert.equal(other.code, 4);
      assert.equal(end.summary.ok, false);
      // It had all blocks from the first lap; which of the two readings is right nobody knows.
      assert.match(endOf(end.summary, first), /^failed source-changed/);
      assert.equal(end.code, 4);
    },
  );

  for (const kind of ['file', 'drive'])
    scenario(
      `a source (${kind}) that something writes to under the copy: source-written, and nobody is good`,
      { sticks: true },
      async (w) => {
        const size = 12 * MiB;
        const source =
          kind === 'file' ? await w.source('source.img', size) : (await place(w, { size })).source.dev;
        // Slow to write, so that the copy cannot be over before it is held.
        const [{ dev: target }] = await w.sticks(['slow'], { size, writeBps: '5MB' });
        const held = await startHeld(w, asProgram, { source, targets: [target] });
        await advance(w, held, held.ring.blockCount / 4);
        assert.ok(held.ring.head < held.ring.blockCount - TIGHT.slots, 'not all was read yet');
        const file = fs.openSync(source, 'r+');
        fs.writeSync(file, Buffer.alloc(4096, 7), 0, 4096, MiB);
        fs.fsyncSync(file);
        fs.closeSync(file);
        w.release(held.pid);
        const end = await held.run.exit;
        assert.equal(end.code, 4, JSON.stringify(end.summary));
        assert.equal(end.summary.ok, false);
        assert.equal(end.summary.source.error.code, 'source-written');
        assert.match(endOf(end.summary, target), /^failed source-written/);
      },
    );

  scenario('a source file that becomes shorter under the copy', { sticks: true }, async (w) => {
    const size = 64 * MiB;
    const source = await w.source('source.img', size);
    // Slow to write, so that the copy cannot be over before it is held.
    const [{ dev: target }] = await w.sticks(['slow'], { size, writeBps: '20MB' });
    const held = await startHeld(w, asProgram, { source, targets: [target] });
    await advance(w, held, held.ring.blockCount / 8);
    fs.truncateSync(source, 32 * MiB + 100);
    w.release(held.pid);
    const end = await held.run.exit;
    assert.equal(end.code, 4);
    assert.equal(end.summary.ok, false);
    assert.equal(end.summary.source.error.code, 'source-error');
    assert.equal(lineOf(end.summary, target).state, 'failed');
  });
});

describe('processes that die or stand still', { concurrency: 2 }, () => {
  scenario('the producer is killed: targets fail as producer-died, exit 4', {}, async (w) => {
    const set = await setting(w, asProgram, ['a', 'b']);
    const held = await startHeld(w, asProgram, set);
    await advance(w, held, held.ring.blockCount / 3);
    w.signal((await held.run.job()).pids.producer, 'SIGKILL');
    w.release(held.pid);
    const end = await held.run.exit;
    assert.equal(end.code, 4);
    assert.equal(end.summary.source.error.code, 'producer-died');
    for (const target of set.targets) assert.equal(endOf(end.summary, target), 'failed producer-died');
  });

  for (const when of ['while it reads', 'while it waits for a slow target'])
    scenario(`the producer is stopped ${when} for longer than the limit`, { sticks: true }, async (w) => {
      const { source, targets } = await place(w);
      const options = { ...TIGHT, stallTimeout: 4 };
      const { run, ring, pid } = await startHeld(w, asProgram, { source: source.dev, targets }, options, {
        hang: 30_000,
      });
      await advance(w, { ring, pid }, ring.blockCount / 3);
      const { pids } = await run.job();
      if (when === 'while it reads') {
        await source.fault({ stall: 1 });
        w.release(pid);
        await sleep(300);
      } else await until(() => ring.producerWaits, 'the producer to wait');
      await w.hold(pids.producer);
      w.release(pid);
      const end = await run.exit;
      assert.equal(end.code, 4);
      for (const target of targets) assert.equal(lineOf(end.summary, target).state, 'failed');
    });

  for (const how of ['sticks', 'files'])
    scenario(
      `the supervisor is killed: all end by themselves, a second copy works (${how})`,
      { sticks: how === 'sticks' },
      async (w) => {
        const driver = { ...asProgram, files: how === 'files' };
        const set = await setting(w, driver, ['a', 'b']);
        const held = await startHeld(w, driver, set);
        await advance(w, held, held.ring.blockCount / 3);
        w.signal((await held.run.job()).pids.supervisor, 'SIGKILL');
        w.release(held.pid);
        const end = await held.run.exit;
        assert.equal(end.code, 1);
        for (const target of set.targets) assert.equal(endOf(end.summary, target), 'failed helper-died');
        await w.nothingLeft();
        assertGood(await w.copy(set.source, set.targets).exit, set.targets);
        await w.allEqual(set.source, set.targets, set.size);
      },
    );

  scenario('the command is killed: the copy goes on to its end', {}, async (w) => {
    const set = await setting(w, asProgram, ['a', 'b']);
    const held = await startHeld(w, asProgram, set);
    await advance(w, held, held.ring.blockCount / 3);
    held.run.child.kill('SIGKILL');
    await held.run.exit;
    assert.equal(w.processes('consume').length, 2);
    w.release(held.pid);
    await w.nothingLeft();
    await w.allEqual(set.source, set.targets, set.size);
  });

  scenario('a command that does not read for a while holds nobody up', {}, async (w) => {
    const set = await setting(w, asProgram, ['a', 'b']);
    const held = await startHeld(w, asProgram, set);
    await advance(w, held, held.ring.blockCount / 3);
    await w.hold(held.run.pid);
    w.release(held.pid);
    await until(() => w.processes('consume').length === 0, 'the copy to end');
    await w.allEqual(set.source, set.targets, set.size);
    w.release(held.run.pid);
    assertGood(await held.run.exit, set.targets);
  });

  scenario('the joining command is killed: its target is finished all the same', {}, async (w) => {
    const set = await setting(w, asProgram, ['a', 'late']);
    const [a, late] = set.targets;
    const held = await startHeld(w, asProgram, { ...set, targets: [a] });
    await advance(w, held, held.ring.blockCount / 2);
    const second = w.copy(set.source, [late]);
    await second.joined(late);
    second.child.kill('SIGKILL');
    await second.exit;
    w.release(held.pid);
    const end = await held.run.exit;
    assertGood(end, [a]);
    await w.nothingLeft();
    await w.allEqual(set.source, set.targets, set.size);
  });

  for (const signal of ['SIGINT', 'SIGTERM'])
    scenario(`${signal} to the command: cancelled, exit 130, and a second copy works`, {}, async (w) => {
      const set = await setting(w, asProgram, ['a', 'b']);
      const held = await startHeld(w, asProgram, set);
      await advance(w, held, held.ring.blockCount / 3);
      held.run.child.kill(signal);
      await until(() => held.ring.entry(0).told && held.ring.entry(1).told, 'the cancel to arrive');
      w.release(held.pid);
      const end = await held.run.exit;
      assert.equal(end.code, 130);
      assert.equal(end.summary.outcome, 'cancelled');
      for (const target of set.targets) assert.equal(endOf(end.summary, target), 'cancelled');
      await w.nothingLeft();
      const again = await w.copy(set.source, set.targets).exit;
      assertGood(again, set.targets);
      await w.allEqual(set.source, set.targets, set.size);
    });

  scenario('Ctrl-C in the joining command stops its target only', {}, async (w) => {
    const set = await setting(w, asProgram, ['a', 'late']);
    const [a, late] = set.targets;
    const held = await startHeld(w, asProgram, { ...set, targets: [a] });
    await advance(w, held, held.ring.blockCount / 2);
    const second = w.copy(set.source, [late]);
    await second.joined(late);
    second.child.kill('SIGINT');
    const stopped = await second.exit;
    assert.equal(stopped.code, 130);
    assert.equal(endOf(stopped.summary, late), 'cancelled');
    w.release(held.pid);
    assertGood(await held.run.exit, [a]);
    await w.equal(set.source, a, set.size);
  });
});
