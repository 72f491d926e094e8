// What a stick does behind our back is found by reading it back, named, and healed where it can be; nothing wrong is ever called verified.

import assert from 'node:assert/strict';
import fs from 'node:fs';
import { describe } from 'node:test';
import { compareBytes, makeSource } from '../../testlab/sticks.mjs';
import { assertUntouched, endOf, lineOf } from './support/expect.mjs';
import { MiB, scenario } from './support/world.mjs';

const SIZE = 10 * MiB + 700;
const AT = 6 * MiB;

const OTHER_DATA =
  /FAILED +\S+ gives back other data than was written at .*\[verify-mismatch\]\. It is likely fake or worn: bin it\./;
const UNUSABLE = /Its content is not usable\./;

/** name, the fault of the bad stick, flags, how that stick must end: state, code and block offset; what people are told of it. */
const CASES = [
  {
    name: 'bit rot',
    fault: { corrupt: [AT + 5, 3] },
    end: `failed verify-mismatch ${AT}`,
    words: [OTHER_DATA, new RegExp(`at 6\\.3 MB of 10\\.5 MB .* 1 block wrong, at byte ${AT}\\.`), UNUSABLE],
  },
  {
    name: 'bit rot in the first block',
    fault: { corrupt: [1024, 1] },
    end: 'failed verify-mismatch 0',
    words: [OTHER_DATA, /1 block wrong, at byte 0\./, UNUSABLE],
  },
  {
    name: 'bit rot in the last block',
    fault: { corrupt: [10 * MiB + 600, 1] },
    end: `failed verify-mismatch ${10 * MiB}`,
    words: [OTHER_DATA, new RegExp(`1 block wrong, at byte ${10 * MiB}\\.`), UNUSABLE],
  },
  {
    name: 'a write that is reported good and lost',
    fault: { drop: [AT, 4096] },
    end: `failed verify-mismatch ${AT}`,
    words: [OTHER_DATA, new RegExp(`1 block wrong, at byte ${AT}\\.`), UNUSABLE],
  },
  {
    name: 'a sector that cannot be read back',
    fault: { readError: [AT + 512, 512] },
    end: /^failed read-error/,
    words: [
      /FAILED +\S+ could not be read back at .*\[read-error, EIO\]\. Try another port; if it fails at the same place/,
      UNUSABLE,
    ],
  },
  {
    name: 'a lost write, healed',
    fault: { drop: [AT, 4096], times: 1 },
    heal: true,
    end: 'verified',
    words: [/^ {2}VERIFIED +\S+: .*, 1 block mended$/m, /^2 copies made, all good\.$/m],
  },
  {
    name: 'a flush that fails',
    fault: { flushError: true, times: 1, skip: 2 },
    end: /^failed flush-error/,
    words: [
      /FAILED +\S+ could not make its data durable .*\[flush-error, EIO\]\. Its content cannot be trusted\./,
      UNUSABLE,
    ],
  },
  {
    name: 'a read error while verifying that goes away',
    fault: { readError: [AT + 512, 512], times: 1 },
    heal: true,
    end: 'verified',
    words: [/^ {2}VERIFIED +\S+: .*, 1 block mended$/m, /^2 copies made, all good\.$/m],
  },
  {
    name: 'bit rot that cannot be healed',
    fault: { corrupt: [AT, 3] },
    heal: true,
    end: `failed verify-mismatch ${AT}`,
    words: [
      OTHER_DATA,
      /is wrong again in the same 1 block after they were rewritten: it is worn out there\. Bin it\./,
      UNUSABLE,
    ],
  },
  {
    name: 'fake capacity, the rest is lost',
    stick: { real: '4M', past: 'drop' },
    end: /^failed verify-mismatch/,
    words: [
      OTHER_DATA,
      /looks like it has less room than it claims \(from about 4\.2 MB on nothing holds/,
      UNUSABLE,
    ],
  },
  {
    name: 'fake capacity, the rest lands on the beginning',
    stick: { real: '4M', past: 'wrap' },
    end: /^failed verify-mismatch/,
    words: [
      OTHER_DATA,
      /looks like it has less room than it claims .* it gives back data of other places/,
      UNUSABLE,
    ],
  },
];

describe('verify', { concurrency: 2 }, () => {
  for (const { name, fault, stick, heal, end, words } of CASES) {
    scenario(`${name}: ${end}`, { sticks: true }, async (w) => {
      const source = await w.source('source.img', SIZE);
      const other = await w.source('other.img', SIZE, 2);
      const good = await w.lab.newStick('good', { size: '12M' });
      const bad = await w.lab.newStick('bad', { size: '12M', ...stick });
      if (fault) await bad.fault(fault);
      const run = w.copy(source, [good.dev, bad.dev], [heal ? '--heal' : '--verify']);
      const { code, summary } = await run.exit;
      assert.equal(endOf(summary, good.dev), 'verified', JSON.stringify(summary));
      assert.equal(await compareBytes(good.dev, source, SIZE), -1);
      if (end instanceof RegExp) assert.match(endOf(summary, bad.dev), end);
      else assert.equal(endOf(summary, bad.dev), end, JSON.stringify(summary));
      const isGood = end === 'verified';
      assert.equal(code, isGood ? 0 : 1);
      assert.equal(summary.ok, isGood);
      const { badBlocks, evidence } = lineOf(summary, bad.dev);
      if (!/flush/.test(String(end))) {
        assert.ok(badBlocks >= 1, 'bad blocks are counted');
        assert.ok(evidence[0].bad.length >= 1, 'and named');
        assert.ok(evidence.length <= 1 + 3, 'one reading back, and one after each of three rewritings');
      }
      if (fault) await bad.fault({ clear: true });
      if (isGood) {
        assert.equal(await compareBytes(bad.dev, source, SIZE), -1);
        assert.equal(lineOf(summary, bad.dev).healedBlocks, 1);
        assert.ok(summary.source.bytesRead < 1.2 * SIZE, 'only what is bad is read again');
      } else {
        assert.notEqual(
          await compareBytes(bad.dev, source, 512),
          -1,
          'a bad stick must not look like a copy',
        );
      }
      // Once more for people, with the fault from its beginning: other content, or a write that is lost loses nothing.
      if (fault) await bad.fault({ clear: true, ...fault });
      const people = ['copy', other, good.dev, bad.dev, heal ? '--heal' : '--verify', '--yes'];
      const told = await w.command(people).exit;
      assert.equal(told.code, code);
      for (const word of words) assert.match(told.stderr, word);
      const line = told.stderr.split('\n').find((one) => new RegExp(`^  [A-Z]+ +${bad.dev}\\b`).test(one));
      assert.equal(/^ {2}(VERIFIED|DONE) /.test(line), isGood, told.stderr);
    });
  }

  scenario('a source whose every second read differs does not heal anything', { sticks: true }, async (w) => {
    const [drive] = await w.sticks(['drive'], { size: 12 * MiB });
    await makeSource(drive.dev, 12 * MiB, 1);
    const [good, bad] = await w.sticks(['good', 'bad'], { size: 12 * MiB });
    await drive.fault({ flaky: [AT + 1024, 512] });
    await bad.fault({ drop: [AT, 4096], times: 1 });
    // So few slots that the block is not in the ring any more when it is found bad.
    const args = ['--heal', '--slots', 2];
    const { code, summary } = await w.copy(drive.dev, [good.dev, bad.dev], args).exit;
    assert.equal(code, 4, JSON.stringify(summary));
    assert.equal(endOf(summary, bad.dev), `failed source-changed ${AT}`);
    assert.equal(endOf(summary, good.dev), `failed source-changed ${AT}`);
    assert.equal(summary.source.error.code, 'source-changed');
    assert.equal(summary.ok, false);
    assert.notEqual(await compareBytes(bad.dev, drive.dev, 512), -1, 'it must not look like a copy');
    await bad.fault({ clear: true, drop: [AT, 4096], times: 1 });
    const words = await w.command(['copy', drive.dev, good.dev, bad.dev, ...args.map(String), '--yes']).exit;
    assert.equal(words.code, 4);
    const changed =
      'read differently the second time .*\\[source-changed\\]\\. It is failing or being written to';
    assert.match(words.stderr, new RegExp(`^The source ${drive.dev} ${changed}`, 'm'));
    assert.match(
      words.stderr,
      new RegExp(`^ {2}FAILED +${bad.dev} ${changed}.* Its content is not usable\\.$`, 'm'),
    );
  });

  scenario('all have the same bad block: nothing is said against the drives', { sticks: true }, async (w) => {
    const source = await w.source('source.img', SIZE);
    const sticks = await w.sticks(['a', 'b', 'c'], { size: '12M' });
    for (const stick of sticks) await stick.fault({ corrupt: [AT, 1] });
    const targets = sticks.map(({ dev }) => dev);
    const { code, stderr } = await w.command(['copy', source, ...targets, '--verify', '--yes']).exit;
    assert.equal(code, 1);
    assert.match(stderr, /All 3 targets are wrong in the same 1 block: that points to the source or to this/);
    assert.doesNotMatch(stderr, /worn out|a fake|hub/);
  });

  scenario(
    'healing one lost write of 4 KiB reads less than 1.1 times the source',
    { sticks: true },
    async (w) => {
      const size = 32 * MiB;
      const source = await w.source('source.img', size);
      const [stick] = await w.sticks(['bad'], { size });
      await stick.fault({ drop: [AT, 4096], times: 1 });
      const { summary } = await w.copy(source, [stick.dev], ['--heal']).exit;
      assert.equal(endOf(summary, stick.dev), 'verified', JSON.stringify(summary));
      assert.equal(lineOf(summary, stick.dev).healedBlocks, 1);
      assert.ok(summary.source.bytesRead < 1.1 * size, `${summary.source.bytesRead / size} x`);
      assert.equal(await compareBytes(stick.dev, source, size), -1);
    },
  );

  scenario(
    'a device that is too short is refused untouched, copied to or compared',
    { sticks: true },
    async (w) => {
      const source = await w.source('source.img', SIZE);
      const [good] = await w.sticks(['good'], { size: '12M' });
      const [short] = await w.sticks(['short'], { size: '8M' });
      const manifest = w.path('manifest');
      const { code, summary } = await w.copy(
        source,
        [good.dev, short.dev],
        ['--verify', '--manifest', manifest],
      ).exit;
      assert.equal(code, 3);
      assert.equal(endOf(summary, good.dev), 'verified');
      assert.match(endOf(summary, short.dev), /^refused too-small/);
      for (const heal of [[], ['--heal', '--source', source, '--yes']]) {
        const again = await w.command(['verify', short.dev, '--manifest', manifest, ...heal, '--json']).exit;
        assert.equal(again.code, 3);
        assert.match(endOf(again.summary, short.dev), /^refused too-small/);
      }
      const words = await w.command(['copy', source, good.dev, short.dev, '--verify', '--yes']).exit;
      assert.equal(words.code, 3);
      const told = `^ {2}REFUSED +${short.dev} is smaller than the source.* \\[too-small\\]\\. Use a larger drive\\. Nothing was written to it\\.$`;
      assert.match(words.stderr, new RegExp(told, 'm'));
      await assertUntouched(short);
    },
  );

  scenario('healing touches nothing of a file that is right, not even its holes', {}, async (w) => {
    const size = 4 * MiB;
    const [source, target, manifest] = ['source.img', 'target.img', 'manifest'].map((name) => w.path(name));
    for (const file of [source, target]) {
      fs.writeFileSync(file, '');
      fs.truncateSync(file, size);
    }
    const copied = await w.copy(source, [w.path('copy.img')], ['--manifest', manifest]).exit;
    assert.equal(copied.code, 0);
    const heal = ['verify', target, '--manifest', manifest, '--heal', '--source', source, '--yes', '--json'];
    const { code, summary } = await w.command(heal).exit;
    assert.equal(code, 0, JSON.stringify(summary));
    assert.equal(endOf(summary, target), 'verified');
    assert.equal(fs.statSync(target).blocks, 0, 'no room was made for what needs none');
    fs.truncateSync(target, size - 4096);
    const short = await w.command(heal).exit;
    assert.match(endOf(short.summary, target), /^refused too-small/);
    assert.equal(
      fs.statSync(target).size,
      size - 4096,
      'a file that is too short is no copy, and stays as it is',
    );
  });

  scenario('one is verified while another one still copies', { sticks: true }, async (w) => {
    const source = await w.source('source.img', SIZE);
    const fast = await w.lab.newStick('fast', { size: '12M' });
    const slow = await w.lab.newStick('slow', { size: '12M', writeBps: '3MB' });
    const run = w.copy(source, [fast.dev, slow.dev], ['--verify', '--slow', 'catch-up', '--slots', '2']);
    const { code, summary, events } = await run.exit;
    assert.equal(code, 0, JSON.stringify(summary));
    const order = events
      .filter((e) => e.event === 'target')
      .map((e) => `${e.target === fast.dev ? 'fast' : 'slow'} ${e.state}`);
    assert.ok(order.indexOf('fast verified') < order.indexOf('slow verifying'), order.join());
  });
});
