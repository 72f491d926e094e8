import { describe, expect, it } from 'vitest';
import type { StationTarget } from '@contract/groups/stations.ts';
import { reportOf } from './report.ts';

const target = (path: number, state: StationTarget['state']): StationTarget => ({
  path: String(path),
  state,
  bytes: 1,
  error: null,
});
const good = (count: number): StationTarget[] =>
  Array.from({ length: count }, (_, i) => target(i, 'verified'));

describe('the report of a station', () => {
  it('lists what is not good before it leaves anything out', () => {
    const report = reportOf([...good(65), target(65, 'copying'), target(66, 'failed')]);
    expect(report.targets).toHaveLength(64);
    expect(report.targets.slice(0, 3).map(({ path }) => path)).toEqual(['66', '65', '0']);
    expect(report.more).toEqual({ targets: 3, notGood: 0 });
    const failed = Array.from({ length: 70 }, (_, i) => target(i, 'failed'));
    expect(reportOf([...good(5), ...failed]).more).toEqual({ targets: 11, notGood: 6 });
  });
});
