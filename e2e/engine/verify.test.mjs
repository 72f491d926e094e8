// What a stick does behind our back is found by reading it back, named, and healed where it can be; nothing wrong is ever called verified.

import assert from 'node:assert/strict';
import { describe } from 'node:test';
import { compareBytes } from '../../testlab/sticks.mjs';
import { endOf, lineOf } from './support/expect.mjs';
import { MiB, scenario } from './support/world.mjs';

const SIZE = 10 * MiB + 700;
const AT = 6 * MiB;

/** name, the fault of the bad stick, flags, how that stick must end: state, code and block offset. */
const CASES = [
  { name: 'bit rot', fault: { corrupt: [AT + 5, 3] }, end: `failed verify-mismatch ${AT}` },
  { name: 'bit rot in the first block', fault: { corrupt: [1024, 1] }, end: 'failed verify-mismatch 0' },
  {
    name: 'bit rot in the last block',
    fault: { corrupt: [10 * MiB + 600, 1] },
    end: `failed verify-mismatch ${10 * MiB}`,
  },
  {
    name: 'a write that is reported good and lost',
    fault: { drop: [AT, 4096] },
    end: `failed verify-mismatch ${AT}`,
  },
  {
    name: 'a sector that cannot be read back',
    fault: { readError: [AT + 512, 512] },
    end: /^failed read-error/,
  },
  { name: 'a lost write, healed', fault: { drop: [AT, 4096], times: 1 }, heal: true, end: 'verified' },
  {
    name: 'bit rot that cannot be healed',
    fault: { corrupt: [AT, 3] },
    heal: true,
    end: `failed verify-mismatch ${AT}`,
  },
  {
    name: 'fake capacity, the rest is lost',
    stick: { real: '4M', past: 'drop' },
    end: /^failed verify-mismatch/,
  },
  {
    name: 'fake capacity, the rest lands on the beginning',
    stick: { real: '4M', past: 'wrap' },
    end: /^failed verify-mismatch/,
  },
];

describe('verify', () => {
  for (const { name, fault, stick, heal, end } of CASES) {
    scenario(`${name}: ${end}`, { sticks: true }, async (w) => {
      const source = await w.source('source.img', SIZE);
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
      assert.ok(lineOf(summary, bad.dev).badBlocks >= 1, 'bad blocks are counted');
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
    });
  }

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
