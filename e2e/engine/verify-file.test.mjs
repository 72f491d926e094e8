// A file that is read back is read from its medium: what the system still has of it in memory counts for nothing.

import assert from 'node:assert/strict';
import { execFileSync, spawnSync } from 'node:child_process';
import fs from 'node:fs';
import path from 'node:path';
import { describe } from 'node:test';
import { readDirect } from '../../testlab/sticks.mjs';
import { endOf } from './support/expect.mjs';
import { MiB, scenario } from './support/world.mjs';

const SIZE = 2 * MiB + 700;
const needs = {
  sticks: true,
  root: true,
  linux: true,
  when: spawnSync('mkfs.ext4', ['-V']).error ? 'mkfs.ext4 is missing' : false,
};

/** A file system on a simulated stick, with this journal; mounted until the test ends. */
async function mounted(w, data) {
  const [stick] = await w.sticks(['medium'], { size: '32M' });
  execFileSync('mkfs.ext4', ['-q', '-F', stick.dev]);
  const folder = w.path('mounted');
  fs.mkdirSync(folder);
  const mount = () => execFileSync('mount', ['-o', `data=${data}`, stick.dev, folder]);
  const unmount = () => spawnSync('umount', [folder]);
  mount();
  w.after(unmount);
  return { stick, folder, mount, unmount };
}

/** Lets bytes rot on the medium wherever they are, below the file system, which learns nothing of it. */
async function rot(stick, bytes) {
  const medium = await readDirect(stick.dev, 0, stick.size);
  const file = fs.openSync(stick.dev, 'r+');
  let places = 0;
  for (let at = medium.indexOf(bytes); at !== -1; at = medium.indexOf(bytes, at + 1)) {
    fs.writeSync(file, 'rotten', at + 10);
    places += 1;
  }
  fs.fsyncSync(file);
  fs.closeSync(file);
  assert.ok(places > 0, 'the bytes are on the medium');
}

describe('a file that is read back', () => {
  // With data=journal the system reads through its memory even who asks to go past it; the last bytes fill no page.
  for (const data of ['ordered', 'journal'])
    for (const [where, from, length] of [
      ['in the middle', MiB + 8192, 512],
      ['at its uneven end', SIZE - 600, 600],
    ])
      scenario(`has rotted ${where} while the system remembers it right (${data})`, needs, async (w) => {
        const source = await w.source('source.img', SIZE);
        const { stick, folder, mount, unmount } = await mounted(w, data);
        const target = path.join(folder, 'copy.img');
        const manifest = w.path('manifest');
        const verify = async () =>
          (await w.command(['verify', target, '--manifest', manifest, '--json']).exit).summary;
        assert.equal((await w.copy(source, [target], ['--manifest', manifest]).exit).code, 0);
        unmount(); // now all of it is in its place
        mount();
        assert.equal(endOf(await verify(), target), 'verified');
        const whole = fs.readFileSync(source);
        assert.ok(fs.readFileSync(target).equals(whole), 'now all of it is in memory');
        await rot(stick, whole.subarray(from, from + length));
        assert.ok(fs.readFileSync(target).equals(whole), 'and the system still gives that');
        assert.match(endOf(await verify(), target), /^failed verify-mismatch/);
        unmount();
      });
});
