// R24 as users run it: machines in network namespaces of their own, a real nats-server between them, simulated sticks at each.

import assert from 'node:assert/strict';
import { MiB, scenario } from '../engine/support/world.mjs';
import { ended, network, SIZE, sticks, upTo, when } from './support/stations.mjs';

scenario(
  'R24: two nodes copy and a third steps on at half; all six sticks are the source, which is read at most 1.75 times',
  { when },
  async (w) => {
    const net = await network(w, ['a', 'b', 'c']);
    const source = await w.source('source.img', SIZE);
    const [a1, a2, b1, b2, c1, c2] = await sticks(w, ['a1', 'a2', 'b1', 'b2', 'c1', 'c2']);
    const a = net.copy(
      'a',
      source,
      [a1, a2],
      ['--job', 'six', '--wait-for-join', 3, '--slots', 4, '--stream-size', '4M'],
    );
    await a.job();
    const b = net.station('b', 'six', [b1, b2], ['--slots', 4]);
    // A program takes a while to start: told now, it is there at half.
    await upTo(a, a1, SIZE / 5);
    const c = net.station('c', 'six', [c1, c2], ['--slots', 4]);
    const [ofA, ofB, ofC] = await Promise.all([a.exit, b.exit, c.exit]);
    const summary = ended(ofA, 0, 'the first node');
    const stepped = a.events.findIndex(
      (e) => e.event === 'stations' && e.stations.some(({ name }) => name === 'c'),
    );
    const { block } = a.events.slice(0, stepped).findLast(({ event }) => event === 'head');
    const at = block / Math.ceil(SIZE / MiB);
    assert.ok(at >= 0.25 && at <= 0.75, `c stepped on at ${at} of the source`);
    const hears = [ended(ofB, 0, 'station b'), ended(ofC, 0, 'station c')];
    await w.allEqual(source, [a1, a2, b1, b2, c1, c2], SIZE);
    assert.ok(summary.source.bytesRead <= 1.75 * SIZE, `read ${summary.source.bytesRead / SIZE} times`);
    for (const { source: received } of hears) {
      assert.equal(received.rootDigest, summary.source.rootDigest);
      assert.ok(
        received.bytesRead <= 1.1 * SIZE,
        `a station received ${received.bytesRead / SIZE} times the source`,
      );
    }
    assert.deepEqual(summary.stations.map(({ name, state }) => `${name} ${state}`).sort(), [
      'b done',
      'c done',
    ]);
    assert.deepEqual(
      summary.stations.flatMap(({ targets }) => targets.map(({ path, state }) => `${path} ${state}`)).sort(),
      [b1, b2, c1, c2].map((dev) => `${dev} done`).sort(),
    );
  },
);
