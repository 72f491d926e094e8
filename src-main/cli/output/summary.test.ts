import { describe, expect, it } from 'vitest';
import type { Station, StationTarget } from '@contract/groups/stations.ts';
import { reportOf } from '../../core/stations/report.ts';
import { notBegunSummary, withStations } from './summary.ts';

const target = (state: StationTarget['state']): StationTarget => ({
  path: '/dev/sdb',
  state,
  bytes: 1,
  error: null,
});
const good = (count: number): StationTarget[] => Array.from({ length: count }, () => target('verified'));

const isOk = (report: Pick<Station, 'targets' | 'more'>, state: Station['state'] = 'done'): boolean => {
  const own = { ...notBegunSummary('/a', []), ok: true };
  return withStations(own, [{ id: 'abcdefgh', name: 'B', state, blocksSent: 1, ...report }]).ok;
};

describe('the summary with stations', () => {
  it('is good only if every target of every station is, those that are not listed included', () => {
    expect(isOk(reportOf(good(200)))).toBe(true);
    expect(isOk(reportOf(good(200)), 'lost')).toBe(false);
    expect(isOk(reportOf([...good(65), target('failed')]))).toBe(false);
    expect(isOk({ targets: good(64), more: { targets: 1, notGood: 1 } })).toBe(false);
  });
});
