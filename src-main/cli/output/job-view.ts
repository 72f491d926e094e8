// The state of a job as a person sees it, kept up from the helper's events. Pure; both printers draw from it.

import type { HelperErrorInfo, HelperEvent, HelperEventOf, TargetState } from '@contract/helper-messages.ts';
import { isFinal, takesBack } from '@contract/helper-messages.ts';
import { isGoodState } from '../../core/helper/job-ledger.ts';
import { percentOf } from './format.ts';

/** A target as a person sees it. */
export interface TargetView {
  readonly id: number;
  readonly path: string;
  /** What to call it: its path, and the bay it is in. */
  readonly label: string;
  state: TargetState;
  mine: boolean;
  bytes: number;
  /** Percent that is durable on the medium; never goes back, 100 only when done. */
  percent: number;
  /** Percent of the phase after the copy (checking, mending), where there is one. */
  phasePercent: number | undefined;
  bytesPerSecond: number;
  joinedAtBlock: number | null;
  coverage: string | undefined;
  stalledSeconds: number | undefined;
  error: HelperErrorInfo | undefined;
}

/** `bay 3 (/dev/sdb)`, or only the path of what is in no bay. */
export function labelOf(path: string, bays: ReadonlyMap<string, string>): string {
  const bay = bays.get(path);
  return bay === undefined ? path : `bay ${bay} (${path})`;
}

/** A job as a person sees it. */
export class JobView {
  readonly targets = new Map<number, TargetView>();
  job: HelperEventOf<'job'> | undefined;
  head: HelperEventOf<'head'> | undefined;
  pace: HelperEventOf<'pace'> | undefined;
  lap = 1;
  unreadable = 0;
  readonly #bays: ReadonlyMap<string, string>;

  /** `bays`: names of bays, by the path of what is in them; it may grow. */
  constructor(bays: ReadonlyMap<string, string> = new Map()) {
    this.#bays = bays;
  }

  /** What to call the drive at a path. Not cleaned. */
  labelOf(path: string): string {
    return labelOf(path, this.#bays);
  }

  /** Takes an event in; tells the target it was about, if any. */
  apply(event: HelperEvent): TargetView | undefined {
    switch (event.event) {
      case 'job':
        this.job = event;
        return undefined;
      case 'head':
        this.head = event;
        this.lap = Math.max(this.lap, event.lap);
        return undefined;
      case 'lap':
        this.lap = Math.max(this.lap, event.n);
        return undefined;
      case 'pace':
        this.pace = event;
        return undefined;
      case 'bad-source':
        this.unreadable += event.length;
        return undefined;
      case 'target':
        return this.#onTarget(event);
      case 'joined': {
        const target = this.#get(event);
        target.joinedAtBlock = event.block;
        return target;
      }
      case 'progress':
        return this.#onProgress(event);
      case 'stalled': {
        const target = this.#get(event);
        target.stalledSeconds = event.seconds;
        return target;
      }
      default:
        return undefined;
    }
  }

  /** Percent of the source at this block. */
  percentAt(block: number): number {
    return this.job ? Math.floor((block / this.job.blockCount) * 100) : 0;
  }

  /** Has this target gone round past the end of the source? */
  hasWrapped(target: TargetView): boolean {
    if (!this.job || !target.joinedAtBlock) return false;
    return target.bytes > this.job.source.size - target.joinedAtBlock * this.job.blockSize;
  }

  #onTarget(event: HelperEventOf<'target'>): TargetView {
    const target = this.#get(event);
    if (isFinal(target.state) && !takesBack(target.state, event)) return target;
    target.state = event.state;
    target.mine = event.mine;
    target.joinedAtBlock = event.joinedAtBlock ?? target.joinedAtBlock;
    target.error = event.error;
    target.bytes = Math.max(target.bytes, event.bytesWritten);
    target.stalledSeconds = undefined;
    if (event.state !== 'copying' && event.state !== 'aside') target.bytesPerSecond = 0;
    this.#raise(target);
    return target;
  }

  #onProgress(event: HelperEventOf<'progress'>): TargetView {
    const target = this.#get(event);
    if (isFinal(target.state)) return target;
    target.state = event.phase;
    target.bytesPerSecond = event.bytesPerSecond;
    target.stalledSeconds = undefined;
    if (event.phase === 'verifying' || event.phase === 'healing') {
      target.phasePercent = percentOf(event.bytes, this.job?.source.size ?? 0, false);
      // Where nothing is copied, what has been compared is all there is to tell.
      if (this.job?.task !== 'copy' && event.phase === 'verifying')
        target.bytes = Math.max(target.bytes, event.bytes);
    } else {
      target.phasePercent = undefined;
      target.bytes = Math.max(target.bytes, event.bytes);
      target.coverage = event.coverage ?? target.coverage;
    }
    this.#raise(target);
    return target;
  }

  #raise(target: TargetView): void {
    const finished = isGoodState(target.state);
    target.percent = Math.max(target.percent, percentOf(target.bytes, this.job?.source.size ?? 0, finished));
  }

  #get(event: { id: number; target: string }): TargetView {
    const known = this.targets.get(event.id);
    if (known) return known;
    const made: TargetView = {
      id: event.id,
      path: event.target,
      label: this.labelOf(event.target),
      state: 'waiting',
      mine: false, // until a `target` event says so: `joined` of others may come first
      bytes: 0,
      percent: 0,
      phasePercent: undefined,
      bytesPerSecond: 0,
      joinedAtBlock: null,
      coverage: undefined,
      stalledSeconds: undefined,
      error: undefined,
    };
    this.targets.set(event.id, made);
    return made;
  }
}
