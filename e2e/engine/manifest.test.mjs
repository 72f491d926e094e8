// The manifest says what the source was; targets can be compared with it at any later time, healed from the source, and nothing that is not
// proven is called verified.

import assert from 'node:assert/strict';
import { createHash } from 'node:crypto';
import fs from 'node:fs';
import { describe } from 'node:test';
import { compareBytes } from '../../testlab/sticks.mjs';
import { endOf, lineOf } from './support/expect.mjs';
import { Random } from './support/random.mjs';
import { advance, asProgram, startHeld, TIGHT } from './support/ride.mjs';
import { MiB, scenario } from './support/world.mjs';

const SIZE = 10 * MiB + 700;
const AT = 6 * MiB;
const BLOCK = 1 * MiB;

const verify = (w, targets, manifest, args = []) =>
  w.command(['verify', ...targets, '--manifest', manifest, '--json', ...args.map(String)]).exit;

/** A copy with a manifest: the two files. */
async function copied(w, { size = SIZE, args = [] } = {}) {
  const source = await w.source('source.img', size);
  const [target, manifest] = [w.path('target.img'), w.path('manifest')];
  const { code, summary } = await w.copy(source, [target], ['--manifest', manifest, ...args]).exit;
  assert.equal(code, 0, JSON.stringify(summary));
  assert.deepEqual(summary.manifest, { path: manifest, written: true });
  return { source, target, manifest, summary };
}

/** Changes bytes of a file in place. */
function change(file, offset, text) {
  const fd = fs.openSync(file, 'r+');
  fs.writeSync(fd, text, offset);
  fs.closeSync(fd);
}

const sha256 = (bytes) => createHash('sha256').update(bytes).digest('hex');

describe('manifest', { concurrency: 2 }, () => {
  scenario('is what its page says: head, digests, checksum, and the SHA-256 of the source', {}, async (w) => {
    const { source, manifest, summary } = await copied(w, { args: ['--block', '64K', '--slots', 2] });
    const text = fs.readFileSync(manifest, 'utf8');
    const lines = text.split('\n');
    assert.equal(lines[0], 'carousel-manifest 1');
    const head = JSON.parse(lines[1]);
    const count = Math.ceil(SIZE / 65_536);
    assert.equal(head.source.path, source);
    assert.deepEqual(
      [head.source.size, head.blockSize, head.blockCount, head.unreadable],
      [SIZE, 65_536, count, 0],
    );
    assert.equal(head.sha256, sha256(fs.readFileSync(source)));
    assert.equal(head.rootDigest, summary.source.rootDigest);
    const digests = lines.slice(2, 2 + count);
    assert.ok(digests.every((line) => /^[0-9a-f]{32}$/.test(line)));
    const root = createHash('sha256').update(`carousel root 1\n${SIZE} 65536\n`);
    assert.equal(root.update(Buffer.from(digests.join(''), 'hex')).digest('hex'), head.rootDigest);
    const body = text.slice(0, text.lastIndexOf('sha256 '));
    assert.deepEqual(lines.slice(2 + count), [`sha256 ${sha256(body)}`, '']);
    assert.ok(Math.abs(Date.now() - Date.parse(head.time)) < 120_000);
  });

  scenario('of a joiner is the same', {}, async (w) => {
    const source = await w.source('source.img', 64 * MiB);
    const [first, late] = await w.targets(['first', 'late'], { files: true });
    const [ours, theirs] = [w.path('ours'), w.path('theirs')];
    const held = await startHeld(w, asProgram, { source, targets: [first] }, { ...TIGHT, manifest: ours });
    await advance(w, held, 200);
    const joiner = asProgram.start(w, source, [late], { manifest: theirs });
    await joiner.joined(late);
    w.release(held.pid);
    for (const run of [held.run, joiner]) assert.equal((await run.exit).code, 0);
    const [a, b] = [ours, theirs].map((file) => fs.readFileSync(file, 'utf8').split('\n'));
    assert.deepEqual(a.slice(2, -2), b.slice(2, -2));
    assert.equal(JSON.parse(a[1]).sha256, sha256(fs.readFileSync(source)));
  });

  scenario('never takes the place of anything, and its place is looked at before the copy', {}, async (w) => {
    const source = await w.source('source.img', SIZE);
    const target = w.path('target.img');
    const taken = w.path('taken');
    fs.writeFileSync(taken, 'mine');
    for (const [manifest, code] of [
      [taken, 3],
      [`${w.dir}/nowhere/manifest`, 3],
    ]) {
      const end = await w.copy(source, [target], ['--manifest', manifest]).exit;
      assert.equal(end.code, code, JSON.stringify(end.summary));
      assert.equal(end.summary.outcome, 'refused');
    }
    assert.equal(fs.readFileSync(taken, 'utf8'), 'mine');
    assert.equal(fs.existsSync(target), false);
  });

  scenario('of a cancelled copy there is none, and that is said', {}, async (w) => {
    const source = await w.source('source.img', 64 * MiB);
    const [target, manifest] = [w.path('target.img'), w.path('manifest')];
    const held = await startHeld(w, asProgram, { source, targets: [target] }, { ...TIGHT, manifest });
    await advance(w, held, 50);
    held.run.child.kill('SIGINT');
    w.release(held.pid);
    const { summary } = await held.run.exit;
    assert.equal(summary.manifest.written, false);
    assert.equal(summary.manifest.error.code, 'manifest-not-written');
    assert.equal(summary.ok, false);
    assert.equal(fs.existsSync(manifest), false);
  });

  scenario('cut off at any byte, or with any bit turned, it is refused with one code', {}, async (w) => {
    const { target, manifest } = await copied(w);
    const whole = fs.readFileSync(manifest);
    const random = new Random(7);
    const bad = w.path('bad');
    const cuts = [
      0,
      1,
      18,
      19,
      20,
      whole.length - 1,
      ...Array.from({ length: 8 }, () => random.below(whole.length)),
    ];
    const turned = Array.from({ length: 10 }, () => {
      const bytes = Buffer.from(whole);
      bytes[random.below(bytes.length)] ^= 1 << random.below(8);
      return bytes;
    });
    const more = [
      Buffer.concat([whole, Buffer.from('\n')]),
      Buffer.concat([whole, whole]),
      Buffer.alloc(70_000, 65),
    ];
    // Far more blocks than there is memory for, in a few lines.
    const [first, head] = whole.toString().split('\n');
    const size = 2 ** 52;
    const source = { ...JSON.parse(head).source, size };
    const claim = { ...JSON.parse(head), source, blockSize: 65_536, blockCount: size / 65_536 };
    more.push(Buffer.from(`${first}\n${JSON.stringify(claim)}\n${'0'.repeat(32)}\n`));
    for (const bytes of [...cuts.map((cut) => whole.subarray(0, cut)), ...turned, ...more]) {
      fs.writeFileSync(bad, bytes);
      const run = w.verification([target], bad);
      const { summary } = await run.exit;
      const [line] = summary.targets;
      assert.equal(line.error?.code, 'manifest-damaged', JSON.stringify(summary));
      assert.equal(line.state, 'refused');
      assert.equal(summary.ok, false);
    }
    const end = await verify(w, [target], bad);
    assert.equal(end.code, 4);
    assert.equal((await verify(w, [target], w.dir)).summary.targets[0].error.code, 'not-a-drive');
  });
});

describe('verify at a later time', { concurrency: 2 }, () => {
  scenario('compares all targets at once and does not read the source', {}, async (w) => {
    const { source, target, manifest } = await copied(w);
    const other = w.path('other.img');
    const short = w.path('short.img');
    fs.copyFileSync(target, other);
    fs.writeFileSync(short, 'x');
    change(other, AT + 5, 'rot');
    fs.rmSync(source);
    const end = await verify(w, [target, other, short, w.path('missing')], manifest);
    assert.equal(end.code, 3); // the short one is refused
    assert.equal(end.summary.task, 'verify');
    assert.equal(end.summary.source.bytesRead, 0);
    assert.equal(endOf(end.summary, target), 'verified');
    assert.equal(endOf(end.summary, other), `failed verify-mismatch ${AT}`);
    assert.deepEqual(lineOf(end.summary, other).evidence, [
      { attempt: 0, bad: [6], more: 0, echoes: [], occupied: 3 },
    ]);
    assert.equal(endOf(end.summary, short), 'refused too-small');
    assert.equal(endOf(end.summary, w.path('missing')), 'refused not-found');
    assert.equal(lineOf(end.summary, target).bytesWritten, 0);
    assert.equal((await verify(w, [target], manifest)).code, 0);
    assert.equal((await verify(w, [other], manifest)).code, 1);
  });

  scenario('of a source with holes it is the manifest of copies with holes: status 4', {}, async (w) => {
    const source = await w.source('source.img', SIZE);
    const [target, manifest, map] = [w.path('target.img'), w.path('manifest'), w.path('rescue.map')];
    const [from, length] = [AT + 4096, 1024];
    fs.writeFileSync(
      map,
      `0x0 + 1\n0 ${from} +\n${from} ${length} -\n${from + length} ${SIZE - from - length} +\n`,
    );
    const copied = await w.copy(source, [target], ['--manifest', manifest, '--ddrescue-map', map]).exit;
    assert.equal(copied.code, 4);
    assert.ok(fs.readFileSync(manifest, 'utf8').includes(`\nunreadable ${from} ${length}\n`));
    const end = await verify(w, [target], manifest);
    assert.equal(end.code, 4);
    assert.equal(endOf(end.summary, target), 'verified');
    assert.equal(lineOf(end.summary, target).unreadable, 1);
    assert.equal(end.summary.ok, false);
    assert.deepEqual(end.summary.source.unreadable, [{ offset: from, length }]);
    const words = await w.command(['verify', target, '--manifest', manifest]).exit;
    assert.equal(words.code, 4);
    assert.match(
      words.stderr,
      /^1 target verified against the manifest, with zeros where the source could not be read\.$/m,
    );
    assert.match(words.stderr, /except for zeros in 1 place that could not be read from the source$/m);
    // The source itself is another content than that: it holds something where the copies hold zeros.
    const other = await verify(w, [source], manifest);
    assert.equal(endOf(other.summary, source), `failed verify-mismatch ${AT}`);
    assert.equal(other.code, 4, 'nothing about it is good');
  });

  scenario('reads several targets at the same time', { sticks: true }, async (w) => {
    const source = await w.source('source.img', SIZE);
    const manifest = w.path('manifest');
    const sticks = await w.sticks(['a', 'b', 'c'], { size: '12M', readBps: '10MB' });
    const targets = sticks.map(({ dev }) => dev);
    assert.equal((await w.copy(source, targets, ['--manifest', manifest]).exit).code, 0);
    const { code, events } = await verify(w, targets, manifest);
    assert.equal(code, 0);
    const told = events.filter(({ event }) => event === 'target').map(({ state }) => state);
    const begun = targets.map((dev) =>
      events.findIndex(
        (e) => e.event === 'progress' && e.target === dev && e.phase === 'verifying' && e.bytes > 0,
      ),
    );
    const over = targets.map((dev) =>
      events.findIndex((e) => e.event === 'target' && e.target === dev && e.state === 'verified'),
    );
    assert.ok(
      begun.every((at) => at >= 0),
      told.join(),
    );
    assert.ok(
      Math.max(...begun) < Math.min(...over),
      `each has begun before one is through: ${begun} ${over}`,
    );
  });

  scenario('a sample is only a sample: never verified', {}, async (w) => {
    const { target, manifest } = await copied(w, { size: 100 * 65_536, args: ['--block', '64K'] });
    const good = await verify(w, [target], manifest, ['--sample']);
    assert.equal(good.code, 0);
    assert.equal(good.summary.task, 'sample');
    assert.equal(endOf(good.summary, target), 'sampled');
    assert.doesNotMatch(JSON.stringify(good.events), /verified/);
    const words = await w.command(['verify', target, '--manifest', manifest, '--sample']).exit;
    assert.match(words.stderr, /SAMPLED/);
    assert.doesNotMatch(words.stderr, /VERIFIED/);
    for (const offset of [3, 100 * 65_536 - 3]) {
      change(target, offset, 'x!');
      const bad = await verify(w, [target], manifest, ['--sample']);
      assert.equal(bad.code, 1);
      assert.match(endOf(bad.summary, target), /^failed verify-mismatch/);
    }
  });

  scenario(
    'on sticks: heals what is bad from the source, reads no more of it, and only with a yes',
    { sticks: true },
    async (w) => {
      const size = 32 * MiB + 700;
      const source = await w.source('source.img', size);
      const manifest = w.path('manifest');
      const [good, bad] = await w.sticks(['good', 'bad'], { size: '34M' });
      const targets = [good.dev, bad.dev];
      assert.equal((await w.copy(source, targets, ['--manifest', manifest]).exit).code, 0);
      await bad.fault({ corrupt: [AT + 5, 3] });
      assert.equal(
        endOf((await verify(w, targets, manifest)).summary, bad.dev),
        `failed verify-mismatch ${AT}`,
      );
      const heal = ['--heal', '--source', source];
      const unasked = await verify(w, targets, manifest, heal);
      assert.equal(unasked.code, 3);
      assert.equal(endOf(unasked.summary, bad.dev), 'refused not-approved');
      const rotten = await verify(w, targets, manifest, [...heal, '--yes']);
      assert.equal(
        endOf(rotten.summary, bad.dev),
        `failed verify-mismatch ${AT}`,
        'what does not heal is bad',
      );
      assert.deepEqual(
        lineOf(rotten.summary, bad.dev).evidence.map(({ bad: blocks }) => blocks),
        [[6], [6], [6], [6]],
      );
      await bad.fault({ clear: true });
      // What the drive really holds is right by now; make it wrong for real, in three places.
      for (const at of [100, AT, size - 50]) change(bad.dev, at, 'rot');
      const healed = await verify(w, targets, manifest, [...heal, '--yes']);
      assert.equal(healed.code, 0, JSON.stringify(healed.summary));
      assert.equal(endOf(healed.summary, bad.dev), 'verified');
      assert.equal(lineOf(healed.summary, bad.dev).healedBlocks, 3);
      assert.equal(
        lineOf(healed.summary, good.dev).bytesWritten,
        0,
        'nothing is written where nothing is bad',
      );
      assert.ok(
        healed.summary.source.bytesRead <= 6 * BLOCK,
        `${healed.summary.source.bytesRead} bytes read`,
      );
      assert.equal(await compareBytes(bad.dev, source, size), -1);
    },
  );

  scenario('does not heal from a source that is another one by now', {}, async (w) => {
    const { source, target, manifest } = await copied(w);
    const right = w.path('right.img');
    fs.copyFileSync(target, right);
    change(target, AT, 'rot');
    change(source, AT + 100, 'new');
    const args = ['--heal', '--source', source, '--yes'];
    const end = await verify(w, [target, right], manifest, args);
    assert.equal(end.code, 4);
    assert.equal(endOf(end.summary, target).split(' ').slice(0, 2).join(' '), 'failed source-changed');
    assert.equal(endOf(end.summary, right), 'verified', 'the manifest is what a target is held against');
    fs.appendFileSync(source, 'longer');
    assert.equal((await verify(w, [target], manifest, args)).code, 4);
  });
});
