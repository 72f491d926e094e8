import { describe, expect, it } from 'vitest';
import type { TargetState } from '@contract/groups/jobs.ts';
import { countStations, type StationTarget } from '@contract/groups/stations.ts';
import { stationLook, stationPercent, stationsAllGood } from './station-look.ts';

const target = (state: TargetState, bytes = 50): StationTarget => ({
  path: '/dev/sdb',
  state,
  bytes,
  error: null,
});
const open = { state: 'open', link: 'up' } as const;
const whole = { unreadableBytes: 0 };

describe('a target of a station', () => {
  it('waits and catches up while the link is cut, at either end, and has not failed', () => {
    const cut = { state: 'open', link: 'down' } as const;
    expect(stationLook(target('copying'), { link: 'live' }, open, whole)).toBe('copy');
    expect(stationLook(target('copying'), { link: 'silent' }, open, whole)).toBe('aside');
    expect(stationLook(target('verifying'), { link: 'live' }, cut, whole)).toBe('aside');
    expect(stationLook(target('verified'), { link: 'silent' }, cut, whole)).toBe('verified');
  });

  it('has failed once its station was dropped or has gone without a word about it', () => {
    expect(stationLook(target('copying'), { link: 'lost' }, open, whole)).toBe('failed');
    expect(stationLook(target('copying'), { link: 'done' }, open, whole)).toBe('failed');
  });

  it('is no faithful copy of a source that has gaps', () => {
    expect(stationLook(target('verified'), { link: 'done' }, open, { unreadableBytes: 512 })).toBe('gaps');
    expect(stationLook(target('sampled'), { link: 'done' }, open, { unreadableBytes: 512 })).toBe('sampled');
  });

  it('is at 100 percent only when it is done', () => {
    expect(stationPercent(target('copying', 100), 100)).toBe(99);
    expect(stationPercent(target('done', 100), 100)).toBe(100);
    expect(stationPercent(target('copying', 5), 0)).toBe(0);
  });
});

describe('all stations together', () => {
  const more = { targets: 0, notGood: 0 };
  const good = { state: 'done', targets: [target('done'), target('verified')], more } as const;
  const of = (...list: Parameters<typeof countStations>[0]): boolean =>
    stationsAllGood({ stationsElsewhere: false }, countStations(list));

  it('are good only if nobody is lost, open or bad, those that are not listed too', () => {
    expect(of({ ...good, targets: [...good.targets] })).toBe(true);
    expect(of({ state: 'lost', targets: [], more })).toBe(false);
    expect(of({ state: 'joined', targets: [target('copying')], more })).toBe(false);
    expect(of({ state: 'done', targets: [target('failed')], more })).toBe(false);
    expect(of({ state: 'done', targets: [target('done')], more: { targets: 3, notGood: 1 } })).toBe(false);
    expect(of({ state: 'joined', targets: [], more: { targets: 1, notGood: 1 } })).toBe(false);
  });

  it('of another program are not good, whatever is known of our own', () => {
    const counts = countStations([{ ...good, targets: [...good.targets] }]);
    for (const known of [null, counts]) {
      expect(stationsAllGood({ stationsElsewhere: false }, known)).toBe(true);
      expect(stationsAllGood({ stationsElsewhere: true }, known)).toBe(false);
    }
  });

  it('are counted', () => {
    expect(
      countStations([
        { ...good, targets: [...good.targets], more: { targets: 5, notGood: 2 } },
        { state: 'joined', targets: [target('copying'), target('failed')], more: { targets: 3, notGood: 1 } },
        { state: 'lost', targets: [target('failed')], more },
      ]),
    ).toEqual({ stations: 3, lost: 1, targets: 13, good: 7, bad: 4, open: 2 });
  });
});
