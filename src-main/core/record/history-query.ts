/** Looks into the record: jobs and their targets. */
import type { RecordedJob, RecordedTarget } from '@contract/groups/history.ts';
import type { ByteRange } from '@contract/groups/jobs.ts';
import type { Station } from '@contract/groups/stations.ts';
import type { Database } from './database.ts';
import {
  jobColumns,
  jobOf,
  stationsOf,
  targetOf,
  unreadableOf,
  type IsRunning,
  type Row,
} from './record-rows.ts';

export interface HistoryFilter {
  limit: number;
  before?: number | undefined;
  serial?: string | undefined;
  text?: string | undefined;
  from?: number | undefined;
  to?: number | undefined;
}

/** Jobs, newest first; `next` is the `before` of the next page. */
export function listJobs(
  db: Database,
  { limit, before, serial, text, from, to }: HistoryFilter,
  isRunning: IsRunning,
): { jobs: RecordedJob[]; next: number | null } {
  const like = text === undefined ? null : `%${text.replace(/[\\%_]/g, '\\$&')}%`;
  const rows = db
    .prepare(
      `SELECT ${jobColumns} FROM job WHERE (:before IS NULL OR job.id < :before)
         AND (:from IS NULL OR started_at >= :from) AND (:to IS NULL OR started_at < :to)
         AND (:serial IS NULL OR EXISTS (SELECT 1 FROM target WHERE target.job = job.id AND target.serial = :serial))
         AND (:text IS NULL OR source_path LIKE :text ESCAPE '\\' OR source_title LIKE :text ESCAPE '\\'
           OR source_serial LIKE :text ESCAPE '\\' OR root_digest LIKE :text ESCAPE '\\'
           OR EXISTS (SELECT 1 FROM target WHERE target.job = job.id
             AND (path LIKE :text ESCAPE '\\' OR serial LIKE :text ESCAPE '\\' OR title LIKE :text ESCAPE '\\')))
       ORDER BY job.id DESC LIMIT :limit`,
    )
    .all({
      before: before ?? null,
      serial: serial ?? null,
      from: from ?? null,
      to: to ?? null,
      text: like,
      limit: limit + 1,
    }) as Row[];
  const jobs = rows.slice(0, limit).map((row) => jobOf(row, isRunning));
  return { jobs, next: rows.length > limit ? (jobs.at(-1)?.id ?? null) : null };
}

/** One job, where its source could not be read, and its stations; null: there is none of that number. */
export function findJob(
  db: Database,
  id: number,
  isRunning: IsRunning,
): { job: RecordedJob; unreadable: ByteRange[]; stations: Station[] } | null {
  const row = db.prepare(`SELECT ${jobColumns} FROM job WHERE id = ?`).get(id) as Row | undefined;
  return row
    ? { job: jobOf(row, isRunning), unreadable: unreadableOf(row), stations: stationsOf(row) }
    : null;
}

/** Targets of a job in the order in which they began; `next` is the `after` of the next page. */
export function listTargets(
  db: Database,
  job: number,
  limit: number,
  after = 0,
): { targets: RecordedTarget[]; next: number | null } {
  const rows = db
    .prepare('SELECT * FROM target WHERE job = ? AND id > ? ORDER BY id LIMIT ?')
    .all(job, after, limit + 1) as Row[];
  const targets = rows.slice(0, limit).map(targetOf);
  return { targets, next: rows.length > limit ? (targets.at(-1)?.id ?? null) : null };
}
