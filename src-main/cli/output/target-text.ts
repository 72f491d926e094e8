// What is said about one target while it runs, shared by the live and the plain printer.

import { cleanText } from './clean.ts';
import { formatDuration, timeLeft } from './format.ts';
import type { JobView, TargetView } from './job-view.ts';
import { stateWord } from './words.ts';

/** The state's word; a copy that has gone round the end says so. */
export function wordOf(view: JobView, target: TargetView): string {
  return target.state === 'copying' && view.hasWrapped(target) ? 'LAP 2' : stateWord[target.state];
}

/** `1:12 left`, or nothing where nobody can say. */
export function leftOf(view: JobView, target: TargetView): string {
  if (target.state !== 'copying' && target.state !== 'aside') return '';
  const left = timeLeft((view.job?.source.size ?? 0) - target.bytes, target.bytesPerSecond);
  return left === undefined ? '' : `${formatDuration(left)} left`;
}

/** Where it stepped on, if not at the start. */
export function joinOf(view: JobView, target: TargetView): string {
  const block = target.joinedAtBlock;
  return block ? `joined at block ${block} (${view.percentAt(block)} %)` : '';
}

/** Who holds the job back now. */
export function paceOf(view: JobView): string {
  const { pace } = view;
  if (pace?.by === 'source') return 'paced by the source';
  if (pace?.by === 'target' && pace.target !== undefined)
    return `paced by ${cleanText(view.labelOf(pace.target))}`;
  return '';
}

/** The joiner's first sentence. */
export function joinSentence(view: JobView, target: TargetView): string {
  const block = target.joinedAtBlock ?? 0;
  const source = cleanText(view.job?.source.path ?? '');
  return `${cleanText(target.label)} joined the running copy of ${source} at block ${block} (${view.percentAt(block)} %)`;
}
