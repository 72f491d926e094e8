/**
 * Keeps the record: opens its file when it is first needed, writes in order, and never holds up a copy or ends one. Where the file
 * cannot be used, that is said, and what happens is kept in memory only, for the reports of this run.
 */
import { mkdirSync, readdirSync, readFileSync, rmSync, statSync } from 'node:fs';
import { randomUUID } from 'node:crypto';
import { join } from 'node:path';
import type { JobSummary, TargetResult } from '@contract/helper-messages.ts';
import { readKeptSummary } from '../helper/kept-summary.ts';
import {
  closeRecord,
  fileAt,
  inTransaction,
  isBusy,
  isDamage,
  memoryRecord,
  openRecord,
  setAside,
  type Database,
} from './database.ts';
import { RecordStore } from './record-store.ts';

/** Writes of events that came together are made together. */
const gatherMs = 50;
/** A record that another process keeps busy is tried again. */
const againMs = 500;
/** More than this is not kept waiting for it. */
const maxWaiting = 10_000;
/** A file of results that makes no sense is being written still; one as old as this is not. */
const oddFileMs = 3_600_000;
const maxResultBytes = 16 * 1024 * 1024;

/** What is wrong with the record. */
export type RecordProblem =
  /** It was damaged; it lies there now, and a new one has been begun. */
  | { code: 'set-aside'; path: string }
  /** It cannot be kept; what happens now will not be found in it. */
  | { code: 'not-kept'; why: string };

export interface RecorderOptions {
  /** The file. Null: in memory only. */
  file: string | null;
  /** Where helpers leave the results of jobs whose starter may not be there any more. */
  resultDir: string;
  program: string;
  now: () => number;
  /** When this computer was started, in milliseconds since 1970. */
  bootedAt: () => number;
  onProblem: (problem: RecordProblem) => void;
}

type Work = (store: RecordStore, now: number) => void;

const whyOf = (error: unknown): string => (error instanceof Error ? error.message : String(error));

export class Recorder {
  readonly #options: RecorderOptions;
  #db: Database | null = null;
  #file = 0;
  #opened = 0;
  #waiting: Work[] = [];
  #timer: NodeJS.Timeout | undefined;
  #closed = false;
  #told = new Set<string>();

  constructor(options: RecorderOptions) {
    this.#options = options;
  }

  get program(): string {
    return this.#options.program;
  }

  get bootedAt(): number {
    return this.#options.bootedAt();
  }

  /** A new file name for the result of a job that is about to begin; null where none can be kept. */
  resultFile(): string | null {
    const { resultDir, file } = this.#options;
    if (file === null) return null;
    try {
      mkdirSync(resultDir, { recursive: true, mode: 0o700 });
      return join(resultDir, `${randomUUID()}.json`);
    } catch (error) {
      this.#tell({ code: 'not-kept', why: whyOf(error) });
      return null;
    }
  }

  /** Writes at once, and all that waits before it: when this returns it is durable, or it was said that it is not. */
  now(work: Work): void {
    this.#waiting.push(work);
    this.#flush();
  }

  /** Writes within a moment. */
  soon(work: Work): void {
    if (this.#waiting.length >= maxWaiting)
      return this.#tell({ code: 'not-kept', why: 'the record is busy' });
    this.#waiting.push(work);
    this.#later(gatherMs);
  }

  /** Looks into the record; null where not even the driver can be had. */
  read<T>(look: (db: Database) => T): T | null {
    this.#flush();
    const db = this.#open();
    return db ? this.#guard(() => look(db)) : null;
  }

  /** Opens it ahead of time. */
  warm(): void {
    this.#open();
  }

  /** The result of a job as its helper left it in a file, however often it is told. */
  absorb(file: string, summary: JobSummary): void {
    this.now((store, now) => void store.absorb(file, summary, now));
  }

  /** The result in this file has been told. */
  forget(file: string): void {
    rmSync(file, { force: true });
  }

  close(): void {
    if (this.#closed) return;
    this.#flush();
    this.#closed = true;
    clearTimeout(this.#timer);
    const db = this.#db;
    this.#db = null;
    try {
      if (db) closeRecord(db);
    } catch (error) {
      this.#tell({ code: 'not-kept', why: whyOf(error) });
    }
  }

  #later(ms: number): void {
    this.#timer ??= setTimeout(() => {
      this.#timer = undefined;
      this.#flush();
    }, ms).unref();
  }

  #flush(): void {
    if (this.#waiting.length === 0) return;
    this.#open(); // which may have something to write first
    const works = this.#waiting;
    this.#waiting = [];
    try {
      try {
        this.#write(works);
      } catch (error) {
        if (!isDamage(error)) throw error;
        this.#write(works); // into the new one
      }
    } catch (error) {
      if (isBusy(error)) {
        this.#waiting = [...works, ...this.#waiting];
        this.#later(againMs);
      } else {
        this.#opened += 1; // numbers that were given out in what is undone now may be given out again
      }
      this.#tell({ code: 'not-kept', why: whyOf(error) });
    }
  }

  #write(works: readonly Work[]): void {
    const db = this.#open();
    if (!db) return;
    const [store, now] = [new RecordStore(db, this.#opened, this.#lost), this.#options.now()];
    this.#guard(() =>
      inTransaction(db, () => {
        for (const work of works) work(store, now);
      }),
    );
  }

  #lost = ({ path, badBlocks }: TargetResult): void => {
    const why = `a comparison found ${path} bad (wrong blocks: ${String(badBlocks)}), and it is not certain which drive of its job that is`;
    this.#tell({ code: 'not-kept', why });
  };

  /** Where what is met is damaged, it is set aside, and a new one is begun with what comes next. */
  #guard<T>(work: () => T): T {
    try {
      return work();
    } catch (error) {
      const { file, now } = this.#options;
      if (isDamage(error) && file !== null && this.#file !== 0) {
        this.#db?.close();
        this.#db = null;
        const path = setAside(file, this.#file, now());
        if (path !== null) this.#tell({ code: 'set-aside', path });
      }
      throw error;
    }
  }

  #open(): Database | null {
    if (this.#db || this.#closed) return this.#db;
    const { file, now } = this.#options;
    this.#opened += 1;
    if (file !== null) {
      try {
        const opened = openRecord(file, now);
        this.#db = opened.db;
        this.#file = fileAt(file);
        if (opened.setAside !== null) this.#tell({ code: 'set-aside', path: opened.setAside });
        this.#gather();
        return this.#db;
      } catch (error) {
        this.#tell({ code: 'not-kept', why: whyOf(error) });
      }
    }
    try {
      this.#file = 0;
      this.#db = memoryRecord();
    } catch (error) {
      this.#closed = true; // not even that: the driver itself is missing
      this.#tell({ code: 'not-kept', why: whyOf(error) });
    }
    return this.#db;
  }

  /** Takes the results of jobs that ended while nobody of theirs was there. */
  #gather(): void {
    const { resultDir } = this.#options;
    let names: string[];
    try {
      names = readdirSync(resultDir).filter((name) => /^[0-9a-f-]{36}\.json$/.test(name));
    } catch {
      return; // no folder, no results
    }
    for (const name of names) {
      const file = join(resultDir, name);
      const summary = readResult(file);
      if (summary) this.absorb(file, summary);
      if (summary || this.#options.now() - modifiedAt(file) > oddFileMs) rmSync(file, { force: true });
    }
  }

  /** Each thing once: a long job must not say the same every second. */
  #tell(problem: RecordProblem): void {
    const key = JSON.stringify(problem);
    if (this.#told.has(key)) return;
    this.#told.add(key);
    this.#options.onProblem(problem);
  }
}

const modifiedAt = (file: string): number => statSync(file, { throwIfNoEntry: false })?.mtimeMs ?? Infinity;

/** A result as the helper left it; null where there is none that makes sense. */
function readResult(file: string): JobSummary | null {
  try {
    if (statSync(file).size > maxResultBytes) return null;
    return readKeptSummary(readFileSync(file, 'utf8'));
  } catch {
    return null; // gone meanwhile, or not ours to read: its job stays without an end
  }
}
