import {
  closeSync,
  existsSync,
  fstatSync,
  mkdirSync,
  mkdtempSync,
  openSync,
  readdirSync,
  rmSync,
  writeFileSync,
  writeSync,
} from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, describe, expect, test, vi } from 'vitest';
import type { LedgerAnswer, RecordedTarget } from '@contract/groups/history.ts';
import { keptSummary } from '../helper/kept-summary.ts';
import { jobEvent, progressEvent, summaryOf, targetEvent } from '../testing/helper-events.ts';
import { scriptedEngine, type ScriptedEngine, type ScriptedJob } from '../testing/scripted-engine.ts';
import { openRecord, type Database } from './database.ts';
import { FactBook } from './drive-facts.ts';
import { findJob, listJobs, listTargets } from './history-query.ts';
import { lookUp } from './ledger.ts';
import { recordedEngine, recordOf } from './recorded-engine.ts';
import { Recorder, type RecordProblem } from './recorder.ts';

let dir = '';
let problems: RecordProblem[] = [];
let recorders: Recorder[] = [];
let time = 1_800_000_000_000;

beforeEach(() => {
  dir = mkdtempSync(join(tmpdir(), 'carousel-record-'));
  [problems, recorders] = [[], []];
});
afterEach(() => {
  for (const one of recorders) one.close();
  rmSync(dir, { recursive: true, force: true });
});

const file = (): string => join(dir, 'record.db');
const resultDir = (): string => join(dir, 'results');

/** A program of its own with its own way into the same file. */
function program(): { recorder: Recorder; engine: ScriptedEngine; base: ScriptedEngine; facts: FactBook } {
  const recorder = new Recorder({
    file: file(),
    resultDir: resultDir(),
    program: '1.2.3',
    now: () => (time += 1),
    bootedAt: () => 1_700_000_000_000,
    onProblem: (problem) => problems.push(problem),
  });
  recorders.push(recorder);
  const base = scriptedEngine();
  const facts = new FactBook();
  return { recorder, base, facts, engine: recordedEngine(base, recorder, facts) };
}

const never = (): boolean => false;
function look<T>(query: (db: Database) => T): T {
  const { db } = openRecord(file());
  try {
    return query(db);
  } finally {
    db.close();
  }
}
const jobs = () => look((db) => listJobs(db, { limit: 100 }, never).jobs);
const rides = (job: number): RecordedTarget[] => look((db) => listTargets(db, job, 64).targets);
const ledger = (serial: string): LedgerAnswer => look((db) => lookUp(db, serial, undefined, never));

const begin = (change: object = {}) => jobEvent({ pids: { supervisor: 77 }, ...change });
const last = (base: ScriptedEngine): ScriptedJob =>
  base.started.at(-1)?.job ?? expect.fail('nothing was started');

/** Starts a copy to /dev/sdb, whose serial number is known. */
async function startCopy({ base, engine }: ReturnType<typeof program>) {
  base.judge = (verdict) => ({ ...verdict, kind: 'device', serial: 'SER-B', busPath: 'usb-1' });
  await engine.survey(['/dev/sdb']);
  const job = engine.start({ source: '/dev/sda', targets: ['/dev/sdb'] });
  return { job, helper: last(base) };
}

describe('a copy', () => {
  test('is on disk before the helper hears of it, and certain of nothing until its end', async () => {
    const one = program();
    one.base.judge = (verdict) => ({ ...verdict, kind: 'device', serial: 'SER-B' });
    await one.engine.survey(['/dev/sdb']);
    const start = vi.spyOn(one.base, 'start').mockImplementation(() => {
      expect(ledger('SER-B')).toMatchObject({
        last: { target: { state: null, path: '/dev/sdb' }, job: null },
        holds: null,
      });
      throw new RangeError('no helper takes that');
    });
    expect(() => one.engine.start({ source: '/dev/sda', targets: ['/dev/sdb'] })).toThrow(RangeError);
    expect(start).toHaveBeenCalledOnce();
    expect(ledger('SER-B').last).toBeNull(); // nobody was asked to write it
  });

  test('is recorded with all that was told of it', async () => {
    const one = program();
    const { job, helper } = await startCopy(one);
    helper.tell(begin({ onReadError: 'stop', t: 0 }));
    helper.tell(targetEvent(1, 'copying', { size: 2000 }));
    for (const t of [1, 2, 3]) helper.tell({ ...progressEvent(1, 'copying', t * 100, t * 10), t });
    helper.tell(
      targetEvent(1, 'verified', {
        bytesWritten: 1000,
        seconds: 3,
        healedBlocks: 1,
        joinedAtBlock: 4,
        unreadable: 1,
      }),
    );
    const source = { path: '/dev/sda', size: 1000, bytesRead: 1200, laps: 1.2, rootDigest: 'ROOT' };
    helper.end(
      summaryOf('complete', [{ id: 1, path: '/dev/sdb', state: 'verified' }], {
        source: { ...source, unreadable: [{ offset: 512, length: 512 }] },
      }),
    );
    await job.finished;
    const [recorded] = jobs();
    expect(recorded).toMatchObject({
      id: 1,
      state: 'ended',
      outcome: 'complete',
      program: '1.2.3',
      onReadError: 'stop',
      blockSize: 65536,
      counts: { verified: 1, done: 0, bad: 0, open: 0 },
      source: { path: '/dev/sda', rootDigest: 'ROOT', laps: 1.2, unreadablePlaces: 1, unreadableBytes: 512 },
    });
    expect(recordOf(job)).toBe(1);
    expect(rides(1)).toMatchObject([
      {
        path: '/dev/sdb',
        serial: 'SER-B',
        busPath: 'usb-1',
        size: 32_000_000_000,
        state: 'verified',
        joinedAtBlock: 4,
        healedBlocks: 1,
        unreadable: 1,
        speed: { mean: 20, min: 10, max: 30 },
        curve: [
          [1, 10],
          [2, 20],
          [3, 30],
        ],
        coverage: 'f0',
      },
    ]);
    expect(ledger('SER-B').holds).toEqual({ rootDigest: 'ROOT', verified: true, unreadable: 1, job: 1 });
    expect(readdirSync(resultDir())).toEqual([]);
    expect(problems).toEqual([]);
  });

  test('that two programs watch is one job with one target, whoever tells first', async () => {
    for (const watcherFirst of [true, false]) {
      const [owner, watcher] = [program(), program()];
      const { job, helper } = await startCopy(owner);
      watcher.engine.attach('key-1');
      const watched = watcher.base.attached.at(-1)?.job ?? expect.fail('not attached');
      const pids = { supervisor: watcherFirst ? 1 : 2 };
      const end = summaryOf('complete', [{ id: 1, path: '/dev/sdb', state: 'done' }]);
      const tellings = [
        () => {
          watched.tell(begin({ role: 'observer', pids, t: 1 }));
          watched.tell(targetEvent(1, 'copying', { mine: false }));
          watcher.recorder.read(() => 0);
        },
        () => {
          helper.tell(begin({ pids }));
          helper.tell(targetEvent(1, 'copying'));
          owner.recorder.read(() => 0);
        },
      ];
      for (const tell of watcherFirst ? tellings : tellings.reverse()) tell();
      watched.end({ ...end, role: 'observer' });
      helper.end(end);
      await job.finished;
      await watched.finished;
      watcher.recorder.read(() => 0);
      const [newest] = jobs();
      expect(rides(newest?.id ?? 0)).toMatchObject([{ serial: 'SER-B', state: 'done' }]);
      expect(newest).toMatchObject({ outcome: 'complete', counts: { done: 1, open: 0 } });
    }
    expect(jobs()).toHaveLength(2);
    expect(look((db): unknown => db.prepare('SELECT count(*) AS n FROM target').get())).toEqual({ n: 2 });
  });

  test('goes on in the record when the core that began it is gone', async () => {
    const first = program();
    const { helper } = await startCopy(first);
    helper.tell(begin());
    helper.tell(targetEvent(1, 'copying'));
    first.recorder.close();
    expect(jobs()).toMatchObject([{ state: 'unknown', outcome: null, counts: { open: 1 } }]);
    expect(ledger('SER-B').holds).toBeNull();

    const second = program();
    second.engine.attach('key-1');
    const watched = second.base.attached.at(-1)?.job ?? expect.fail('not attached');
    watched.tell(begin({ role: 'observer', t: 5 }));
    watched.tell(targetEvent(1, 'done', { mine: false }));
    watched.end({ ...summaryOf('complete', [{ id: 1, path: '/dev/sdb' }]), role: 'observer' });
    await watched.finished;
    await Promise.resolve();
    second.recorder.close();
    expect(jobs()).toMatchObject([{ state: 'ended', counts: { done: 1, open: 0 } }]);
    expect(ledger('SER-B').holds).toMatchObject({ rootDigest: 'aa', verified: false });
  });

  test('whose end nobody saw is found by what its helper has left', async () => {
    const first = program();
    const { helper } = await startCopy(first);
    helper.tell(begin());
    helper.tell(targetEvent(1, 'copying'));
    first.recorder.close();
    const kept = first.base.started[0]?.request.options?.resultFile ?? '';
    writeFileSync(
      kept,
      keptSummary({
        ...summaryOf('complete', [{ id: 1, path: '/dev/sdb', state: 'verified' }]),
        role: 'observer',
      }),
    );
    const second = program();
    second.recorder.warm();
    second.recorder.close();
    expect(jobs()).toMatchObject([{ state: 'ended', counts: { verified: 1 } }]);
    expect(existsSync(kept)).toBe(false);
  });

  test('that lost its helper failed, until the helper itself says otherwise', async () => {
    const one = program();
    const { job, helper } = await startCopy(one);
    helper.tell(begin());
    helper.tell(targetEvent(1, 'copying'));
    helper.end(summaryOf('helper-died', [{ id: 1, path: '/dev/sdb', state: 'failed' }]));
    await job.finished;
    one.recorder.close();
    expect(jobs()).toMatchObject([{ outcome: 'helper-died', counts: { bad: 1 } }]);
    const kept = one.base.started[0]?.request.options?.resultFile ?? '';
    mkdirSync(resultDir(), { recursive: true });
    writeFileSync(
      kept,
      keptSummary({ ...summaryOf('complete', [{ id: 1, path: '/dev/sdb' }]), role: 'observer' }),
    );
    program().recorder.warm();
    expect(jobs()).toMatchObject([{ outcome: 'complete', counts: { done: 1 } }]);
  });

  test('an onlooker that is cut off says nothing about the end', async () => {
    const [owner, watcher] = [program(), program()];
    const { job, helper } = await startCopy(owner);
    helper.tell(begin());
    helper.tell(targetEvent(1, 'copying'));
    owner.recorder.read(() => 0);
    watcher.engine.attach('key-1');
    const watched = watcher.base.attached.at(-1)?.job ?? expect.fail('not attached');
    watched.tell(begin({ role: 'observer' }));
    watched.end(
      summaryOf('helper-died', [], {
        others: [{ ...summaryOf('complete', [{}]).targets[0]!, id: 1, path: '/dev/sdb', state: 'failed' }],
      }),
    );
    await watched.finished;
    await Promise.resolve();
    expect(jobs()).toMatchObject([{ state: 'unknown', counts: { bad: 0, open: 1 } }]);
    helper.end(summaryOf('complete', [{ id: 1, path: '/dev/sdb' }]));
    await job.finished;
    expect(jobs()).toMatchObject([{ outcome: 'complete', counts: { done: 1 } }]);
  });

  test('targets that join later are announced; a request that is turned down leaves no question', async () => {
    const one = program();
    const { job, helper } = await startCopy(one);
    helper.tell(begin());
    one.base.judge = (verdict) => ({ ...verdict, kind: 'device', serial: 'SER-C' });
    await one.engine.survey(['/dev/sdc']);
    const mark = job.add(['/dev/sdc']);
    expect(ledger('SER-C')).toMatchObject({ last: { target: { state: null } }, holds: null });
    helper.tell({ event: 'error', t: 1, code: 'too-small', message: 'no', request: mark });
    one.recorder.read(() => 0);
    expect(ledger('SER-C').last?.target).toMatchObject({ state: 'refused', error: { code: 'too-small' } });
  });

  test('what is asked for a later target reaches the engine whole', async () => {
    const { job, helper } = await startCopy(program());
    job.add(['/dev/sdc'], new Map(), true);
    expect(helper.said).toEqual([{ add: ['/dev/sdc'], takeUp: true }]);
  });

  test('a verification and a probe are recorded by what they may have changed', async () => {
    const one = program();
    const { job, helper } = await startCopy(one);
    helper.tell(begin());
    helper.end(summaryOf('complete', [{ id: 1, path: '/dev/sdb', state: 'verified' }]));
    await job.finished;
    one.engine.probe({ target: '/dev/sdb' });
    expect(ledger('SER-B')).toMatchObject({ holds: null, last: { target: { task: 'probe', state: null } } });
    const verdict = {
      event: 'verdict',
      ok: false,
      outcome: 'cancelled',
      target: '/dev/sdb',
      left: 'as-before',
    };
    one.base.probed[0]?.probe.end(verdict as never);
    await one.base.probed[0]?.probe.finished;
    await Promise.resolve();
    expect(ledger('SER-B').holds).toMatchObject({ verified: true });
  });
});

describe('the file', () => {
  test('damaged, it is set aside and said, and a new one is begun', () => {
    writeFileSync(file(), 'this is no database, whatever its name may be'.repeat(200));
    const { recorder } = program();
    recorder.warm();
    expect(problems).toMatchObject([{ code: 'set-aside' }]);
    const names = readdirSync(dir).filter((name) => name.includes('damaged'));
    expect(names).toHaveLength(1);
    expect(jobs()).toEqual([]);
  });

  test('damaged while it is in use, it is set aside, and nothing of before is taken for something in the new one', async () => {
    const one = program();
    const { job, helper } = await startCopy(one);
    helper.tell(begin());
    one.recorder.close(); // its log goes into the file
    const broken = openSync(file(), 'r+');
    writeSync(broken, Buffer.alloc(fstatSync(broken).size - 4096, 0x5a), 0, undefined, 4096);
    closeSync(broken);

    const again = program();
    const second = again.engine.start({ source: '/dev/sda', targets: ['/dev/sdb'] });
    expect(problems).toMatchObject([{ code: 'set-aside' }]);
    last(again.base).tell(begin());
    last(again.base).end(summaryOf('complete', [{ id: 1, path: '/dev/sdb' }]));
    expect(await second.finished).toMatchObject({ outcome: 'complete' });
    await Promise.resolve();
    expect(jobs()).toMatchObject([{ counts: { done: 1 } }]);
    helper.end(summaryOf('complete'));
    await job.finished;
  });

  test('of a newer program or of another one is left alone; the copy and its report go on', async () => {
    for (const pragma of ['PRAGMA user_version = 99', 'CREATE TABLE theirs (x)']) {
      rmSync(file(), { force: true });
      const newer = openRecord(file());
      newer.db.exec(pragma === 'CREATE TABLE theirs (x)' ? `PRAGMA user_version = 0; ${pragma}` : pragma);
      newer.db.close();
      problems = [];
      const one = program();
      const { job, helper } = await startCopy(one);
      helper.tell(begin());
      helper.end(summaryOf('complete', [{ id: 1, path: '/dev/sdb' }]));
      await job.finished;
      expect(problems).toMatchObject([{ code: 'not-kept' }]);
      const number = recordOf(job) ?? 0;
      expect(one.recorder.read((db) => findJob(db, number, never))?.job).toMatchObject({
        outcome: 'complete',
      });
      expect(readdirSync(dir).filter((name) => name.includes('damaged'))).toEqual([]);
    }
  });

  test('in a folder that cannot be made, it stops nothing', async () => {
    const wall = join(dir, 'wall');
    writeFileSync(wall, '');
    const recorder = new Recorder({
      file: join(wall, 'record.db'),
      resultDir: join(wall, 'results'),
      program: '1',
      now: () => 1,
      bootedAt: () => 0,
      onProblem: (problem) => problems.push(problem),
    });
    recorders.push(recorder);
    const base = scriptedEngine();
    const job = recordedEngine(base, recorder, new FactBook()).start({ source: '/a', targets: ['/b'] });
    last(base).end(summaryOf('complete', [{ id: 1, path: '/b' }]));
    expect(await job.finished).toMatchObject({ outcome: 'complete' });
    expect(problems.map(({ code }) => code)).toContain('not-kept');
  });

  test('busy, it is written when it is free', async () => {
    const one = program();
    one.recorder.warm();
    const other = openRecord(file()).db;
    other.exec('BEGIN IMMEDIATE');
    const { job, helper } = await startCopy(one);
    expect(problems).toMatchObject([{ code: 'not-kept' }]);
    other.exec('COMMIT');
    other.close();
    helper.tell(begin());
    helper.end(summaryOf('complete', [{ id: 1, path: '/dev/sdb' }]));
    await job.finished;
    expect(jobs()).toMatchObject([{ outcome: 'complete', counts: { done: 1 } }]);
  });
});

test('a list is paged, and found by serial number, text and date', async () => {
  const one = program();
  for (const [index, serial] of ['A_1', 'B%2', 'A_1'].entries()) {
    one.base.judge = (verdict) => ({ ...verdict, kind: 'device', serial });
    await one.engine.survey(['/dev/sdb']);
    const job = one.engine.start({ source: '/dev/sda', targets: ['/dev/sdb'] });
    const helper = last(one.base);
    helper.tell(
      begin({
        pids: { supervisor: index + 1 },
        source: { ...begin().source, path: `/img/${String(index)}` },
      }),
    );
    helper.tell(targetEvent(1, 'done'));
    helper.end(summaryOf('complete', [{ id: 1, path: '/dev/sdb' }]));
    await job.finished;
    time += 3_600_000;
  }
  const ids = (filter: object): number[] =>
    look((db) => listJobs(db, { limit: 10, ...filter }, never).jobs.map(({ id }) => id));
  expect(ids({})).toEqual([3, 2, 1]);
  expect(look((db) => listJobs(db, { limit: 2 }, never).next)).toBe(2);
  expect(look((db) => listJobs(db, { limit: 1, before: 2 }, never))).toMatchObject({
    jobs: [{ id: 1 }],
    next: null,
  });
  expect(ids({ serial: 'A_1' })).toEqual([3, 1]);
  expect(ids({ text: 'B%' })).toEqual([2]);
  expect(ids({ text: '%' })).toEqual([2]); // no wildcard of the asker's
  expect(ids({ text: '/img/0' })).toEqual([1]);
  const [third, second] = jobs();
  expect(ids({ from: second?.startedAt, to: third?.startedAt })).toEqual([2]);
});
