/** What is written into the record. Every function is to be run inside a transaction; nothing is remembered outside the file. */
import {
  takesBack,
  type HelperErrorInfo,
  type HelperEventOf,
  type JobSummary,
  type TargetResult,
  type Task,
} from '@contract/helper-messages.ts';
import { tellsOfTarget } from '@contract/errors.ts';
import { helperErrorWhat } from '@contract/helper-errors.gen.ts';
import type { Station } from '@contract/groups/stations.ts';
import { type Database } from './database.ts';
import { shortened } from './recorded-stations.ts';
import type { CurvePoint } from './speed-curve.ts';

/** What tells a drive, as far as it is known; text cleaned. */
export interface DriveFacts {
  path: string;
  serial: string | null;
  wwn: string | null;
  busPath: string | null;
  title: string | null;
  size: number | null;
  /** The name of the bay it is in. */
  bay: string | null;
  /** Who has that bay armed. */
  operator: string | null;
}

/** What is about to be done to drives, before it is. */
export interface Announcement {
  /** By what its result is found again if nobody is there when it ends: the path of the file it will be in. Null: by nothing. */
  start: string | null;
  task: Task | 'probe';
  /** False where nothing can be written: what the drives hold stays as it is. */
  writes: boolean;
}

/** What was measured of a target on its ride. */
export interface Measured {
  speed: { mean: number; min: number; max: number } | null;
  curve: readonly CurvePoint[];
  coverage: string;
}

/** Where a ride stands in the record. */
export type RidePlace = { job: number; helperId: number } | { row: number };

/** Two tellers of one job may work out beginnings that lie so far apart. */
const slackMs = 60_000;
const maxRanges = 1000;
const maxWrongBlocks = 64;

const asText = (error: HelperErrorInfo | undefined): string | null =>
  error === undefined ? null : JSON.stringify({ ...error, message: error.message.slice(0, 2000) });

/** Block numbers out of every reading back, each once. */
function wrongBlocks({ evidence = [] }: TargetResult): number[] {
  const all = new Set(evidence.flatMap(({ bad }) => bad));
  return [...all].sort((a, b) => a - b).slice(0, maxWrongBlocks);
}

/** What is wrong with what was compared; null: nothing that was seen. Wrong blocks that were found stay wrong however it ended. */
function badOf({ state, error, badBlocks }: TargetResult): HelperErrorInfo | null {
  if (state === 'failed' && error !== undefined && tellsOfTarget.has(error.code)) return error;
  return badBlocks > 0 ? { code: 'verify-mismatch', message: helperErrorWhat['verify-mismatch'] } : null;
}

type Marks = Pick<DriveFacts, 'path' | 'serial' | 'wwn' | 'busPath'>;
type ComparedRide = Marks & { id: number; state: string; badBlocks: number; wrong: string };

const isDevice = (path: string): boolean => path.startsWith('/dev/') || path.startsWith('\\\\');

/** The newest ride of this very drive; nothing where that is not certain. Newest first. */
function rideOf<R extends Marks>(who: Marks, rides: readonly R[]): R | undefined {
  const { path, serial, wwn, busPath } = who;
  const differ = (a: string | null, b: string | null): boolean => a !== null && b !== null && a !== b;
  const possible = rides.filter((ride) => !differ(ride.serial, serial) && !differ(ride.wwn, wwn));
  const named = possible.filter(
    (ride) => (serial !== null && ride.serial === serial) || (wwn !== null && ride.wwn === wwn),
  );
  // Sticks may share a serial number: then only the one in the same place is it.
  if (new Set(named.map((ride) => ride.busPath)).size > 1)
    return named.find((ride) => busPath !== null && ride.busPath === busPath);
  if (named.length > 0) return named[0];
  if (!isDevice(path)) return possible.find((ride) => ride.path === path);
  return possible.find(
    (ride) =>
      ride.path === path &&
      ride.serial === serial &&
      ride.wwn === wwn &&
      busPath !== null &&
      ride.busPath === busPath,
  );
}

/** The writing side of an open record. */
export class RecordStore {
  readonly #db: Database;
  /** Numbers of rows mean something only in the file they are from: each that is opened has another one. */
  readonly opened: number;

  /** Hears of a bad result that belongs to nothing in the record. */
  readonly #lost: (result: TargetResult) => void;

  constructor(db: Database, opened: number, lost: (result: TargetResult) => void = () => undefined) {
    this.#db = db;
    this.#lost = lost;
    this.opened = opened;
  }

  /** Notes that these are about to be written (or read back), before they are; gives back their rows. */
  announce(targets: readonly DriveFacts[], { start, task, writes }: Announcement, now: number): number[] {
    const insert = this.#db.prepare(
      `INSERT INTO target (start, task, writes, path, serial, wwn, bus_path, title, size, bay, operator, begun_at)
       VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?)`,
    );
    return targets.map(({ path, serial, wwn, busPath, title, size, bay, operator }) =>
      Number(
        insert.run(start, task, Number(writes), path, serial, wwn, busPath, title, size, bay, operator, now)
          .lastInsertRowid,
      ),
    );
  }

  /** How the stations of a job stand, each as far as it has told. */
  keepStations(job: number, stations: readonly Station[]): void {
    this.#db
      .prepare('UPDATE job SET stations = ? WHERE id = ?')
      .run(JSON.stringify(shortened(stations)), job);
  }

  /** Takes back what was announced and never asked for. */
  withdraw(rows: readonly number[]): void {
    for (const row of rows) this.#db.prepare('DELETE FROM target WHERE id = ? AND job IS NULL').run(row);
  }

  /**
   * The row of a job that has begun: of whoever tells of it first, the same for all. `bootedAt`: a process number of before
   * that is not the same process. `t` of the event stands still while the computer sleeps, so an open job may seem to have begun later.
   */
  openJob(
    event: HelperEventOf<'job'>,
    about: { source: DriveFacts; start: string | null; program: string },
    now: number,
    bootedAt: number,
  ): number {
    const { source, start, program } = about;
    const pid = event.pids.supervisor ?? 0;
    const startedAt = Math.round(now - event.t * 1000);
    const known = this.#db
      .prepare(
        'SELECT id, started_at, ended_at FROM job WHERE helper_key = ? AND helper_pid = ? ORDER BY id DESC LIMIT 1',
      )
      .get(event.job, pid) as { id: number; started_at: number; ended_at: number | null } | undefined;
    const isOpen =
      known?.ended_at === null &&
      known.started_at >= bootedAt - slackMs &&
      known.started_at <= startedAt + slackMs;
    if (known && (isOpen || Math.abs(known.started_at - startedAt) <= slackMs)) {
      this.#db
        .prepare(
          `UPDATE job SET start = coalesce(start, ?), source_serial = coalesce(source_serial, ?),
             source_wwn = coalesce(source_wwn, ?), source_bus_path = coalesce(source_bus_path, ?),
             source_title = coalesce(source_title, ?) WHERE id = ?`,
        )
        .run(start, source.serial, source.wwn, source.busPath, source.title, known.id);
      return known.id;
    }
    const { lastInsertRowid } = this.#db
      .prepare(
        `INSERT INTO job (helper_key, helper_pid, start, task, program, source_path, source_serial, source_wwn, source_bus_path,
           source_title, source_size, block_size, block_count, slow, on_read_error, started_at)
         VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?)`,
      )
      .run(
        event.job,
        pid,
        start,
        event.task,
        program,
        event.source.path,
        source.serial,
        source.wwn,
        source.busPath,
        source.title,
        event.source.size,
        event.blockSize,
        event.blockCount,
        event.slow,
        event.onReadError ?? 'skip',
        startedAt,
      );
    return Number(lastInsertRowid);
  }

  /**
   * Puts a ride on its job. `announced`: its row from before, if this process asked for it. Where another process has told of the
   * ride already, that younger row stays, and takes over what the announced one knows.
   */
  board(
    ride: { job: number; helperId: number },
    facts: DriveFacts,
    announced: number | null,
    now: number,
  ): void {
    const { job, helperId } = ride;
    const there = this.#db
      .prepare('SELECT id FROM target WHERE job = ? AND helper_id = ?')
      .get(job, helperId) as { id: number } | undefined;
    if (announced === null && !there) {
      // Who only looks on does not know whether it may heal: a job that reads back counts as one that writes.
      const { task } = this.#db.prepare('SELECT task FROM job WHERE id = ?').get(job) as { task: Task };
      const about = { start: null, task, writes: task !== 'sample' };
      const [row = 0] = this.announce([facts], about, now);
      this.#db.prepare('UPDATE target SET job = ?, helper_id = ? WHERE id = ?').run(job, helperId, row);
    } else if (announced !== null && !there) {
      this.#db
        .prepare('UPDATE target SET job = ?, helper_id = ?, size = coalesce(size, ?) WHERE id = ?')
        .run(job, helperId, facts.size, announced);
    } else if (announced !== null && there && there.id !== announced) {
      this.#db
        .prepare(
          `UPDATE target SET (start, writes, serial, wwn, bus_path, title, size, bay, operator, begun_at) =
             (SELECT a.start, a.writes, coalesce(a.serial, target.serial), coalesce(a.wwn, target.wwn),
                coalesce(a.bus_path, target.bus_path), coalesce(a.title, target.title), coalesce(a.size, target.size),
                coalesce(a.bay, target.bay), coalesce(a.operator, target.operator),
                min(a.begun_at, target.begun_at)
              FROM target AS a WHERE a.id = ?) WHERE id = ?`,
        )
        .run(announced, there.id);
      this.#db.prepare('DELETE FROM target WHERE id = ?').run(announced);
    }
  }

  /**
   * How a ride ended. `guessed`: concluded, because the helper is gone without a word; what the helper itself says goes before
   * that, and its first word stands, unless it takes back that the ride ended well.
   */
  settle(place: RidePlace, result: TargetResult, measured: Measured, now: number, guessed = false): void {
    const [where, keys] =
      'row' in place ? ['id = ?', [place.row]] : ['job = ? AND helper_id = ?', [place.job, place.helperId]];
    const { speed, curve, coverage } = measured;
    this.#db
      .prepare(
        `UPDATE target SET state = ?, guessed = ?, ended_at = ?, joined_at_block = ?, bytes_written = ?, bad_blocks = ?,
           healed_blocks = ?, seconds = ?, unreadable = ?, resumed_blocks = ?, wrong_blocks = ?, error = ?
         WHERE ${where} AND (state IS NULL OR guessed > ? OR (? AND state IN ('done', 'verified', 'sampled')))`,
      )
      .run(
        result.state,
        Number(guessed),
        now,
        result.joinedAtBlock,
        result.bytesWritten,
        result.badBlocks,
        result.healedBlocks,
        result.seconds,
        result.unreadable ?? 0,
        result.resumedBlocks ?? 0,
        JSON.stringify(wrongBlocks(result)),
        asText(result.error),
        ...keys,
        Number(guessed),
        Number(takesBack('done', result)),
      );
    if (curve.length === 0) return;
    this.#db
      .prepare(
        `UPDATE target SET curve = ?, coverage = ?, speed_mean = ?, speed_min = ?, speed_max = ?
         WHERE ${where} AND length(curve) < ?`,
      )
      .run(
        JSON.stringify(curve),
        coverage,
        speed?.mean ?? null,
        speed?.min ?? null,
        speed?.max ?? null,
        ...keys,
        JSON.stringify(curve).length,
      );
  }

  /**
   * What a comparison has shown of a ride of the same job, while that went on: verified, or bad. Where it has shown nothing (stopped,
   * pulled out, refused) the ride stays what it was. `who`: what was known of the drive at its path when the comparison began.
   */
  settleCompared(
    { job, helperId }: { job: number; helperId: number },
    who: DriveFacts,
    result: TargetResult,
    now: number,
  ): void {
    const { state } = result;
    const bad = badOf(result);
    if (state !== 'verified' && !bad) return;
    const wrong = JSON.stringify(wrongBlocks(result));
    const rides = this.#db
      .prepare(
        `SELECT id, path, serial, wwn, bus_path AS busPath, state, bad_blocks AS badBlocks, wrong_blocks AS wrong FROM target
         WHERE job = ? AND helper_id < ? AND state IN ('done', 'verified', 'failed') ORDER BY helper_id DESC`,
      )
      .all(job, helperId) as unknown as ComparedRide[];
    const ride = rideOf(who, rides);
    if (ride && (bad || ride.state !== 'failed'))
      this.#db
        .prepare(
          'UPDATE target SET state = ?, guessed = 0, ended_at = ?, bad_blocks = ?, wrong_blocks = ?, error = ? WHERE id = ?',
        )
        .run(bad ? 'failed' : state, now, result.badBlocks, wrong, asText(bad ?? undefined), ride.id);
    const { badBlocks, path } = result;
    const isKept = rides.some(
      (one) =>
        one.path === path && one.state === 'failed' && one.badBlocks === badBlocks && one.wrong === wrong,
    );
    if (!ride && bad && !isKept) this.#lost(result);
  }

  /** How a probe ended. `unchanged`: the stick holds what it held before. */
  settleProbe(row: number, result: TargetResult, unchanged: boolean, now: number): void {
    this.settle({ row }, result, { speed: null, curve: [], coverage: '' }, now);
    if (unchanged) this.#db.prepare('UPDATE target SET writes = 0 WHERE id = ?').run(row);
  }

  /** How a job ended, as one tells it who knows all of it. What the helper itself says goes before what was concluded. */
  finish(job: number, summary: JobSummary, now: number): void {
    const { source } = summary;
    const ranges = source.unreadable.slice(0, maxRanges);
    const more = (source.unreadableMore ?? 0) + source.unreadable.length - ranges.length;
    this.#db
      .prepare(
        `UPDATE job SET ended_at = ?, outcome = ?, seconds = ?, root_digest = ?, source_sha256 = ?, bytes_read = ?, laps = ?, unreadable = ?,
           unreadable_more = ?, error = ? WHERE id = ? AND (ended_at IS NULL OR outcome = 'helper-died')`,
      )
      .run(
        now,
        summary.outcome,
        summary.seconds,
        source.rootDigest,
        source.sha256 ?? null,
        source.bytesRead,
        source.laps,
        JSON.stringify(ranges),
        more,
        asText(source.error),
        job,
      );
  }

  /** The result of a job that nobody saw end, found by the file it was in; false where no such job was begun here. */
  absorb(start: string, summary: JobSummary, now: number): boolean {
    const job = this.#db.prepare('SELECT id FROM job WHERE start = ? ORDER BY id DESC LIMIT 1').get(start) as
      { id: number } | undefined;
    const nothing = { speed: null, curve: [], coverage: '' };
    const results = [...summary.targets, ...summary.others];
    if (job) {
      for (const result of results) {
        if (result.id === undefined) continue;
        const ride = { job: job.id, helperId: result.id };
        if (result.compared) {
          this.settleCompared(ride, bareFacts(result.path), result, now); // nobody has seen which drive it was
          continue;
        }
        this.board(ride, bareFacts(result.path), this.#announcedAt(start, result.path), now);
        this.settle(ride, result, nothing, now);
      }
      this.finish(job.id, summary, now);
      return true;
    }
    const rows = this.#db
      .prepare('SELECT count(*) AS n FROM target WHERE start = ? AND job IS NULL')
      .get(start) as { n: number };
    for (const result of results) {
      const row = this.#announcedAt(start, result.path);
      if (row !== null) this.settle({ row }, result, nothing, now);
    }
    return rows.n > 0;
  }

  #announcedAt(start: string, path: string): number | null {
    const row = this.#db
      .prepare(
        'SELECT id FROM target WHERE start = ? AND job IS NULL AND path = ? AND state IS NULL ORDER BY id LIMIT 1',
      )
      .get(start, path) as { id: number } | undefined;
    return row?.id ?? null;
  }
}

/** A drive of which only the path is known. */
export const bareFacts = (path: string): DriveFacts => ({
  path,
  serial: null,
  wwn: null,
  busPath: null,
  title: null,
  size: null,
  bay: null,
  operator: null,
});
