// The course of a copy as plain lines, for logs and pipes: at changes of state and every ten percent. Pure.

import type { HelperEvent } from '@contract/helper-messages.ts';
import { cleanText } from './clean.ts';
import { formatBytes, formatRate, plural } from './format.ts';
import type { JobView, TargetView } from './job-view.ts';
import { joinSentence, leftOf, paceOf, wordOf } from './target-text.ts';

const STEP = 10;

/** Turns events into the lines that are worth a line. */
export class PlainLines {
  readonly #view: JobView;
  readonly #words = new Map<number, string>();
  readonly #steps = new Map<number, number>();

  constructor(view: JobView) {
    this.#view = view;
  }

  /** The lines for an event that the view has just taken in. */
  after(event: HelperEvent, target: TargetView | undefined): string[] {
    switch (event.event) {
      case 'job':
        return [this.#begin(event)];
      case 'joined':
        return target?.mine && (event.block > 0 || this.#view.job?.role === 'consumer')
          ? [joinSentence(this.#view, target)]
          : [];
      case 'target':
      case 'progress':
        return target && (target.mine || this.#view.job?.role !== 'consumer') ? this.#course(target) : [];
      case 'lap':
        return [`The source goes round again: lap ${event.n}`];
      case 'bad-source':
        return [
          `The source could not be read at byte ${event.offset} (${formatBytes(event.length)}): filled with zeros`,
        ];
      case 'stalled':
        return [
          `${cleanText(this.#view.labelOf(event.target))}: no answer for ${Math.round(event.seconds)} s`,
        ];
      case 'policy':
        return [
          event.slow === 'together' ? 'All targets now go together' : 'Slow targets now catch up later',
        ];
      case 'warning':
        return [
          `Warning: ${event.target === undefined ? '' : `${cleanText(this.#view.labelOf(event.target))}: `}${cleanText(event.message || event.code)}`,
        ];
      case 'error':
        return [`The helper refused a request: ${cleanText(event.message || event.code)} (${event.code})`];
      default:
        return [];
    }
  }

  #begin({ role, task, source, blockCount, blockSize }: Extract<HelperEvent, { event: 'job' }>): string {
    const size = `${formatBytes(source.size)}, ${plural(blockCount, 'block')} of ${blockSize} bytes`;
    const path = cleanText(source.path);
    if (task !== 'copy')
      return task === 'sample'
        ? `Looking at a sample of the blocks of a copy of ${path} (${size}): this is no verification`
        : `Comparing with the manifest of ${path} (${size})`;
    return role === 'consumer'
      ? `Joining the running copy of ${path} (${size})`
      : `Copying ${path} (${size})`;
  }

  #course(target: TargetView): string[] {
    const path = cleanText(target.label);
    const word = wordOf(this.#view, target);
    const step = Math.floor(target.percent / STEP) * STEP;
    const newWord = this.#words.get(target.id) !== word;
    const newStep = step > (this.#steps.get(target.id) ?? 0);
    this.#words.set(target.id, word);
    this.#steps.set(target.id, Math.max(step, this.#steps.get(target.id) ?? 0));
    if (!newWord && !newStep) return [];
    const moving = target.state === 'copying' || target.state === 'aside';
    const parts = [
      `${path}: ${word}`,
      moving || target.percent > 0 ? `${target.percent} %` : '',
      moving && target.bytesPerSecond > 0 ? formatRate(target.bytesPerSecond) : '',
      leftOf(this.#view, target),
      moving && newStep ? paceOf(this.#view) : '',
      target.error ? `(${target.error.code})` : '',
    ];
    return [parts.filter((part) => part !== '').join('  ')];
  }
}
