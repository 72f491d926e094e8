import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, describe, expect, it, vi } from 'vitest';
import type { Drive } from '@contract/groups/drives.ts';
import type { Job, Target } from '@contract/groups/jobs.ts';
import { defaultSettings } from '@contract/groups/settings.ts';
import { sampleDrive, sampleJob, sampleTarget } from '@contract/testing/samples.ts';
import type { JobSummary, TargetResult } from '@contract/helper-messages.ts';
import { HelperCommandError } from '../helper/one-shot.ts';
import { jobEvent, summaryOf, targetEvent } from '../testing/helper-events.ts';
import { manualClock } from '../testing/manual-clock.ts';
import { scriptedEngine, type ScriptedEngine } from '../testing/scripted-engine.ts';
import { cardOf } from './drive-card.ts';
import { restoredRun, type JobRun } from './job-run.ts';
import { createJobService, type JobService } from './job-service.ts';

const kept = { path: '/tmp/manifest', rootDigest: 'D' };
const driveOf = (letter: string, change: Partial<Drive> = {}, identity: Partial<Drive['identity']> = {}) =>
  sampleDrive({
    id: `drv-${letter}`,
    path: `/dev/sd${letter}`,
    identity: { ...sampleDrive().identity, serial: `SER-${letter}`, ...identity },
    ...change,
  });

let engine: ScriptedEngine;
let drives: Drive[] = [];
let shown: readonly Job[] = [];
let reaching: (() => void)[] = [];
/** Root digests by serial number, and files by root digest. */
let ledger = new Map<string, string>();
let keptFiles = new Map<string, string>();
/** What the helper has left as a result, and the number of the process that is there. */
let left: JobSummary | null = null;
let alive = 0;
const close = vi.fn(() => Promise.resolve());

beforeEach(() => {
  engine = scriptedEngine();
  engine.judge = (verdict) => ({ ...verdict, diskseq: null });
  drives = ['b', 'c', 'd'].map((letter) => driveOf(letter));
  reaching = [];
  ledger = new Map();
  keptFiles = new Map();
  [left, alive] = [null, 0];
  close.mockClear();
});

async function serviceWith(job: Job | null, change: Partial<JobRun> = {}): Promise<JobService> {
  const run =
    job &&
    restoredRun(job, {
      ...{ key: null, pid: null, ids: new Map(), check: null, comparing: new Map() },
      manifests: new Map(job.targetOrder.map((id) => [id, kept])),
      ...change,
    });
  const service = createJobService({
    engine: () => engine,
    elevation: { state: 'none-needed', obtain: () => Promise.resolve(), onChange: () => undefined },
    clock: manualClock(),
    journal: {
      load: () => Promise.resolve(run ? [run] : []),
      save: () => undefined,
      isMine: () => true,
      close: () => Promise.resolve(),
    },
    results: { prepare: () => '/tmp/result', take: () => left },
    isAlive: (pid) => pid === alive,
    manifests: {
      prepare: () => '/tmp/manifest',
      putAway: () => Promise.resolve(),
      find: (rootDigest) => Promise.resolve(keptFiles.get(rootDigest) ?? null),
    },
    contentOf: (serial) => Promise.resolve(ledger.get(serial) ?? null),
    resumeFolder: null,
    logger: { debug: vi.fn(), info: vi.fn(), warn: vi.fn(), error: vi.fn() } as never,
    drive: (id) => drives.find((one) => one.id === id),
    driveAt: (path) => drives.find((one) => one.path === path),
    defaults: () => defaultSettings.job,
    adopts: () => true,
    reachFeed: async () => {
      await new Promise<void>((resolve) => reaching.push(resolve));
      return { request: (request) => request, ride: () => undefined, close };
    },
    onChange: (jobs) => (shown = jobs),
    handsOut: () => false,
    onDrivesTouched: () => undefined,
  });
  await service.restore();
  return service;
}

const targetOn = (id: string, drive: Drive, change: Partial<Target> = {}): Target =>
  sampleTarget({ id, card: cardOf(drive), state: 'done', manifest: true, ...change });
const endedJob = (targets: Target[], source: Drive = driveOf('a')): Job =>
  sampleJob(
    {
      state: 'ended',
      outcome: 'complete',
      endedAt: 1,
      source: { ...sampleJob().source, card: cardOf(source) },
    },
    targets,
  );
const codeOf = (work: Promise<unknown>): Promise<unknown> =>
  work.then(
    () => 'fine',
    (error: unknown) => (error as { error?: { code?: string }; code?: string }).error?.code ?? error,
  );

describe('a stick that was plugged in anew', () => {
  const was = (serial: string | null): Drive => driveOf('b', {}, { serial, diskseq: 7 });
  const is = (serial: string | null): Drive => driveOf('b', {}, { serial, diskseq: 8 });

  it.each([
    ['without a serial number', null, [targetOn('t-1', was(null))], 'changed-device'],
    [
      'of a serial number that is there twice',
      'S',
      [targetOn('t-1', was('S')), targetOn('t-2', driveOf('b', {}, { serial: 'S', diskseq: 9 }))],
      'changed-device',
    ],
    ['of a serial number of its own', 'S', [targetOn('t-1', was('S'))], 'fine'],
  ] as const)('is not verified for another: %s', async (_, serial, targets, code) => {
    drives = [is(serial)];
    const service = await serviceWith(endedJob([...targets]));
    expect(await codeOf(service.verify('job-1', ['t-1']))).toBe(code);
    expect(engine.verified).toHaveLength(code === 'fine' ? 1 : 0);
  });

  it('is not healed for another', async () => {
    const evidence = [{ attempt: 0, bad: [1], more: 0, echoes: [] }];
    const source = driveOf('a');
    drives = [source, is(null)];
    const target = targetOn('t-1', was(null), { state: 'failed', evidence });
    const service = await serviceWith(endedJob([target], source));
    expect(await codeOf(service.checkHeal('job-1', ['t-1']))).toBe('changed-device');
    const twin = targetOn('t-2', is(null), { state: 'failed', evidence });
    const other = await serviceWith(endedJob([target, twin], source));
    const [check] = await other.checkHeal('job-1', ['t-2']);
    await other.heal('job-1', [{ drive: 'drv-b', token: check?.token ?? '' }]);
    expect(shown[0]?.targets).toMatchObject({ 't-1': { state: 'failed' }, 't-2': { state: 'waiting' } });
  });
});

describe('the manifest of what is on a drive', () => {
  const root = 'ab'.repeat(32);
  const head = {
    time: '2026-11-30T10:00:00Z',
    source: { path: '/images/master.img', size: 1000 },
    ...{ blockSize: 65_536, unreadable: 0, rootDigest: root },
  };
  let folder = '';
  beforeEach(() => {
    folder = mkdtempSync(join(tmpdir(), 'carousel-past-'));
    const path = join(folder, `${root}.manifest`);
    writeFileSync(path, `carousel-manifest 1\n${JSON.stringify(head)}\n`);
    [ledger, keptFiles] = [new Map([['SER-b', root]]), new Map([[root, path]])];
  });
  afterEach(() => rmSync(folder, { recursive: true }));

  it('is found by the ledger when no job is shown', async () => {
    const service = await serviceWith(null);
    expect(await service.findManifest('drv-b')).toMatchObject({
      rootDigest: root,
      title: 'master.img',
      size: 1000,
    });
    expect(await service.findManifest('drv-c')).toBeNull();
  });

  it('is found by the ledger when another program’s job with it is shown, but not while that runs', async () => {
    for (const state of ['done', 'copying'] as const) {
      const service = await serviceWith(endedJob([targetOn('t-1', driveOf('b'), { state })]), {
        manifests: new Map(),
      });
      const found = await service.findManifest('drv-b');
      expect(found?.rootDigest).toBe(state === 'done' ? root : undefined);
    }
  });

  it('is none where the ledger is not certain, the manifest is not kept, or the drive has no serial number', async () => {
    const service = await serviceWith(null);
    drives = [driveOf('b', {}, { serial: null }), driveOf('c')];
    expect(await service.findManifest('drv-b')).toBeNull();
    drives = [driveOf('b')];
    keptFiles = new Map();
    expect(await service.findManifest('drv-b')).toBeNull();
  });
});

describe('a map of ddrescue', () => {
  const skipRanges = [{ offset: 512, length: 1024 }];

  it('holds for every run of its job, and for no run that reads without it', async () => {
    drives = ['a', 'b', 'c'].map((letter) => driveOf(letter));
    const service = await serviceWith(null);
    const [check, later] = await service.check({ source: 'drv-a', targets: ['drv-b', 'drv-c'] });
    const job = await service.start({
      source: 'drv-a',
      targets: [{ drive: 'drv-b', token: check?.token ?? '' }],
      skipRanges,
    });
    expect(engine.started[0]?.request.options?.skipRanges).toEqual(skipRanges);
    const more = [{ drive: 'drv-c', token: later?.token ?? '' }];
    expect(await codeOf(service.start({ source: 'drv-a', targets: more, skipRanges }))).toBe('job-running');
    engine.started[0]?.job.end(summaryOf('complete', [{ path: '/dev/sdb', state: 'done' }]));
    await vi.waitFor(() => expect(shown[0]?.state).toBe('ended'));
    await service.addTargets(job, more);
    expect(engine.started[1]?.request.options?.skipRanges).toEqual(skipRanges);
  });

  it('that is not used, because the copy joined another, is told of', async () => {
    drives = ['a', 'b'].map((letter) => driveOf(letter));
    for (const [role, ranges, warnings] of [
      ['consumer', skipRanges, ['map-unused']],
      ['producer', skipRanges, []],
      ['consumer', [], []],
    ] as const) {
      const service = await serviceWith(null);
      const [check] = await service.check({ source: 'drv-a', targets: ['drv-b'] });
      await service.start({
        source: 'drv-a',
        targets: [{ drive: 'drv-b', token: check?.token ?? '' }],
        skipRanges: [...ranges],
      });
      engine.started.at(-1)?.job.tell(jobEvent({ role }));
      expect(shown[0]?.warnings.map(({ code }) => code)).toEqual(warnings);
    }
  });
});

describe('the blocks of another computer', () => {
  const feed = (): Drive => driveOf('a', { kind: 'feed', path: '/feed/one' });

  async function yesTo(service: JobService, letter: string) {
    const [check] = await service.check({ source: 'drv-a', targets: [`drv-${letter}`], job: 'job-1' });
    return { drive: `drv-${letter}`, token: check?.token ?? '' };
  }
  async function reachAll(count: number): Promise<void> {
    await vi.waitFor(() => expect(reaching).toHaveLength(count));
    for (const go of reaching) go();
  }

  it('are reached for two at once, and no target is taken for another', async () => {
    drives = [feed(), ...drives];
    const service = await serviceWith(endedJob([targetOn('t-1', driveOf('b'))], feed()));
    const yes = [await yesTo(service, 'c'), await yesTo(service, 'd')];
    const adds = yes.map((one) => service.addTargets('job-1', [one]));
    await reachAll(2);
    expect(await Promise.all(adds)).toEqual([['t-2'], ['t-3']]);
    expect(shown[0]?.targets).toMatchObject({
      't-2': { card: { drive: 'drv-c' } },
      't-3': { card: { drive: 'drv-d' } },
    });
  });

  it.each(['addTargets', 'retry', 'start'] as const)(
    'are let go of when the drive was taken, or nobody wants it any more: %s',
    async (verb) => {
      drives = [feed(), ...drives];
      const target = targetOn('t-1', driveOf('c'), { state: 'failed' });
      const service = await serviceWith(endedJob([target], feed()));
      const yes = await yesTo(service, 'c');
      const begin = (sure?: () => void): Promise<unknown> => {
        if (verb === 'start') return service.start({ source: 'drv-a', targets: [yes] }, sure);
        if (verb === 'retry') return service.retry('job-1', [yes], false, sure);
        return service.addTargets('job-1', [yes], sure);
      };
      const unwanted = codeOf(
        begin(() => {
          throw new RangeError('no');
        }),
      );
      await reachAll(1);
      expect(await unwanted).toBeInstanceOf(RangeError);
      expect(close).toHaveBeenCalledTimes(1);
      const both = [codeOf(begin()), codeOf(begin())];
      await reachAll(3);
      expect(await Promise.all(both)).toEqual(['fine', 'in-job']);
      expect(close).toHaveBeenCalledTimes(2);
      expect(engine.started).toHaveLength(1);
    },
  );
});

it('tries again what went wrong, not a good copy on the same drive', async () => {
  const source = driveOf('a');
  drives = [source, ...drives];
  const targets = [
    targetOn('t-1', driveOf('b'), { state: 'verified' }),
    targetOn('t-2', driveOf('b'), { state: 'failed' }),
  ];
  const service = await serviceWith(endedJob(targets, source));
  const [check] = await service.checkRetry('job-1', ['t-2']);
  await service.retry('job-1', [{ drive: 'drv-b', token: check?.token ?? '' }], false);
  expect(shown[0]?.targets).toMatchObject({ 't-1': { state: 'verified' }, 't-2': { state: 'waiting' } });
});

describe('a target that steps on when the copy ends', () => {
  const source = driveOf('a');
  const late = { state: 'refused', error: { code: 'job-ending' } };

  /** A running copy to b, and c put on it a moment before it says its last word. */
  async function ending(
    outcome: JobSummary['outcome'],
    rider: Partial<TargetResult> | null = null,
    meanwhile: (service: JobService, id: string) => void = () => undefined,
  ) {
    drives = [source, ...drives];
    const service = await serviceWith(null);
    const yesTo = async (letter: string) => {
      const [check] = await service.check({ source: 'drv-a', targets: [`drv-${letter}`] });
      return { drive: `drv-${letter}`, token: check?.token ?? '' };
    };
    const id = await service.start({ source: 'drv-a', targets: [await yesTo('b')] });
    const [first] = engine.started;
    first?.job.tell(targetEvent(1, 'copying', { target: '/dev/sdb' }));
    await service.addTargets(id, [await yesTo('c')]);
    meanwhile(service, id);
    const results: Partial<TargetResult>[] = [{ id: 1, path: '/dev/sdb', state: 'done' }];
    if (rider) results.push({ path: '/dev/sdc', state: 'refused', ...rider });
    first?.job.end(summaryOf(outcome, results));
    await vi.waitFor(() => expect(shown[0]?.targets['t-1']).toMatchObject({ state: 'done' }));
    return { service, id };
  }

  it.each([
    ['the helper never heard of it', null],
    ['the helper said so', { error: { code: 'job-ending', message: '' } } as const],
  ])('is copied to by another run, with the same yes: %s', async (_, rider) => {
    await ending('complete', rider);
    expect(shown[0]).toMatchObject({ state: 'starting', targets: { 't-2': { state: 'waiting' } } });
    expect(engine.started).toHaveLength(2);
    expect(engine.started[1]?.request).toMatchObject({ targets: ['/dev/sdc'] });
    expect([...(engine.started[1]?.request.approvals ?? [])]).toEqual([['/dev/sdc', 'A1-1-/dev/sdc']]);
    engine.started[1]?.job.end(summaryOf('complete', [{ path: '/dev/sdc', state: 'done' }]));
    await vi.waitFor(() => expect(shown[0]).toMatchObject({ state: 'ended', outcome: 'complete' }));
    expect(shown[0]?.targets['t-2']).toMatchObject({ state: 'done', error: null });
    expect(engine.started).toHaveLength(2);
  });

  it.each(['cancelled', 'source-failed'] as const)('is told so where the copy was %s', async (outcome) => {
    await ending(outcome);
    expect(shown[0]).toMatchObject({ state: 'ended', targets: { 't-2': late } });
    expect(engine.started).toHaveLength(1);
  });

  it.each([
    ['it was taken off', (service: JobService, id: string) => service.removeTarget(id, 't-2')],
    ['all was stopped', (service: JobService, id: string) => service.cancel(id)],
  ])('is not written to when %s meanwhile', async (_, meanwhile) => {
    await ending('complete', null, meanwhile);
    expect(shown[0]).toMatchObject({ state: 'ended', targets: { 't-2': late } });
    expect(engine.started).toHaveLength(1);
  });

  it('is not tried a second time for another reason', async () => {
    await ending('complete', { error: { code: 'too-small', message: '' } });
    expect(shown[0]).toMatchObject({ state: 'ended', targets: { 't-2': { error: { code: 'too-small' } } } });
    expect(engine.started).toHaveLength(1);
  });

  it('is told so where the helper cannot be started again', async () => {
    const start = engine.start.bind(engine);
    engine.start = (request) => {
      if (engine.started.length > 0) throw new Error('no more processes');
      return start(request);
    };
    await ending('complete');
    expect(shown[0]).toMatchObject({ state: 'ended', targets: { 't-2': late } });
  });
});

it.each([
  ['gives no answer', true, 'hung'],
  ['cannot be looked at', false, 'helper-failed'],
] as const)('a source that %s is named as such', async (_, isLate, code) => {
  drives = [driveOf('a'), ...drives];
  const service = await serviceWith(null);
  const [check] = await service.check({ source: 'drv-a', targets: ['drv-b'] });
  engine.check = () => Promise.reject(new HelperCommandError('check', { late: isLate }));
  const begin = service.start({ source: 'drv-a', targets: [{ drive: 'drv-b', token: check?.token ?? '' }] });
  expect(await codeOf(begin)).toBe(code);
});

describe('a running job whose helper we hear no more of', () => {
  const running = (): Job =>
    sampleJob({ state: 'running', outcome: null, endedAt: null }, [
      targetOn('t-1', driveOf('b'), { state: 'copying' }),
    ]);
  const known = { key: 'key-1', pid: 7, ids: new Map([[1, 't-1']]) };
  const done = (): JobSummary => summaryOf('complete', [{ id: 1, path: '/dev/sdb', state: 'done' }]);
  /** One that is attached to a running job, whose conversation then ends like that. */
  async function attachedUntil(outcome: 'refused' | 'helper-died'): Promise<JobService> {
    engine.runs = [{ job: 'key-1', pid: 7, source: running().source.card.path }];
    const service = await serviceWith(running(), known);
    alive = 7;
    await service.find();
    engine.attached[0]?.job.end(summaryOf(outcome, []));
    await engine.attached[0]?.job.finished;
    return service;
  }
  const ended = (outcome: string, state: string) =>
    vi.waitFor(() =>
      expect(shown[0]).toMatchObject({ state: 'ended', outcome, targets: { 't-1': { state } } }),
    );

  it('is not lost while its process is there, and then as it has left it', async () => {
    const service = await serviceWith(running(), known);
    alive = 7;
    await service.find();
    expect(shown[0]).toMatchObject({ state: 'running', targets: { 't-1': { state: 'copying' } } });
    [left, alive] = [done(), 0];
    await service.find();
    await ended('complete', 'done');
  });

  it('is lost when its process is gone and has left nothing', async () => {
    const service = await serviceWith(running(), known);
    await service.find();
    await ended('helper-lost', 'failed');
  });

  it('ends as the helper has left it when it was over just before anybody could attach to it', async () => {
    const service = await attachedUntil('refused');
    engine.runs = [];
    expect(shown[0]).toMatchObject({ state: 'running', targets: { 't-1': { state: 'copying' } } });
    left = done();
    await service.find();
    await ended('complete', 'done');
  });

  it('is attached to again when only the conversation broke off', async () => {
    const service = await attachedUntil('helper-died');
    await service.find();
    expect(engine.attached).toHaveLength(2);
    engine.attached[1]?.job.end(done());
    await ended('complete', 'done');
  });
});
