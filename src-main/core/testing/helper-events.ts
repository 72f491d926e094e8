/** Messages of the helper, short to write in tests. */
import type { HelperEventOf, JobSummary, TargetResult, TargetState } from '@contract/helper-messages.ts';

export const jobEvent = (change: Partial<HelperEventOf<'job'>> = {}): HelperEventOf<'job'> => ({
  event: 'job',
  t: 0,
  task: 'copy',
  job: 'key-1',
  role: 'producer',
  source: { path: '/dev/sda', size: 1000, kind: 'device', sectorSize: 512, mountedWritable: false },
  blockSize: 65536,
  blockCount: 10,
  slots: 4,
  slow: 'together',
  pids: {},
  ...change,
});

export const targetEvent = (
  id: number,
  state: TargetState,
  change: Partial<HelperEventOf<'target'>> = {},
): HelperEventOf<'target'> => ({
  event: 'target',
  t: 0,
  id,
  target: `/dev/sd${'abcdefgh'[id] ?? 'z'}`,
  state,
  joinedAtBlock: null,
  bytesWritten: 0,
  badBlocks: 0,
  healedBlocks: 0,
  seconds: 0,
  mine: true,
  error: undefined,
  ...change,
});

export const progressEvent = (
  id: number,
  phase: TargetState,
  bytes: number,
  bytesPerSecond = 10,
): HelperEventOf<'progress'> => ({
  event: 'progress',
  t: 0,
  id,
  target: `/dev/sd${'abcdefgh'[id] ?? 'z'}`,
  phase,
  bytes,
  bytesPerSecond,
  coverage: 'f0',
});

export const summaryOf = (
  outcome: JobSummary['outcome'],
  targets: Partial<TargetResult>[] = [],
  change: Partial<JobSummary> = {},
): JobSummary => ({
  event: 'summary',
  t: 9,
  task: 'copy',
  ok: outcome === 'complete',
  role: 'producer',
  outcome,
  source: { path: '/dev/sda', size: 1000, bytesRead: 1000, laps: 1, rootDigest: 'aa', unreadable: [] },
  targets: targets.map((target) => ({
    path: '',
    state: 'done',
    joinedAtBlock: 0,
    bytesWritten: 1000,
    badBlocks: 0,
    healedBlocks: 0,
    seconds: 3,
    ...target,
  })),
  others: [],
  seconds: 9,
  ...change,
});
