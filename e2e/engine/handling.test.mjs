// Ejecting drives and making their lights blink: only what nothing uses, and nothing is unmounted that nobody asked to.

import assert from 'node:assert/strict';
import { execFileSync, spawnSync } from 'node:child_process';
import fs from 'node:fs';
import path from 'node:path';
import { describe } from 'node:test';
import { serveCore } from './support/core-client.mjs';
import { COMMAND } from './support/run.mjs';
import { onPath } from './support/tools.mjs';
import { MiB, scenario } from './support/world.mjs';

/** Stands in for udisks, whose daemon and USB ports are not in a test: says what it was asked, and does what the case wants. */
function fakeUdisks(w, script) {
  const bin = w.path('bin');
  fs.mkdirSync(bin);
  const file = path.join(bin, 'udisksctl');
  fs.writeFileSync(file, `#!/bin/sh\necho "$*" >> '${w.path('asked')}'\n${script}\n`, { mode: 0o755 });
  return { PATH: `${bin}:${process.env.PATH}` };
}

const run = (w, args, env = {}) =>
  spawnSync(process.execPath, [COMMAND, ...args], { encoding: 'utf8', env: { ...w.env, ...env } });
const asked = (w) => (fs.existsSync(w.path('asked')) ? fs.readFileSync(w.path('asked'), 'utf8') : '');
const readSectors = (dev) =>
  Number(
    fs
      .readFileSync(`/sys/class/block/${path.basename(dev)}/stat`, 'utf8')
      .trim()
      .split(/\s+/)[2],
  );

describe('drives in the hand', { concurrency: 1 }, () => {
  scenario('one that is still there cannot be pulled out, whatever was said', { sticks: true }, async (w) => {
    const env = fakeUdisks(w, 'exit 0');
    const [stick] = await w.sticks(['stays'], { size: '8M' });
    const end = run(w, ['eject', stick.dev, '--json'], env);
    assert.equal(end.status, 1, end.stderr);
    assert.equal(JSON.parse(end.stdout).error.code, 'eject-failed');
    assert.equal(asked(w), `power-off -b ${stick.dev}\n`);
    assert.equal(run(w, ['eject', w.path('nothing')], env).status, 3);
  });

  scenario(
    'identify reads and writes nothing, and stops when it is asked to',
    { sticks: true },
    async (w) => {
      const [stick] = await w.sticks(['light'], { size: '8M' });
      const before = fs.readFileSync(stick.dev);
      const sectors = readSectors(stick.dev);
      const core = await serveCore(w, { CAROUSEL_SHOW_LOOP: '1' });
      const { drives } = await core.state();
      const { id } = Object.values(drives).find((one) => one.path === stick.dev);
      const blinking = core.call('drives.identify', { drive: id });
      await assert.rejects(core.call('drives.identify', { drive: id }), { message: 'busy' });
      await new Promise((resolve) => setTimeout(resolve, 700));
      await core.call('drives.stopIdentify', { drive: id });
      assert.deepEqual(await blinking, { stopped: true });
      assert.ok(readSectors(stick.dev) > sectors, 'the drive was read from, past the cache');
      assert.ok(fs.readFileSync(stick.dev).equals(before));
      const whole = run(w, ['identify', stick.dev]);
      assert.equal(whole.status, 0, whole.stderr);
      await core.end();
    },
  );

  scenario('a drive that a copy uses is left alone', { sticks: true }, async (w) => {
    const env = fakeUdisks(w, 'exit 0');
    const source = await w.source('source.img', 16 * MiB);
    const [stick] = await w.sticks(['busy'], { size: '16M', writeBps: 2 * MiB });
    const copy = w.copy(source, [stick.dev], ['--no-verify']);
    await copy.seen(({ event, phase }) => event === 'progress' && phase === 'copying', 'the copy');
    const identify = run(w, ['identify', stick.dev]);
    assert.equal(identify.status, 3, identify.stderr);
    assert.match(identify.stderr, /in use/);
    assert.notEqual(run(w, ['eject', stick.dev], env).status, 0);
    assert.equal(asked(w), '');
    assert.equal((await copy.exit).code, 0);
    const file = run(w, ['identify', source]);
    assert.equal(file.status, 3, file.stderr);
  });

  scenario('practice drives are pulled out, and are back after a look', {}, async (w) => {
    const core = await serveCore(w);
    const { drives } = await core.call('drives.addPractice', { count: 2, size: 1048576 });
    const [first, second] = drives;
    await assert.rejects(core.call('drives.identify', { drive: first }), { message: 'no-light' });
    await core.call('drives.eject', { drive: first, unmount: false });
    const without = (await core.state()).drives;
    assert.ok(!without[first] && without[second]);
    await core.call('drives.rescan');
    assert.ok((await core.state()).drives[first]);
    await core.end();
  });

  scenario(
    'umount takes the drive’s own file system, not what lies over it',
    { sticks: true, when: !onPath('mkfs.ext4') && 'mkfs.ext4 is missing' },
    async (w) => {
      const [stick, other] = await w.sticks(['under', 'over'], { size: '8M' });
      const place = w.path('place');
      fs.mkdirSync(place);
      for (const { dev } of [stick, other]) {
        execFileSync('mkfs.ext4', ['-q', '-F', dev]);
        execFileSync('mount', [dev, place]);
      }
      w.after(() => {
        while (spawnSync('umount', [place], { stdio: 'ignore' }).status === 0);
      });
      const source = await w.source('source.img', MiB);
      const end = await w.copy(source, [stick.dev], ['--unmount']).exit;
      assert.match(end.stderr, /something else is mounted over/);
      const mounts = fs
        .readFileSync('/proc/self/mountinfo', 'utf8')
        .split('\n')
        .filter((line) => line.includes(` ${place} `));
      assert.equal(mounts.length, 2, 'both are still there');
      execFileSync('umount', [place]);
      execFileSync('umount', [place]);
      fs.rmdirSync(place);
    },
  );

  scenario(
    'a drive of level 2 is unmounted only with its word',
    { sticks: true, when: !onPath('mkfs.ext4') && 'mkfs.ext4 is missing' },
    async (w) => {
      const [stick] = await w.sticks(['weighty'], { size: '8M' });
      const place = w.path('place');
      fs.mkdirSync(place);
      execFileSync('mkfs.ext4', ['-q', '-F', stick.dev]);
      execFileSync('mount', [stick.dev, place]);
      w.after(() => spawnSync('umount', [place], { stdio: 'ignore' }));
      const core = await serveCore(w, { CAROUSEL_SHOW_LOOP: '1' });
      const drive = Object.values((await core.state()).drives).find((one) => one.path === stick.dev);
      await assert.rejects(core.call('drives.unmount', { drive: drive.id }), { message: 'typed-wrong' });
      await assert.rejects(core.call('drives.unmount', { drive: drive.id, typed: 'x' }), {
        message: 'typed-wrong',
      });
      await assert.rejects(core.call('drives.eject', { drive: drive.id, unmount: false }), {
        message: 'eject-mounted',
      });
      await core.call('drives.unmount', { drive: drive.id, typed: drive.title });
      await core.end();
      fs.rmdirSync(place);
    },
  );
});
