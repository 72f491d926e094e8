import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, expect, test } from 'vitest';
import { openRecord, type Database } from './database.ts';
import { earlierWrong } from './earlier-wrong.ts';

const size = 1000;
let folder = '';
let db: Database;
beforeEach(() => {
  folder = mkdtempSync(join(tmpdir(), 'carousel-earlier-'));
  ({ db } = openRecord(join(folder, 'record.db')));
});
afterEach(() => {
  db.close();
  rmSync(folder, { recursive: true });
});

function job(blockSize: number): number {
  return Number(
    db
      .prepare(
        `INSERT INTO job (helper_key, helper_pid, task, program, source_path, source_size, block_size, block_count, slow, on_read_error, started_at)
         VALUES ('k', 1, 'copy', '1', '/s', 1, ?, 1, 'together', 'skip', 1)`,
      )
      .run(blockSize).lastInsertRowid,
  );
}

function ride(
  of: number,
  wrong: number[],
  {
    serial = 'S',
    wwn = null,
    path = '/a',
    bytes = size,
  }: Partial<Record<'serial' | 'path', string>> & { wwn?: string | null; bytes?: number } = {},
): void {
  db.prepare(
    `INSERT INTO target (job, task, writes, path, serial, wwn, size, begun_at, wrong_blocks)
     VALUES (?, 'copy', 1, ?, ?, ?, ?, 1, ?)`,
  ).run(of, path, serial, wwn, bytes, JSON.stringify(wrong));
}

const drive = { serial: 'S', wwn: null, size };

test('is what the same drive did in other jobs with blocks of that size, newest first', () => {
  const [first, second, other, now] = [job(64), job(64), job(128), job(64)];
  ride(first, [1, 2]);
  ride(second, [3]);
  ride(other, [4]);
  ride(now, [5]);
  ride(job(64), [6], { serial: 'T' });
  ride(job(64), [7], { bytes: 2 * size });
  ride(job(64), [8], { wwn: 'w' });
  ride(job(64), []);
  expect(earlierWrong(db, drive, 64, now)).toEqual([[3], [1, 2]]);
  expect(earlierWrong(db, drive, 64, null)).toEqual([[5], [3], [1, 2]]);
  expect(earlierWrong(db, { ...drive, serial: null }, 64, now)).toEqual([]);
});

test('is nothing where two drives have the serial number: nobody knows which of them it was', () => {
  const [first, now] = [job(64), job(64)];
  ride(first, [1]);
  expect(earlierWrong(db, drive, 64, now)).toEqual([[1]]);
  ride(now, [], { path: '/a' });
  ride(now, [2], { path: '/b' });
  expect(earlierWrong(db, drive, 64, now)).toEqual([]);
});
