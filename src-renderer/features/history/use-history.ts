/** What is asked of the record for the screen: pages of jobs, one job with its targets, a report. */
import { ref, shallowRef } from 'vue';
import { errorOf, type AppError } from '@contract/errors.ts';
import type { RecordedJob, RecordedTarget, ReportFormat } from '@contract/groups/history.ts';
import type { Station } from '@contract/groups/stations.ts';
import { gatherFile, saveFile } from '../../composables/save-file.ts';
import { useText } from '../../composables/use-text.ts';
import type { Locale } from '../../i18n/locales.ts';
import { useConnection } from '../../stores/connection.ts';

const pageSize = 25;
const targetsAtOnce = 64;
const dayMs = 86_400_000;

export interface HistoryQuery {
  text: string;
  /** Days as a date field has them (`2026-05-03`), or empty. */
  from: string;
  to: string;
}

/** The beginning of a day where the person is; undefined for no day. */
function dayStart(day: string, after = 0): number | undefined {
  const start = new Date(`${day}T00:00:00`).getTime();
  return Number.isNaN(start) ? undefined : start + after;
}

export function useHistory() {
  const connection = useConnection();
  const text = useText();
  const jobs = shallowRef<readonly RecordedJob[]>([]);
  const next = ref<number | null>(null);
  /** True once the record has answered. */
  const known = ref(false);
  const problem = shallowRef<AppError | null>(null);
  const opened = shallowRef<{
    job: RecordedJob;
    targets: readonly RecordedTarget[];
    next: number | null;
    stations: readonly Station[];
  } | null>(null);
  let asked = 0;

  /** Runs a call; what an older one still answers is passed over. */
  async function ask<T>(call: () => Promise<T>, take: (answer: T) => void): Promise<void> {
    asked += 1;
    const mine = asked;
    try {
      const answer = await call();
      if (mine !== asked) return;
      problem.value = null;
      take(answer);
    } catch (error) {
      if (mine === asked) problem.value = errorOf(error);
    }
  }

  function list({ text: wanted, from, to }: HistoryQuery, more = false): Promise<void> {
    const before = more ? (next.value ?? undefined) : undefined;
    const [first, last] = [dayStart(from), dayStart(to, dayMs)];
    const query = {
      limit: pageSize,
      ...(before === undefined ? {} : { before }),
      ...(wanted.trim() === '' ? {} : { text: wanted.trim().slice(0, 128) }),
      ...(first === undefined ? {} : { from: first }),
      ...(last === undefined ? {} : { to: last }),
    };
    return ask(
      () => connection.call('history.list', query),
      (page) => {
        jobs.value = more ? [...jobs.value, ...page.jobs] : page.jobs;
        next.value = page.next;
        known.value = true;
      },
    );
  }

  const open = (job: number): Promise<void> =>
    ask(
      async () => {
        const [{ job: found, stations }, page] = await Promise.all([
          connection.call('history.get', { job }),
          connection.call('history.targets', { job, limit: targetsAtOnce }),
        ]);
        return { job: found, stations, ...page };
      },
      (answer) => (opened.value = answer),
    );

  async function moreTargets(): Promise<void> {
    const now = opened.value;
    if (!now || now.next === null) return;
    const { job, stations, next: after } = now;
    await ask(
      () => connection.call('history.targets', { job: job.id, limit: targetsAtOnce, after }),
      (page) =>
        (opened.value = { job, stations, targets: [...now.targets, ...page.targets], next: page.next }),
    );
  }

  /** A report in the language of the page, or the manifest of what was read. */
  const save = ({ id, source }: RecordedJob, what: ReportFormat | 'manifest'): Promise<void> =>
    ask(
      () =>
        gatherFile((from) =>
          what === 'manifest'
            ? connection.call('verify.export', { rootDigest: source.rootDigest ?? '', from })
            : connection.call('history.report', {
                job: id,
                format: what,
                from,
                lang: text.value.f.locale as Locale,
              }),
        ),
      saveFile,
    );

  return {
    jobs,
    next,
    known,
    problem,
    opened,
    list,
    open,
    moreTargets,
    save,
    back: () => (opened.value = null),
  };
}
