// Ctrl-C in a running copy: the drives end in a known state or not at all by our doing.

import { isFinal, type HelperEvent } from '@contract/helper-messages.ts';
import { plural } from '../output/format.ts';

/** Counts the drives of other commands that ride on the copy this command began: they end with it. */
export class OtherRiders {
  readonly #riding = new Set<number>();
  #ours = false;

  /** Takes note of an event. */
  apply(event: HelperEvent): void {
    if (event.event === 'job') this.#ours = event.role === 'producer';
    if (event.event !== 'target' || event.mine) return;
    if (isFinal(event.state)) this.#riding.delete(event.id);
    else this.#riding.add(event.id);
  }

  /** How many would end with it. */
  get count(): number {
    return this.#ours ? this.#riding.size : 0;
  }
}

/** What to say at the first and at every later Ctrl-C. */
export function interruptMessage(times: number, pid: number | undefined, others = 0): string {
  if (times === 1) {
    const also =
      others > 0 ? ` This also stops ${plural(others, 'drive')} that joined from other commands.` : '';
    return `Stopping: every drive finishes its block and is flushed, then you get the result. Please wait.${also}`;
  }
  const force = pid === undefined ? '' : ` To end it by force: kill -KILL ${pid}`;
  return `Still stopping: a drive has yet to answer.${force} (what is on unfinished drives is not usable either way).`;
}
