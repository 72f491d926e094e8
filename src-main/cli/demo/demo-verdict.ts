// What the demo showed, in words, and whether it showed what it promises. Pure.

import type { HelperEventOf } from '@contract/helper-messages.ts';
import { formatBytes } from '../output/format.ts';
import type { CopyEnd } from './copy-process.ts';

/** What came of one practice drive. */
export interface DemoStick {
  readonly name: string;
  readonly path: string;
  readonly end: CopyEnd;
  /** First differing byte; undefined if all are equal. */
  readonly difference: number | undefined;
}

/** What the demo found. */
export interface DemoVerdict {
  readonly ok: boolean;
  readonly lines: readonly string[];
  readonly joinedAtBlock: number | null;
  readonly bytesRead: number;
}

/** Judges a run: two sticks of the first command, the last of the second. */
export function judgeDemo(size: number, blockCount: number, sticks: readonly DemoStick[]): DemoVerdict {
  const [first, late] = [sticks[0], sticks.at(-1)];
  const source = first?.end.summary?.source;
  const bytesRead = source?.bytesRead ?? 0;
  const joinedAtBlock = (late && rideOf(late)?.joinedAtBlock) ?? null;
  const problems = [
    ...sticks.flatMap((stick) => troubleOf(stick)),
    ...(late?.end.summary?.role === 'consumer' ? [] : ['The second command did not find the running copy.']),
    ...(joinedAtBlock === 0 ? ['The late drive came too early: it started at block 0.'] : []),
  ];
  const passes = size > 0 ? (bytesRead / size).toFixed(2) : '0';
  const lines = [
    ...sticks.map((stick) => stickLine(stick, blockCount)),
    `The source has ${formatBytes(size)}; ${formatBytes(bytesRead)} were read from it: ${passes} passes instead of ${sticks.length}.`,
    ...problems,
    problems.length === 0
      ? `All ${sticks.length} drives are byte for byte equal to the source.`
      : 'The demo did not show what it should.',
  ];
  return { ok: problems.length === 0, lines, joinedAtBlock, bytesRead };
}

function rideOf({ end, path }: DemoStick): HelperEventOf<'summary'>['targets'][number] | undefined {
  return end.summary?.targets.find((target) => target.path === path);
}

function stickLine(stick: DemoStick, blockCount: number): string {
  const at = rideOf(stick)?.joinedAtBlock;
  const percent = blockCount > 0 && at ? Math.floor((at / blockCount) * 100) : 0;
  const joined =
    at === undefined || at === null
      ? 'did not join'
      : at === 0
        ? 'from block 0'
        : `joined at block ${at} (${percent} %)`;
  const equal = stick.difference === undefined ? 'equal' : `DIFFERENT from byte ${stick.difference} on`;
  return `${stick.name}: ${joined}, ${equal}`;
}

function troubleOf({ name, end, path, difference }: DemoStick): string[] {
  const state = end.summary?.targets.find((target) => target.path === path)?.state ?? 'unknown';
  const good = state === 'done' || state === 'verified';
  const lines =
    good && end.exitCode === 0
      ? []
      : [`${name}: the copy ended as "${state}", exit status ${end.exitCode ?? 'none'}.`];
  if (lines.length > 0 && end.said !== '')
    lines.push(`  it said: ${end.said.split('\n').slice(-3).join(' / ')}`);
  if (good && difference !== undefined) lines.push(`${name} was reported good and is not.`);
  return lines;
}
