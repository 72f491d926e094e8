// What the results of a job say about why something went wrong. Pure; codes and numbers come out, the words are made where people read them.

import type { Evidence, TargetResult } from '@contract/helper-messages.ts';
import { roomEnd, type SourceShape } from './capacity.ts';

/** What is known of one target. */
export interface DiagnosedTarget {
  readonly path: string;
  readonly state: TargetResult['state'];
  /** Of this job, in the order of its readings back. */
  readonly evidence?: readonly Evidence[] | undefined;
  /** Blocks that read back wrong on the same drive in earlier jobs with the same block size, one list a job. */
  readonly earlier?: readonly (readonly number[])[] | undefined;
  readonly deviceBytes?: number | undefined;
  readonly deviceMs?: number | undefined;
  /** Why it failed, if it did. */
  readonly error?: { readonly code: string; readonly offset?: number | undefined } | undefined;
}

/** One conclusion. Blocks are numbers of blocks of the source. */
export type Diagnosis =
  /** Every target that was read back has the same bad blocks: the source or this computer's memory, not the drives. */
  | { readonly code: 'same-blocks'; readonly targets: number; readonly blocks: readonly number[] }
  /** Less room than it claims: other blocks' data comes back (`echo`), or nothing holds from one block on. */
  | { readonly code: 'fake-capacity'; readonly target: string; readonly from: number; readonly echo: boolean }
  /** Takes no data at this byte, and nobody knows yet whether that is past the end of its room or a bad place. */
  | { readonly code: 'takes-no-more'; readonly target: string; readonly at: number }
  /** The same blocks are wrong again after they were rewritten, or in another job: the medium is worn there. */
  | { readonly code: 'worn'; readonly target: string; readonly blocks: readonly number[] }
  /** Bad blocks that are right after rewriting, or elsewhere each time: the reader, the hub, the cable or the power. */
  | { readonly code: 'moving'; readonly target: string; readonly blocks: number }
  /** Takes data at less than half the median speed of its siblings. Bytes a second. */
  | {
      readonly code: 'slow-for-its-kind';
      readonly target: string;
      readonly rate: number;
      readonly median: number;
    };

/** So many scattered bad blocks that healed make a pattern; fewer are an accident. */
const MOVING_BLOCKS = 3;
/** Speeds are compared among so many targets at least, and over so many bytes. */
const SIBLINGS = 3;
const RATED_BYTES = 4 * 1024 * 1024;
const SLOW = 0.5;
/** One that took less for all of its bytes was held up for a moment, by this computer rather than by itself. */
const SLOW_MS = 1000;

/** All conclusions, the most general one first. */
export function diagnose(targets: readonly DiagnosedTarget[], source: SourceShape): Diagnosis[] {
  const everywhere = sameBlocks(targets, source);
  const single = everywhere ? [] : targets.flatMap((target) => ofTarget(target, source));
  const stuck = targets.flatMap(takesNoMore);
  return [...(everywhere ? [everywhere] : []), ...single, ...stuck, ...slowOnes(targets)];
}

function sameBlocks(targets: readonly DiagnosedTarget[], source: SourceShape): Diagnosis | undefined {
  const readBack = targets.filter((target) => firstBad(target) || target.state === 'verified');
  const found = readBack.map(firstBad);
  // Drives of one make have the same room: neither a source nor memory goes wrong from one place on, or gives back other places.
  if (found.some((one) => one && roomEnd(one, source))) return undefined;
  // A copy that was never finished: it looks blank, and nothing is known of why the rest is not there.
  if (found.some((one) => one && isUnfinished(one, source))) return undefined;
  const [first, ...rest] = found.map((one) => one?.bad ?? []);
  if (!first || first.length === 0 || rest.length === 0) return undefined;
  const same = rest.every((list) => list.join() === first.join());
  return same ? { code: 'same-blocks', targets: readBack.length, blocks: first } : undefined;
}

/** Both ends are wrong, as far as the list tells. */
const isUnfinished = ({ bad, more }: Evidence, { blockCount }: SourceShape): boolean =>
  bad.includes(0) && (more > 0 || bad.includes(blockCount - 1));

function ofTarget(target: DiagnosedTarget, source: SourceShape): Diagnosis[] {
  const first = firstBad(target);
  if (!first) return [];
  const path = target.path;
  const end = roomEnd(first, source);
  if (end) return [{ code: 'fake-capacity', target: path, ...end }];
  const again = badAgain(target, first);
  if (again.length > 0) return [{ code: 'worn', target: path, blocks: again }];
  const elsewhere = (target.earlier ?? []).some((list) => list.length > 0);
  const healed = target.state === 'verified' && first.bad.length >= MOVING_BLOCKS;
  return elsewhere || healed ? [{ code: 'moving', target: path, blocks: first.bad.length + first.more }] : [];
}

/** A fake may also refuse what it has no room for. The consumer stops at the first such place, so it is a hint only. */
function takesNoMore({ path, state, error }: DiagnosedTarget): Diagnosis[] {
  if (state !== 'failed' || error?.code !== 'write-error' || !error.offset) return [];
  return [{ code: 'takes-no-more', target: path, at: error.offset }];
}

/** What was found wrong when it was read back for the first time. */
function firstBad(target: DiagnosedTarget): Evidence | undefined {
  return target.evidence?.find(({ bad }) => bad.length > 0);
}

/** Blocks that were bad twice: after rewriting, or in an earlier job. */
function badAgain(target: DiagnosedTarget, first: Evidence): number[] {
  const later = (target.evidence ?? []).filter((one) => one !== first && one.attempt > first.attempt);
  const last = later.at(-1);
  const known = new Set((target.earlier ?? []).flat());
  return first.bad.filter(
    (block) => (target.state === 'failed' && last?.bad.includes(block)) || known.has(block),
  );
}

function slowOnes(targets: readonly DiagnosedTarget[]): Diagnosis[] {
  const rated = targets.flatMap(({ path, deviceBytes = 0, deviceMs = 0 }) =>
    deviceBytes >= RATED_BYTES && deviceMs > 0
      ? [{ path, ms: deviceMs, rate: (deviceBytes / deviceMs) * 1000 }]
      : [],
  );
  if (rated.length < SIBLINGS) return [];
  const sorted = rated.map(({ rate }) => rate).sort((a, b) => a - b);
  const median = sorted[Math.floor(sorted.length / 2)] ?? 0;
  return rated
    .filter(({ rate, ms }) => rate < SLOW * median && ms >= SLOW_MS)
    .map(({ path, rate }) => ({ code: 'slow-for-its-kind', target: path, rate, median }));
}
