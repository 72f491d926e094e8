// For programs: one JSON object a line on standard output (the shapes are fixed, fields may be added). What people must know
// (warnings, refusals, Ctrl-C) still goes to standard error.

import type { HelperEvent } from '@contract/helper-messages.ts';
import type { TextOut } from '../context.ts';
import { cleanText } from './clean.ts';
import type { CopyReporter } from './reporter.ts';
import type { CliSummary } from './summary.ts';

/** A reporter that prints JSON lines. */
export function jsonReporter(stdout: TextOut, stderr: TextOut): CopyReporter {
  const select = new PublicEvents();
  const line = (value: object): void => stdout.write(JSON.stringify(value) + '\n');
  return {
    event: (event) => {
      const shown = select.take(event);
      if (shown) line(shown);
    },
    stations: line,
    note: (text) => stderr.write(cleanText(text, 2000) + '\n'),
    end: (summary) => line(publicSummary(summary)),
  };
}

/**
 * The events as scripts see them. A joiner's script sees its own targets only: its first `joined` is where its own ride begins. The
 * producer's sees all, with `mine` on every one.
 */
export class PublicEvents {
  readonly #mine = new Set<number>();
  #joiner = false;

  /** The event to print, if it is to be printed. */
  take(event: HelperEvent): object | undefined {
    if (event.event === 'job') this.#joiner = event.role === 'consumer';
    if (event.event === 'target' && event.mine) this.#mine.add(event.id);
    switch (event.event) {
      case 'hello':
      case 'digests':
      case 'summary':
        return undefined;
      case 'target':
      case 'joined':
      case 'progress':
      case 'stalled': {
        const mine = this.#mine.has(event.id);
        return mine || !this.#joiner ? { ...event, mine } : undefined;
      }
      default:
        return event;
    }
  }
}

/** The summary in its fixed order of fields. */
export function publicSummary({
  t,
  ok,
  role,
  outcome,
  source,
  targets,
  others,
  seconds,
  task,
  manifest,
  stations,
}: CliSummary): object {
  const made = manifest === undefined ? {} : { manifest };
  const ridden = stations === undefined ? {} : { stations };
  return {
    event: 'summary',
    t,
    ok,
    role,
    outcome,
    source,
    targets,
    others,
    seconds,
    task,
    ...made,
    ...ridden,
  };
}
