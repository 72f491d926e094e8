// SPDX-License-Identifier: Apache-2.0
// node --test testlab/sticks.test.mjs
import assert from 'node:assert/strict';
import { execFileSync, spawn } from 'node:child_process';
import { existsSync, mkdtempSync, readdirSync, rmSync } from 'node:fs';
import { open } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { test } from 'node:test';
import { setTimeout as sleep } from 'node:timers/promises';
import { Lab, canMakeSticks, compareBytes, makeSource, readDirect, sourceBytes } from './sticks.mjs';

const able = canMakeSticks();
const skip = able.ok ? false : able.reason;
const M = 1 << 20;

test('a source follows from its seed', async (t) => {
  const dir = mkdtempSync(join(tmpdir(), 'testlab-'));
  t.after(() => rmSync(dir, { recursive: true }));
  const [a, b] = [join(dir, 'a'), join(dir, 'b')];
  await makeSource(a, 9 * M + 5, 1);
  await makeSource(b, 9 * M + 5, 1);
  assert.equal(await compareBytes(a, b, 9 * M + 5), -1);
  assert.deepEqual(await readDirect(a, 5 * M + 3, 100), sourceBytes(1, 5 * M + 3, 100));
  assert.equal(await compareBytes(a, b, 9 * M + 6), 9 * M + 5);
  for (const at of [0, 1, 65535, 65536, 8 * M - 1, 8 * M, 9 * M + 4]) {
    const file = await open(b, 'r+');
    const old = await readDirect(b, at, 1);
    await file.write(Buffer.from([old[0] ^ 1]), 0, 1, at);
    assert.equal(await compareBytes(a, b, 9 * M + 5), at);
    await file.write(old, 0, 1, at);
    await file.close();
  }
});

test('sticks: faults, stat, unplug, replug, leaving nothing', { skip }, async () => {
  const lab = new Lab();
  try {
    const [a, b] = await lab.newSticks(['a', 'b'], { size: 4 * M, serial: 'TWIN', label: 'X' });
    await makeSource(a.dev, a.size, 7);
    await makeSource(b.dev, b.size, 7);
    assert.equal(await compareBytes(a.dev, b.dev, a.size), -1);
    assert.equal((await a.stat()).unflushed_bytes, 0);
    await b.fault({ corrupt: [3 * M + 17, 1] });
    assert.equal(await compareBytes(a.dev, b.dev, a.size), 3 * M + 17);
    await b.fault({ clear: true, readError: ['1M:512', [2 * M, 512]] });
    await assert.rejects(readDirect(b.dev, 2 * M, 512), /Input\/output error/);
    const shown = JSON.parse(
      execFileSync('lsblk', ['-J', '-p', '-o', 'NAME,SERIAL,LABEL,TRAN'], { env: lab.env, encoding: 'utf8' }),
    );
    const twins = shown.blockdevices.filter((d) => d.serial === 'TWIN');
    assert.deepEqual(
      twins.map((d) => [d.name, d.label, d.tran]).sort(),
      [a, b].map((s) => [s.dev, 'X', 'usb']).sort(),
    );
    const before = a.dev;
    await a.yank({ gone: true });
    assert.equal(existsSync(before), false);
    await a.plug();
    assert.equal((await readDirect(a.dev, 0, 16)).equals(sourceBytes(7, 0, 16)), true);
    await b.rm();
    assert.equal(existsSync(b.dev) && (await import('node:fs')).readdirSync(lab.dir).includes('b'), false);
  } finally {
    await lab.close();
  }
  assert.equal(existsSync(lab.dir), false);
});

for (const [how, code] of /** @type {const} */ ([
  ['exit', 'process.exit(3)'],
  ['an uncaught error', 'throw new Error("on purpose")'],
  ['SIGINT', 'setInterval(() => {}, 1000)'],
  ['SIGKILL', 'setInterval(() => {}, 1000)'],
])) {
  test(`nothing stays after ${how}`, { skip }, async () => {
    const script = `import { Lab } from ${JSON.stringify(new URL('./sticks.mjs', import.meta.url).href)};
      const lab = new Lab(); const s = await lab.newStick('x'); console.log(JSON.stringify([lab.dir, s.dev])); ${code}`;
    const child = spawn(process.execPath, ['--input-type=module', '-e', script], {
      stdio: ['ignore', 'pipe', 'ignore'],
    });
    const [line] = await new Promise((resolve) =>
      child.stdout.once('data', (d) => resolve(String(d).split('\n'))),
    );
    const [dir, dev] = JSON.parse(line);
    const ended = new Promise((resolve) => child.once('exit', (status, signal) => resolve([status, signal])));
    if (how.startsWith('SIG')) child.kill(/** @type {NodeJS.Signals} */ (how));
    assert.deepEqual(
      await ended,
      how === 'exit' ? [3, null] : how.startsWith('SIG') ? [null, how] : [1, null],
    );
    if (how === 'SIGKILL') {
      for (let i = 0; i < 100 && existsSync(join(dir, 'x')); i++) await sleep(100); // its owner is gone: the stick notices
      assert.deepEqual(readdirSync(dir), []);
      rmSync(dir, { recursive: true });
    } else {
      assert.equal(existsSync(dir), false);
    }
    const backing = `/sys/block/${dev.slice(5)}/loop/backing_file`;
    assert.equal(existsSync(backing) && (await readText(backing)).includes(dir), false);
  });
}

/** @param {string} path */
async function readText(path) {
  const file = await open(path, 'r').catch(() => undefined);
  const text = (await file?.readFile('utf8').catch(() => '')) ?? '';
  await file?.close();
  return text;
}
