// Ranges of the source that are known to be unreadable are never touched, and told as what they are.

import assert from 'node:assert/strict';
import fs from 'node:fs';
import { describe } from 'node:test';
import { makeSource } from '../../testlab/sticks.mjs';
import { endOf } from './support/expect.mjs';
import { MiB, scenario } from './support/world.mjs';

const SIZE = 6 * MiB;
const BAD = [
  { offset: 512, length: 512 },
  { offset: MiB, length: 2 * MiB },
  { offset: 4 * MiB - 1024, length: 4096 },
  { offset: SIZE - 512, length: 512 },
];

describe('skipRanges', () => {
  for (const verify of [false, true])
    scenario(
      `bad sectors are not read once${verify ? ', and it verifies' : ''}`,
      { sticks: true },
      async (w) => {
        const [source, target] = await w.sticks(['source', 'target'], { size: SIZE, trace: true });
        await makeSource(source.dev, SIZE, 1);
        const content = await w.source('content.img', SIZE, 1);
        const fd = fs.openSync(content, 'r+');
        for (const { offset, length } of BAD) fs.writeSync(fd, Buffer.alloc(length), 0, length, offset);
        fs.closeSync(fd);
        await source.fault({ readError: BAD.map(({ offset, length }) => [offset, length]) });
        const { code, summary } = await w.job(source.dev, [target.dev], { skipRanges: BAD, verify }).exit;
        assert.deepEqual(summary.source.unreadable, BAD);
        assert.deepEqual([code, summary.ok, summary.outcome], [0, false, 'complete']);
        assert.equal(endOf(summary, target.dev), verify ? 'verified' : 'done');
        const { faults, errors } = await source.stat();
        assert.deepEqual([faults.map(({ hits }) => hits), errors], [BAD.map(() => 0), 0]);
        await w.equal(content, target.dev, SIZE);
      },
    );

  scenario(
    'what is not on the list is still found, and sectors are widened to',
    { sticks: true },
    async (w) => {
      const [source] = await w.sticks(['source'], { size: SIZE, sector: 4096 });
      await source.fault({ readError: [5 * MiB, 4096], errno: 'ENODATA' });
      const skipRanges = [{ offset: 4100, length: 10 }];
      const { summary } = await w.job(source.dev, [w.path('t.img')], { skipRanges }).exit;
      assert.deepEqual(summary.source.unreadable, [
        { offset: 4096, length: 4096 },
        { offset: 5 * MiB, length: 4096 },
      ]);
    },
  );

  scenario('ranges past the end of the source are refused', { linux: true }, async (w) => {
    const source = await w.source('source.img', MiB);
    const skipRanges = [{ offset: MiB - 1, length: 2 }];
    const { summary } = await w.job(source, [w.path('t.img')], { skipRanges }).exit;
    assert.deepEqual([summary.outcome, summary.source.error.code], ['refused', 'bad-option']);
    assert.ok(!fs.existsSync(w.path('t.img')));
  });
});
