import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { expect, onTestFinished, test } from 'vitest';
import { closeRecord, inTransaction, openRecord, type Database } from './database.ts';
import { isOneStick, lookUp, rideInJobSql, ridesSql } from './ledger.ts';

function record(): Database {
  const dir = mkdtempSync(join(tmpdir(), 'carousel-ledger-'));
  const { db } = openRecord(join(dir, 'record.db'));
  onTestFinished(() => {
    closeRecord(db);
    rmSync(dir, { recursive: true, force: true });
  });
  return db;
}

interface RideFacts {
  job?: number | null;
  task?: string;
  writes?: number;
  state?: string | null;
  begun?: number;
  ended?: number | null;
  size?: number | null;
  wwn?: string | null;
  unreadable?: number;
  bad?: number;
}

/** A job whose digest is `D` and its number. */
function addJob(db: Database, rootDigest: string | null = 'D'): number {
  const { lastInsertRowid } = db
    .prepare(
      `INSERT INTO job (helper_key, helper_pid, task, program, source_path, source_size, block_size, block_count, slow,
         on_read_error, root_digest, started_at, ended_at, outcome)
       VALUES ('k', 1, 'copy', '1', '/s', 9, 1, 9, 'together', 'skip', ?, 1, 2, 'complete')`,
    )
    .run(rootDigest);
  const id = Number(lastInsertRowid);
  if (rootDigest === 'D') db.prepare('UPDATE job SET root_digest = ? WHERE id = ?').run(`D${String(id)}`, id);
  return id;
}

let clock = 0;
/** A ride of the stick S, after all others if nothing else is said. */
function addRide(db: Database, facts: RideFacts): void {
  clock += 10;
  const { job = null, task = 'copy', writes = 1, state = 'done', begun = clock, ended = clock + 5 } = facts;
  db.prepare(
    `INSERT INTO target (job, task, writes, path, serial, begun_at, ended_at, state, size, wwn, unreadable, bad_blocks)
     VALUES (?, ?, ?, '/t', 'S', ?, ?, ?, ?, ?, ?, ?)`,
  ).run(
    ...[job, task, writes, begun, ended, state],
    ...[facts.size ?? null, facts.wwn ?? null, facts.unreadable ?? 0, facts.bad ?? 0],
  );
}

const answer = (db: Database, job?: number) => lookUp(db, 'S', job, () => false);

test('answers among 100 000 targets at once, by its indexes', () => {
  const db = record();
  inTransaction(db, () => {
    const target = db.prepare(
      `INSERT INTO target (job, helper_id, task, writes, path, serial, begun_at, ended_at, state)
       VALUES (?, ?, 'copy', 1, '/t', ?, ?, ?, 'done')`,
    );
    for (let j = 1; j <= 2000; j += 1) {
      addJob(db);
      for (let t = 1; t <= 50; t += 1) target.run(j, t, `S${String((j * 50 + t) % 40_000)}`, j, j + 1);
    }
  });
  for (const [sql, ...values] of [
    [ridesSql, 'S1'],
    [rideInJobSql, 1, 'S1'],
  ] as const) {
    const plan = JSON.stringify(db.prepare(`EXPLAIN QUERY PLAN ${sql}`).all(...values));
    expect(plan).toMatch(/USING (COVERING )?INDEX/);
    expect(plan).not.toMatch(/SCAN|TEMP B-TREE/);
  }
  const began = performance.now();
  for (let n = 0; n < 1000; n += 1) {
    lookUp(db, `S${String(n * 37)}`, undefined, () => false);
    lookUp(db, `S${String(n * 37)}`, 1 + n, () => false);
  }
  const each = (performance.now() - began) / 2000;
  console.log(`ledger: ${each.toFixed(3)} ms an answer among 100 000 targets`);
  expect(each).toBeLessThan(20); // by index it is well below 1 ms; without, 100 and more
  expect(lookUp(db, 'S1', undefined, () => false)).toMatchObject({
    holds: { rootDigest: 'D1600', verified: false, job: 1600 },
    unique: true,
    last: { job: { id: 1600 } },
  });
  expect(lookUp(db, 'S1', 800, () => false).last).toMatchObject({ job: { id: 800 } });
  expect(lookUp(db, 'none', undefined, () => false)).toEqual({
    serial: 'none',
    last: null,
    holds: null,
    unique: true,
  });
});

test('holds what the newest write left whole', () => {
  const db = record();
  const [first, second] = [addJob(db), addJob(db)];
  addRide(db, { job: first, state: 'verified', unreadable: 2 });
  expect(answer(db).holds).toEqual({ rootDigest: 'D1', verified: true, unreadable: 2, job: first });
  addRide(db, { job: second });
  expect(answer(db).holds).toEqual({ rootDigest: 'D2', verified: false, unreadable: 0, job: second });
  expect(answer(db, first)).toMatchObject({
    last: { target: { state: 'verified' } },
    holds: { job: second },
  });
});

test.each<[string, RideFacts]>([
  ['a write that has no end', { state: null, ended: null }],
  ['a write that failed', { state: 'failed' }],
  ['a stick that was pulled out', { state: 'removed' }],
  ['a write that was stopped', { state: 'cancelled' }],
  ['a probe that changed it', { task: 'probe', state: 'done' }],
  ['a verification that found it wrong', { task: 'verify', writes: 0, state: 'failed' }],
  ['a sample that found it wrong', { task: 'sample', writes: 0, state: 'failed', bad: 1 }],
  [
    'a verification that was stopped after it had found it wrong',
    { task: 'verify', writes: 0, state: 'cancelled', bad: 3 },
  ],
  ['healing that nobody saw end', { task: 'verify', writes: 1, state: null, ended: null }],
])('%s makes what it holds uncertain', (_, ride) => {
  const db = record();
  addRide(db, { job: addJob(db), state: 'verified' });
  addRide(db, { job: addJob(db), ...ride });
  expect(answer(db)).toMatchObject({ holds: null, unique: true });
});

test.each<[string, RideFacts]>([
  ['a refusal', { state: 'refused' }],
  ['a probe that put everything back', { task: 'probe', writes: 0, state: 'done' }],
  ['a sample', { task: 'sample', writes: 0, state: 'sampled' }],
  ['a verification that was stopped', { task: 'verify', writes: 0, state: 'cancelled' }],
])('%s changes nothing', (_, ride) => {
  const db = record();
  addRide(db, { job: addJob(db), state: 'verified' });
  addRide(db, { job: addJob(db), ...ride });
  expect(answer(db).holds).toMatchObject({ rootDigest: 'D1', verified: true });
});

test('a later verification makes a copy a verified one', () => {
  const db = record();
  addRide(db, { job: addJob(db), state: 'done' });
  addRide(db, { job: addJob(db), task: 'verify', writes: 0, state: 'verified' });
  expect(answer(db).holds).toMatchObject({ rootDigest: 'D2', verified: true });
});

test('nothing is certain without the digest of all blocks, or without the job', () => {
  const db = record();
  addRide(db, { job: addJob(db, null), state: 'verified' });
  expect(answer(db).holds).toBeNull();
  addRide(db, { job: null, state: 'verified' });
  expect(answer(db).holds).toBeNull();
});

test.each<[string, RideFacts, RideFacts]>([
  ['two at the same time', { begun: 100, ended: 200 }, { begun: 150, ended: 250 }],
  ['one within the time of the other', { begun: 100, ended: 300 }, { begun: 150, ended: 160 }],
  ['two sizes', { size: 1000 }, { size: 2000 }],
  ['two world-wide names', { wwn: 'a' }, { wwn: 'b' }],
])('%s are two sticks: nothing is certain of either', (_, one, other) => {
  const db = record();
  addRide(db, { job: addJob(db), state: 'verified', ...one });
  addRide(db, { job: addJob(db), state: 'verified', ...other });
  expect(answer(db)).toMatchObject({ holds: null, unique: false });
});

test('one stick may go straight from one job to the next, and its size be unknown at times', () => {
  const ride = { job: 1, task: 'copy', writes: 1, state: 'done', wwn: null, unreadable: 0, bad_blocks: 0 };
  const rides = [
    { ...ride, id: 2, begun_at: 200, ended_at: null, size: 5 },
    { ...ride, id: 1, begun_at: 100, ended_at: 200, size: null },
  ];
  expect(isOneStick(rides)).toBe(true);
  expect(isOneStick([])).toBe(true);
});
