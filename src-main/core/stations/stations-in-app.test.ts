/** Stations through the whole core: over the contract, with an engine and a network that do what the test says. */
import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, expect, it } from 'vitest';
import { createClient, type ContractClient } from '@contract/client.ts';
import type { Role } from '@contract/groups/common.ts';
import type { Station } from '@contract/groups/stations.ts';
import { compactJobs } from '@contract/groups/machines.ts';
import { createMemoryChannel } from '@contract/memory-channel.ts';
import { appStateSchema } from '@contract/snapshot.ts';
import { createApp, type App } from '../create-app.ts';
import { rawFile } from '../devices/file-drives.ts';
import { systemClock } from '../system-clock.ts';
import { jobEvent, summaryOf, targetEvent } from '../testing/helper-events.ts';
import { scriptedEngine, type ScriptedEngine } from '../testing/scripted-engine.ts';
import { portsIn } from '../testing/test-ports.ts';
import { StationError } from './station-error.ts';

const size = 1_000_000;
const server = { url: 'nats://10.0.0.5:4222' };

let dir = '';
let engine: ScriptedEngine;
let app: App;
let problem: StationError | null;
/** What was done at the network. */
let log: string[];
let stations: Station[];

async function makeApp(): Promise<App> {
  const made = await createApp({
    host: 'serve',
    version: '0.1.0',
    engine: () => engine,
    list: () =>
      Promise.resolve(
        ['sda', 'sdb'].map((name) =>
          rawFile(`/dev/${name}`, 32e9, { bus: 'usb', serial: `SERIAL-${name}`, busPath: name, diskseq: 1 }),
        ),
      ),
    makePublisher: ({ publish }) => ({
      mark: 'ours',
      open: () => (problem ? Promise.reject(problem) : Promise.resolve()),
      ride: () => void log.push(`ride ${publish.job}`),
      close: () => {
        log.push('close publisher');
        return Promise.resolve();
      },
      get stations() {
        return stations;
      },
      paces: new Map(),
    }),
    openStation: ({ join: { job } }) => {
      if (problem) return Promise.reject(problem);
      log.push('hello');
      return Promise.resolve({
        hello: {
          version: 2,
          job,
          source: '/images/master.img',
          size,
          blockSize: 65_536,
          blockCount: 16,
          clock: 0,
          beat: 1,
          timeout: 15,
        },
        request: () =>
          Promise.resolve({ source: `carousel:${job}`, feed: { feed: '/run/x', job, size }, targets: [] }),
        ride: () => void log.push('ride'),
        finish: () => {
          log.push('bye');
          return Promise.resolve();
        },
        close: () => Promise.resolve(),
      });
    },
    ports: portsIn(dir, systemClock),
  });
  await made.start();
  return made;
}

function connect(role: Role = 'operator'): ContractClient {
  const [near, far] = createMemoryChannel();
  app.connect(far, role);
  return createClient(near);
}

async function approve(client: ContractClient, source: string, target: string) {
  const { targets } = await client.call('jobs.checkTargets', { source, targets: [target] });
  return targets.map(({ drive, token }) => ({ drive, token }));
}

beforeEach(async () => {
  dir = await mkdtemp(join(tmpdir(), 'carousel-stations-'));
  engine = scriptedEngine();
  problem = null;
  log = [];
  stations = [];
  app = await makeApp();
});
afterEach(async () => {
  await app.stop();
  await rm(dir, { recursive: true, force: true });
});

it('what another computer hands out is copied like any source, and reached again for a second try', async () => {
  const client = connect();
  const { drive } = await client.call('stations.connect', { server, job: 'abc', name: 'bench 2' });
  expect(app.state.drives[drive]).toMatchObject({
    kind: 'feed',
    title: 'master.img',
    asSource: { ok: true },
    asTarget: { ok: false, reasons: [{ code: 'feed-is-source' }] },
  });
  const stick = app.state.driveOrder.find((id) => app.state.drives[id]?.path === '/dev/sdb') ?? '';
  const { job } = await client.call('jobs.start', {
    source: drive,
    targets: await approve(client, drive, stick),
  });
  const first = engine.started[0];
  expect(first?.request).toMatchObject({
    source: 'carousel:abc',
    feed: { feed: '/run/x', job: 'abc', size },
    targets: ['/dev/sdb'],
    options: { block: 65_536 },
  });
  // Each target needs the yes of this machine: its approval is the helper's own.
  expect(first?.request.approvals?.get('/dev/sdb')).toBeTruthy();
  first?.job.tell(jobEvent({ source: { ...jobEvent().source, path: 'carousel:abc', size } }));
  first?.job.tell(targetEvent(1, 'copying', { target: '/dev/sdb' }));
  await expect(client.call('stations.forget', { drive })).rejects.toThrow('in-job');
  first?.job.end(summaryOf('complete', [{ id: 1, path: '/dev/sdb', state: 'failed' }]));
  await expect.poll(() => app.state.jobs[job]?.state).toBe('ended');
  expect(log).toEqual(['hello', 'hello', 'ride', 'bye']);
  await client.call('jobs.retryTargets', { job, targets: await approve(client, drive, stick) });
  expect(engine.started).toHaveLength(2);
  expect(log.slice(4)).toEqual(['hello', 'ride']);
  expect(() => appStateSchema.parse(app.state)).not.toThrow();
});

it('where the other computer is gone no job begins, and why is said', async () => {
  const client = connect();
  const { drive } = await client.call('stations.connect', { server, job: 'abc' });
  const stick = app.state.driveOrder.find((id) => app.state.drives[id]?.path === '/dev/sdb') ?? '';
  const targets = await approve(client, drive, stick);
  problem = new StationError('station-no-job', 'nobody');
  await expect(client.call('jobs.start', { source: drive, targets })).rejects.toMatchObject({
    error: { code: 'station', params: { problem: 'station-no-job' } },
  });
  expect(engine.started).toEqual([]);
  expect(app.state.jobs).toEqual({});
});

it('a job without a drive here waits for stations, and what they had not finished is no good copy', async () => {
  const client = connect();
  const [source = ''] = app.state.driveOrder;
  const asked = client.call('stations.handOut', { of: { source }, server, name: 'abc' });
  await expect.poll(() => engine.started.length).toBe(1);
  expect(engine.started[0]?.request).toMatchObject({ targets: [], options: { waitForJoin: 86_400 } });
  engine.started[0]?.job.tell(jobEvent());
  const { job } = await asked;
  expect(engine.attached.map(({ key }) => key)).toEqual(['key-1']);
  expect(log).toEqual(['ride abc']);
  stations = [
    {
      id: 'abcdefgh',
      name: 'bench 2',
      state: 'joined',
      blocksSent: 1,
      targets: [{ path: '/dev/sdb', state: 'copying', bytes: 5, error: null }],
      more: { targets: 0, notGood: 0 },
    },
  ];
  await client.call('stations.stop', { job });
  expect(app.state.handOuts[job]).toMatchObject({ state: 'ended', counts: { lost: 1, bad: 1, good: 0 } });
  expect(engine.started[0]?.job.said).toContain('cancel');
  expect(engine.attached[0]?.job.said).toContain('detach');
  expect(() => appStateSchema.parse(app.state)).not.toThrow();
  // After a restart it is still known that they were no good copies.
  await app.stop();
  app = await makeApp();
  expect(app.state.handOuts[job]).toMatchObject({ state: 'ended', counts: { bad: 1 } });
});

it('who only watches can neither hand out, stop that, nor connect', async () => {
  const viewer = connect('viewer');
  const [source = ''] = app.state.driveOrder;
  for (const refused of [
    viewer.call('stations.handOut', { of: { source }, server }),
    viewer.call('stations.stop', { job: 'job-1' }),
    viewer.call('stations.connect', { server, job: 'abc' }),
    viewer.call('stations.forget', { drive: source }),
  ])
    await expect(refused).rejects.toThrow('forbidden');
  expect(log).toEqual([]);
});

it('what another program hands out is known as that, and no job as a whole is good by its own targets', async () => {
  const client = connect();
  const [source = ''] = app.state.driveOrder;
  const asked = client.call('stations.handOut', { of: { source }, server, name: 'abc' });
  await expect.poll(() => engine.started.length).toBe(1);
  const helper = engine.started[0]?.job;
  helper?.tell(jobEvent());
  const { job } = await asked;
  helper?.tell({ event: 'handed-out', t: 1, by: 'ours' });
  expect(app.state.jobs[job]?.stationsElsewhere).toBe(false);
  helper?.tell({ event: 'handed-out', t: 2, by: 'theirs' });
  expect(app.state.jobs[job]?.stationsElsewhere).toBe(true);
  expect(compactJobs(Object.values(app.state.jobs), app.state.handOuts).jobs[0]?.stationsElsewhere).toBe(
    true,
  );
});

it.each([
  { by: 'ours', elsewhere: false },
  { by: 'theirs', elsewhere: true },
  { by: '', elsewhere: true },
])('who has handed out is told with the end, too: "$by"', async ({ by, elsewhere }) => {
  const client = connect();
  const [source = ''] = app.state.driveOrder;
  const asked = client.call('stations.handOut', { of: { source }, server, name: 'abc' });
  await expect.poll(() => engine.started.length).toBe(1);
  engine.started[0]?.job.tell(jobEvent());
  const { job } = await asked;
  await client.call('stations.stop', { job }); // it is ours for all that
  engine.started[0]?.job.end(summaryOf('complete', [], { handedOutBy: [by] }));
  await expect.poll(() => app.state.jobs[job]?.state).toBe('ended');
  expect(app.state.jobs[job]?.stationsElsewhere).toBe(elsewhere);
});

it('after a restart its own hand-outs are still its own', async () => {
  const client = connect();
  const [source = ''] = app.state.driveOrder;
  const asked = client.call('stations.handOut', { of: { source }, server, name: 'abc' });
  await expect.poll(() => engine.started.length).toBe(1);
  engine.started[0]?.job.tell(jobEvent());
  const { job } = await asked;
  await app.stop();
  engine.listJobs = () => Promise.resolve([{ job: 'key-1', pid: 1, source: '/dev/sda' }]);
  app = await makeApp();
  const again = engine.attached.at(-1)?.job;
  again?.tell(jobEvent({ role: 'observer' }));
  again?.tell({ event: 'handed-out', t: 1, by: 'ours' });
  expect(app.state.jobs[job]?.stationsElsewhere).toBe(false);
  again?.tell({ event: 'handed-out', t: 2, by: 'theirs' });
  expect(app.state.jobs[job]?.stationsElsewhere).toBe(true);
});
