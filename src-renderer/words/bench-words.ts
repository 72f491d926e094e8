/** The bench in words. Pure: words come in. */
import type { DisarmReason, InsertNotice, InsertReason } from '@contract/groups/bench.ts';
import { bayAt, type Bay } from '@contract/groups/settings.ts';
import type { Text } from '../i18n/text.ts';
import { shortError, whatHappened } from './error-words.ts';

/** Bays in the words of a sentence: `Bay 1, Bay 2, and Bay 3`; many are counted by their first and last. */
const mostNamed = 6;
export function bayList(text: Text, ports: readonly string[], bays: readonly Bay[]): string {
  const { t, f } = text;
  const names = bays.filter(({ port }) => ports.includes(port)).map(({ name }) => name);
  const [first = ''] = names;
  if (names.length <= mostNamed) return t('place.bay', { name: f.list(names) });
  return t('place.bay', { name: `${first} – ${names.at(-1) ?? ''} (${f.number(names.length)})` });
}

/** Why a stick was not begun, short enough for a cell. */
export function reasonWords(text: Text, reason: InsertReason): string {
  const { t, f } = text;
  switch (reason.code) {
    case 'already-done':
      return t('bench.reason_already-done', { time: f.clock(reason.at) });
    case 'holds-data':
      return reason.usedBytes
        ? t('bench.reason_holds-data-size', { size: f.bytes(reason.usedBytes) })
        : t('bench.reason_holds-data');
    case 'out-of-window':
      return t('bench.reason_out-of-window', { size: f.bytes(reason.size) });
    case 'refused':
      return shortError(text, reason.error);
    default:
      return t(`bench.reason_${reason.code}`);
  }
}

/** A stick that was not begun, for the ear: `Bay 3, Kingston, holds files, set it aside`. */
export function noticeSentence(text: Text, { title, hand, reason }: InsertNotice, place: string): string {
  return [place, title, reasonWords(text, reason), text.t(`bench.spoken_${hand}`)].join(', ');
}

/** Why the bench disarmed, in a sentence. */
export function disarmWords(text: Text, reason: DisarmReason, bays: readonly Bay[]): string {
  const { t, tn } = text;
  switch (reason.code) {
    case 'idle':
      return tn('bench.why_idle', reason.minutes);
    case 'dangerous-drive': {
      const { port, title, error } = reason;
      const place = t('place.bay', { name: bayAt(bays, port) ?? port });
      return error
        ? t('bench.why_dangerous-drive-error', { title, place, what: shortError(text, error) })
        : t('bench.why_dangerous-drive', { title, place });
    }
    case 'not-begun':
      return t('bench.why_not-begun', { what: whatHappened(text, reason.error) });
    default:
      return t(`bench.why_${reason.code}`);
  }
}
