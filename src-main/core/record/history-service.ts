/** Answers what is asked of the record. */
import { fail } from '@contract/errors.ts';
import type { RecordedTarget, ReportFormat, ReportLanguage } from '@contract/groups/history.ts';
import type { CallInput, CallOutput } from '@contract/schema.ts';
import type { Engine } from '../jobs/engine.ts';
import type { Database } from './database.ts';
import { findJob, listJobs, listTargets } from './history-query.ts';
import { lookUp } from './ledger.ts';
import type { IsRunning } from './record-rows.ts';
import type { Recorder } from './recorder.ts';
import { reportOf } from './report/report.ts';

/** Targets that are read at a time for a report. */
const pageSize = 64;
/** Characters of a report in one answer: far below the size of a message however they are written. */
const partLength = 150_000;

export type HistoryCall =
  'history.list' | 'history.get' | 'history.targets' | 'history.report' | 'ledger.lookup';
export type HistoryService = { [K in HistoryCall]: (input: CallInput<K>) => Promise<CallOutput<K>> };

/** The service of a record. */
export function createHistoryService(
  recorder: Recorder,
  engine: () => Pick<Engine, 'listJobs'>,
): HistoryService {
  const read = <T>(look: (db: Database) => T): T =>
    recorder.read((db) => ({ found: look(db) }))?.found ?? fail('record-unavailable');

  /** Looks once without asking anybody; only where a job without an end is met are the running ones asked for. */
  async function withRunning<T>(look: (db: Database, isRunning: IsRunning) => T): Promise<T> {
    let met = false;
    const first = read((db) =>
      look(db, () => {
        met = true;
        return false;
      }),
    );
    if (!met) return first;
    // Without a helper nothing runs that could be found again.
    const running = await Promise.resolve()
      .then(() => engine().listJobs())
      .catch(() => []);
    const names = new Set(running.map(({ job, pid }) => `${String(pid)} ${job}`));
    return read((db) => look(db, ({ key, pid }) => names.has(`${String(pid)} ${key}`)));
  }

  const jobAt = async (id: number) =>
    (await withRunning((db, isRunning) => findJob(db, id, isRunning))) ?? fail('no-such-record');

  async function report(
    id: number,
    format: ReportFormat,
    lang: ReportLanguage | undefined,
  ): Promise<{ name: string; text: string }> {
    const { job, unreadable, stations } = await jobAt(id);
    const targets: RecordedTarget[] = [];
    for (let after: number | null = 0; after !== null;) {
      const page = read((db) => listTargets(db, id, pageSize, after ?? 0));
      targets.push(...page.targets);
      after = page.next;
    }
    return reportOf({ job, unreadable, targets, stations }, format, lang);
  }

  return {
    'history.list': (filter) => withRunning((db, isRunning) => listJobs(db, filter, isRunning)),
    'history.get': ({ job }) => jobAt(job),
    'history.targets': async ({ job, limit, after }) => {
      await jobAt(job);
      return read((db) => listTargets(db, job, limit, after));
    },
    'history.report': async ({ job, format, from, lang }) => {
      const { name, text } = await report(job, format, lang);
      const end = from + partLength;
      return { name, text: text.slice(from, end), next: end < text.length ? end : null };
    },
    'ledger.lookup': ({ serial, job }) => withRunning((db, isRunning) => lookUp(db, serial, job, isRunning)),
  };
}
