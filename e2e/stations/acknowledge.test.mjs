// What the server keeps for a station whose helper stands still: everything that is not in its ring.

import assert from 'node:assert/strict';
import { spawnSync } from 'node:child_process';
import process from 'node:process';
import { fileURLToPath } from 'node:url';
import { sleep, until } from '../engine/support/run.mjs';
import { scenario } from '../engine/support/world.mjs';
import { ended, network, SIZE, sticks, upTo, when } from './support/stations.mjs';

const asking = fileURLToPath(new URL('support/ask-server.mjs', import.meta.url));

function askServer(net, stream) {
  const [program, ...on] = net.on('hub');
  const asked = spawnSync(program, [...on, process.execPath, asking, net.url, stream], { encoding: 'utf8' });
  assert.equal(asked.status, 0, asked.stderr);
  return JSON.parse(asked.stdout);
}

scenario(
  'R24: the stream has the limits that were asked for, and a block is acknowledged only when it is in the local ring',
  { when },
  async (w) => {
    const net = await network(w, ['a', 'b']);
    const source = await w.source('source.img', SIZE);
    const [b1] = await sticks(w, ['b1']);
    const room = ['--slots', 4, '--stream-size', '4M', '--station-timeout', 60];
    const a = net.copy('a', source, [], ['--job', 'acks', '--wait-for-join', 12, ...room]);
    await a.job();
    const b = net.station('b', 'acks', [b1], ['--slots', 4]);
    const { pids } = await b.job();
    await upTo(b, b1, SIZE / 8);

    const { config } = askServer(net, 'CAROUSEL_acks');
    assert.deepEqual(
      {
        subjects: config.subjects,
        retention: config.retention,
        discard: config.discard,
        storage: config.storage,
        max_bytes: config.max_bytes,
      },
      {
        subjects: ['carousel.acks.blocks'],
        retention: 'interest',
        discard: 'new',
        storage: 'memory',
        max_bytes: 4 * 1024 * 1024,
      },
    );

    w.signal(pids.producer, 'SIGSTOP');
    await sleep(1000); // what was in its ring already is written, what it had answered for is acknowledged
    const [before] = askServer(net, 'CAROUSEL_acks').consumers;
    assert.equal(before.config.ack_policy, 'explicit');
    await until(() => askServer(net, 'CAROUSEL_acks').consumers[0].num_ack_pending > 0, 'blocks to arrive');
    await sleep(3000);
    const { consumers, state } = askServer(net, 'CAROUSEL_acks');
    const [after] = consumers;
    // All that was sent is at the station by now: in the memory of its program, and in nobody's ring.
    assert.equal(after.num_pending, 0, 'something was not fetched');
    assert.equal(after.delivered.stream_seq, state.last_seq);
    assert.equal(
      after.ack_floor.stream_seq,
      before.ack_floor.stream_seq,
      'acknowledged while nothing was taken',
    );
    assert.equal(after.num_ack_pending, state.messages);
    assert.ok(after.num_ack_pending > 0 && state.bytes > 2 * 1024 * 1024, JSON.stringify(state));

    w.signal(pids.producer, 'SIGCONT');
    ended(await b.exit, 0, 'the station');
    ended(await a.exit, 0, 'the first node');
    await w.equal(source, b1, SIZE);
  },
);
