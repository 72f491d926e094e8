// What the results of a job say about why something went wrong. Pure; codes and numbers come out, the words are made where people read them.

import type { Evidence, TargetResult } from '@contract/helper-messages.ts';

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
}

/** One conclusion. Blocks are numbers of blocks of the source. */
export type Diagnosis =
  /** Every target that was read back has the same bad blocks: the source or this computer's memory, not the drives. */
  | { readonly code: 'same-blocks'; readonly targets: number; readonly blocks: readonly number[] }
  /** Less room than it claims: other blocks' data comes back (`echo`), or nothing holds from one block on. */
  | { readonly code: 'fake-capacity'; readonly target: string; readonly from: number; readonly echo: boolean }
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
/** So many bad blocks in a row to the end make a lack of room; fewer may be one bad place. */
const TAIL_BLOCKS = 3;
/** Blocks at the very end that are written last and so do not show in the first reading back. */
const HELD_BACK = 3;
/** Speeds are compared among so many targets at least, and over so many bytes. */
const SIBLINGS = 3;
const RATED_BYTES = 4 * 1024 * 1024;
const SLOW = 0.5;

/** All conclusions, the most general one first. `blockCount` is that of the source. */
export function diagnose(targets: readonly DiagnosedTarget[], blockCount: number): Diagnosis[] {
  const everywhere = sameBlocks(targets);
  const single = everywhere ? [] : targets.flatMap((target) => ofTarget(target, blockCount));
  return [...(everywhere ? [everywhere] : []), ...single, ...slowOnes(targets)];
}

function sameBlocks(targets: readonly DiagnosedTarget[]): Diagnosis | undefined {
  const readBack = targets.filter((target) => firstBad(target) || target.state === 'verified');
  const lists = readBack.map((target) => firstBad(target)?.bad ?? []);
  const [first, ...rest] = lists;
  if (!first || first.length === 0 || rest.length === 0) return undefined;
  const same = rest.every((list) => list.join() === first.join());
  return same ? { code: 'same-blocks', targets: readBack.length, blocks: first } : undefined;
}

function ofTarget(target: DiagnosedTarget, blockCount: number): Diagnosis[] {
  const first = firstBad(target);
  if (!first) return [];
  const path = target.path;
  const echo = first.echoes[0];
  if (echo) return [{ code: 'fake-capacity', target: path, from: Math.max(echo.block, echo.of), echo: true }];
  const from = badToTheEnd(first, blockCount);
  if (from !== undefined) return [{ code: 'fake-capacity', target: path, from, echo: false }];
  const again = badAgain(target, first);
  if (again.length > 0) return [{ code: 'worn', target: path, blocks: again }];
  const elsewhere = (target.earlier ?? []).some((list) => list.length > 0);
  const healed = target.state === 'verified' && first.bad.length >= MOVING_BLOCKS;
  return elsewhere || healed ? [{ code: 'moving', target: path, blocks: first.bad.length + first.more }] : [];
}

/** What was found wrong when it was read back for the first time. */
function firstBad(target: DiagnosedTarget): Evidence | undefined {
  return target.evidence?.find(({ bad }) => bad.length > 0);
}

/** The block from which on all are bad, if there is one. */
function badToTheEnd({ bad, more }: Evidence, blockCount: number): number | undefined {
  const from = bad[0];
  if (from === undefined || bad.length + more < TAIL_BLOCKS) return undefined;
  const inARow = bad.every((block, i) => block === from + i);
  return inARow && from + bad.length + more >= blockCount - HELD_BACK ? from : undefined;
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
    deviceBytes >= RATED_BYTES && deviceMs > 0 ? [{ path, rate: (deviceBytes / deviceMs) * 1000 }] : [],
  );
  if (rated.length < SIBLINGS) return [];
  const sorted = rated.map(({ rate }) => rate).sort((a, b) => a - b);
  const median = sorted[Math.floor(sorted.length / 2)] ?? 0;
  return rated
    .filter(({ rate }) => rate < SLOW * median)
    .map(({ path, rate }) => ({ code: 'slow-for-its-kind', target: path, rate, median }));
}
