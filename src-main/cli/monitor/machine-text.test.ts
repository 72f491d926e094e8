import { describe, expect, it } from 'vitest';
import { appError } from '@contract/errors.ts';
import type { Job } from '@contract/groups/jobs.ts';
import { compactJobs, maxShownTargets } from '@contract/groups/machines.ts';
import { sampleCard, sampleJob, sampleTarget } from '@contract/testing/samples.ts';
import { changedLines, problemText, renderMachines, type MachineView } from './machine-text.ts';

/** Jobs that are handed out to nobody. */
const compact = (jobs: Job[]) => compactJobs(jobs, {});

const target = (id: string, change: Parameters<typeof sampleTarget>[0] = {}) =>
  sampleTarget({ id, card: sampleCard({ title: `Stick ${id}` }), ...change });

const view = (change: Partial<MachineView> = {}): MachineView => ({
  url: 'https://10.0.0.1:8643',
  name: 'bench-1',
  link: 'live',
  problem: null,
  forSeconds: 75,
  ...compact([sampleJob({}, [target('t-1'), target('t-2', { state: 'verified' })])]),
  ...change,
});

describe('the picture of machines', () => {
  it('shows each job and target, what needs a hand first', () => {
    const jobs = compact([
      sampleJob({}, [
        target('t-1', { state: 'verified' }),
        target('t-2'),
        target('t-3', { state: 'failed', error: appError('write-error', {}) }),
      ]),
    ]);
    const lines = renderMachines([view(jobs)], 120, 40);
    expect(lines[0]).toBe('bench-1  live');
    expect(lines[1]).toContain('1 of 3 targets good');
    expect(lines.slice(2).map((line) => /Stick t-\d/.exec(line)?.[0])).toEqual([
      'Stick t-3',
      'Stick t-2',
      'Stick t-1',
    ]);
    expect(lines[2]).toMatch(/FAILED.*write-error/);
    expect(lines[3]).toMatch(/COPY .* 40 % +24\.0 MB\/s +11:40 left/);
    expect(lines[4]).toMatch(/VERIFIED +\[#{20}\] +100 %/);
  });

  it('never shows 100 % before the end, and says when zeros stand for parts of the source', () => {
    const size = 30_000_000_000;
    const job = sampleJob({}, [target('t-1', { bytesCopied: size, state: 'flushing' })]);
    job.source.unreadableBytes = 4096;
    const lines = renderMachines([view(compact([job]))], 200, 40).join('\n');
    expect(lines).toContain('99 %');
    expect(lines).toContain('GAPS: 4.1 kB could not be read');
  });

  it('says that stations of another program are known only there, once and as wide as the terminal is', () => {
    const good = compact([sampleJob({ stationsElsewhere: true }, [target('t-1', { state: 'verified' })])]);
    const elsewhere = 'STATIONS OF ANOTHER PROGRAM: known only there';
    expect(renderMachines([view(good)], 60, 40)[2]?.trim()).toBe(elsewhere);
    expect(changedLines(null, view(good))).toContain(`bench-1: SanDisk Extreme: ${elsewhere}`);
    expect(changedLines(view(good), view(good))).toEqual([]);
    expect(renderMachines([view()], 60, 40).join()).not.toContain(elsewhere);
  });

  it('says how long a machine has been away, and that what is shown is old', () => {
    const problem = appError('unreachable', { detail: 'EHOSTUNREACH' });
    const [first, second] = renderMachines([view({ link: 'lost', problem })], 120, 40);
    expect(first).toBe('bench-1  OFFLINE for 1:15: it cannot be reached (EHOSTUNREACH); trying again');
    expect(second).toBe('  as it was then:');
  });

  it('fits the terminal, and shows no hostile text', () => {
    const evil = 'a\u001b[2J\u202eb'.repeat(20);
    const jobs = compact([sampleJob({}, [sampleTarget({ card: sampleCard({ title: evil }) })])]);
    const lines = renderMachines(
      Array.from({ length: 30 }, () => view({ ...jobs, name: evil })),
      60,
      20,
    );
    expect(lines.length).toBeLessThan(20);
    expect(lines.every((line) => line.length < 60)).toBe(true);
    // eslint-disable-next-line no-control-regex -- that is what must not be there
    expect(lines.join('')).not.toMatch(/[\u0000-\u001f\u202e]/);
  });

  it('tells apart who is older', () => {
    expect(problemText(appError('contract-version', { ours: 2, theirs: 1 }))).toContain('it is older');
    expect(problemText(appError('contract-version', { ours: 2, theirs: 3 }))).toContain('this one is older');
  });
});

describe('lines', () => {
  it('are for changes, not for progress', () => {
    const before = view();
    expect(changedLines(null, before)).toEqual([
      'bench-1: live',
      'bench-1: SanDisk Extreme: running, 2 targets',
      'bench-1: SanDisk Extreme -> Stick t-1: COPY',
      'bench-1: SanDisk Extreme -> Stick t-2: VERIFIED',
    ]);
    const more = compact([
      sampleJob({}, [target('t-1', { bytesCopied: 20_000_000_000 }), target('t-2', { state: 'verified' })]),
    ]);
    expect(changedLines(before, view({ ...more, forSeconds: 80 }))).toEqual([]);
    const failed = compact([
      sampleJob({}, [
        target('t-1', { state: 'failed', error: appError('device-gone', {}) }),
        target('t-2', { state: 'verified' }),
      ]),
    ]);
    expect(changedLines(before, view(failed))).toEqual([
      'bench-1: SanDisk Extreme -> Stick t-1: FAILED (device-gone)',
    ]);
    const lost = changedLines(before, view({ link: 'lost', problem: appError('disconnected') }));
    expect(lost).toEqual(['bench-1: OFFLINE: the connection ended; trying again']);
  });
});

describe('pictures of machines', () => {
  it('stay well below the size of a message, and say how much is left out', () => {
    const targets = Array.from({ length: 64 }, (_, at) =>
      target(`t-${String(at)}`, { card: sampleCard({ title: '\u{1f4be}'.repeat(32) }) }),
    );
    const many = Array.from({ length: 20 }, (_, at) => sampleJob({ id: `job-${String(at)}` }, targets));
    const { jobs, jobCount } = compact(many);
    expect(jobCount).toBe(20);
    expect(jobs.map(({ id }) => id)[0]).toBe('job-19');
    expect(jobs.flatMap((job) => job.targets)).toHaveLength(maxShownTargets);
    expect(jobs.every(({ targetCount }) => targetCount === 64)).toBe(true);
    expect(Buffer.byteLength(JSON.stringify(jobs))).toBeLessThan(512 * 1024);
  });
});
