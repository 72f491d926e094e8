/** Errors in words: what happened, where, compared with whom, what to do. The code stays visible beside them. Pure. */
import type { AppError } from '@contract/errors.ts';
import { isFinal, isGood, type Job, type Target } from '@contract/groups/jobs.ts';
import type { Text } from '../i18n/text.ts';
import { quoted } from './drive-words.ts';
import { problemWords } from './station-words.ts';

interface HelperParams {
  offset?: number;
  errno?: string;
  missingBytes?: number;
}

const paramsOf = (error: AppError): HelperParams => error.params as HelperParams;

function named(text: Text, error: AppError, place: string, total: number | null): Record<string, string> {
  const { offset, missingBytes } = paramsOf(error);
  const own = Object.entries(error.params).map(([key, value]) => [key, String(value)] as const);
  return {
    ...Object.fromEntries(own),
    ...(error.code === 'unmount-busy' ? { programs: programsOf(text, error.params.programs) } : {}),
    place,
    total: text.f.bytes(total ?? 0),
    offset: text.f.bytes(offset ?? 0),
    missing: text.f.bytes(missingBytes ?? 0),
  };
}

const programsOf = ({ f, t }: Text, programs: readonly string[]): string =>
  programs.length > 0 ? f.list(programs.map(quoted)) : t('consent.someProgram');

/** What happened and where, in one sentence. */
export function whatHappened(text: Text, error: AppError, place?: string, total?: number | null): string {
  if (error.code === 'station') return problemWords(text, error.params.problem);
  const words = named(text, error, place ?? text.t('place.drive'), total ?? null);
  const { offset, missingBytes } = paramsOf(error);
  const exact = `errorsAt.${error.code}`;
  const isExact = error.code === 'too-small' ? missingBytes !== undefined : offset !== undefined && total;
  const sentence = isExact && text.has(exact) ? text.t(exact, words) : text.t(`errors.${error.code}`, words);
  return sentence.charAt(0).toLocaleUpperCase(text.f.locale) + sentence.slice(1);
}

/** What to do about it; empty when nothing helps. */
export function whatToDo(text: Text, error: AppError): string {
  const key = `advice.${error.code}`;
  return text.has(key) ? text.t(key) : '';
}

/** Both, for a message that stands alone. */
export const errorWords = (text: Text, error: AppError, place?: string): string =>
  [whatHappened(text, error, place), whatToDo(text, error)].filter((part) => part !== '').join(' ');

/** A few words for a cell or a list. */
export function shortError(text: Text, error: AppError): string {
  if (error.code === 'too-small' && paramsOf(error).missingBytes !== undefined) {
    return text.t('short.too-small-by', named(text, error, '', null));
  }
  const key = `short.${error.code}`;
  return text.has(key) ? text.t(key) : error.code;
}

/** What support asks for: `write-error · EIO · 12,100,000,000` */
export function supportCode(text: Text, error: AppError): string {
  const { errno, offset } = paramsOf(error);
  return [error.code, errno, offset === undefined ? undefined : `@${text.f.number(offset)}`]
    .filter((part) => part !== undefined)
    .join(' · ');
}

/** What all targets of a job fail of at once: that others failed as well tells nothing more. */
const ofTheWholeJob: ReadonlySet<string> = new Set([
  'source-error',
  'source-gone',
  'source-changed',
  'source-written',
  'producer-died',
  'helper-died',
  'feed-ended',
  'feed-damaged',
]);

/** How the others on the job fared: the comparison that tells a bad drive from a bad hub. */
export function compared(text: Text, target: Target, job: Job): string {
  if (target.error && ofTheWholeJob.has(target.error.code)) return '';
  let same = 0;
  let fine = 0;
  let others = 0;
  for (const other of Object.values(job.targets)) {
    if (other.id === target.id) continue;
    others += 1;
    if (other.error?.code === target.error?.code && other.state === target.state) same += 1;
    else if (!isFinal(other.state) || isGood(other.state)) fine += 1;
  }
  if (same > 0) return text.tn('compare.same', same);
  if (fine === 0) return '';
  return text.tn(fine === others ? 'compare.fine' : 'compare.someFine', fine);
}

/** The whole story of a target that did not end well. */
export function failureWords(text: Text, target: Target, job: Job, place: string): string {
  const { error } = target;
  if (!error) return '';
  return [
    whatHappened(text, error, place, job.source.size),
    compared(text, target, job),
    whatToDo(text, error),
  ]
    .filter((part) => part !== '')
    .join(' ');
}
