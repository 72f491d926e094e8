// In what order a stick is written, seen by the stick itself: a stick pulled half-way must look blank, never plausible.

import assert from 'node:assert/strict';
import fs from 'node:fs';
import { makeSource, readDirect } from '../../testlab/sticks.mjs';
import { assertGood, endOf, lineOf } from './support/expect.mjs';
import { advance, asProgram, startHeld, TIGHT } from './support/ride.mjs';
import { until } from './support/run.mjs';
import { MiB, scenario } from './support/world.mjs';

/** The sectors that carry partition tables: both copies of a GPT with its entries. */
const TABLE = 34 * 512;

/** The writes and flushes that a stick has seen, from the first write on: `{ op, from, to, ok }`. */
function requests(stick) {
  const all = fs
    .readFileSync(stick.trace, 'utf8')
    .trim()
    .split('\n')
    .map((line) => line.split('\t'))
    .filter(([, op]) => op === 'W' || op === 'F')
    .map(([, op, offset, length, , result]) => ({
      op,
      from: Number(offset),
      to: Number(offset) + Number(length),
      ok: result,
    }));
  return all.slice(all.findIndex(({ op }) => op === 'W'));
}

const touches = (request, from, to) => request.op === 'W' && request.from < to && request.to > from;
const isZero = (bytes) => bytes.every((byte) => byte === 0);

// `last`: so much of the source's end must come last; at least what shares its last block.
for (const [name, size, stickSize, last] of [
  ['as large as the source', 12 * MiB, 12 * MiB, TABLE],
  ['larger than the source', 9 * MiB + 40_000, 12 * MiB, TABLE],
  ['larger than an odd source', 9 * MiB + 513, 12 * MiB, 513],
])
  scenario(
    `old tables go first, new ones come last, each behind a flush (a stick ${name})`,
    { sticks: true },
    async (w) => {
      const source = await w.source('source.img', size);
      const [stick] = await w.sticks(['traced'], { size: stickSize, trace: true });
      await makeSource(stick.dev, stickSize, 'old');
      fs.truncateSync(stick.trace, 0);
      assertGood(await w.copy(source, [stick.dev]).exit, [stick.dev]);
      const seen = requests(stick);
      const flushes = seen.flatMap(({ op }, i) => (op === 'F' ? [i] : []));
      const first = seen.slice(0, flushes[0]);
      assert.ok(first.length > 0 && flushes.length >= 3, JSON.stringify(seen.slice(0, 20)));
      // Before the first flush: nothing but the clearing of both ends of the stick, and of the end of the source.
      assert.ok(
        first.some((r) => touches(r, 0, 1)) && first.some((r) => touches(r, stickSize - 1, stickSize)),
      );
      assert.ok(first.some((r) => touches(r, size - 1, size)));
      const ends = (r) => r.to <= MiB || r.from >= stickSize - MiB || r.from >= size - 2 * MiB;
      assert.ok(first.every(ends), 'data was written before the old tables were flushed away');
      // The start comes last: after it only a flush, before it a flush with everything else.
      const body = seen.slice(flushes[0] + 1);
      const lastHead = body.findLastIndex((r) => touches(r, 0, TABLE));
      const firstHead = body.findIndex((r) => touches(r, 0, MiB));
      assert.ok(
        body.slice(firstHead).every((r) => r.op === 'F' || r.to <= MiB),
        'something is written after the first block',
      );
      assert.ok(
        body.slice(lastHead).some(({ op }) => op === 'F'),
        'no flush after the first block',
      );
      assert.equal(body[firstHead - 1].op, 'F', 'no flush before the first block');
      // The end of the source comes after all the rest, behind a flush of its own.
      const firstTail = body.findIndex((r) => touches(r, size - last, size));
      assert.ok(
        body.slice(0, firstTail).some(({ op }) => op === 'F'),
        'no flush before the last block',
      );
      const later = body.slice(firstTail, firstHead).filter((r) => r.op === 'W');
      assert.ok(
        later.every((r) => r.from >= size - 2 * MiB),
        'data is written after the last block',
      );
      assert.equal((await stick.stat()).unflushed_bytes, 0, 'all is flushed at "done"');
      await w.equal(source, stick.dev, size);
    },
  );

scenario('a late joiner writes both ends last too', { sticks: true }, async (w) => {
  const size = 8 * MiB;
  const source = await w.source('source.img', size);
  const sticks = await w.sticks(['a', 'late'], { size, trace: true, writeBps: '10MB' });
  const [a, late] = sticks.map(({ dev }) => dev);
  const held = await startHeld(w, asProgram, { source, targets: [a] });
  await advance(w, held, held.ring.blockCount / 2);
  const second = w.copy(source, [late]);
  await second.joined(late);
  w.release(held.pid);
  assertGood(await held.run.exit, [a]);
  assertGood(await second.exit, [late]);
  for (const stick of sticks) {
    const seen = requests(stick);
    const body = seen.slice(seen.findIndex(({ op }) => op === 'F') + 1);
    const firstHead = body.findIndex((r) => touches(r, 0, TABLE));
    const firstTail = body.findIndex((r) => touches(r, size - TABLE, size));
    assert.ok(firstTail >= 0 && firstTail < firstHead);
    const between = body.slice(firstTail).filter((r) => r.op === 'W' && r.from >= MiB && r.to <= size - MiB);
    assert.deepEqual(between, [], 'data after the tables');
  }
  await w.allEqual(source, [a, late], size);
});

/** What is read before the first write: the first MiB and a look for file systems, when it is approved and once more on the open drive. */
const LOOKS = 2 * (MiB + 0x22000);

for (const [after, bytes] of [
  ['100K', 100 * 1024],
  ['1M', MiB],
  ['5M', 5 * MiB],
  ['11M', 11 * MiB],
])
  scenario(`a stick pulled after ${after} looks blank`, { sticks: true }, async (w) => {
    const size = 12 * MiB;
    const source = await w.source('source.img', size);
    const [stick] = await w.sticks(['pulled'], { size });
    await makeSource(stick.dev, size, 'old');
    await stick.yank({ after: LOOKS + bytes });
    const end = await w.copy(source, [stick.dev]).exit;
    assert.equal(end.code, 1);
    assert.ok(['failed', 'removed'].includes(lineOf(end.summary, stick.dev).state));
    const dev = await stick.plug();
    // A pull in the very first requests may leave the old content, but never the new one.
    const [head, tail] = [await readDirect(dev, 0, TABLE), await readDirect(dev, size - TABLE, TABLE)];
    if (after !== '100K')
      assert.ok(isZero(head) && isZero(tail), 'there is something in the first or last sectors');
    const fresh = fs.readFileSync(source);
    assert.ok(!head.subarray(0, 512).equals(fresh.subarray(0, 512)));
    assert.ok(!tail.subarray(-512).equals(fresh.subarray(-512)));
  });

scenario(
  'a cancelled stick looks blank, and so does one whose consumer was killed',
  { sticks: true },
  async (w) => {
    const size = 12 * MiB;
    const source = await w.source('source.img', size);
    const sticks = await w.sticks(['cancelled', 'killed'], { size, writeBps: '10MB' });
    for (const { dev } of sticks) await makeSource(dev, size, 'old');
    const targets = sticks.map(({ dev }) => dev);
    const held = await startHeld(w, asProgram, { source, targets }, TIGHT);
    await advance(w, held, held.ring.blockCount * 0.7);
    w.signal(await held.run.consumer(targets[1]), 'SIGKILL');
    held.run.child.kill('SIGINT');
    await until(() => held.ring.entry(0).told, 'the cancel to arrive');
    w.release(held.pid);
    const end = await held.run.exit;
    assert.deepEqual(
      targets.map((target) => endOf(end.summary, target)),
      ['cancelled', 'failed consumer-died'],
    );
    for (const dev of targets) {
      assert.ok(isZero(await readDirect(dev, 0, TABLE)), `${dev} begins with something`);
      assert.ok(isZero(await readDirect(dev, size - TABLE, TABLE)), `${dev} ends with something`);
    }
  },
);
