/**
 * What is on the stick with a serial number, as far as this program knows. Silence is never taken for a yes: a ride whose end is not
 * known, a serial number that two sticks have, a write of which no job is known all answer "not certain".
 */
import type { LedgerAnswer } from '@contract/groups/history.ts';
import type { Database } from './database.ts';
import { findJob } from './history-query.ts';
import { targetOf, type IsRunning, type Row } from './record-rows.ts';

/** Rides of one serial number that are looked at, the newest; more than any stick lives through. */
const maxRides = 1000;

/** The rides of a serial number, newest first. */
export const ridesSql = `SELECT id, job, task, writes, state, begun_at, ended_at, size, wwn, unreadable, bad_blocks
  FROM target WHERE serial = ? ORDER BY id DESC LIMIT ${String(maxRides)}`;
/** How a stick fared in one job. */
export const rideInJobSql = 'SELECT * FROM target WHERE job = ? AND serial = ? ORDER BY id DESC LIMIT 1';
const rideSql = 'SELECT * FROM target WHERE id = ?';

interface Ride {
  id: number;
  job: number | null;
  task: string;
  writes: number;
  state: string | null;
  begun_at: number;
  ended_at: number | null;
  size: number | null;
  wwn: string | null;
  unreadable: number;
  bad_blocks: number;
}

const isVarious = (values: readonly (number | string | null)[]): boolean =>
  new Set(values.filter((value) => value !== null)).size > 1;

/** One stick has one size and one world-wide name, and is in one place at a time. */
export function isOneStick(rides: readonly Ride[]): boolean {
  if (isVarious(rides.map(({ size }) => size)) || isVarious(rides.map(({ wwn }) => wwn))) return false;
  const byBeginning = [...rides].sort((a, b) => a.begun_at - b.begun_at || a.id - b.id);
  let until = Number.NEGATIVE_INFINITY;
  for (const { begun_at: begun, ended_at: ended } of byBeginning) {
    if (begun < until) return false;
    until = Math.max(until, ended ?? begun);
  }
  return true;
}

/** The newest ride that says what the stick holds: the last one that wrote to it, read all of it back, or found something wrong since. */
function telling(rides: readonly Ride[]): Ride | undefined {
  return rides.find(
    ({ task, writes, state, bad_blocks: bad }) =>
      writes === 1 || bad > 0 || state === 'failed' || (task === 'verify' && state === 'verified'),
  );
}

/** The answer for one serial number; with a job, `last` is how the stick fared there. */
export function lookUp(
  db: Database,
  serial: string,
  job: number | undefined,
  isRunning: IsRunning,
): LedgerAnswer {
  const all = db.prepare(ridesSql).all(serial) as unknown as Ride[];
  // What was refused was not touched.
  const rides = all.filter(({ state }) => state !== 'refused');
  const unique = isOneStick(rides);
  const newest = rides[0] ?? all[0];
  const row = (
    job === undefined
      ? newest && db.prepare(rideSql).get(newest.id)
      : db.prepare(rideInJobSql).get(job, serial)
  ) as Row | undefined;
  const jobAt = (id: number | null) => (id === null ? null : (findJob(db, id, isRunning)?.job ?? null));
  const last = row ? { target: targetOf(row), job: jobAt(row['job'] as number | null) } : null;
  const ride = telling(rides);
  const from = unique && ride && isWhole(ride) ? jobAt(ride.job) : null;
  const digest = from?.source.rootDigest ?? null;
  const holds =
    ride && from && digest !== null
      ? { rootDigest: digest, verified: ride.state === 'verified', unreadable: ride.unreadable, job: from.id }
      : null;
  return { serial, last, holds, unique };
}

const isWhole = ({ task, state }: Ride): boolean =>
  task === 'copy' ? state === 'done' || state === 'verified' : task === 'verify' && state === 'verified';
