// The result of a copy as the command line gives it: the helper's summary plus what was turned away before it.

import type { HelperErrorInfo, JobSummary, TargetResult } from '@contract/helper-messages.ts';
import { isGood } from '@contract/groups/jobs.ts';
import type { Station } from '@contract/groups/stations.ts';
import { isGoodState } from '../../core/helper/job-ledger.ts';
import type { CliErrorCode } from '../exit-codes.ts';

/** An error with the codes that only the command line gives. */
export type CliErrorInfo = Omit<HelperErrorInfo, 'code'> & { code: CliErrorCode };
/** One line of the result. */
export type CliTargetResult = Omit<TargetResult, 'error'> & { error?: CliErrorInfo | undefined };
/** The result. */
export type CliSummary = Omit<JobSummary, 'targets'> & {
  targets: CliTargetResult[];
  /** With `--publish`: the stations that rode. */
  stations?: Station[];
};

/** A target that was turned away before any byte was written. */
export function turnedAway(path: string, error: CliErrorInfo): CliTargetResult {
  return { path, state: 'refused', ...NOTHING_WRITTEN, error };
}

/** A target that nothing is wrong with, but nothing was begun. */
export function notBegun(path: string): CliTargetResult {
  return { path, state: 'cancelled', ...NOTHING_WRITTEN };
}

/** The summary with the targets that the helper never heard of. */
export function withTurnedAway(summary: JobSummary, away: readonly CliTargetResult[]): CliSummary {
  return { ...summary, ok: summary.ok && away.length === 0, targets: [...summary.targets, ...away] };
}

/** The summary with what stations made of it. */
export function withStations(summary: CliSummary, stations: Station[]): CliSummary {
  const good = stations.every(
    ({ state, targets, more }) =>
      state === 'done' && more.notGood === 0 && targets.every((target) => isGood(target.state)),
  );
  return { ...summary, ok: summary.ok && good, stations };
}

/** The summary of a copy that was not begun. */
export function notBegunSummary(
  source: string,
  targets: CliTargetResult[],
  task: JobSummary['task'] = 'copy',
): CliSummary {
  const nothing = { path: source, size: 0, bytesRead: 0, laps: 0, rootDigest: null, unreadable: [] };
  const shape = {
    event: 'summary',
    t: 0,
    ok: false,
    role: 'producer',
    outcome: 'refused',
    seconds: 0,
  } as const;
  return { ...shape, task, source: nothing, targets, others: [] };
}

/** Is nothing known to be wrong with this target? */
export function isGoodTarget(target: { readonly state: TargetResult['state'] }): boolean {
  return isGoodState(target.state);
}

const NOTHING_WRITTEN = { joinedAtBlock: null, bytesWritten: 0, badBlocks: 0, healedBlocks: 0, seconds: 0 };
