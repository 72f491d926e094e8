import { describe, expect, it } from 'vitest';
import { sampleHandOut, sampleJob, sampleStation, sampleTarget } from '../testing/samples.ts';
import { compactJobs, machineJobSchema, wholeTargets } from './machines.ts';
import { maxShownStations, maxShownStationTargets, type StationTarget } from './stations.ts';

const target = (path: string, state: StationTarget['state']): StationTarget => ({
  path,
  state,
  bytes: 7,
  error: null,
});
const paths = (targets: readonly StationTarget[] = []): string[] => targets.map(({ path }) => path);

describe('the stations of a machine', () => {
  it('stand with their job, and how to join them does not', () => {
    const handOut = sampleHandOut();
    const [job] = compactJobs([sampleJob()], { 'job-1': handOut, 'job-9': handOut }).jobs;
    expect(job?.handOut).toEqual({
      state: 'open',
      link: 'up',
      stations: [sampleStation()],
      counts: { stations: 1, lost: 0, targets: 1, good: 0, bad: 0, open: 1 },
    });
    expect(machineJobSchema.safeParse(job).success).toBe(true);
    expect(compactJobs([sampleJob()], {}).jobs[0]?.handOut).toBeNull();
  });

  it('list what is not good yet first, in the order in which it was told', () => {
    const station = sampleStation({
      targets: [target('a', 'done'), target('b', 'failed'), target('c', 'verified'), target('d', 'copying')],
    });
    const [job] = compactJobs([sampleJob()], { 'job-1': sampleHandOut([station]) }).jobs;
    expect(paths(job?.handOut?.stations[0]?.targets)).toEqual(['b', 'd', 'a', 'c']);
  });

  it('are bounded over all jobs, newest first, and what is left out is counted', () => {
    const name = '\u{1f4be}'.repeat(63);
    const targets = Array.from({ length: 40 }, (_, at) => ({
      ...target('\u{1f4be}'.repeat(126) + String(at), at < 30 ? 'done' : 'copying'),
      error: 'e'.repeat(64),
    }));
    const stations = Array.from({ length: 20 }, (_, at) =>
      sampleStation({ id: `station${String(at)}x`, name, targets, more: { targets: 5, notGood: 2 } }),
    );
    const jobs = Array.from({ length: 5 }, (_, at) => sampleJob({ id: `job-${String(at)}` }));
    const shown = compactJobs(
      jobs,
      Object.fromEntries(jobs.map(({ id }) => [id, sampleHandOut(stations)])),
    ).jobs;
    const listed = shown.flatMap(({ handOut }) => handOut?.stations ?? []);
    expect(shown.map(({ handOut }) => handOut?.stations.length)).toEqual([20, 20, 20, 4, 0]);
    expect(listed).toHaveLength(maxShownStations);
    expect(listed.flatMap((station) => station.targets)).toHaveLength(maxShownStationTargets);
    // 6 stations have all their targets, the seventh 16: the 10 that are not good yet and 6 others.
    expect(listed[6]?.targets.filter(({ state }) => state === 'copying')).toHaveLength(10);
    expect(listed[6]?.more).toEqual({ targets: 29, notGood: 2 });
    expect(listed[7]?.more).toEqual({ targets: 45, notGood: 12 });
    expect(shown.every(({ handOut }) => handOut?.counts.targets === 900)).toBe(true);
    expect(shown.every((job) => machineJobSchema.safeParse(job).success)).toBe(true);
    expect(Buffer.byteLength(JSON.stringify(shown))).toBeLessThan(512 * 1024);
  });
});

it('counts as whole neither what was only sampled nor what has gaps', () => {
  const targets = (['done', 'verified', 'sampled', 'failed', 'copying'] as const).map((state, at) =>
    sampleTarget({ id: `t-${String(at)}`, state }),
  );
  const [job] = compactJobs([sampleJob({}, targets)], {}).jobs;
  expect(job && wholeTargets(job)).toBe(2);
  expect(job && wholeTargets({ ...job, unreadableBytes: 512 })).toBe(0);
});
