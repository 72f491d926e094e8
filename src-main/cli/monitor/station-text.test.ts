import { describe, expect, it } from 'vitest';
import { compactJobs, type MachineHandOut } from '@contract/groups/machines.ts';
import type { HandOut, RidingStation, StationTarget } from '@contract/groups/stations.ts';
import { sampleHandOut, sampleJob, sampleStation } from '@contract/testing/samples.ts';
import { renderMachines } from './machine-text.ts';
import { stationChanges, stationCounts, stationLines } from './station-text.ts';

const size = 100;
const target = (path: string, change: Partial<StationTarget> = {}): StationTarget => ({
  path,
  state: 'copying',
  bytes: 40,
  error: null,
  ...change,
});
const rides = (change: Partial<RidingStation> = {}): RidingStation =>
  sampleStation({
    targets: [target('/dev/sdb'), target('/dev/sdc', { state: 'verified', bytes: size })],
    ...change,
  });
const handOut = (stations: RidingStation[], change: Partial<HandOut> = {}): MachineHandOut => {
  const { state, link, counts, stations: list } = sampleHandOut(stations, change);
  return { state, link, counts, stations: list };
};

describe('the picture of stations', () => {
  it('shows each station with how it stands, and its targets as own ones, indented', () => {
    const [head, first, second] = stationLines(handOut([rides()]), size);
    expect(head).toBe('    station Bench 2  live, 14 blocks behind  1 of 2 targets good');
    expect(first).toMatch(/^ {6}\/dev\/sdb +COPY +\[#{8}\.{12}\] +40 %/);
    expect(second).toMatch(/^ {6}\/dev\/sdc +VERIFIED +\[#{20}\] +100 %/);
  });

  it('sets aside what hangs on a cut cable, and fails only what was dropped', () => {
    const silent = stationLines(handOut([rides({ link: 'silent', silentSeconds: 8 })]), size);
    expect(silent[0]).toContain('SILENT for 0:08, goes on when it is back');
    expect(silent[1]).toMatch(/sdb +CATCH-UP/);
    const noServer = stationLines(handOut([rides()], { link: 'down' }), size);
    expect(noServer[0]).toContain('no server, goes on when it is back');
    expect(noServer[1]).toMatch(/sdb +CATCH-UP/);
    const lost = rides({ link: 'lost', targets: [target('/dev/sdb', { error: 'station-lost' })] });
    expect(stationLines(handOut([lost]), size).join('\n')).toMatch(/LOST: .*\n.*sdb +FAILED .*station-lost/);
  });

  it('says how much is left out', () => {
    const counts = { stations: 3, lost: 1, targets: 9, good: 4, bad: 1, open: 4 };
    const shown = handOut([rides({ more: { targets: 5, notGood: 2 } })], { counts });
    expect(stationLines(shown, size).slice(-2)).toEqual([
      '      and 5 more targets, 2 not good yet',
      '    and 2 more stations',
    ]);
    expect(stationCounts(shown)).toEqual(['at stations 4 of 9 targets good', '1 station LOST', '']);
  });

  it('stands under the job, and shows no hostile text', () => {
    const evil = 'a\u001b[2J\u202eb';
    const station = rides({ name: evil, targets: [target(evil, { state: 'failed', error: evil })] });
    const view = {
      url: 'https://10.0.0.1:8643',
      name: 'bench-1',
      link: 'live' as const,
      problem: null,
      forSeconds: 1,
      ...compactJobs([sampleJob()], { 'job-1': sampleHandOut([station]) }),
    };
    const lines = renderMachines([view], 160, 40);
    expect(lines[1]).toContain('0 of 1 target good  at stations 0 of 1 target good');
    expect(lines[3]).toContain('    station a');
    expect(lines[4]).toMatch(/FAILED/);
    const all = [...lines, ...stationChanges('job', null, handOut([station]))].join('');
    // eslint-disable-next-line no-control-regex -- that is what must not be there
    expect(all).not.toMatch(/[\u0000-\u001f\u202e]/);
  });
});

describe('lines about stations', () => {
  const told = (before: MachineHandOut | null, after: MachineHandOut): string[] =>
    stationChanges('bench-1: X', before, after);

  it('tell who joins, is silent, is back, is lost and is done, and each target that changes', () => {
    const live = handOut([rides()]);
    expect(told(null, live)).toEqual([
      'bench-1: X, station Bench 2 has joined',
      'bench-1: X, station Bench 2 -> /dev/sdb: COPY',
      'bench-1: X, station Bench 2 -> /dev/sdc: VERIFIED',
    ]);
    const on = handOut([
      rides({ targets: [target('/dev/sdc', { state: 'verified' }), target('/dev/sdb', { bytes: 60 })] }),
    ]);
    expect(told(live, on)).toEqual([]);
    const silent = handOut([rides({ link: 'silent', silentSeconds: 4 })]);
    expect(told(live, silent)).toEqual(['bench-1: X, station Bench 2 is SILENT']);
    expect(told(silent, live)).toEqual(['bench-1: X, station Bench 2 is back']);
    const failed = [target('/dev/sdb', { state: 'failed', error: 'station-lost' })];
    const lost = handOut([rides({ link: 'lost', targets: failed })]);
    expect(told(silent, lost)).toEqual([
      'bench-1: X, station Bench 2 is LOST and was dropped',
      'bench-1: X, station Bench 2 -> /dev/sdb: FAILED (station-lost)',
    ]);
    const done = handOut([rides({ link: 'done', targets: [target('/dev/sdb', { state: 'done' })] })]);
    expect(told(live, done)).toEqual([
      'bench-1: X, station Bench 2 is done, 1 of 1 target good',
      'bench-1: X, station Bench 2 -> /dev/sdb: DONE',
    ]);
  });

  it('tell of the server while the job is handed out', () => {
    const up = handOut([]);
    const down = handOut([], { link: 'down' });
    expect(told(up, down)).toEqual(['bench-1: X: the server for stations is GONE; trying again']);
    expect(told(down, up)).toEqual(['bench-1: X: the server for stations is back']);
    expect(told(down, handOut([], { state: 'ended', link: 'down' }))).toEqual([]);
  });
});
