// Who watches from somewhere else sees the stations, too: four machines in network namespaces of their own, the built program at each.

import assert from 'node:assert/strict';
import process from 'node:process';
import { fileURLToPath } from 'node:url';
import { Run } from '../engine/support/run.mjs';
import { scenario } from '../engine/support/world.mjs';
import { ended, network, SIZE, sticks, when } from './support/stations.mjs';

const firstNode = fileURLToPath(new URL('support/first-node.mjs', import.meta.url));
/** A server that starts on a busy machine, and a copy there. */
const START_MS = 90_000;
const HANG_MS = 240_000;
/** Slow enough that both stations step on, and are seen, while everybody copies. */
const RATE = 2_500_000;

/** What a picture of the monitor shows of the job: its own targets, and stations by name. */
function shown({ event, jobs = [] }) {
  const [job] = event === 'state' ? jobs : [];
  const stations = job?.handOut?.stations ?? [];
  return {
    own: job?.targets ?? [],
    stations: Object.fromEntries(stations.map((station) => [station.name, station])),
    counts: job?.handOut?.counts,
    ended: job?.state === 'ended',
  };
}

const copies = ({ link, targets } = { targets: [] }) =>
  link === 'live' &&
  targets.length === 2 &&
  targets.every(({ state, bytes }) => state === 'copying' && bytes > 0 && bytes < SIZE);

scenario(
  'R23, R24: a monitor in a fourth network sees all of it live: own targets, both stations and theirs, to the end',
  { when, timeout: HANG_MS },
  async (w) => {
    const net = await network(w, ['a', 'b', 'c', 'd']);
    const source = await w.source('source.img', SIZE);
    const devs = await sticks(w, ['a1', 'a2', 'b1', 'b2', 'c1', 'c2'], RATE);
    const [a1, a2, b1, b2, c1, c2] = devs;
    const hang = HANG_MS;

    const { TESTLAB_DIR, PATH } = w.lab.env;
    const server = net.run('a', ['serve', '--json', '--listen', `${net.addressOf('a')}:8643`], {
      env: { CAROUSEL_HOME: w.path('home'), TESTLAB_DIR, PATH },
      hang,
    });
    const { url, network: door } = await server.seen(
      ({ event }) => event === 'listening',
      'listening',
      START_MS,
    );
    const watcher = { env: { CAROUSEL_HOME: w.path('watcher') }, hang };
    const monitor = net.run('d', ['monitor', net.addressOf('a'), '--code', door.code, '--json'], watcher);
    await monitor.seen((e) => e.event === 'machine' && e.link === 'live', 'the machine, live');

    const order = {
      source,
      targets: [a1, a2],
      options: { verify: false, slots: 4, waitForJoin: 10 },
      server: net.url,
      name: 'seen',
    };
    const [program, ...inside] = [...net.on('a'), process.execPath, firstNode, url, JSON.stringify(order)];
    const person = new Run(program, inside, { env: w.env, mark: w.mark, cwd: w.dir, hang });
    await person.seen(({ event }) => event === 'handed-out', 'the job, handed out', START_MS);
    const b = net.station('b', 'seen', [b1, b2], ['--slots', 4], { hang });
    const first = await monitor.seen((e) => copies(shown(e).stations.b), 'both targets of b, copying');
    assert.equal(shown(first).own.length, 2);
    assert.equal(shown(first).stations.c, undefined, 'c has not stepped on yet');
    // A program takes a while to start: told now, it is there at half.
    await monitor.seen(
      (e) => shown(e).own.some(({ bytesCopied }) => bytesCopied >= SIZE / 4),
      'a quarter of the copy',
    );
    const c = net.station('c', 'seen', [c1, c2], ['--slots', 4], { hang });

    const all = await monitor.seen(
      (e) => copies(shown(e).stations.c) && shown(e).stations.b?.link === 'live',
      'both targets of c, copying',
    );
    assert.equal(shown(all).counts.targets, 4);
    assert.equal(shown(all).counts.lost, 0);

    const [ofB, ofC] = await Promise.all([b.exit, c.exit]);
    ended(ofB, 0, 'station b');
    ended(ofC, 0, 'station c');
    const last = shown(await monitor.seen((e) => shown(e).ended, 'the end of the job'));
    assert.deepEqual(
      last.own.map(({ state }) => state),
      ['done', 'done'],
    );
    assert.deepEqual(last.counts, { stations: 2, lost: 0, targets: 4, good: 4, bad: 0, open: 0 });
    for (const [name, targets] of Object.entries({ b: [b1, b2], c: [c1, c2] })) {
      assert.equal(last.stations[name].link, 'done');
      assert.deepEqual(
        last.stations[name].targets.map(({ path, state }) => `${path} ${state}`).sort(),
        targets.map((dev) => `${dev} done`),
      );
    }
    await w.allEqual(source, devs, SIZE);

    // The same for a person, by the key that this device has by now.
    const { code, events, stderr } = await net.run('d', ['monitor', '--once'], watcher).exit;
    assert.equal(code, 0, stderr);
    const picture = events.map(({ line }) => line).join('\n');
    assert.match(picture, /at stations 4 of 4 targets good/);
    for (const name of ['b', 'c'])
      assert.match(picture, new RegExp(`station ${name} +done +2 of 2 targets good`));
    for (const dev of [b1, b2, c1, c2]) assert.match(picture, new RegExp(`${dev} +DONE .* 100 %`));

    monitor.child.kill('SIGTERM');
    server.child.kill('SIGTERM');
    await Promise.all([monitor.exit, person.exit]);
    assert.equal((await server.exit).code, 0);
  },
);
