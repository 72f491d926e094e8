/** The words of a report, in the language it is wanted in; what it says of a target is never more than is known. */
import type { RecordedJob, RecordedTarget, ReportLanguage } from '@contract/groups/history.ts';
import type { StationCounts, StationTarget } from '@contract/groups/stations.ts';
import { ar } from './texts/ar.ts';
import { de } from './texts/de.ts';
import { en, type Forms, type ReportTexts } from './texts/en.ts';

type Key = { [K in keyof ReportTexts]: ReportTexts[K] extends string ? K : never }[keyof ReportTexts];
type CountedKey = Exclude<keyof ReportTexts, Key>;
type Named = Readonly<Record<string, string>>;

const catalogues: Readonly<Record<ReportLanguage, ReportTexts>> = { en, de, ar };

const filled = (text: string, named: Named): string =>
  text.replace(/\{(\w+)\}/g, (whole, name: string) => named[name] ?? whole);

/** UTC, to the second. */
export const timeWords = (ms: number): string =>
  `${new Date(ms).toISOString().slice(0, 19).replace('T', ' ')} UTC`;

/** `1:02:03`. */
export function durationWords(seconds: number): string {
  const all = Math.max(0, Math.round(seconds));
  const two = (value: number): string => String(value).padStart(2, '0');
  const [h, m, s] = [Math.floor(all / 3600), Math.floor(all / 60) % 60, all % 60];
  return h > 0 ? `${String(h)}:${two(m)}:${two(s)}` : `${String(m)}:${two(s)}`;
}

export type ReportWords = ReturnType<typeof reportWords>;

/** Words and numbers of one language. Digits are everywhere those of the digests and serial numbers beside them. */
export function reportWords(lang: ReportLanguage) {
  const texts = catalogues[lang];
  const tag = `${lang}-u-nu-latn`;
  const whole = new Intl.NumberFormat(tag);
  const tenths = new Intl.NumberFormat(tag, { maximumFractionDigits: 1 });
  const rates = new Intl.NumberFormat(tag, { minimumFractionDigits: 1, maximumFractionDigits: 1 });
  const plural = new Intl.PluralRules(lang);

  const t = (key: Key, named: Named = {}): string => filled(texts[key], named);
  const n = (value: number): string => whole.format(value);
  /** The form for a number, which is `{n}` in it. */
  function tn(key: CountedKey, count: number, named: Named = {}): string {
    const forms: Forms = texts[key];
    return filled(forms[plural.select(count)] ?? forms.other, { n: n(count), ...named });
  }

  /** `32 GB (32,000,000,000 bytes)`. */
  function sizeWords(bytes: number): string {
    const units = ['', 'kB', 'MB', 'GB', 'TB', 'PB'];
    const power = Math.min(units.length - 1, bytes < 1000 ? 0 : Math.floor(Math.log10(bytes) / 3));
    const exact = t('bytes', { n: n(bytes) });
    return power === 0 ? exact : `${tenths.format(bytes / 1000 ** power)} ${units[power] ?? ''} (${exact})`;
  }

  /** `24.1 MB/s`. */
  const rateWords = (bytesPerSecond: number): string => `${rates.format(bytesPerSecond / 1e6)} MB/s`;

  /** How a target ended, in one word or two. */
  function stateWords({ state, unreadable }: RecordedTarget, job: RecordedJob): string {
    if (state === null) return t(job.state === 'running' ? 'notFinished' : 'unknown');
    const hasZeros = unreadable > 0 && (state === 'verified' || state === 'done');
    return hasZeros ? t('withGaps', { state: t(state) }) : t(state);
  }

  /** What is certain of a target. Says that it is verified only of what was read back whole and compared. */
  function certainty(target: RecordedTarget, job: RecordedJob): string {
    const gaps = target.unreadable > 0 ? [tn('sureGaps', target.unreadable)] : [];
    const sentences = (...parts: string[]): string => [...parts, ...gaps].join(' ');
    switch (target.state) {
      case 'verified':
        return sentences(
          t(job.task === 'copy' ? 'sureVerifiedCopy' : 'sureVerifiedManifest'),
          ...(job.source.rootDigest === null ? [] : [t('sureRoot')]),
        );
      case 'done':
        return sentences(t('sureDone'));
      case 'sampled':
        return t('sureSampled');
      case 'refused':
        return t('sureRefused');
      case 'failed':
      case 'removed':
      case 'cancelled':
        return t(target.task === 'copy' ? 'sureBadCopy' : 'sureBad');
      case null:
        return t(job.state === 'running' ? 'sureRunning' : 'sureUnknown');
    }
  }

  const outcomes = {
    cancelled: 'wasCancelled',
    'source-failed': 'wasSourceFailed',
    refused: 'wasRefused',
    'helper-died': 'wasHelperDied',
  } as const;

  /** The one sentence about the whole job. */
  function verdict({ counts, state, task, outcome, stations }: RecordedJob): string {
    const all = counts.verified + counts.done + counts.bad + counts.open;
    if (state === 'running') return t('isRunning');
    const part = (key: Key, count: number): string[] => {
      // The noun goes with how many there are in all.
      const of = tn('ofTargets', all, { n: n(count), of: n(all) });
      return count > 0 ? [t(key, { of })] : [];
    };
    const parts = [
      ...part('areVerified', counts.verified),
      ...part(task === 'sample' ? 'areSampled' : 'areCopied', counts.done),
      ...part('areBad', counts.bad),
      ...part('areOpen', counts.open),
      ...(all === 0 && stations.stations === 0 ? [t('noTarget')] : []),
      ...(stations.stations > 0 ? [stationsVerdict(stations)] : []),
    ];
    if (state === 'unknown') parts.push(t('noEnd'));
    else if (outcome !== null && outcome !== 'complete') parts.push(t(outcomes[outcome]));
    return `${parts.join(lang === 'ar' ? '؛ ' : '; ')}.`;
  }

  /** How the targets of stations ended, in half a sentence. */
  function stationsVerdict({ stations, lost, targets, good, bad, open }: StationCounts): string {
    return [
      t('atStations', {
        stations: tn('countStations', stations),
        good: n(good),
        targets: tn('countTargets', targets),
      }),
      ...(bad > 0 ? [t('areBad', { of: n(bad) })] : []),
      ...(open > 0 ? [t('areOpen', { of: n(open) })] : []),
      ...(lost > 0 ? [t('areLost', { stations: tn('countStations', lost) })] : []),
    ].join(lang === 'ar' ? '، ' : ', ');
  }

  /** How a target of a station ended, as the station has told. */
  function stationStateWords({ state }: StationTarget): string {
    switch (state) {
      case 'verified':
      case 'done':
      case 'sampled':
      case 'failed':
      case 'removed':
      case 'cancelled':
      case 'refused':
        return t(state);
      default:
        return t('notFinished');
    }
  }

  return { lang, t, tn, n, sizeWords, rateWords, stateWords, certainty, verdict, stationStateWords };
}
