/** What the record says of a job or a target, in words. Pure. Never more than is known. */
import type { RecordedJob, RecordedTarget } from '@contract/groups/history.ts';
import type { Text } from '../i18n/text.ts';

/** How good it is, for its colour and mark; the words say the same. */
export type HistoryLook = 'good' | 'plain' | 'bad' | 'unknown' | 'running';

/** The job by its worst target. */
export function jobLook({ state, outcome, counts, source, stations }: RecordedJob): HistoryLook {
  if (state === 'running') return 'running';
  if (counts.bad + stations.bad + stations.lost > 0 || (outcome !== null && outcome !== 'complete'))
    return 'bad';
  if (state === 'unknown' || counts.open + stations.open > 0) return 'unknown';
  if (counts.done > 0 || counts.verified === 0 || source.unreadablePlaces > 0) return 'plain';
  return 'good';
}

/** How its targets ended, and that its end is not known where it is not. */
export function jobEnd({ t, tn, f }: Text, { state, counts, task, source, stations }: RecordedJob): string {
  if (state === 'running') return t('history.running');
  const { verified, done, bad, open } = counts;
  const parts = [
    state === 'unknown' ? t('history.interrupted') : null,
    verified > 0 ? tn('history.verified', verified) : null,
    done > 0 ? tn(task === 'sample' ? 'history.sampled' : 'history.copied', done) : null,
    bad > 0 ? tn('history.bad', bad) : null,
    open > 0 ? tn('history.open', open) : null,
    stations.stations > 0
      ? t('stations.results', { good: f.number(stations.good), n: f.number(stations.targets) })
      : null,
    stations.lost > 0 ? tn('stations.resultsLost', stations.lost) : null,
    source.unreadablePlaces > 0 ? tn('history.gaps', source.unreadablePlaces) : null,
  ].filter((part) => part !== null);
  return parts.length > 0 ? parts.join(' · ') : t('history.noTarget');
}

export function targetLook({ state, unreadable }: RecordedTarget, job: RecordedJob): HistoryLook {
  if (state === null) return job.state === 'running' ? 'running' : 'unknown';
  if (state === 'verified') return unreadable > 0 ? 'plain' : 'good';
  return state === 'done' || state === 'sampled' ? 'plain' : 'bad';
}

/** How one target ended. */
export function targetEnd({ t, tn }: Text, { state, unreadable }: RecordedTarget, job: RecordedJob): string {
  if (state === null) return t(job.state === 'running' ? 'history.running' : 'history.interrupted');
  const end = t(`history.state_${state}`);
  return unreadable > 0 ? `${end} · ${tn('history.gaps', unreadable)}` : end;
}
