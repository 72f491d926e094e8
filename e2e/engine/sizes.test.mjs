// Sizes of everything: sources, sectors, blocks, the ring; sticks and files side by side; slow targets.

import assert from 'node:assert/strict';
import fs from 'node:fs';
import { compareBytes, makeSource, readDirect } from '../../testlab/sticks.mjs';
import { assertGood, assertOnePass, lineOf } from './support/expect.mjs';
import { MiB, scenario } from './support/world.mjs';

const ODD = 40_000_001;

scenario('the comparison that all these tests rest on finds one wrong byte', {}, async (w) => {
  const size = 9 * MiB + 77;
  const source = await w.source('source.img', size);
  const copy = w.path('copy.img');
  fs.copyFileSync(source, copy);
  assert.equal(await compareBytes(source, copy, size), -1);
  for (const at of [0, 4095, 8 * MiB, size - 1]) {
    const file = fs.openSync(copy, 'r+');
    const byte = Buffer.alloc(1);
    fs.readSync(file, byte, 0, 1, at);
    fs.writeSync(file, Buffer.from([byte[0] ^ 1]), 0, 1, at);
    assert.equal(await compareBytes(source, copy, size), at);
    await assert.rejects(w.equal(source, copy, size));
    fs.writeSync(file, byte, 0, 1, at);
    fs.closeSync(file);
  }
  fs.truncateSync(copy, size - 1);
  assert.equal(await compareBytes(source, copy, size), size - 1);
});

scenario(
  'R15 four sticks and a file from one odd-sized source: all equal, one pass',
  { sticks: true },
  async (w) => {
    const source = await w.source('source.img', ODD);
    const plain = await w.sticks(['a', 'b'], { size: '40M' });
    const [large] = await w.sticks(['large'], { size: '48M' });
    const [advanced] = await w.sticks(['advanced'], { size: '40M', sector: 4096 });
    const sticks = [...plain, large, advanced];
    const file = w.path('file.img');
    const targets = [...sticks.map(({ dev }) => dev), file];
    const end = await w.copy(source, targets).exit;
    assertGood(end, targets);
    assertOnePass(end.summary, ODD);
    assert.equal(fs.statSync(file).size, ODD, 'a new file is exactly as large as the source');
    await w.allEqual(source, targets, ODD);
    for (const stick of sticks)
      assert.equal((await stick.stat()).unflushed_bytes, 0, `${stick.name} is flushed`);
  },
);

scenario('files of every odd kind at once: new, larger, and by a symbolic link', {}, async (w) => {
  const source = await w.source('source.img', ODD);
  const [made, larger, real] = ['made.img', 'larger.img', 'real.img'].map((name) => w.path(name));
  await makeSource(larger, ODD + 3 * MiB, 'old');
  await makeSource(real, ODD, 'old');
  const link = w.path('link.img');
  fs.symlinkSync(real, link);
  const targets = [made, larger, link];
  const end = await w.copy(source, targets).exit;
  assertGood(end, targets);
  assertOnePass(end.summary, ODD);
  await w.allEqual(source, [made, larger, real], ODD);
  assert.deepEqual(
    [made, larger, real].map((at) => fs.statSync(at).size),
    [ODD, ODD + 3 * MiB, ODD],
  );
  assert.ok(fs.lstatSync(link).isSymbolicLink());
});

for (const sector of [512, 4096])
  scenario(`a block device with sectors of ${sector} as source`, { sticks: true }, async (w) => {
    const size = 12 * MiB + 3 * 4096;
    const [source] = await w.sticks(['source'], { size, sector });
    await makeSource(source.dev, size, 'device');
    const targets = [
      ...(await w.sticks(['same'], { size, sector })),
      ...(await w.sticks(['other'], { size: '16M' })),
    ];
    await source.stat({ reset: true });
    const paths = [...targets.map(({ dev }) => dev), w.path('file.img')];
    const end = await w.copy(source.dev, paths).exit;
    assertGood(end, paths);
    assertOnePass(end.summary, size);
    const { read_bytes: read, written_bytes: written } = await source.stat();
    assert.equal(read, size, 'the device itself has seen one pass');
    assert.equal(written, 0, 'and not one write');
    await w.allEqual(source.dev, paths, size);
  });

for (const sector of [512, 4096])
  scenario(
    `what lies behind an odd source in its last sector of ${sector} stays`,
    { sticks: true },
    async (w) => {
      const size = 3 * MiB + 1000;
      const source = await w.source('source.img', size);
      const old = w.path('old.img');
      fs.writeFileSync(old, Buffer.alloc(8 * MiB, 0xa5));
      const [stick] = await w.sticks(['a'], { size: '8M', sector, fill: old });
      assertGood(await w.copy(source, [stick.dev]).exit, [stick.dev]);
      await w.equal(source, stick.dev, size);
      const behind = await readDirect(stick.dev, size, 64 * 1024);
      const changed = behind.findIndex((byte) => byte !== 0xa5);
      assert.equal(
        changed,
        -1,
        `byte ${changed} behind the end of the source was changed to ${behind[changed]}`,
      );
    },
  );

const BLOCK = MiB;
for (const size of [1, 511, 512, 4097, BLOCK - 1, BLOCK, BLOCK + 1, 2 * BLOCK + 513])
  scenario(
    `a source of ${size} bytes, on sticks of both sector sizes and a file`,
    { sticks: true },
    async (w) => {
      const source = await w.source('source.img', size, size);
      const sticks = [
        ...(await w.sticks(['a'], { size: '4M' })),
        ...(await w.sticks(['b'], { size: '4M', sector: 4096 })),
      ];
      const targets = [...sticks.map(({ dev }) => dev), w.path('new.img')];
      const end = await w.copy(source, targets).exit;
      assertGood(end, targets);
      assertOnePass(end.summary, size);
      for (const target of targets) assert.equal(lineOf(end.summary, target).bytesWritten, size);
      await w.allEqual(source, targets, size);
    },
  );

scenario('sources of 1 byte to 2 blocks and 513 bytes, on files', {}, async (w) => {
  for (const size of [1, 511, 512, 4097, BLOCK, BLOCK + 1, 2 * BLOCK + 513]) {
    const source = await w.source(`source${size}.img`, size, size);
    const target = w.path(`target${size}.img`);
    const end = await w.copy(source, [target]).exit;
    assertGood(end, [target]);
    assert.equal(fs.statSync(target).size, size);
    await w.equal(source, target, size);
  }
});

for (const block of ['64K', '1M', '16M'])
  scenario(`blocks of ${block} through two slots`, {}, async (w) => {
    const size = 20 * MiB + 77;
    const source = await w.source('source.img', size);
    const targets = await w.targets(['a', 'b'], { size });
    const end = await w.copy(source, targets, ['--block', block, '--slots', 2]).exit;
    assertGood(end, targets);
    assertOnePass(end.summary, size);
    assert.equal(end.events.find((e) => e.event === 'job').slots, 2);
    await w.allEqual(source, targets, size);
  });

scenario('catch-up: one slow stick among three fast ones does not hold them', { sticks: true }, async (w) => {
  const [size, slots] = [24 * MiB, 8];
  const source = await w.source('source.img', size);
  const fast = await w.sticks(['a', 'b', 'c'], { size, writeBps: '20MB' });
  const [slow] = await w.sticks(['slow'], { size, writeBps: '2MB' });
  const targets = [...fast, slow].map(({ dev }) => dev);
  const run = w.copy(source, targets, ['--slow', 'catch-up', '--slots', slots]);
  for (const { dev } of fast) await run.state(dev, 'done');
  const had = run.events.filter((e) => e.event === 'progress' && e.target === slow.dev).at(-1)?.bytes ?? 0;
  assert.ok(!run.events.some((e) => e.target === slow.dev && e.state === 'done'), 'the fast ones end first');
  const end = await run.exit;
  assertGood(end, targets);
  // One that got ready when the others were nearly through has held nobody back.
  const early = lineOf(end.summary, slow.dev).joinedAtBlock <= size / MiB - 2 * slots - 4;
  const aside = end.events.some((e) => e.event === 'target' && e.target === slow.dev && e.state === 'aside');
  assert.ok(aside || !early, 'the slow one held the others back and was not set aside');
  const limit = size + (size - had) + slots * MiB;
  assert.ok(
    end.summary.source.bytesRead <= limit,
    `${end.summary.source.bytesRead} read, at most ${limit} allowed`,
  );
  await w.allEqual(source, targets, size);
});

scenario(
  'together: a slow stick paces all, is named, and is never set aside',
  { sticks: true },
  async (w) => {
    const size = 12 * MiB;
    const source = await w.source('source.img', size);
    const fast = await w.sticks(['a', 'b'], { size, writeBps: '40MB' });
    const [slow] = await w.sticks(['slow'], { size, writeBps: '4MB' });
    const targets = [...fast, slow].map(({ dev }) => dev);
    const end = await w.copy(source, targets, ['--slots', 4]).exit;
    assertGood(end, targets);
    assertOnePass(end.summary, size);
    assert.ok(!end.events.some((e) => e.state === 'aside' || e.phase === 'aside'));
    assert.ok(end.events.some((e) => e.event === 'pace' && e.by === 'target' && e.target === slow.dev));
    await w.allEqual(source, targets, size);
  },
);

scenario(
  'sticks that are equally slow pace a copy together: none of them is named',
  { sticks: true },
  async (w) => {
    const size = 24 * MiB;
    const source = await w.source('source.img', size);
    const sticks = await w.sticks(['a', 'b', 'c'], { size, writeBps: '4MB' });
    const targets = sticks.map(({ dev }) => dev);
    const end = await w.copy(source, targets, ['--slots', 4]).exit;
    assertGood(end, targets);
    const paces = end.events.filter((e) => e.event === 'pace').map((e) => e.by);
    assert.ok(paces.includes('targets'), paces.join(' '));
  },
);
