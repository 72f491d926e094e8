// A terminal hands out, and a page looks on: what the page cannot know of the stations it does not call good.

import assert from 'node:assert/strict';
import fs from 'node:fs';
import { scenario } from '../engine/support/world.mjs';
import { ended, network, SIZE, sticks, upTo, when } from './support/stations.mjs';

/** A server that starts on a busy machine. */
const START_MS = 90_000;
const HANG_MS = 180_000;

const jobOf = ({ event, jobs = [] }) => (event === 'state' ? jobs[0] : undefined);

scenario(
  'R24: a job that a terminal hands out is known as that on a page, whose monitor says so to the end, also when the terminal is killed',
  { when, timeout: HANG_MS },
  async (w) => {
    const net = await network(w, ['a', 'b', 'd']);
    const source = await w.source('source.img', SIZE);
    const [a1, b1] = await sticks(w, ['a1', 'b1']);
    const hang = HANG_MS;
    const { TESTLAB_DIR, PATH } = w.lab.env;
    const home = { CAROUSEL_HOME: w.path('home') };
    const server = net.run('a', ['serve', '--json', '--listen', `${net.addressOf('a')}:8643`], {
      env: { ...home, TESTLAB_DIR, PATH },
      hang,
    });
    const { network: door } = await server.seen(({ event }) => event === 'listening', 'listening', START_MS);
    const watcher = { env: { CAROUSEL_HOME: w.path('watcher') }, hang };
    const monitor = net.run('d', ['monitor', net.addressOf('a'), '--code', door.code, '--json'], watcher);
    await monitor.seen((e) => e.event === 'machine' && e.link === 'live', 'the machine, live');

    const room = ['--slots', 4, '--stream-size', '4M'];
    const a = net.copy('a', source, [a1], ['--job', 'there', '--wait-for-join', 6, ...room], {
      env: home,
      hang,
    });
    await a.job();
    await monitor.seen((e) => jobOf(e)?.stationsElsewhere === false, 'the job, handed out to nobody yet');
    const b = net.station('b', 'there', [b1], ['--patience', 3], { hang });
    await upTo(b, b1, SIZE / 4);
    await monitor.seen((e) => jobOf(e)?.stationsElsewhere, 'the job, handed out by another program');
    w.signal(a.pid, 'SIGKILL');
    await Promise.all([a.exit, b.exit]);

    const last = jobOf(await monitor.seen((e) => jobOf(e)?.state === 'ended', 'the end of the job'));
    assert.deepEqual(
      last.targets.map(({ state }) => state),
      ['done'],
    );
    assert.deepEqual([last.stationsElsewhere, last.handOut], [true, null]);
    const { code, events, stderr } = await net.run('d', ['monitor', '--once'], watcher).exit;
    assert.equal(code, 0, stderr);
    assert.match(
      events.map(({ line }) => line).join('\n'),
      /1 of 1 target good\s+STATIONS OF ANOTHER PROGRAM/,
    );

    monitor.child.kill('SIGTERM');
    server.child.kill('SIGTERM');
    await monitor.exit;
    ended(await server.exit, 0, 'the server');
    const report = w.path('report.json');
    ended(await net.run('a', ['report', 'last', '-o', report], { env: home, hang }).exit, 0, 'the report');
    const kept = JSON.parse(fs.readFileSync(report, 'utf8'));
    assert.deepEqual(
      kept.stations.map(({ name, targets }) => [name, ...targets.map(({ path }) => path)]),
      [['b', b1]],
    );
    assert.equal(kept.job.stations.open, 1, 'nobody has said how it ended');
  },
);

scenario(
  'the helper tells everybody by whose mark blocks are handed out, also who comes later',
  {},
  async (w) => {
    const source = await w.source('source.img', 300_000);
    const starter = w.job(source, [], { waitForJoin: 60 });
    const { job } = await starter.job();
    const marks = ({ events }) => events.filter(({ event }) => event === 'handed-out').map(({ by }) => by);
    // Nobody listens there: that it was asked for is what counts.
    const path = w.path('nobody');
    starter.say({ verb: 'tap', path, by: 'a1' });
    starter.say({ verb: 'tap', path, by: 'a1' });
    await starter.seen(({ event }) => event === 'handed-out', 'the first mark');
    const later = w.attach(job);
    await later.seen(({ event }) => event === 'handed-out', 'the first mark, told again');
    later.say({ verb: 'tap', path, by: 'b2' });
    await starter.seen(({ by }) => by === 'b2', 'the mark of the other');
    later.say({ verb: 'tap', path });
    await starter.seen(({ by }) => by === '', 'that somebody has none');
    starter.say({ verb: 'cancel' });
    for (const run of [starter, later]) {
      const { summary } = await run.exit;
      assert.deepEqual(marks(run), ['a1', 'b2', '']);
      assert.deepEqual(summary.handedOutBy, ['a1', 'b2', '']);
    }
    const plain = w.job(source, [w.path('copy.img')]);
    const { summary } = await plain.exit;
    assert.deepEqual([summary.ok, summary.handedOutBy, marks(plain)], [true, undefined, []]);
  },
);
