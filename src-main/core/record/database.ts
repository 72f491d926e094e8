/**
 * Opens the record's file: one SQLite database with a write-ahead log, made durable at every commit. A damaged file is set
 * aside under another name, never deleted; a file of a newer program is left alone.
 */
import { closeSync, existsSync, mkdirSync, openSync, renameSync, statSync } from 'node:fs';
import { createRequire } from 'node:module';
import { dirname } from 'node:path';
import type * as Driver from '@photostructure/sqlite';
import { migrations } from './migrations.ts';

export type Database = Driver.DatabaseSyncInstance;

/** "crsl": tells our file from other databases. */
const applicationId = 0x6372736c;
/** Another core or command writes for a moment only; longer than this something is wrong. */
const busyMs = 2000;
/** After an end that was none, a record up to this size is looked over when it is opened (some 100 ms at most); what is wrong in a larger one shows when it is met. */
const lookedOverBytes = 64 * 1024 * 1024;

/** A file that this program cannot use and must not touch. */
export class RecordUnusable extends Error {
  override readonly name = 'RecordUnusable';
}

const numberOf = (db: Database, pragma: string): number =>
  Number(Object.values(db.prepare(`PRAGMA ${pragma}`).get() as Record<string, unknown>)[0]);

/** Runs `work` as one transaction that no other process can come between. */
export function inTransaction<T>(db: Database, work: () => T): T {
  db.exec('BEGIN IMMEDIATE');
  try {
    const result = work();
    db.exec('COMMIT');
    return result;
  } catch (error) {
    if (db.isTransaction) db.exec('ROLLBACK');
    throw error;
  }
}

function migrate(db: Database): void {
  if (numberOf(db, 'user_version') === migrations.length) return;
  inTransaction(db, () => {
    const version = numberOf(db, 'user_version');
    if (version > migrations.length)
      throw new RecordUnusable(`it was written by a newer version of Carousel (${String(version)})`);
    if (version === 0 && numberOf(db, 'schema_version') > 0)
      throw new RecordUnusable('the file is a database of another program');
    for (const step of migrations.slice(version)) db.exec(step);
    db.exec(`PRAGMA application_id = ${String(applicationId)}`);
    db.exec(`PRAGMA user_version = ${String(migrations.length)}`);
  });
}

const sizeOf = (path: string): number => statSync(path, { throwIfNoEntry: false })?.size ?? 0;

/** What SQLite says of a file whose content is wrong. */
export const isDamage = (error: unknown): boolean =>
  /malformed|not a database|is damaged/i.test(error instanceof Error ? error.message : '');

/** Another process was writing all the time. */
export const isBusy = (error: unknown): boolean =>
  /database is (locked|busy)/i.test(error instanceof Error ? error.message : '');

function open(path: string): Database {
  // Loaded only when it is needed, and where it cannot be loaded nothing but the record is missing.
  const { DatabaseSync } = createRequire(import.meta.url)('@photostructure/sqlite') as typeof Driver;
  // A log that is still there: another process has the file open, or one that had it did not come to its end.
  const doubtful = sizeOf(`${path}-wal`) > 0 && sizeOf(path) <= lookedOverBytes;
  const db = new DatabaseSync(path, { timeout: busyMs });
  try {
    db.exec('PRAGMA journal_mode = WAL; PRAGMA synchronous = EXTRA; PRAGMA trusted_schema = OFF');
    migrate(db);
    if (doubtful) {
      const found = Object.values(db.prepare('PRAGMA quick_check(1)').get() as Record<string, unknown>)[0];
      if (found !== 'ok') throw new Error(`the record is damaged: ${String(found)}`);
    }
    return db;
  } catch (error) {
    db.close();
    throw error;
  }
}

/** Which file it is, whatever its name; 0: none. */
export const fileAt = (path: string): number => statSync(path, { throwIfNoEntry: false })?.ino ?? 0;

/**
 * Puts a damaged file under another name, with the log that belongs to it; gives back the new name. Null: another process
 * has done so already, and what lies there now is another file than `file`.
 */
export function setAside(path: string, file: number, now: number): string | null {
  if (fileAt(path) !== file) return null;
  const aside = `${path}.damaged-${String(now)}`;
  for (const end of ['', '-wal', '-shm']) if (existsSync(path + end)) renameSync(path + end, aside + end);
  return aside;
}

export interface OpenRecord {
  db: Database;
  /** Where the damaged file was put that stood in this one's place. */
  setAside: string | null;
}

/** Opens it, making or upgrading it if needed. Throws `RecordUnusable`, or what the driver or the file system says. */
export function openRecord(path: string, now: () => number = Date.now): OpenRecord {
  mkdirSync(dirname(path), { recursive: true, mode: 0o700 });
  closeSync(openSync(path, 'a', 0o600)); // it says what this user copied: not for others to read
  const file = fileAt(path);
  try {
    return { db: open(path), setAside: null };
  } catch (error) {
    if (!isDamage(error)) throw error;
    const aside = setAside(path, file, now());
    closeSync(openSync(path, 'a', 0o600));
    return { db: open(path), setAside: aside };
  }
}

/**
 * Closes it with everything in its one file. The driver lets go of a file only when all statements have been collected as garbage, so the
 * log is emptied here: what is left of it tells the next one that this end was none.
 */
export function closeRecord(db: Database): void {
  try {
    db.exec('PRAGMA wal_checkpoint(TRUNCATE)');
  } catch (error) {
    // The log stays, and is as good: another process is writing, or the file is damaged, which shows when it is opened.
    if (!isBusy(error) && !isDamage(error)) throw error;
  } finally {
    db.close();
  }
}

/** A record that is gone when this process ends: for a report where none can be kept. */
export const memoryRecord = (): Database => open(':memory:');
