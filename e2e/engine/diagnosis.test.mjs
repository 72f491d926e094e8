// What is said of why copies are wrong: the fake is named, the source is not blamed for it, and what a stick did before counts.

import assert from 'node:assert/strict';
import fs from 'node:fs';
import path from 'node:path';
import { describe } from 'node:test';
import { lineOf } from './support/expect.mjs';
import { MiB, scenario } from './support/world.mjs';

const SIZE = 10 * MiB + 700;
const BLAMES_SOURCE = /source or to this computer/;

/** The sentence about a target, as a pattern: it stands at the beginning of a line. */
const saidOf = (dev, words) => new RegExp(`^${dev} ${words}`, 'm');
const words = async (w, args) => w.command([...args, '--yes']).exit;

describe('diagnosis', { concurrency: 2 }, () => {
  for (const past of ['drop', 'wrap'])
    scenario(`two equal fakes (${past}) are called fakes`, { sticks: true }, async (w) => {
      const source = await w.source('source.img', SIZE);
      const fakes = await w.sticks(['a', 'b'], { size: '12M', real: '4M', past });
      const { code, stderr } = await words(w, ['copy', source, ...fakes.map(({ dev }) => dev), '--verify']);
      assert.equal(code, 1);
      for (const { dev } of fakes)
        assert.match(stderr, saidOf(dev, 'looks like it has less room than it claims \\(from about'));
      assert.doesNotMatch(stderr, BLAMES_SOURCE);
    });

  scenario(
    'two equal fakes are seen where empty blocks of the image read back right',
    { sticks: true },
    async (w) => {
      const source = await w.source('source.img', SIZE);
      const file = fs.openSync(source, 'r+');
      for (const block of [5, 7]) fs.writeSync(file, Buffer.alloc(MiB), 0, MiB, block * MiB);
      fs.closeSync(file);
      const fakes = await w.sticks(['a', 'b'], { size: '12M', real: '4M', past: 'drop' });
      const targets = fakes.map(({ dev }) => dev);
      const manifest = w.path('manifest');
      const { code, summary } = await w.copy(source, targets, ['--verify', '--manifest', manifest]).exit;
      assert.equal(code, 1);
      for (const dev of targets)
        assert.deepEqual(lineOf(summary, dev).evidence[0].bad, [4, 6, 8], 'what is empty reads back right');
      // Once more for people, as a copy without verifying and as a verification of what that has left.
      const copied = await words(w, ['copy', source, ...targets, '--verify', '--manifest', w.path('second')]);
      const unseen = await words(w, ['copy', source, ...targets]);
      assert.equal(unseen.code, 0, 'nobody looked');
      const verified = await w.command(['verify', ...targets, '--manifest', manifest]).exit;
      for (const { stderr } of [copied, verified]) {
        for (const dev of targets)
          assert.match(stderr, saidOf(dev, 'looks like .*from about 4\\.2 MB on nothing'));
        assert.doesNotMatch(stderr, BLAMES_SOURCE);
      }
    },
  );

  scenario('a lost write over zeros is no data of another place', { sticks: true }, async (w) => {
    const source = await w.source('source.img', SIZE);
    const file = fs.openSync(source, 'r+');
    fs.writeSync(file, Buffer.alloc(MiB), 0, MiB, 2 * MiB);
    fs.closeSync(file);
    const [stick] = await w.sticks(['bad'], { size: '12M' });
    await stick.fault({ drop: [6 * MiB, MiB] });
    const { summary } = await w.copy(source, [stick.dev], ['--verify']).exit;
    const [first] = lineOf(summary, stick.dev).evidence;
    assert.deepEqual({ bad: first.bad, echoes: first.echoes }, { bad: [6], echoes: [] });
  });

  scenario('a drive that takes no data from one place on may be a fake', { sticks: true }, async (w) => {
    const source = await w.source('source.img', SIZE);
    const [good, bad] = await w.sticks(['good', 'bad'], { size: '12M' });
    for (const length of [2, 6]) {
      await bad.fault({ clear: true, writeError: [6 * MiB, length * MiB] });
      const { code, stderr } = await words(w, ['copy', source, good.dev, bad.dev]);
      assert.equal(code, 1);
      assert.match(
        stderr,
        saidOf(bad.dev, 'takes no data at [\\d.]+ MB: it may have less room than it claims'),
      );
      assert.doesNotMatch(stderr, saidOf(good.dev, ''));
    }
  });

  scenario('two copies that were never finished are blamed on nobody', { sticks: true }, async (w) => {
    const source = await w.source('source.img', SIZE);
    const manifest = w.path('manifest');
    assert.equal((await w.copy(source, [w.path('whole.img')], ['--manifest', manifest]).exit).code, 0);
    const sticks = await w.sticks(['a', 'b'], { size: '12M' });
    const { code, stderr } = await w.command([
      ...['verify', ...sticks.map(({ dev }) => dev), '--manifest', manifest],
    ]).exit;
    assert.equal(code, 1);
    assert.doesNotMatch(stderr, BLAMES_SOURCE);
    assert.doesNotMatch(stderr, /fake\. Do not|worn out there|scattered/);
  });

  scenario('what a stick did in earlier jobs counts', {}, async (w) => {
    const source = await w.source('source.img', 8 * MiB);
    const folder = w.path('practice');
    const made = await w.command(['practice', folder, '--sticks', '1', '--size', String(8 * MiB)]).exit;
    assert.equal(made.code, 0, made.stderr);
    const stick = path.join(folder, 'practice-1.img');
    const manifest = w.path('manifest');
    assert.equal((await w.copy(source, [stick], ['--manifest', manifest]).exit).code, 0);
    /** What is said when one block has rotted; it is mended afterwards. */
    const rotten = async (block) => {
      const file = fs.openSync(stick, 'r+');
      fs.writeSync(file, 'rotten', block * MiB + 9);
      fs.closeSync(file);
      const { code, stderr } = await w.command(['verify', stick, '--manifest', manifest]).exit;
      assert.equal(code, 1, stderr);
      const healed = await words(w, ['verify', stick, '--manifest', manifest, '--heal', '--source', source]);
      assert.equal(healed.code, 0, healed.stderr);
      return stderr;
    };
    assert.doesNotMatch(await rotten(3), /worn out|scattered/, 'nothing is known of it yet');
    assert.match(await rotten(5), /was wrong in 1 scattered block that is not wrong each time/);
    assert.match(await rotten(3), /is wrong again in the same 1 block .* worn out there/);
  });
});
