// Sticks that are added at a station later.

import assert from 'node:assert/strict';
import { MiB, scenario } from '../engine/support/world.mjs';
import { ended, network, SIZE, sticks, upTo, when } from './support/stations.mjs';

scenario(
  'R24: a stick added at a station later rides with it, and only that station is asked',
  { when },
  async (w) => {
    const net = await network(w, ['a', 'b']);
    const source = await w.source('source.img', SIZE);
    const [b1, b2] = await sticks(w, ['b1', 'b2']);
    const a = net.copy('a', source, [], ['--job', 'late', '--wait-for-join', 4]);
    await a.job();
    const b = net.station('b', 'late', [b1]);
    await upTo(b, b1, SIZE / 4);
    const later = net.station('b', 'late', [b2]);
    const joined = await later.job();
    assert.equal(joined.role, 'consumer');
    const [ofA, ofB, ofLater] = await Promise.all([a.exit, b.exit, later.exit]);
    const summary = ended(ofA, 0, 'the first node');
    ended(ofB, 0, 'station b');
    ended(ofLater, 0, 'the later stick');
    await w.allEqual(source, [b1, b2], SIZE);
    // Once, and what had passed when the second stick stepped on.
    const { block } = await later.joined(b2);
    const most = SIZE + (block + 3) * MiB;
    assert.ok(summary.source.bytesRead <= most, `read ${summary.source.bytesRead / SIZE} times`);
    assert.deepEqual(
      summary.stations.map(({ targets }) => targets.map(({ path }) => path).sort()),
      [[b1, b2].sort()],
    );
  },
);
