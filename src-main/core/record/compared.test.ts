import { beforeEach, describe, expect, test } from 'vitest';
import type { TargetResult } from '@contract/helper-messages.ts';
import { jobEvent, summaryOf, targetEvent } from '../testing/helper-events.ts';
import { memoryRecord, type Database } from './database.ts';
import { bareFacts, RecordStore, type DriveFacts } from './record-store.ts';
import { Recorder, type RecordProblem } from './recorder.ts';
import { RideLog } from './ride-log.ts';

const unmeasured = { speed: null, curve: [], coverage: '' };
const factsOf = (letter: string, change: Partial<DriveFacts> = {}): DriveFacts => ({
  ...bareFacts(`/dev/sd${letter}`),
  serial: `SER-${letter}`,
  busPath: `usb-${letter}`,
  ...change,
});
const resultOf = (path: string, change: Partial<TargetResult> = {}): TargetResult => ({
  path,
  state: 'verified',
  joinedAtBlock: 0,
  bytesWritten: 0,
  badBlocks: 0,
  healedBlocks: 0,
  seconds: 1,
  ...change,
});
const mismatch = { code: 'verify-mismatch', message: '' } as const;
const bad = { state: 'failed', badBlocks: 1, error: mismatch } as const;

describe('what a comparison beside a running copy has shown', () => {
  let db: Database;
  let store: RecordStore;
  let lost: TargetResult[] = [];
  let job = 0;

  beforeEach(() => {
    db = memoryRecord();
    lost = [];
    store = new RecordStore(db, 1, (result) => lost.push(result));
    const about = { source: bareFacts('/dev/sda'), start: 'file', program: '1' };
    job = store.openJob(jobEvent(), about, 1000, 0);
  });
  function ride(helperId: number, facts: DriveFacts, state: 'done' | 'failed' = 'done'): void {
    store.board({ job, helperId }, facts, null, 1000);
    store.settle({ job, helperId }, resultOf(facts.path, { state }), unmeasured, 2000);
  }
  const compared = (who: DriveFacts, change: Partial<TargetResult> = {}): void =>
    store.settleCompared({ job, helperId: 9 }, who, resultOf(who.path, change), 3000);
  const states = (): unknown[] =>
    db
      .prepare('SELECT state FROM target ORDER BY helper_id')
      .all()
      .map(({ state }): unknown => state);

  test('goes to the stick it was about, wherever that is now', () => {
    ride(1, factsOf('b'));
    ride(2, factsOf('c'));
    compared(factsOf('b', { path: '/dev/sdc' }));
    compared(factsOf('c', { path: '/dev/sdb' }), bad);
    expect(states()).toEqual(['verified', 'failed']);
    expect(lost).toEqual([]);
  });

  test('tells sticks of one serial number by where they are', () => {
    ride(1, factsOf('b', { serial: 'S' }));
    ride(2, factsOf('c', { serial: 'S' }));
    compared(factsOf('b', { serial: 'S', path: '/dev/sdc' }));
    compared(factsOf('d', { serial: 'S', path: '/dev/sdc' }));
    expect(states()).toEqual(['verified', 'done']);
  });

  test.each([
    ['another serial number', factsOf('b', { serial: 'OTHER' })],
    ['no serial number', factsOf('b', { serial: null })],
    ['nothing known', bareFacts('/dev/sdb')],
  ])('is not taken for that of another stick at the path: %s', (_, who) => {
    ride(1, factsOf('b'));
    compared(who);
    expect([states(), lost]).toEqual([['done'], []]);
    compared(who, bad);
    expect(states()).toEqual(['done']);
    expect(lost).toMatchObject([{ path: '/dev/sdb', badBlocks: 1 }]);
  });

  test('goes by place where a stick has no name, and by path for a file', () => {
    ride(1, factsOf('b', { serial: null }));
    ride(2, bareFacts('/images/a.img'));
    compared(factsOf('b', { serial: null, busPath: 'usb-x' }));
    expect(states()).toEqual(['done', 'done']);
    compared(factsOf('b', { serial: null }));
    compared(bareFacts('/images/a.img'));
    expect(states()).toEqual(['verified', 'verified']);
  });

  test('never makes a failed copy a verified one, nor an older copy to the same stick', () => {
    ride(1, factsOf('b'));
    ride(2, factsOf('b'), 'failed');
    compared(factsOf('b'));
    expect(states()).toEqual(['done', 'failed']);
  });

  test.each([
    { state: 'cancelled' },
    { state: 'removed' },
    { state: 'failed', error: { code: 'helper-died', message: '' } },
    { state: 'verified' },
  ] as const)('is bad once blocks were found bad, however it ended: %o', (change) => {
    ride(1, factsOf('b'));
    compared(factsOf('b'), { ...change, badBlocks: 2 });
    const row = db.prepare('SELECT state, bad_blocks, error FROM target').get() as
      Record<string, unknown> | undefined;
    expect(row).toMatchObject({ state: 'failed', bad_blocks: 2 });
    expect(row?.['error']).toContain('verify-mismatch');
  });

  test('that nobody saw is booked to no drive, and said unless it is known', () => {
    ride(1, factsOf('b'));
    const told = (change: Partial<TargetResult>) =>
      summaryOf('complete', [{ ...resultOf('/dev/sdb', change), id: 9, compared: true }]);
    store.absorb('file', told({}), 4000);
    expect(states()).toEqual(['done']);
    store.absorb('file', told(bad), 4000);
    expect([states(), lost.length]).toEqual([['done'], 1]);
    compared(factsOf('b'), bad);
    store.absorb('file', told(bad), 4000);
    expect([states(), lost.length]).toEqual([['failed'], 1]);
  });
});

describe('the log of rides', () => {
  let at: Record<string, DriveFacts> = {};
  let problems: RecordProblem[] = [];
  let recorder: Recorder;
  let log: RideLog;
  beforeEach(() => {
    at = { '/dev/sdb': factsOf('b'), '/dev/sdc': factsOf('c') };
    problems = [];
    recorder = new Recorder({
      file: null,
      resultDir: '/nonexistent',
      program: '1',
      now: () => 5000,
      bootedAt: () => 0,
      onProblem: (problem) => problems.push(problem),
    });
    log = new RideLog(recorder, (path) => at[path] ?? bareFacts(path), {
      start: null,
      task: 'copy',
      writes: true,
    });
    log.announce(['/dev/sdb', '/dev/sdc']);
    log.take(jobEvent());
    for (const id of [1, 2]) log.take(targetEvent(id, 'copying'));
    for (const id of [1, 2]) log.take(targetEvent(id, 'done'));
  });
  const states = (): unknown =>
    recorder.read((db) =>
      db
        .prepare('SELECT state FROM target ORDER BY helper_id')
        .all()
        .map(({ state }): unknown => state),
    );

  test('knows which drive was there when the comparison began', () => {
    at = { '/dev/sdb': factsOf('c', { path: '/dev/sdb' }) };
    const about = { target: '/dev/sdb', compared: true };
    log.take(targetEvent(3, 'verifying', about));
    at = { '/dev/sdb': factsOf('b') };
    log.take(targetEvent(3, 'verified', about));
    expect(states()).toEqual(['done', 'verified']);
  });

  test('keeps bad blocks of a comparison whose helper died', () => {
    const about = { target: '/dev/sdb', compared: true };
    log.take(targetEvent(3, 'verifying', about));
    const lost = { ...resultOf('/dev/sdb'), id: 3, compared: true, badBlocks: 1, state: 'failed' as const };
    log.end(summaryOf('helper-died', [{ ...lost, error: { code: 'helper-died', message: '' } }]));
    expect(states()).toEqual(['failed', 'done']);
  });

  test('says it where it is not certain which drive was bad', () => {
    log.take(targetEvent(3, 'failed', { target: '/dev/sdb', compared: true, badBlocks: 1, error: mismatch }));
    expect(states()).toEqual(['done', 'done']);
    expect(problems).toMatchObject([
      { code: 'not-kept', why: expect.stringContaining('/dev/sdb') as string },
    ]);
  });
});
