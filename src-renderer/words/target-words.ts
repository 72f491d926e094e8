/** What a cell says, to the eye and to the ear. Pure: words and numbers come in. */
import type { AppError } from '@contract/errors.ts';
import type { Job, Target } from '@contract/groups/jobs.ts';
import type { Text } from '../i18n/text.ts';
import type { Place } from '../model/cells.ts';
import { joinedAt, lookOf, type Look } from '../model/look.ts';
import { calmSeconds } from '../model/progress.ts';
import { shortError } from './error-words.ts';
import { tookWords } from './took-words.ts';

/** The lines of a cell. `number` is the one number; `aside` stands at its other side; `note` says more where there is room. */
export interface CellLines {
  number: string;
  aside: string;
  note: string;
}

const wholePercent = (part: number): number => Math.round(part * 100);

/** How a bay or a cell is called in a sentence. */
export const placeOf = ({ t }: Text, { name, bay }: Place): string =>
  t(bay ? 'place.bay' : 'place.cell', { name });

function copyNote(text: Text, target: Target, job: Job, look: Look): string {
  const { t, f } = text;
  if (target.stalledSeconds !== null) {
    return t('cell.silent', { time: f.duration(calmSeconds(target.stalledSeconds)) });
  }
  const joined = wholePercent(joinedAt(target, job));
  if (look === 'lap') return t('cell.missingFirst', { percent: f.percent(joined) });
  if (joined > 0) return t('cell.from', { percent: f.percent(joined) });
  return target.etaSeconds === null
    ? ''
    : t('cell.left', { time: f.duration(calmSeconds(target.etaSeconds)) });
}

function causeNote(text: Text, error: AppError): string {
  const what = shortError(text, error);
  const { offset } = error.params as { offset?: number };
  return offset === undefined ? what : text.t('cell.at', { what, offset: text.f.bytes(offset) });
}

/** That a verification came to nothing, and why; null when none did. */
const couldNot = (text: Text, { checkError }: Target): string | null =>
  checkError && text.t('verify.couldNot', { what: shortError(text, checkError) });

const tookAside = (text: Text, { seconds }: Target): string =>
  seconds === null ? '' : tookWords(text, seconds);

const uncheckedNote = (text: Text, { error }: Target): string =>
  error ? shortError(text, error) : text.t('verify.notCompared');

/** The lines for a target whose percent is `percent`. */
export function cellLines(text: Text, target: Target, job: Job, percent: number): CellLines {
  const { t, tn, f } = text;
  const look = lookOf(target, job);
  const number = f.percent(percent);
  const rate = f.rate(target.bytesPerSecond);
  switch (look) {
    case 'copy':
    case 'lap':
      return { number, aside: rate, note: copyNote(text, target, job, look) };
    case 'aside': {
      const missing = Math.max(0, job.source.size - target.bytesCopied);
      return { number, aside: rate, note: t('cell.missing', { size: f.bytes(missing) }) };
    }
    case 'verify': {
      const left = target.etaSeconds;
      const note = left === null ? '' : t('cell.left', { time: f.duration(calmSeconds(left)) });
      return { number, aside: rate, note };
    }
    case 'flush':
      return { number, aside: '', note: t('cell.finishing') };
    case 'heal':
      return { number, aside: '', note: tn('cell.badBlocks', target.badBlocks) };
    case 'verified': {
      const healed = target.healedBlocks > 0 ? tn('cell.healed', target.healedBlocks) : '';
      return {
        number: t('cell.pull'),
        aside: tookAside(text, target),
        note: couldNot(text, target) ?? (healed || t('cell.verifiedNote')),
      };
    }
    case 'done':
      return {
        number: t('cell.pull'),
        aside: tookAside(text, target),
        note: couldNot(text, target) ?? t('cell.doneNote'),
      };
    case 'sampled':
      return {
        number: t('cell.pull'),
        aside: tookAside(text, target),
        note: t('verify.sampledNote'),
      };
    case 'unchecked':
      return { number: '', aside: '', note: uncheckedNote(text, target) };
    case 'gaps': {
      const size = f.bytes(job.source.unreadableBytes);
      return {
        number: t('cell.pull'),
        aside: tookAside(text, target),
        note: t('cell.gaps', { size }),
      };
    }
    case 'failed':
    case 'locked':
      return { number: '', aside: '', note: target.error ? causeNote(text, target.error) : '' };
    case 'removed':
      return { number: t('cell.reseat'), aside: '', note: t('cell.removedAt', { percent: number }) };
    case 'stopped':
      return { number: '', aside: '', note: t('cell.unusable') };
    default:
      return { number: '', aside: '', note: t('cell.checking') };
  }
}

/** The name of a cell: a sentence. */
export function cellSentence(text: Text, place: Place, target: Target, job: Job, percent: number): string {
  const { t, f } = text;
  const look = lookOf(target, job);
  const busy = ['copy', 'lap', 'aside', 'verify'].includes(look);
  const lines = cellLines(text, target, job, percent);
  return [
    placeOf(text, place),
    target.card.kind === 'practice' ? t('drive.practice') : null,
    target.card.title,
    f.bytes(target.card.identity.size || (target.size ?? 0)),
    t(`spoken.${look}`),
    busy ? t('spoken.percent', { n: f.number(percent) }) : null,
    busy ? lines.aside : null,
    look === 'flush' ? null : lines.note || null,
    target.slowForItsKind ? t('cell.slowLong') : null,
    busy && job.pace.by === 'target' && job.pace.target === target.id ? t('cell.pacesLong') : null,
    target.attempt > 1 ? t('cell.attempt', { n: f.number(target.attempt) }) : null,
  ]
    .filter((part) => part !== null)
    .join(', ');
}
