// One target in one line: the same look for targets of a machine and of its stations. Pure.

import { isFinal, isGood, type TargetState } from '@contract/groups/jobs.ts';
import { cutTo, displayWidth, padTo } from '../output/clean.ts';
import { percentOf } from '../output/format.ts';
import { stateWord } from '../output/words.ts';

const MAX_NAME = 28;
const MIN_NAME = 8;
const BAR = 20;

/** A target as it is shown. Its texts are clean. */
export interface Shown {
  readonly name: string;
  readonly state: TargetState;
  /** Bytes of the present phase that are through. */
  readonly bytes: number;
  readonly notes: readonly string[];
}

/** Failures first, then what runs, then what is done. */
const urgency = ({ state }: Shown): number => (isGood(state) ? 2 : isFinal(state) ? 0 : 1);

function barOf(part: number, whole: number, finished: boolean): string {
  const filled = finished ? BAR : Math.floor((percentOf(part, whole, false) / 100) * BAR);
  return '#'.repeat(filled) + '.'.repeat(BAR - filled);
}

/** Targets below one another, what needs a hand first. */
export function targetLines(targets: readonly Shown[], size: number, indent: string): string[] {
  const width = Math.min(MAX_NAME, Math.max(MIN_NAME, ...targets.map(({ name }) => displayWidth(name))));
  return [...targets]
    .sort((a, b) => urgency(a) - urgency(b))
    .map(({ name, state, bytes, notes }) => {
      const done = isGood(state);
      const percent = `${String(percentOf(bytes, size, done)).padStart(3)} %`;
      const more = notes.filter((note) => note !== '').join('  ');
      return `${indent}${padTo(cutTo(name, width), width)}  ${padTo(stateWord[state], 8)}  [${barOf(bytes, size, done)}]  ${percent}  ${more}`;
    });
}
