// A cable that is out for a while: whoever hangs on it is dropped, comes back, and gets what it lacks; nobody else suffers.

import assert from 'node:assert/strict';
import { sleep } from '../engine/support/run.mjs';
import { MiB, scenario } from '../engine/support/world.mjs';
import { ended, lost, network, SIZE, sticks, upTo, when } from './support/stations.mjs';

const CUT_MS = 20_000;
/** Slow enough that the others are not done before the cable is back. */
const RATE = 1_700_000;

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
    await back;
    net.cable('b', 'in');
    const [ofA, ofB, ofC] = await Promise.all([a.exit, b.exit, c.exit]);
    const summary = ended(ofA, 0, 'the first node');
    const received = ended(ofB, 0, 'station b').source;
    ended(ofC, 0, 'station c');
    await w.allEqual(source, [a1, b1, c1], SIZE);
    assert.ok(received.bytesRead <= 1.2 * SIZE, `received ${received.bytesRead / SIZE} times`);
    const sent = summary.stations.find(({ name }) => name === 'b');
    assert.ok(sent.blocksSent * MiB <= 1.4 * SIZE, `sent ${sent.blocksSent} blocks`);
    const course = a.events.flatMap((e) =>
      e.event === 'stations' ? e.stations.filter(({ name }) => name === 'b') : [],
    );
    const states = course.map(({ state }) => state).filter((state, at, all) => state !== all[at - 1]);
    assert.deepEqual(states, ['joined', 'lost', 'joined', 'done']);
  },
);
