/** What stands in the record's rows, checked like everything else from outside. */
import {
  recordedJobSchema,
  recordedTargetSchema,
  type RecordedJob,
  type RecordedTarget,
} from '@contract/groups/history.ts';
import { rangeSchema, type ByteRange } from '@contract/groups/jobs.ts';
import { countStations, stationSchema, type Station } from '@contract/groups/stations.ts';
import { z } from '@contract/zod.ts';

export type Row = Readonly<Record<string, unknown>>;

const parsed = (text: unknown): unknown => (typeof text === 'string' ? JSON.parse(text) : null);

/** Says of a job without an end whether it runs. */
export type IsRunning = (helper: { key: string; pid: number }) => boolean;

/** A row of `target`. */
export const targetOf = (row: Row): RecordedTarget =>
  recordedTargetSchema.parse({
    id: row['id'],
    job: row['job'],
    task: row['task'],
    path: row['path'],
    serial: row['serial'],
    wwn: row['wwn'],
    busPath: row['bus_path'],
    title: row['title'],
    size: row['size'],
    begunAt: row['begun_at'],
    endedAt: row['ended_at'],
    bay: row['bay'],
    operator: row['operator'],
    state: row['state'],
    joinedAtBlock: row['joined_at_block'],
    bytesWritten: row['bytes_written'],
    badBlocks: row['bad_blocks'],
    healedBlocks: row['healed_blocks'],
    seconds: row['seconds'],
    speed:
      row['speed_mean'] === null
        ? null
        : { mean: row['speed_mean'], min: row['speed_min'], max: row['speed_max'] },
    curve: parsed(row['curve']),
    coverage: row['coverage'],
    unreadable: row['unreadable'],
    resumedBlocks: row['resumed_blocks'],
    wrongBlocks: parsed(row['wrong_blocks']),
    error: parsed(row['error']),
  });

/** Where the source of a job could not be read: the first 1000 places. */
export const unreadableOf = (row: Row): ByteRange[] => z.array(rangeSchema).parse(parsed(row['unreadable']));

/** The stations that rode on a job. */
export const stationsOf = (row: Row): Station[] => z.array(stationSchema).parse(parsed(row['stations']));

/** The columns that `jobOf` needs. */
export const jobColumns = `job.*,
  (SELECT count(*) FROM target WHERE target.job = job.id AND state = 'verified') AS verified,
  (SELECT count(*) FROM target WHERE target.job = job.id AND state IN ('done', 'sampled')) AS done,
  (SELECT count(*) FROM target WHERE target.job = job.id AND state NOT IN ('verified', 'done', 'sampled')) AS bad,
  (SELECT count(*) FROM target WHERE target.job = job.id AND state IS NULL) AS open`;

/** A row of `job` with `jobColumns`. */
export function jobOf(row: Row, isRunning: IsRunning): RecordedJob {
  const unreadable = unreadableOf(row);
  const helper = { key: String(row['helper_key']), pid: Number(row['helper_pid']) };
  return recordedJobSchema.parse({
    id: row['id'],
    task: row['task'],
    state: row['ended_at'] !== null ? 'ended' : isRunning(helper) ? 'running' : 'unknown',
    startedAt: row['started_at'],
    endedAt: row['ended_at'],
    outcome: row['outcome'],
    program: row['program'],
    source: {
      path: row['source_path'],
      serial: row['source_serial'],
      wwn: row['source_wwn'],
      busPath: row['source_bus_path'],
      title: row['source_title'],
      size: row['source_size'],
      rootDigest: row['root_digest'],
      sha256: row['source_sha256'],
      bytesRead: row['bytes_read'],
      laps: row['laps'],
      unreadablePlaces: unreadable.length + Number(row['unreadable_more']),
      unreadableBytes: unreadable.reduce((sum, { length }) => sum + length, 0),
      error: parsed(row['error']),
    },
    blockSize: row['block_size'],
    blockCount: row['block_count'],
    slow: row['slow'],
    onReadError: row['on_read_error'],
    seconds: row['seconds'],
    stations: countStations(stationsOf(row)),
    counts: { verified: row['verified'], done: row['done'], bad: row['bad'], open: row['open'] },
  });
}
