// What goes wrong with one target stays with it: the other one is always done and equal, the bad one is named, nothing hangs.

import assert from 'node:assert/strict';
import { execFileSync } from 'node:child_process';
import { copyFileSync, existsSync, mkdirSync, renameSync, rmSync } from 'node:fs';
import { describe } from 'node:test';
import { assertGood, endOf, lineOf } from './support/expect.mjs';
import { advance, asProgram, setting, startHeld } from './support/ride.mjs';
import { onPath } from './support/tools.mjs';
import { stateOf, ticksOf } from './support/proc.mjs';
import { sleep, until } from './support/run.mjs';
import { MiB, scenario } from './support/world.mjs';

const SIZE = 12 * MiB + 700;
const AT = 6 * MiB + 1536;
/** Slow where something must happen in the middle. */
const rate = (meanwhile) => ({ size: '13M', writeBps: meanwhile ? '5MB' : '20MB' });

/** Waits until the target has acknowledged something in the middle. */
const midway = (run, target) =>
  run.seen(
    (e) => e.event === 'progress' && e.target === target && e.bytes > 2 * MiB,
    `progress of ${target}`,
  );

/**
 * name, what is done to the stick before or while it is written, and how it must end: state, code and, where it is exact, offset.
 * @type {{ name: string, fault?: object, meanwhile?: Function, end: string | RegExp, stick?: object, args?: string[] }[]}
 */
const CASES = [
  {
    name: 'a sector that cannot be written',
    fault: { writeError: [AT, 512] },
    end: `failed write-error ${AT}`,
  },
  {
    name: 'a sector of 4096 that cannot be written',
    stick: { sector: 4096 },
    fault: { writeError: [AT, 512], errno: 'ENODATA' },
    end: `failed write-error ${AT - (AT % 4096)}`,
  },
  { name: 'a bad first sector', fault: { writeError: [0, 512] }, end: 'failed write-error 0' },
  {
    name: 'a bad last sector of the source',
    fault: { writeError: [SIZE - (SIZE % 512), 512] },
    end: `failed write-error ${SIZE - (SIZE % 512)}`,
  },
  { name: 'a write that fails once', fault: { writeError: [AT, 512], times: 1 }, end: 'done' },
  {
    name: 'a write that fails twice',
    fault: { writeError: [AT, 4096], times: 2, errno: 'ENODATA' },
    end: 'done',
  },
  {
    name: 'no space',
    fault: { writeError: [8 * MiB, 2 * MiB], errno: 'ENOSPC' },
    end: `failed write-error ${8 * MiB}`,
  },
  {
    name: 'no such device',
    fault: { writeError: [8 * MiB, 2 * MiB], errno: 'ENODEV' },
    end: /^removed device-gone/,
  },
  {
    name: 'no answer in time',
    fault: { writeError: [8 * MiB, 2 * MiB], errno: 'ETIMEDOUT' },
    end: `failed write-error ${8 * MiB}`,
  },
  ...[0, 1, 2, 3].map((skip) => ({
    name: `flush ${skip + 1} fails`,
    fault: { flushError: true, skip, times: 1 },
    end: /^failed flush-error/,
  })),
  {
    name: 'every request fails from the middle on',
    yank: { after: '6M' },
    end: /^(failed write-error|removed device-gone)/,
  },
  {
    name: 'pulled out, the node goes too',
    meanwhile: (w, run, bad) => bad.yank({ gone: true }),
    end: /^removed device-gone/,
  },
  { name: 'pulled out before it begins', yank: {}, end: /^(failed|removed|refused) / },
  {
    name: 'no answer for longer than the limit',
    args: ['--stall-timeout', '2'],
    meanwhile: (w, run, bad) => bad.fault({ stall: 7 }),
    end: 'failed hung',
  },
  {
    name: 'no answer for a while',
    args: ['--stall-timeout', '30'],
    meanwhile: (w, run, bad) => bad.fault({ stall: 2 }),
    end: 'done',
  },
  {
    name: 'its consumer is killed',
    meanwhile: async (w, run, bad) => w.signal(await run.consumer(bad.dev), 'SIGKILL'),
    end: 'failed consumer-died',
  },
  {
    name: 'its consumer is told to end',
    meanwhile: async (w, run, bad) => w.signal(await run.consumer(bad.dev), 'SIGTERM'),
    end: /^failed consumer-died/,
  },
  {
    name: 'its consumer is stopped',
    args: ['--stall-timeout', '2'],
    meanwhile: async (w, run, bad) => w.hold(await run.consumer(bad.dev)),
    end: 'failed hung',
  },
  {
    name: 'its consumer is stopped in catch-up',
    args: ['--stall-timeout', '2', '--slow', 'catch-up'],
    meanwhile: async (w, run, bad) => w.hold(await run.consumer(bad.dev)),
    end: 'failed hung',
  },
];

/** A new file system on the stick, mounted until `unmount`. */
function mountFresh(w, disk) {
  const place = w.path('mounted');
  mkdirSync(place);
  execFileSync('mkfs.ext4', ['-q', '-F', disk.dev]);
  execFileSync('mount', [disk.dev, place]);
  let mounted = true;
  const unmount = () => {
    if (mounted) execFileSync('umount', [place]);
    mounted = false;
  };
  w.after(unmount);
  return { place, unmount };
}

describe('faults of a target', { concurrency: 2 }, () => {
  for (const { name, fault, yank, meanwhile, end: expected, stick, args = [] } of CASES)
    scenario(`${name}: ${expected}`, { sticks: true }, async (w) => {
      const source = await w.source('source.img', SIZE, name);
      const [good] = await w.sticks(['good'], rate(meanwhile));
      const [bad] = await w.sticks(['bad'], { ...rate(meanwhile), ...stick });
      if (fault) await bad.fault(fault);
      if (yank) await bad.yank(yank);
      const targets = [good.dev, bad.dev];
      const run = w.copy(source, targets, args);
      if (meanwhile) {
        await midway(run, bad.dev);
        await meanwhile(w, run, bad);
      }
      const end = await run.exit;
      const told = endOf(end.summary, bad.dev);
      assert.equal(endOf(end.summary, good.dev), 'done');
      await w.equal(source, good.dev, SIZE);
      if (expected instanceof RegExp) assert.match(told, expected);
      else assert.equal(told, expected);
      if (expected === 'done') {
        assertGood(end, targets);
        await w.equal(source, bad.dev, SIZE);
      } else assert.equal(end.code, told.startsWith('refused') ? 3 : 1, `exit status after ${told}`);
      assert.equal(end.summary.ok, expected === 'done');
    });

  scenario('remove: the target ends as cancelled, the other goes on', {}, async (w) => {
    const source = await w.source('source.img', SIZE);
    const targets = await w.targets(['good', 'off'], { size: SIZE, writeBps: '10MB' });
    const run = w.copy(source, targets, ['--block', '64K', '--slots', 2]);
    const { job } = await run.job();
    await w.hold(await run.consumer(targets[0]));
    const { id } = await run.state(targets[1], 'waiting', 'copying');
    const front = w.attach(job);
    await front.seen((e) => e.event === 'hello', 'hello');
    front.say({ verb: 'remove', id, request: 'r1' });
    await run.state(targets[1], 'cancelled');
    w.release(await run.consumer(targets[0]));
    const end = await run.exit;
    assert.equal(endOf(end.summary, targets[0]), 'done');
    assert.equal(endOf(end.summary, targets[1]), 'cancelled');
    assert.equal(end.code, 1);
    await w.equal(source, targets[0], SIZE);
    await front.exit;
  });

  for (const round of [1, 2, 3])
    scenario(`one joins in the moment another one dies (${round})`, {}, async (w) => {
      const source = await w.source('source.img', SIZE, round);
      const targets = await w.targets(['good', 'dies', 'joins'], { size: SIZE, writeBps: '6MB' });
      const [good, dies, joins] = targets;
      const held = await startHeld(w, asProgram, { source, targets: [good, dies] });
      await advance(w, held, held.ring.blockCount / 3);
      const victim = await held.run.consumer(dies);
      const second = w.copy(source, [joins]);
      await second.job();
      if (round === 1) await second.consumer(joins);
      if (round === 2) await second.joined(joins);
      w.signal(victim, 'SIGKILL');
      w.release(held.pid);
      const [end, late] = [await held.run.exit, await second.exit];
      assert.equal(endOf(end.summary, good), 'done');
      assert.equal(endOf(end.summary, dies), 'failed consumer-died');
      assertGood(late, [joins]);
      await w.allEqual(source, [good, joins], SIZE);
    });

  const noMkfs = !onPath('mkfs.ext4') && 'mkfs.ext4 is missing';
  scenario(
    'a file on a full disk: failed no-space, nothing of it left',
    { sticks: true, when: noMkfs },
    async (w) => {
      const source = await w.source('source.img', SIZE);
      const [disk] = await w.sticks(['disk'], { size: '8M' });
      const { place, unmount } = mountFresh(w, disk);
      const [good, file] = [w.path('good.img'), `${place}/file.img`];
      const end = await w.copy(source, [good, file]).exit;
      assert.equal(endOf(end.summary, good), 'done');
      assert.match(endOf(end.summary, file), /^failed no-space/);
      assert.equal(end.code, 1);
      await w.equal(source, good, SIZE);
      assert.equal(existsSync(file), false);
      unmount();
    },
  );

  scenario(
    'a command that joined is killed: what served it sleeps until its target is done',
    { linux: true },
    async (w) => {
      const set = await setting(w, asProgram, ['a', 'joins']);
      const held = await startHeld(w, asProgram, { ...set, targets: set.targets.slice(0, 1) });
      const joiner = w.copy(set.source, set.targets.slice(1));
      await joiner.job();
      const { pids } = await held.run.job();
      const [relay] = w.processes('job').filter(({ pid }) => pid !== pids.supervisor);
      w.signal(joiner.pid, 'SIGKILL');
      await joiner.exit;
      await sleep(300);
      const before = ticksOf(relay.pid);
      await sleep(1000);
      assert.ok(
        ticksOf(relay.pid) - before <= 10,
        `${ticksOf(relay.pid) - before} ticks in a second of waiting`,
      );
      w.release(held.pid);
      const { summary } = await held.run.exit;
      assert.equal(lineOf(summary, set.targets[1]).state, 'done');
      await w.allEqual(set.source, set.targets, set.size);
    },
  );

  for (const [what, change] of [
    ['renamed', (file, other) => renameSync(file, other)],
    ['deleted', (file) => rmSync(file)],
    ['replaced by another one', (file, other) => (renameSync(file, other), copyFileSync(other, file))],
  ])
    scenario(`a target file is ${what} while it is written: not good`, { linux: true }, async (w) => {
      const set = await setting(w, asProgram, ['good']);
      const [file, other] = [w.path('file.img'), w.path('other.img')];
      const held = await startHeld(w, asProgram, { ...set, targets: [...set.targets, file] });
      await held.run.joined(file);
      change(file, other);
      w.release(held.pid);
      const { code, summary } = await held.run.exit;
      assert.equal(endOf(summary, file), 'failed changed-device');
      assert.equal(endOf(summary, set.targets[0]), 'done');
      assert.notEqual(code, 0);
      await w.equal(set.source, set.targets[0], set.size);
    });

  scenario('a killed consumer of a file (no sticks needed)', {}, async (w) => {
    const source = await w.source('source.img', 64 * MiB + 1);
    const targets = [w.path('good.img'), w.path('dies.img')];
    const run = w.copy(source, targets, ['--block', '64K', '--slots', 2]);
    const victim = await run.consumer(targets[1]);
    await w.hold(victim);
    await run.joined(targets[0]);
    w.signal(victim, 'SIGKILL');
    const end = await run.exit;
    assert.equal(endOf(end.summary, targets[0]), 'done');
    assert.equal(endOf(end.summary, targets[1]), 'failed consumer-died');
    assert.equal(end.code, 1);
    await w.equal(source, targets[0], 64 * MiB + 1);
  });

  scenario(
    'the consumer of a file stands still while it prepares: given up, the other one is done',
    { sticks: true, when: noMkfs },
    async (w) => {
      const source = await w.source('source.img', SIZE);
      const [disk] = await w.sticks(['disk'], { size: '64M' });
      const good = w.path('good.img');
      const { place, unmount } = mountFresh(w, disk);
      const stuck = `${place}/stuck.img`;
      // On a frozen file system its consumer cannot get past making the file; it is told to stop there, and does when that returns.
      execFileSync('fsfreeze', ['--freeze', place]);
      const thaw = () => execFileSync('fsfreeze', ['--unfreeze', place]);
      const run = w.copy(source, [good, stuck], ['--stall-timeout', 2], { hang: 60_000 });
      const consumer = await run.consumer(stuck).catch((error) => (thaw(), Promise.reject(error)));
      await until(() => stateOf(consumer) === 'D', 'the consumer to make its file').finally(() => {
        w.signal(consumer, 'SIGSTOP');
        thaw();
      });
      await w.hold(consumer);
      const end = await run.exit;
      assert.ok(!end.events.some((e) => e.event === 'joined' && e.target === stuck));
      assert.equal(endOf(end.summary, good), 'done');
      await w.equal(source, good, SIZE);
      assert.equal(endOf(end.summary, stuck), 'failed hung');
      assert.equal(end.code, 1);
      unmount();
    },
  );
});
