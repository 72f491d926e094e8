// A cable that is out for a while: whoever hangs on it is dropped, comes back, and gets what it lacks; nobody else suffers.

import assert from 'node:assert/strict';
import { sleep } from '../engine/support/run.mjs';
import { MiB, scenario } from '../engine/support/world.mjs';
import { bytesOf, ended, lost, network, SIZE, sticks, upTo, when } from './support/stations.mjs';

const CUT_MS = 20_000;
/** Slow enough that the others are not done before the cable is back. */
const RATE = 1_700_000;
/** Well within the outage, after b was dropped. In each the sticks would take four times LEAST. */
const SPELLS = 3;
const SPELL_MS = 5000;
const LEAST = 2 * MiB;

/** In each of a few spells of the outage these targets have copied more, or are at the end. */
async function goOn(riders) {
  for (let spell = 0; spell < SPELLS; spell++) {
    const before = riders.map(([run, target]) => bytesOf(run, target));
    if (spell === 0) assert.ok(Math.max(...before) < SIZE, 'they were at the end when the outage began');
    await sleep(SPELL_MS);
    riders.forEach(([run, target], at) => {
      const now = bytesOf(run, target);
      assert.ok(
        now >= Math.min(SIZE, before[at] + LEAST),
        `${target} in spell ${spell} of the outage: from ${before[at]} to ${now}`,
      );
    });
  }
}

scenario(
  'R24: a station whose cable is out for 20 s is dropped, comes back, and is sent only what it lacks; nobody else suffers',
  { when },
  async (w) => {
    const net = await network(w, ['a', 'b', 'c']);
    const source = await w.source('source.img', SIZE);
    const [a1, b1, c1] = await sticks(w, ['a1', 'b1', 'c1'], RATE);
    const a = net.copy(
      'a',
      source,
      [a1],
      ['--job', 'cut', '--wait-for-join', 6, '--station-timeout', 3, '--stream-size', '8M'],
    );
    await a.job();
    const b = net.station('b', 'cut', [b1]);
    const c = net.station('c', 'cut', [c1]);
    await Promise.all([b.joined(b1), c.joined(c1)]);
    await upTo(b, b1, SIZE / 4);
    net.cable('b', 'out');
    const back = sleep(CUT_MS);
    await lost(a, 'b');
    await goOn([
      [a, a1],
      [c, c1],
    ]);
    await back;
    const missing = SIZE - bytesOf(b, b1);
    const before = net.received('b');
    net.cable('b', 'in');
    const [ofA, ofB, ofC] = await Promise.all([a.exit, b.exit, c.exit]);
    ended(ofA, 0, 'the first node');
    ended(ofB, 0, 'station b');
    ended(ofC, 0, 'station c');
    await w.allEqual(source, [a1, b1, c1], SIZE);
    // What its cable has carried: a few percent are headers and signs of life, and what the server had begun to say may come twice.
    const [all, after] = [net.received('b'), net.received('b') - before];
    assert.ok(missing >= SIZE / 4, `only ${missing} bytes were missing: that says nothing`);
    assert.ok(after <= 1.1 * missing + 2 * MiB, `${after} bytes came for ${missing} that were missing`);
    assert.ok(all <= 1.2 * SIZE, `${all / SIZE} times the source came in all`);
    const course = a.events.flatMap((e) =>
      e.event === 'stations' ? e.stations.filter(({ name }) => name === 'b') : [],
    );
    const states = course.map(({ state }) => state).filter((state, at, all) => state !== all[at - 1]);
    assert.deepEqual(states, ['joined', 'lost', 'joined', 'done']);
  },
);
