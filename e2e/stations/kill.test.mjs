// A station that dies is named with its targets, and takes up again what it has.

import assert from 'node:assert/strict';
import fs from 'node:fs';
import path from 'node:path';
import { MiB, scenario } from '../engine/support/world.mjs';
import { ended, lost, network, SIZE, sticks, upTo, when } from './support/stations.mjs';

scenario(
  'R24: a station that is killed is named with its targets, the others finish, and it takes up again what it has',
  { when },
  async (w) => {
    const net = await network(w, ['a', 'b', 'c']);
    const source = await w.source('source.img', SIZE);
    const [a1, c1] = await sticks(w, ['a1', 'c1']);
    // In memory: what a busy disk has made durable by the middle of the copy may be nothing at all.
    const memory = fs.mkdtempSync('/dev/shm/carousel-kill-');
    w.after(() => fs.rmSync(memory, { recursive: true, force: true }));
    const b1 = path.join(memory, 'b1.img');
    // Little room on the way, so that all go at the pace of the stick and the map of b1 is kept a few times.
    const room = ['--slots', 4, '--stream-size', '4M'];
    const a = net.copy(
      'a',
      source,
      [a1],
      ['--job', 'kill', '--wait-for-join', 6, '--station-timeout', 3, ...room],
    );
    await a.job();
    const b = net.station('b', 'kill', [b1]);
    const c = net.station('c', 'kill', [c1]);
    const { pids } = await b.job();
    await upTo(b, b1, SIZE / 2);
    for (const pid of [b.pid, pids.supervisor, pids.producer, await b.consumer(b1)]) w.signal(pid, 'SIGKILL');
    await lost(a, 'b');
    ended(await c.exit, 0, 'station c');
    const again = net.station('b', 'kill', [b1], ['--resume']);
    const back = ended(await again.exit, 0, 'station b again');
    const summary = ended(await a.exit, 1, 'the first node');
    assert.equal(summary.ok, false);
    assert.ok(summary.targets.every(({ state }) => state === 'done'));
    const [gone] = summary.stations.filter(({ name, state }) => name === 'b' && state === 'lost');
    assert.deepEqual(
      gone.targets.map(({ path, state, error }) => ({ path, state, error })),
      [{ path: b1, state: 'failed', error: 'station-lost' }],
    );
    // How many blocks its map has by then is a matter of moments; none of them is sent again.
    const { resumedBlocks } = back.targets[0];
    assert.ok(resumedBlocks > 0, JSON.stringify(back.targets));
    const most = SIZE - (resumedBlocks - 3) * MiB;
    assert.ok(back.source.bytesRead <= most, `received ${back.source.bytesRead / SIZE} times`);
    await w.allEqual(source, [a1, b1, c1], SIZE);
  },
);
