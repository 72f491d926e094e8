// What must never be written to is refused with exit 3 (5 without permission), and not one byte reaches it.

import assert from 'node:assert/strict';
import { execFileSync, spawnSync } from 'node:child_process';
import fs from 'node:fs';
import { describe } from 'node:test';
import { readDirect } from '../../testlab/sticks.mjs';
import { assertGood, assertUntouched, endOf } from './support/expect.mjs';
import { partitionedStick } from './support/partitions.mjs';
import { advance, asProgram, setting, startHeld } from './support/ride.mjs';
import { onPath } from './support/tools.mjs';
import { MiB, scenario } from './support/world.mjs';

const SIZE = 2 * MiB + 5;

/** The copy is refused with this code; a good target beside it is not held up. */
async function assertRefused(w, source, target, code, { exit = 3 } = {}) {
  const alone = await w.copy(source, [target]).exit;
  assert.equal(endOf(alone.summary, target), `refused ${code}`, alone.stderr);
  assert.equal(alone.code, exit);
  assert.equal(alone.summary.ok, false);
  assert.equal(alone.summary.targets[0].bytesWritten, 0);
}

/** The whole disk under `/`, as the kernel names it, or undefined. */
function systemDisk() {
  const { dev } = fs.statSync('/');
  const name = `${(dev >> 8) & 0xfff}:${(dev & 0xff) | ((dev >> 12) & 0xfff00)}`;
  const real = `/sys/dev/block/${name}`;
  if (!fs.existsSync(real)) return undefined;
  let folder = fs.realpathSync(real);
  if (fs.existsSync(`${folder}/partition`)) folder = folder.slice(0, folder.lastIndexOf('/'));
  const disk = `/dev/${folder.slice(folder.lastIndexOf('/') + 1)}`;
  return fs.existsSync(disk)
    ? { disk, size: Number(fs.readFileSync(`${folder}/size`, 'utf8')) * 512 }
    : undefined;
}

const noMkfs = !onPath('mkfs.ext4') && 'mkfs.ext4 is missing';

describe('refused targets', { concurrency: 2 }, () => {
  scenario(
    'a mounted stick, and the disk below a mounted partition',
    { sticks: true, when: noMkfs },
    async (w) => {
      const source = await w.source('source.img', SIZE);
      const [stick] = await w.sticks(['mounted'], { size: '8M' });
      const place = w.path('place');
      fs.mkdirSync(place);
      execFileSync('mkfs.ext4', ['-q', '-F', stick.dev]);
      execFileSync('mount', ['-o', 'ro', stick.dev, place]);
      let mounted = true;
      const unmount = () => mounted && (mounted = spawnSync('umount', [place]).status !== 0);
      w.after(unmount);
      await stick.stat({ reset: true });
      await assertRefused(w, source, stick.dev, 'mounted');
      await assertUntouched(stick);
      unmount();
      fs.rmdirSync(place);
    },
  );

  scenario('a partition, and a disk of which a partition is mounted', { sticks: true }, async (w, t) => {
    const source = await w.source('source.img', SIZE);
    const parted = await partitionedStick(w);
    if (!parted) return t.skip('the kernel shows no partitions of loop devices here');
    const { stick, partition } = parted;
    await stick.stat({ reset: true });
    await assertRefused(w, source, partition, 'partition');
    await assertUntouched(stick);
    if (noMkfs) return undefined;
    const place = w.path('place');
    fs.mkdirSync(place);
    execFileSync('mkfs.ext4', ['-q', '-F', partition]);
    execFileSync('mount', ['-o', 'ro', partition, place]);
    w.after(() => spawnSync('umount', [place], { stdio: 'ignore' }));
    await stick.stat({ reset: true });
    await assertRefused(w, source, stick.dev, 'mounted');
    await assertUntouched(stick);
    execFileSync('umount', [place]);
    return undefined;
  });

  const system = process.platform === 'linux' ? systemDisk() : undefined;
  scenario(
    'the disk that the system runs from',
    { root: true, when: !system && 'what / lies on is no disk here' },
    async (w) => {
      // The source is larger than the disk: even a program that lost this rule could not write to it.
      const source = w.path('huge.img');
      fs.closeSync(fs.openSync(source, 'w'));
      fs.truncateSync(source, system.size + 4096);
      const head = await readDirect(system.disk, 0, 4096).catch(() => 'may not be read');
      const end = await w.copy(source, [system.disk]).exit;
      assert.equal(endOf(end.summary, system.disk), 'refused system-disk');
      assert.equal(end.code, 3);
      assert.deepEqual(await readDirect(system.disk, 0, 4096).catch(() => 'may not be read'), head);
    },
  );

  scenario('the source itself, also by a link and by a device over it', { sticks: true }, async (w) => {
    const source = await w.source('source.img', SIZE);
    const before = fs.readFileSync(source);
    const link = w.path('link.img');
    fs.symlinkSync(source, link);
    const hard = w.path('hard.img');
    fs.linkSync(source, hard);
    for (const target of [source, link, hard]) await assertRefused(w, source, target, 'is-source');
    for (const target of [source, hard]) await assertRefused(w, link, target, 'is-source');
    const loop = execFileSync('losetup', ['--find', '--show', source], { encoding: 'utf8' }).trim();
    let attached = true;
    const detach = () => attached && (attached = spawnSync('losetup', ['-d', loop]).status !== 0);
    w.after(detach);
    await assertRefused(w, source, loop, 'is-source');
    await assertRefused(w, loop, source, 'is-source');
    assert.deepEqual(fs.readFileSync(source), before);
    detach();
    const [stick] = await w.sticks(['s'], { size: '4M' });
    const node = w.path('node');
    fs.symlinkSync(stick.dev, node);
    await assertRefused(w, stick.dev, node, 'is-source');
    await assertUntouched(stick);
  });

  scenario('a stick that is too small, by one sector', { sticks: true }, async (w) => {
    const source = await w.source('source.img', 4 * MiB + 1);
    const [stick] = await w.sticks(['small'], { size: '4M' });
    await assertRefused(w, source, stick.dev, 'too-small');
    await assertUntouched(stick);
  });

  scenario('a stick that is write-protected', { sticks: true }, async (w) => {
    const source = await w.source('source.img', SIZE);
    const [stick] = await w.sticks(['ro'], { size: '4M', ro: true });
    await assertRefused(w, source, stick.dev, 'read-only');
    await assertUntouched(stick);
  });

  scenario('a device that is not there is refused and not created', { linux: true }, async (w) => {
    const source = await w.source('source.img', SIZE);
    for (const target of ['/dev/nope', '/dev/carousel-nope']) {
      await assertRefused(w, source, target, 'not-found');
      assert.equal(fs.existsSync(target), false, `${target} was created`);
    }
    await assertRefused(w, source, `${w.dir}/no-folder/file.img`, 'not-found');
    assert.equal(fs.existsSync(`${w.dir}/no-folder`), false);
  });

  scenario('a directory, a pipe and a character device', { linux: true }, async (w) => {
    const source = await w.source('source.img', SIZE);
    const folder = w.path('folder');
    fs.mkdirSync(folder);
    for (const target of [folder, '/dev/zero', '/dev/null'])
      await assertRefused(w, source, target, 'not-a-drive');
    assert.deepEqual(fs.readdirSync(folder), []);
    const pipe = w.path('pipe');
    execFileSync('mkfifo', [pipe]);
    await assertRefused(w, source, pipe, 'not-a-drive');
  });

  scenario(
    'a link that leads nowhere: no file is made where it points, nor under its name',
    {},
    async (w) => {
      const source = await w.source('source.img', SIZE);
      const link = w.path('link.img');
      fs.symlinkSync('nowhere.img', link);
      await assertRefused(w, source, link, 'not-found');
      assert.equal(fs.readlinkSync(link), 'nowhere.img');
    },
  );

  scenario('a file that a mounted file system lies in', { sticks: true, when: noMkfs }, async (w) => {
    const source = await w.source('source.img', SIZE);
    const image = await w.source('image.img', 8 * MiB);
    const place = w.path('place');
    fs.mkdirSync(place);
    execFileSync('mkfs.ext4', ['-q', '-F', image]);
    execFileSync('mount', ['-o', 'loop', image, place]);
    const unmount = () => spawnSync('umount', [place]);
    w.after(unmount);
    fs.writeFileSync(`${place}/here`, 'here');
    const before = fs.readFileSync(image);
    await assertRefused(w, source, image, 'in-use');
    assert.deepEqual(fs.readFileSync(image), before);
    unmount();
    assertGood(await w.copy(source, [image]).exit, [image]);
  });

  scenario(
    'a file and a loop device over it, or two of them, are one target',
    { sticks: true },
    async (w) => {
      const source = await w.source('source.img', SIZE);
      const file = await w.source('file.img', 4 * MiB);
      const loops = [0, 1].map(() =>
        execFileSync('losetup', ['--find', '--show', file], { encoding: 'utf8' }).trim(),
      );
      w.after(() => loops.forEach((loop) => spawnSync('losetup', ['-d', loop])));
      for (const pair of [loops, [file, loops[0]], [loops[0], file]]) {
        const { code, summary } = await w.copy(source, pair).exit;
        assert.deepEqual(
          summary.targets.map(({ state, error }) => `${state} ${error?.code ?? ''}`.trim()).sort(),
          ['done', 'refused duplicate-target'],
        );
        assert.equal(code, 3);
        await w.equal(source, pair[0], SIZE);
      }
    },
  );

  scenario('the same target twice: once is good, the other one is refused', {}, async (w) => {
    const source = await w.source('source.img', SIZE);
    const [target] = await w.targets(['twice'], { size: SIZE });
    const link = w.path('link');
    fs.symlinkSync(target, link);
    for (const second of [target, link]) {
      const end = await w.copy(source, [target, second]).exit;
      const states = end.summary.targets
        .map(({ state, error }) => `${state} ${error?.code ?? ''}`.trim())
        .sort();
      assert.deepEqual(states, ['done', 'refused duplicate-target']);
      assert.equal(end.code, 3);
      await w.equal(source, target, SIZE);
    }
  });

  scenario(
    'a stick in use as swap',
    { sticks: true, when: !onPath('mkswap') && 'mkswap is missing' },
    async (w, t) => {
      const source = await w.source('source.img', SIZE);
      const [stick] = await w.sticks(['swap'], { size: '4M', plain: true });
      execFileSync('mkswap', [stick.dev], { stdio: 'ignore' });
      if (spawnSync('swapon', ['-p', '-1', stick.dev], { stdio: 'ignore' }).status !== 0)
        return t.skip('swapon is not allowed here');
      let on = true;
      const off = () => on && (on = spawnSync('swapoff', [stick.dev]).status !== 0);
      w.after(off);
      const before = await readDirect(stick.dev, 0, 4096);
      const end = await w.copy(source, [stick.dev]).exit;
      assert.match(endOf(end.summary, stick.dev), /^refused (system-disk|in-use)$/);
      assert.equal(end.code, 3);
      assert.deepEqual(await readDirect(stick.dev, 0, 4096), before);
      off();
      return undefined;
    },
  );

  scenario('a stick that another program holds exclusively', { sticks: true }, async (w) => {
    const source = await w.source('source.img', SIZE);
    const [stick] = await w.sticks(['held'], { size: '4M' });
    const fd = fs.openSync(stick.dev, fs.constants.O_RDONLY | fs.constants.O_EXCL);
    try {
      await assertRefused(w, source, stick.dev, 'in-use');
      await assertUntouched(stick);
    } finally {
      fs.closeSync(fd);
    }
    assertGood(await w.copy(source, [stick.dev]).exit, [stick.dev]);
  });

  scenario('a target, and the source, of another running job', {}, async (w) => {
    const set = await setting(w, asProgram, ['a']);
    const held = await startHeld(w, asProgram, set);
    await advance(w, held, held.ring.blockCount / 3);
    const other = await w.source('other.img', SIZE, 'other');
    await assertRefused(w, other, set.targets[0], 'in-use');
    await assertRefused(w, other, set.source, 'source-of-other-job');
    // Read from while it is written: no copy of that can be right.
    const copy = w.path('copy.img');
    const end = await w.copy(set.targets[0], [copy]).exit;
    assert.notEqual(endOf(end.summary, copy), 'done');
    assert.notEqual(end.code, 0);
    w.release(held.pid);
    assertGood(await held.run.exit, set.targets);
    await w.allEqual(set.source, set.targets, set.size);
  });

  scenario(
    'a file target on the stick that is the source, and the stick that holds the source',
    { sticks: true, when: noMkfs },
    async (w) => {
      const [stick] = await w.sticks(['disk'], { size: '16M' });
      const place = w.path('place');
      fs.mkdirSync(place);
      execFileSync('mkfs.ext4', ['-q', '-F', stick.dev]);
      execFileSync('mount', [stick.dev, place]);
      let mounted = true;
      const unmount = () => mounted && (mounted = spawnSync('umount', [place]).status !== 0);
      w.after(unmount);
      const onto = `${place}/image.img`;
      await assertRefused(w, stick.dev, onto, 'is-source');
      assert.equal(fs.existsSync(onto), false);
      const inside = `${place}/source.img`;
      fs.writeFileSync(inside, Buffer.alloc(SIZE, 7));
      const end = await w.copy(inside, [stick.dev]).exit;
      assert.match(endOf(end.summary, stick.dev), /^refused (mounted|holds-source)$/);
      assert.equal(end.code, 3);
      unmount();
    },
  );

  scenario('a refused target does not hold up a good one', { sticks: true }, async (w) => {
    const source = await w.source('source.img', 4 * MiB + 1);
    const [small, good] = [
      ...(await w.sticks(['small'], { size: '4M' })),
      ...(await w.sticks(['good'], { size: '5M' })),
    ];
    const end = await w.copy(source, [small.dev, good.dev]).exit;
    assert.equal(endOf(end.summary, small.dev), 'refused too-small');
    assert.equal(endOf(end.summary, good.dev), 'done');
    assert.equal(end.code, 3);
    await assertUntouched(small);
    await w.equal(source, good.dev, 4 * MiB + 1);
  });

  scenario('sources that are none: missing, empty, a directory', { linux: true }, async (w) => {
    const empty = w.path('empty.img');
    fs.writeFileSync(empty, '');
    const target = w.path('target.img');
    for (const [source, code] of [
      [`${w.dir}/missing.img`, 'not-found'],
      [empty, 'empty-source'],
      [w.dir, 'not-a-drive'],
      ['/dev/zero', 'not-a-drive'],
    ]) {
      const end = await w.copy(source, [target]).exit;
      assert.equal(end.code, 3, `${source}: ${end.stderr}`);
      assert.equal(end.summary.source.error.code, code);
      assert.equal(endOf(end.summary, target), `refused ${code}`);
      assert.equal(fs.existsSync(target), false);
    }
  });
});
