import { mkdtemp, readFile, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, describe, expect, it, vi } from 'vitest';
import { createClient, type ContractClient } from '@contract/client.ts';
import type { Job } from '@contract/groups/jobs.ts';
import { createMemoryChannel } from '@contract/memory-channel.ts';
import { followState } from '@contract/replica.ts';
import { appStateSchema, type AppState } from '@contract/snapshot.ts';
import { codeOf } from '@contract/testing/code-of.ts';
import { seal } from './sealed-json.ts';
import { createApp, type App, type AppOptions } from './create-app.ts';
import type { RawDrive } from './devices/raw-drive.ts';
import { HelperNotFound } from './helper/helper-path.ts';
import { parseRecording } from './recording/recording.ts';
import { createReplay } from './recording/replay.ts';
import { createRecorder } from './recording/session-recorder.ts';
import { jobEvent, progressEvent, summaryOf, targetEvent } from './testing/helper-events.ts';
import { scriptedEngine, type ScriptedEngine, type ScriptedJob } from './testing/scripted-engine.ts';
import { portsIn, rawStick } from './testing/test-ports.ts';
import { systemClock } from './system-clock.ts';

let dir = '';
let raws: RawDrive[] = [];
let engine: ScriptedEngine;
let apps: App[] = [];
const hold = vi.fn();
const release = vi.fn();

beforeEach(async () => {
  dir = await mkdtemp(join(tmpdir(), 'carousel-core-'));
  raws = ['sda', 'sdb', 'sdc'].map((name) => rawStick(name));
  engine = scriptedEngine();
  apps = [];
  vi.clearAllMocks();
});
afterEach(async () => {
  await Promise.all(apps.map((app) => app.stop()));
  await rm(dir, { recursive: true, force: true });
});

async function makeApp(change: Partial<AppOptions> = {}): Promise<App> {
  const app = await createApp({
    host: 'serve',
    version: '0.1.0',
    engine: () => engine,
    list: () => Promise.resolve(raws),
    ports: {
      ...portsIn(dir, systemClock),
      powerGuard: {
        hold: () => {
          hold();
          return release;
        },
      },
    },
    ...change,
  });
  apps.push(app);
  await app.start();
  return app;
}

function connect(app: { connect: App['connect'] }): ContractClient {
  const [near, far] = createMemoryChannel();
  app.connect(far, 'operator');
  return createClient(near);
}

const drivesOf = (app: App): string[] => app.state.driveOrder;
const onlyJob = (app: App): Job => {
  const [job] = Object.values(app.state.jobs);
  if (!job) throw new Error('there is no job');
  return job;
};

async function approve(client: ContractClient, source: string, targets: string[]) {
  const checked = await client.call('jobs.checkTargets', { source, targets });
  return checked.targets.map(({ drive, token, level }) => ({ drive, token, level }));
}

/** Begins a copy of the first drive to the others and makes the engine say that it runs. */
async function startCopy(app: App, client: ContractClient): Promise<ScriptedJob> {
  const [source = '', ...targets] = drivesOf(app);
  const approvals = (await approve(client, source, targets)).map(({ drive, token }) => ({ drive, token }));
  await client.call('jobs.start', { source, targets: approvals });
  const job = engine.started.at(-1)?.job;
  if (!job) throw new Error('the engine was not started');
  job.tell(jobEvent());
  job.tell(targetEvent(1, 'copying', { target: '/dev/sdb' }));
  job.tell(targetEvent(2, 'copying', { target: '/dev/sdc' }));
  return job;
}

describe('drives', () => {
  it('are in the state, judged and in order', async () => {
    const app = await makeApp();
    expect(drivesOf(app).map((id) => app.state.drives[id]?.path)).toEqual([
      '/dev/sda',
      '/dev/sdb',
      '/dev/sdc',
    ]);
    expect(app.state.drives[drivesOf(app)[1] ?? '']).toMatchObject({
      title: 'Kingston DataTraveler',
      asTarget: { ok: true, level: 1 },
    });
    expect(() => appStateSchema.parse(app.state)).not.toThrow();
  });

  it('keep their place and their key when the system names them anew', async () => {
    const app = await makeApp();
    const before = drivesOf(app);
    raws = [rawStick('sdc'), rawStick('sda'), { ...rawStick('sdb'), path: '/dev/sdx' }, rawStick('sdd')];
    await connect(app).call('drives.rescan', {});
    expect(drivesOf(app).slice(0, 3)).toEqual(before);
    expect(app.state.drives[before[1] ?? '']?.path).toBe('/dev/sdx');
    expect(drivesOf(app)).toHaveLength(4);
  });

  it('with hostile names are cleaned', async () => {
    raws = [
      rawStick('sda', {
        vendor: '\u202Eevil\u0007',
        model: 'x'.repeat(500),
        serial: 'a\u200Bb\n',
        volumes: [
          {
            label: '\u001b[2J__proto__',
            fileSystem: 'vfat',
            size: 1,
            usedBytes: 1,
            mountPoints: ['/m\u202e'],
          },
        ],
      }),
    ];
    const app = await makeApp();
    const drive = app.state.drives[drivesOf(app)[0] ?? ''];
    expect(drive?.identity.serial).toBe('ab');
    expect(JSON.stringify(drive)).not.toMatch(/[\p{Cc}\p{Cf}]|\\u00/u);
    expect(() => appStateSchema.parse(app.state)).not.toThrow();
  });

  it('stay as they were when the list cannot be read, and that is said', async () => {
    let broken = false;
    const app = await makeApp({
      list: () => (broken ? Promise.reject(new Error('no lsblk')) : Promise.resolve(raws)),
    });
    const client = connect(app);
    broken = true;
    await client.call('drives.rescan', {});
    expect(drivesOf(app)).toHaveLength(3);
    expect(app.state.system.warnings).toEqual([{ code: 'drives-unreadable', params: {} }]);
    broken = false;
    await client.call('drives.rescan', {});
    expect(app.state.system.warnings).toEqual([]);
  });

  it('one that spoils the question does not spoil the others', async () => {
    const check = engine.check.bind(engine);
    engine.check = (paths) =>
      paths.includes('/dev/sdb') ? Promise.reject(new Error('hangs')) : check(paths);
    const app = await makeApp();
    const verdicts = drivesOf(app).map((id) => app.state.drives[id]?.asTarget);
    expect(verdicts.map((verdict) => verdict?.ok)).toEqual([true, false, true]);
    expect(verdicts[1]?.reasons).toEqual([{ code: 'helper-failed', params: {} }]);
  });

  it('without a helper are shown but of no use', async () => {
    const app = await makeApp({
      engine: () => {
        throw new HelperNotFound(['/nowhere']);
      },
    });
    expect(app.state.system).toMatchObject({ helper: null, warnings: [{ code: 'helper-missing' }] });
    expect(app.state.drives[drivesOf(app)[0] ?? '']?.asSource.reasons).toEqual([
      { code: 'helper-missing', params: {} },
    ]);
  });

  it('of level 3 stay so; protected ones become so at once', async () => {
    const app = await makeApp();
    await connect(app).call('settings.set', { protectedSerials: ['SERIAL-sdb'] });
    expect(app.state.drives[drivesOf(app)[1] ?? '']?.asTarget).toMatchObject({ ok: false, level: 3 });
  });

  it('for practice come and go', async () => {
    const app = await makeApp();
    const client = connect(app);
    const { drives } = await client.call('drives.addPractice', { count: 2, size: 1 << 20 });
    expect(drives).toHaveLength(2);
    expect(app.state.drives[drives[0] ?? '']).toMatchObject({
      kind: 'practice',
      asTarget: { ok: true, level: 0 },
      title: 'Practice Stick 1',
    });
    const source = Object.values(app.state.drives).find(({ title }) => title === 'Practice Source');
    expect(source).toMatchObject({ asSource: { ok: true }, asTarget: { ok: false } });
    await client.call('drives.addPractice', { count: 1, size: 1 << 20 });
    expect(Object.values(app.state.drives).filter(({ kind }) => kind === 'practice')).toHaveLength(4);
    await client.call('drives.removePractice', {});
    expect(Object.values(app.state.drives).filter(({ kind }) => kind === 'practice')).toHaveLength(0);
  });

  it('images are named, used and forgotten', async () => {
    const app = await makeApp();
    const client = connect(app);
    const path = join(dir, 'master.img');
    expect(await codeOf(client.call('drives.addImage', { path }))).toBe('not-found');
    expect(await codeOf(client.call('drives.addImage', { path: 'relative.img' }))).toBe('bad-request');
    expect(await codeOf(client.call('drives.addImage', { path: dir }))).toBe('not-a-drive');
    await writeFile(path, 'x'.repeat(4096));
    const { drive } = await client.call('drives.addImage', { path });
    expect(app.state.drives[drive]).toMatchObject({ kind: 'image', size: 4096, asTarget: { ok: false } });
    expect(await codeOf(client.call('drives.addImageTarget', { path, overwrite: false }))).toBe(
      'file-exists',
    );
    const copy = await client.call('drives.addImageTarget', {
      path: join(dir, 'copy.img'),
      overwrite: false,
    });
    expect(app.state.drives[copy.drive]).toMatchObject({ exists: false, asTarget: { ok: true, level: 0 } });
    await client.call('drives.forgetImage', { drive });
    expect(app.state.drives[drive]).toBeUndefined();
    expect(await codeOf(client.call('drives.forgetImage', { drive }))).toBe('no-such-drive');
  });
});

describe('approvals', () => {
  it('are needed, for this drive as it was, and for this source', async () => {
    const app = await makeApp();
    const client = connect(app);
    const [a = '', b = '', c = ''] = drivesOf(app);
    const [yes] = await approve(client, a, [b]);
    const token = yes?.token ?? '';
    const start = (drive: string, given: string, source = a): Promise<string> =>
      codeOf(client.call('jobs.start', { source, targets: [{ drive, token: given }] }));
    expect(await start(b, '')).toBe('approval-missing');
    expect(await start(b, 'forged')).toBe('approval-void');
    expect(await start(c, token)).toBe('approval-void');
    expect(await start(b, token, c)).toBe('approval-void');
    expect(await start(a, token)).toBe('is-source');
    expect(await start('drv-nothing', token)).toBe('no-such-drive');
    raws = raws.map((raw) => (raw.path === '/dev/sdb' ? { ...raw, diskseq: 2 } : raw)); // pulled out and put back
    await client.call('drives.rescan', {});
    expect(await start(b, token)).toBe('approval-void');
    expect(engine.started).toHaveLength(0);
  });

  it('of level 2 need the typed end of the serial number', async () => {
    raws = [rawStick('sda'), rawStick('sdb', { removable: false, serial: 'WD-12 34-abCD' })];
    const app = await makeApp();
    const client = connect(app);
    const [a = '', b = ''] = drivesOf(app);
    const { targets } = await client.call('jobs.checkTargets', { source: a, targets: [b] });
    expect(targets[0]).toMatchObject({ level: 2, type: 'serial', ok: true });
    const start = (typed: string): Promise<string> =>
      codeOf(
        client.call('jobs.start', {
          source: a,
          targets: [{ drive: b, token: targets[0]?.token ?? '', typed }],
        }),
      );
    expect(await start('')).toBe('typed-wrong');
    expect(await start('abce')).toBe('typed-wrong');
    expect(await start('ABCD')).toBe('no error');
  });

  it('say what would be lost, and why not', async () => {
    raws = [
      rawStick('sda', { size: 64e9 }),
      rawStick('sdb', {
        volumes: [{ label: 'HOLIDAY', fileSystem: 'vfat', size: 32e9, usedBytes: 21e9, mountPoints: [] }],
      }),
    ];
    const app = await makeApp();
    const [a = '', b = ''] = drivesOf(app);
    const { targets } = await connect(app).call('jobs.checkTargets', { source: a, targets: [b] });
    expect(targets[0]).toMatchObject({
      ok: false,
      level: 3,
      token: '',
      usedBytes: 21e9,
      reasons: [{ code: 'too-small', params: { missingBytes: 32e9 } }],
    });
  });
});

describe('jobs', () => {
  it('run from start to end, seen by a front end through patches alone', async () => {
    const app = await makeApp();
    const client = connect(app);
    const seen: AppState[] = [];
    await followState(client, (state) => seen.push(state));
    const job = await startCopy(app, client);
    expect(engine.started[0]?.request).toMatchObject({
      source: '/dev/sda',
      targets: ['/dev/sdb', '/dev/sdc'],
      options: { verify: true, block: 1 << 20, slots: 64 },
    });
    expect(hold).toHaveBeenCalledOnce();
    job.tell(progressEvent(1, 'copying', 400));
    job.end(
      summaryOf('complete', [
        { id: 1 },
        { id: 2, state: 'failed', error: { code: 'write-error', message: '' } },
      ]),
    );
    await vi.waitFor(() => {
      const last = seen.at(-1);
      expect(Object.values(last?.jobs ?? {})[0]).toMatchObject({ state: 'ended', outcome: 'complete' });
      expect(last).toEqual(app.state);
    });
    expect(onlyJob(app).targets['t-2']).toMatchObject({ state: 'failed' });
    expect(release).toHaveBeenCalledOnce();
  });

  it('keep their drives from other jobs, and let them go', async () => {
    const app = await makeApp();
    const client = connect(app);
    const job = await startCopy(app, client);
    const [a = '', b = ''] = drivesOf(app);
    expect(app.state.drives[b]?.job).toBe(onlyJob(app).id);
    const { targets } = await client.call('jobs.checkTargets', { source: a, targets: [b] });
    expect(targets[0]?.reasons).toEqual([{ code: 'in-job', params: { job: onlyJob(app).id } }]);
    job.tell(targetEvent(1, 'done', { target: '/dev/sdb' }));
    await vi.waitFor(() => expect(app.state.drives[b]?.job).toBeNull());
  });

  it('take late targets, also by a second start of the same source', async () => {
    const app = await makeApp();
    const client = connect(app);
    const job = await startCopy(app, client);
    raws = [...raws, rawStick('sdd'), rawStick('sde')];
    await client.call('drives.rescan', {});
    const [a = '', , , d = '', e = ''] = drivesOf(app);
    const [late, later] = (await approve(client, a, [d, e])).map(({ drive, token }) => ({ drive, token }));
    if (!late || !later) throw new Error('not checked');
    const added = await client.call('jobs.addTargets', { job: onlyJob(app).id, targets: [late] });
    expect(added.targets).toEqual(['t-3']);
    const again = await client.call('jobs.start', { source: a, targets: [later] });
    expect(again.job).toBe(onlyJob(app).id);
    expect(job.said).toEqual([{ add: ['/dev/sdd'] }, { add: ['/dev/sde'] }]);
    expect(onlyJob(app).targetOrder).toEqual(['t-1', 't-2', 't-3', 't-4']);
  });

  it('obey', async () => {
    const app = await makeApp();
    const client = connect(app);
    const job = await startCopy(app, client);
    const { id } = onlyJob(app);
    await client.call('jobs.removeTarget', { job: id, target: 't-2' });
    await client.call('jobs.setSlowPolicy', { job: id, policy: 'catch-up', target: 't-1' });
    await client.call('jobs.setSlowPolicy', { job: id, policy: 'catch-up' });
    expect(await codeOf(client.call('jobs.dismiss', { job: id }))).toBe('job-running');
    await client.call('jobs.cancel', { job: id });
    expect(job.said).toEqual([
      { remove: 2 },
      { slow: 'catch-up', id: 1 },
      { slow: 'catch-up', id: undefined },
      'cancel',
    ]);
    expect(await codeOf(client.call('jobs.removeTarget', { job: id, target: 't-9' }))).toBe('no-such-target');
    expect(await codeOf(client.call('jobs.removeTarget', { job: id, target: 'constructor' }))).toBe(
      'no-such-target',
    );
    expect(await codeOf(client.call('jobs.cancel', { job: 'job-x' }))).toBe('no-such-job');
    job.end(summaryOf('cancelled'));
    await vi.waitFor(() => expect(onlyJob(app).state).toBe('ended'));
    await client.call('jobs.dismiss', { job: id });
    expect(app.state.jobOrder).toEqual([]);
  });

  it('try failed targets again in their old place, with a fresh approval', async () => {
    const app = await makeApp();
    const client = connect(app);
    const job = await startCopy(app, client);
    job.end(summaryOf('complete', [{ id: 1 }, { id: 2, state: 'failed' }]));
    await vi.waitFor(() => expect(onlyJob(app).state).toBe('ended'));
    const { id } = onlyJob(app);
    const { targets } = await client.call('jobs.checkRetry', { job: id, targets: ['t-2'] });
    const [check] = targets;
    await client.call('jobs.retryTargets', {
      job: id,
      targets: [{ drive: check?.drive ?? '', token: check?.token ?? '' }],
    });
    expect(engine.started[1]?.request).toMatchObject({ source: '/dev/sda', targets: ['/dev/sdc'] });
    expect(onlyJob(app)).toMatchObject({ state: 'starting', targetOrder: ['t-1', 't-2'] });
    expect(onlyJob(app).targets['t-2']).toMatchObject({ state: 'waiting', attempt: 2 });
    expect(onlyJob(app).targets['t-1']).toMatchObject({ state: 'done' });
  });

  it('that cannot be begun leave nothing behind', async () => {
    const app = await makeApp();
    engine.start = () => {
      throw new RangeError('no');
    };
    expect(await codeOf(startCopy(app, connect(app)))).toBe('helper-failed');
    expect(app.state.jobs).toEqual({});
  });
});

describe('a core that comes back', () => {
  it('finds its jobs and shows them as they were', async () => {
    const first = await makeApp();
    const job = await startCopy(first, connect(first));
    job.tell(targetEvent(1, 'done', { target: '/dev/sdb' }));
    const before = onlyJob(first);
    await first.stop();
    expect(job.said).toContain('detach');

    engine.runs = [{ job: 'key-1', pid: 7, source: '/dev/sda' }];
    const second = await makeApp();
    expect(onlyJob(second)).toMatchObject({ id: before.id, state: 'running', targets: before.targets });
    const attached = engine.attached[0]?.job;
    expect(engine.attached[0]?.key).toBe('key-1');
    attached?.tell(jobEvent({ role: 'observer' }));
    attached?.tell(targetEvent(1, 'done', { target: '/dev/sdb', mine: false }));
    attached?.tell(targetEvent(2, 'copying', { target: '/dev/sdc', mine: false }));
    attached?.tell(progressEvent(2, 'copying', 700));
    expect(onlyJob(second).targetOrder).toEqual(['t-1', 't-2']);
    expect(onlyJob(second).targets['t-2']).toMatchObject({ bytesCopied: 700, mine: true });
    attached?.end(summaryOf('complete', [{ id: 1 }, { id: 2 }]));
    await vi.waitFor(() => expect(onlyJob(second)).toMatchObject({ state: 'ended', outcome: 'complete' }));
  });

  it('does not call a copy good that ended unseen', async () => {
    const first = await makeApp();
    await startCopy(first, connect(first));
    await first.stop();
    const second = await makeApp();
    expect(onlyJob(second)).toMatchObject({ state: 'ended', outcome: 'helper-lost' });
    expect(onlyJob(second).targets['t-1']).toMatchObject({ state: 'failed', error: { code: 'helper-died' } });
  });

  it('shows jobs that another program began', async () => {
    engine.runs = [{ job: 'other', pid: 7, source: '/dev/sda' }];
    const app = await makeApp();
    expect(onlyJob(app).source.card).toMatchObject({ path: '/dev/sda', drive: drivesOf(app)[0] });
    engine.attached[0]?.job.tell(targetEvent(1, 'copying', { target: '/dev/sdb', mine: false }));
    expect(onlyJob(app).targets['t-1']?.card).toMatchObject({ title: 'Kingston DataTraveler' });
  });

  it('shows only practice jobs when it shows only practice drives', async () => {
    engine.runs = [
      { job: 'other', pid: 7, source: '/dev/sda' },
      { job: 'practice', pid: 8, source: join(dir, 'practice', 'practice-source.img') },
    ];
    const app = await makeApp({ practiceOnly: true });
    expect(drivesOf(app)).toEqual([]);
    expect(engine.attached.map(({ key }) => key)).toEqual(['practice']);
  });

  it('is not disturbed by a damaged journal', async () => {
    const first = await makeApp();
    await startCopy(first, connect(first));
    await first.stop();
    await writeFile(join(dir, 'state', 'jobs.json'), seal({ carouselJobs: 1, runs: [{ job: {} }, 7] }));
    expect((await makeApp()).state.jobs).toEqual({});
  });
});

describe('a recording', () => {
  it('plays as it was, without its secrets', async () => {
    const file = join(dir, 'session.jsonl');
    const app = await makeApp({ recorder: createRecorder(file, '0.1.0', systemClock) });
    const client = connect(app);
    const job = await startCopy(app, client);
    job.tell(progressEvent(1, 'copying', 400));
    expect(await codeOf(client.call('jobs.dismiss', { job: onlyJob(app).id }))).toBe('job-running');
    job.end(summaryOf('complete', [{ id: 1 }, { id: 2 }]));
    await vi.waitFor(() => expect(onlyJob(app).state).toBe('ended'));
    await new Promise((resolve) => setTimeout(resolve, 150));
    const last = app.state;
    await app.stop();
    const text = await readFile(file, 'utf8');
    expect(text).toContain('"call":"jobs.start"');
    expect(text).not.toMatch(/"token":"[^"]/);

    const recording = parseRecording(`${text}{"t":99999,"patch":{"cut of`);
    const replay = createReplay(recording, '0.1.0', systemClock);
    const viewer = connect(replay);
    await replay.play();
    await vi.waitFor(async () => {
      const { state } = await viewer.call('state.get', {});
      expect(state.jobs).toEqual(last.jobs);
      expect(state.system.host).toBe('replay');
    });
    expect(await codeOf(viewer.call('drives.rescan', {}))).toBe('replay-only');
  });

  it.each(['', 'null', '{}', '{"carouselRecording":2}'])('is not %j', (text) => {
    expect(() => parseRecording(text)).toThrow();
  });
});
