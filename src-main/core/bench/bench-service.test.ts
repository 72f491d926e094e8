import { mkdtemp, rm, utimes, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { createClient, type ContractClient } from '@contract/client.ts';
import type { ArmRequest, Armed } from '@contract/groups/bench.ts';
import { createMemoryChannel } from '@contract/memory-channel.ts';
import { codeOf } from '@contract/testing/code-of.ts';
import { createApp, type App } from '../create-app.ts';
import type { RawDrive } from '../devices/raw-drive.ts';
import { jobEvent, summaryOf, targetEvent } from '../testing/helper-events.ts';
import { manualClock, type ManualClock } from '../testing/manual-clock.ts';
import { scriptedEngine, type ScriptedEngine, type ScriptedJob } from '../testing/scripted-engine.ts';
import { portsIn, rawStick } from '../testing/test-ports.ts';
import { idleMinutes } from './bench-service.ts';

const size = 32_000_000_000;
let seq = 100;
const raw = (name: string, change: Partial<RawDrive> = {}): RawDrive =>
  rawStick(name, { port: `hub/${name}`, diskseq: (seq += 1), ...change });

let dir = '';
let raws: RawDrive[] = [];
let engine: ScriptedEngine;
let clock: ManualClock;
let app: App;
let client: ContractClient;
let lock: () => void;
/** What the helper sees on each drive. */
let levels: Record<string, number>;
let request: ArmRequest;
/** The helper's number of the next target. */
let nextId = 1;
/** The drives are listed when it is fulfilled. */
let listing: Promise<void>;

beforeEach(async () => {
  dir = await mkdtemp(join(tmpdir(), 'carousel-bench-'));
  nextId = 1;
  listing = Promise.resolve();
  raws = [raw('sda'), raw('sdb')];
  levels = {};
  engine = scriptedEngine();
  engine.look = (verdict) => ({
    ...verdict,
    size: raws.find(({ path }) => path === verdict.path)?.size ?? size,
    survey: {
      level: levels[verdict.path] ?? 0,
      approval: `A1-${String(levels[verdict.path] ?? 0)}-${verdict.path}`,
      readable: true,
      blank: (levels[verdict.path] ?? 0) === 0,
      table: 'none',
      volumes: [],
    },
  });
  clock = manualClock();
  app = await createApp({
    host: 'electron',
    version: '0.1.0',
    engine: () => engine,
    list: () => listing.then(() => raws),
    ports: {
      ...portsIn(dir, clock),
      screenLock: { onLock: (listener) => (lock = listener) },
    },
  });
  await app.start();
  const [near, far] = createMemoryChannel();
  app.connect(far, 'operator');
  client = createClient(near);
  const bays = ['sdb', 'sdc', 'sdd', 'sde'].map((name) => ({ port: `hub/${name}`, name: name.slice(-1) }));
  await client.call('settings.set', { bays });
  request = {
    source: idAt('/dev/sda'),
    bays: bays.map(({ port }) => port),
    least: size,
    most: size,
    nonBlank: 'refuse',
    quota: 2,
    operator: 'Mia',
  };
});
afterEach(async () => {
  await app.stop();
  await rm(dir, { recursive: true, force: true });
});

const driveAt = (path: string) => Object.values(app.state.drives).find((drive) => drive.path === path);
function idAt(path: string): string {
  return driveAt(path)?.id ?? 'none';
}
const arm = (change: Partial<ArmRequest> = {}) => client.call('bench.arm', { ...request, ...change });
const armed = (): Armed | null => app.state.bench.armed;
const why = (): string | undefined => app.state.bench.disarmed?.reason.code;
const refusals = () => armed()?.notices.map(({ port, hand, reason }) => [port, hand, reason.code]);

/** Looks at the drives, and lets what follows from it happen. */
async function look(): Promise<void> {
  await app.look();
  await settle();
}
async function settle(): Promise<void> {
  for (let turn = 0; turn < 30; turn += 1) await new Promise((resolve) => setImmediate(resolve));
}
async function plugIn(name: string, change: Partial<RawDrive> = {}): Promise<void> {
  raws = [...raws.filter(({ path }) => path !== `/dev/${name}`), raw(name, change)];
  await look();
}
async function pull(name: string): Promise<void> {
  raws = raws.filter(({ path }) => path !== `/dev/${name}`);
  await look();
}
/** The targets of the job. */
const placed = () =>
  Object.values(app.state.jobs[armed()?.job ?? '']?.targets ?? {}).map(({ state, attempt }) => [
    state,
    attempt,
  ]);
const started = (): string[] => [
  ...engine.started.flatMap(({ request: { targets } }) => targets),
  ...engine.started.flatMap(({ job }) =>
    job.said.flatMap((said) => (said as { add?: readonly string[] }).add ?? []),
  ),
];
function running(): ScriptedJob {
  const job = engine.started.at(-1)?.job;
  if (!job) throw new Error('nothing was started');
  return job;
}
/** The engine says that these ride, and how they end. */
async function ride(job: ScriptedJob, paths: string[], state: 'verified' | 'failed' | null): Promise<void> {
  if (nextId === 1) job.tell(jobEvent({ source: { ...jobEvent().source, size } }));
  for (const path of paths) {
    job.tell(targetEvent(nextId, 'copying', { target: path }));
    if (state) job.tell(targetEvent(nextId, state, { target: path }));
    nextId += 1;
  }
  await settle();
}

describe('an armed bench', () => {
  it('begins a blank stick that is put in, and adds the next to the same job', async () => {
    await arm();
    expect(started()).toEqual([]);
    await plugIn('sdc');
    expect(started()).toEqual(['/dev/sdc']);
    await ride(running(), ['/dev/sdc'], null);
    await plugIn('sdd');
    expect(started()).toEqual(['/dev/sdc', '/dev/sdd']);
    expect(engine.started).toHaveLength(1);
    expect(armed()).toMatchObject({ open: 2, good: 0 });
  });

  it('never begins what was in a bay before, in another port, or comes back from a look that missed it', async () => {
    await arm();
    await look();
    const [kept] = raws.splice(1, 1);
    await look();
    if (kept) raws.push(kept);
    await look();
    await plugIn('sdx');
    expect(started()).toEqual([]);
    expect(armed()?.notices).toEqual([]);
  });

  it('begins a stick that was there before when it is pulled and put in again', async () => {
    await arm();
    await pull('sdb');
    await plugIn('sdb');
    expect(started()).toEqual(['/dev/sdb']);
  });

  it('refuses in words what holds something or has another size, and says so until it is pulled', async () => {
    await arm();
    levels['/dev/sdc'] = 1;
    await plugIn('sdc');
    await plugIn('sdd', { size: size + 512 });
    expect(started()).toEqual([]);
    expect(refusals()).toEqual([
      ['hub/sdc', 'set-aside', 'holds-data'],
      ['hub/sdd', 'set-aside', 'out-of-window'],
    ]);
    await pull('sdc');
    expect(refusals()).toEqual([['hub/sdd', 'set-aside', 'out-of-window']]);
    expect(armed()).not.toBeNull();
  });

  it('erases ordinary sticks only where that was chosen', async () => {
    await arm({ nonBlank: 'erase-ordinary' });
    levels['/dev/sdc'] = 1;
    await plugIn('sdc');
    expect(started()).toEqual(['/dev/sdc']);
  });

  it.each([
    ['level 2 by the helper', () => (levels['/dev/sdc'] = 2), {}],
    ['level 2 by the catalogue', () => undefined, { removable: false }],
    [
      'level 3',
      () =>
        (engine.judge = (verdict) =>
          verdict.path === '/dev/sdc'
            ? { ...verdict, target: { ok: false, reasons: [{ code: 'system-disk', message: '' }] } }
            : verdict),
      {},
    ],
  ])('disarms when a drive of %s appears in an armed bay', async (_what, prepare, change) => {
    await arm({ nonBlank: 'erase-ordinary' });
    prepare();
    await plugIn('sdc', change);
    expect(started()).toEqual([]);
    expect(armed()).toBeNull();
    expect(why()).toBe('dangerous-drive');
    await plugIn('sdd');
    expect(started()).toEqual([]);
  });

  it('disarms when the quota is reached, and begins no more than that', async () => {
    await arm();
    await plugIn('sdc');
    await ride(running(), ['/dev/sdc'], null);
    await plugIn('sdd');
    await plugIn('sde');
    expect(started()).toEqual(['/dev/sdc', '/dev/sdd']);
    expect(refusals()).toEqual([['hub/sde', 'wait', 'quota-taken']]);
    running().tell(targetEvent(1, 'verified', { target: '/dev/sdc' }));
    await settle();
    expect(armed()).toMatchObject({ good: 1, open: 1 });
    await ride(running(), ['/dev/sdd'], 'verified');
    expect(armed()).toBeNull();
    expect(why()).toBe('quota');
    expect(app.state.bench.disarmed).toMatchObject({ good: 2, operator: 'Mia' });
  });

  it('begins one that waits for the quota when another fails', async () => {
    await arm({ quota: 1 });
    await plugIn('sdc');
    await ride(running(), ['/dev/sdc'], null);
    await plugIn('sdd');
    expect(started()).toEqual(['/dev/sdc']);
    running().tell(targetEvent(1, 'failed', { target: '/dev/sdc' }));
    await settle();
    expect(started()).toEqual(['/dev/sdc', '/dev/sdd']);
    expect(armed()?.notices).toEqual([]);
  });

  it('goes on with the job when it is over and the next stick comes', async () => {
    await arm();
    await plugIn('sdc');
    await ride(running(), ['/dev/sdc'], 'verified');
    running().end(summaryOf('complete'));
    await settle();
    await plugIn('sdd');
    expect(engine.started).toHaveLength(2);
    expect(app.state.jobOrder).toHaveLength(1);
    expect(armed()).toMatchObject({ good: 1, open: 1 });
  });

  it('disarms when the screen is locked, and after half an hour without an insert', async () => {
    await arm();
    lock();
    expect(why()).toBe('screen-locked');
    await arm();
    expect(why()).toBeUndefined();
    clock.advance((idleMinutes - 1) * 60_000);
    await plugIn('sdc');
    clock.advance((idleMinutes - 1) * 60_000);
    expect(armed()).not.toBeNull();
    clock.advance(2 * 60_000);
    expect(armed()).toBeNull();
    expect(why()).toBe('idle');
  });

  it('disarms when the source is pulled out, though it is put back', async () => {
    await arm();
    await pull('sda');
    expect(why()).toBe('source-changed');
  });

  it('disarms when an image was changed since', async () => {
    const path = join(dir, 'master.img');
    await writeFile(path, 'x'.repeat(4096));
    const { drive } = await client.call('drives.addImage', { path });
    await arm({ source: drive });
    await utimes(path, 1, 1);
    await plugIn('sdc');
    expect(started()).toEqual([]);
    expect(why()).toBe('source-changed');
  });

  it('disarms when the source turns out not to be readable everywhere', async () => {
    await arm();
    await plugIn('sdc');
    await ride(running(), ['/dev/sdc'], null);
    running().tell({ event: 'bad-source', t: 1, offset: 0, length: 4096 });
    await settle();
    expect(why()).toBe('source-unreadable');
  });

  it('begins nothing that was agreed to before it was disarmed', async () => {
    await arm();
    const look = engine.look;
    engine.look = (verdict) => {
      lock();
      return look(verdict);
    };
    await plugIn('sdc');
    expect(started()).toEqual([]);
  });

  it('keeps who had it armed, and the bay, in the record', async () => {
    await arm();
    await plugIn('sdc');
    await ride(running(), ['/dev/sdc'], 'verified');
    const answer = await client.call('ledger.lookup', { serial: 'SERIAL-sdc' });
    expect(answer.last?.target).toMatchObject({ bay: 'c', operator: 'Mia', state: 'verified' });
  });

  it('skips a stick whose serial number is on record as done, unless it is blank', async () => {
    await arm({ quota: 9, nonBlank: 'erase-ordinary' });
    await plugIn('sdc');
    await ride(running(), ['/dev/sdc'], 'verified');
    running().end(summaryOf('complete'));
    await settle();
    await pull('sdc');
    levels['/dev/sdd'] = 1;
    await plugIn('sdd', { serial: 'SERIAL-sdc' });
    expect(started()).toEqual(['/dev/sdc']);
    expect(refusals()).toEqual([['hub/sdd', 'set-aside', 'already-done']]);
    await plugIn('sde', { serial: 'SERIAL-sdc' });
    expect(started()).toEqual(['/dev/sdc', '/dev/sde']);
  });

  it('says "pull" of a stick that the job has finished while it waited', async () => {
    await arm({ quota: 1 });
    await plugIn('sdc');
    await ride(running(), ['/dev/sdc'], null);
    await plugIn('sdd');
    expect(refusals()).toEqual([['hub/sdd', 'wait', 'quota-taken']]);
    const job = armed()?.job ?? 'none';
    const [drive, source] = [idAt('/dev/sdd'), request.source];
    const [check] = (await client.call('jobs.checkTargets', { source, targets: [drive], job })).targets;
    await client.call('jobs.addTargets', { job, targets: [{ drive, token: check?.token ?? '' }] });
    await ride(running(), ['/dev/sdd'], 'verified');
    levels['/dev/sdd'] = 1;
    running().tell(targetEvent(1, 'failed', { target: '/dev/sdc' }));
    await settle();
    expect(refusals()).toEqual([['hub/sdd', 'pull', 'already-done']]);
  });

  it('tries a stick that failed and is put in again in its place', async () => {
    await arm();
    await plugIn('sdc');
    await ride(running(), ['/dev/sdc'], 'failed');
    await pull('sdc');
    await plugIn('sdc');
    expect(started()).toEqual(['/dev/sdc', '/dev/sdc']);
    expect(placed()).toEqual([['waiting', 2]]);
  });

  it.each<[string, Partial<RawDrive>, Partial<RawDrive>]>([
    ['without a serial number', { serial: null }, {}],
    ['of a serial number that two sticks have', { serial: 'SAME', wwn: '1' }, { serial: 'SAME', wwn: '2' }],
  ])('leaves the failure of a stick %s, whatever is put in there next', async (_what, change, other) => {
    await arm({ quota: 9 });
    await plugIn('sdc', change);
    await ride(running(), ['/dev/sdc'], 'failed');
    await plugIn('sdd', other);
    await ride(running(), ['/dev/sdd'], null);
    await pull('sdc');
    await plugIn('sdc', change);
    expect(started()).toEqual(['/dev/sdc', '/dev/sdd', '/dev/sdc']);
    expect(placed()).toEqual([
      ['failed', 1],
      ['copying', 1],
      ['waiting', 1],
    ]);
  });

  it.each<[string, () => unknown]>([
    ['the screen is locked', () => lock()],
    ['somebody disarms it', () => client.call('bench.disarm', {})],
  ])('is not armed after all when %s meanwhile', async (_what, end) => {
    let listed = (): void => undefined;
    listing = new Promise((resolve) => (listed = resolve));
    const code = codeOf(arm());
    await settle();
    await end();
    listed();
    expect(await code).toBe('not-armed');
    expect(armed()).toBeNull();
    expect(await codeOf(arm())).toBe('no error');
  });

  it('cannot be armed twice, for ports that were not taught, or for sticks that are too small', async () => {
    expect(await codeOf(arm({ bays: ['hub/none'] }))).toBe('no-such-bay');
    expect(await codeOf(arm({ least: 1, most: size - 1 }))).toBe('bad-request');
    expect(await codeOf(arm({ least: 2 * size }))).toBe('bad-request');
    expect(await codeOf(arm({ operator: '\u200b' }))).toBe('bad-request');
    expect(await codeOf(arm({ source: 'drv-none' }))).toBe('no-such-drive');
    await arm();
    expect(await codeOf(arm())).toBe('armed-already');
    expect(await codeOf(client.call('settings.set', { bays: [] }))).toBe('bays-in-use');
  });

  it('is not armed after a restart', async () => {
    await arm();
    await app.stop();
    const other = await createApp({
      host: 'electron',
      version: '0.1.0',
      engine: () => engine,
      list: () => Promise.resolve(raws),
      ports: portsIn(dir, clock),
    });
    await other.start();
    expect(other.state.bench).toMatchObject({ armed: null, seesLock: false });
    expect(other.state.settings.bays).toHaveLength(4);
    await other.stop();
  });
});
