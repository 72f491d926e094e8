/** What went wrong on a drive before. */
import { z } from '@contract/zod.ts';
import type { Database } from './database.ts';
import type { DriveFacts } from './record-store.ts';

/** So many jobs back. */
const maxJobs = 8;
const listSchema = z.array(z.int().nonnegative()).max(64);

/** Blocks of this size that read back wrong on this drive in other jobs than this, newest first, one list a job. */
export function earlierWrong(
  db: Database,
  { serial, wwn, size }: Pick<DriveFacts, 'serial' | 'wwn' | 'size'>,
  blockSize: number,
  job: number | null,
): number[][] {
  if (serial === null) return [];
  const rows = db
    .prepare(
      `SELECT target.wrong_blocks AS wrong FROM target JOIN job ON job.id = target.job
       WHERE target.serial = ? AND target.wwn IS ? AND (target.size IS NULL OR target.size = coalesce(?, target.size))
         AND target.job IS NOT ? AND job.block_size = ? AND target.wrong_blocks <> '[]'
       ORDER BY target.id DESC LIMIT ?`,
    )
    .all(serial, wwn, size, job, blockSize, maxJobs);
  // Two drives with one serial number in one job: nobody knows which of them it was.
  const twins: unknown = db
    .prepare(
      'SELECT 1 FROM target WHERE serial = ? AND job IS NOT NULL GROUP BY job HAVING count(DISTINCT path) > 1 LIMIT 1',
    )
    .get(serial);
  if (twins !== undefined) return [];
  return rows.map((row) => listSchema.parse(JSON.parse(String((row as Record<string, unknown>)['wrong']))));
}
