import { describe, expect, it } from 'vitest';
import type { Job, TargetState } from '@contract/groups/jobs.ts';
import { sampleJob, sampleState, sampleTarget } from '@contract/testing/samples.ts';
import { anyRunning, jobResult, justEnded, taskbarProgress } from './job-view.ts';
import { noticeOf } from './notify.ts';
import { languages, textsFor } from './texts.ts';

const size = 30_000_000_000;
const inState = (state: TargetState, index: number) => sampleTarget({ id: `t-${String(index)}`, state });
const jobWith = (states: TargetState[], change: Partial<Job> = {}): Job =>
  sampleJob({ state: 'ended', outcome: 'complete', ...change }, states.map(inState));
const stateOf = (...jobs: Job[]) => sampleState([], jobs);

describe('the bar', () => {
  const verify = { ...sampleJob().options, verify: true };
  const copyOnly = { ...verify, verify: false };
  const target = (
    copied: number,
    verified: number | null = null,
    id = 't-1',
    state: TargetState = 'copying',
  ) =>
    sampleTarget({
      id,
      state,
      bytesCopied: copied * size,
      bytesVerified: verified === null ? null : verified * size,
    });

  it.each<[string, Job, number | null, boolean]>([
    ['half copied, to be verified', sampleJob({ options: verify }, [target(0.5)]), 0.25, false],
    ['half copied, no verification', sampleJob({ options: copyOnly }, [target(0.5)]), 0.5, false],
    ['half verified', sampleJob({ options: verify }, [target(1, 0.5)]), 0.75, false],
    ['everything but the end', sampleJob({ options: verify }, [target(1, 1)]), 0.99, false],
    ['no target yet', sampleJob({}, []), null, false],
    [
      'one failed, one half-way',
      sampleJob({ options: copyOnly }, [target(0.1, null, 't-1', 'failed'), target(0.5, null, 't-2')]),
      0.75,
      true,
    ],
  ])('%s', (_what, job, fraction, failed) => {
    expect(taskbarProgress(stateOf(job))).toEqual({ fraction, failed });
  });

  it('is not there when nothing runs', () => {
    expect(taskbarProgress(stateOf())).toBeNull();
    expect(taskbarProgress(stateOf(jobWith(['verified'])))).toBeNull();
  });

  it('takes several jobs together', () => {
    const [a, b] = [
      sampleJob({ id: 'job-1', options: copyOnly }, [target(1)]),
      sampleJob({ id: 'job-2', options: copyOnly }, [target(0)]),
    ];
    expect(taskbarProgress(stateOf(a, b))?.fraction).toBe(0.5);
  });
});

describe('the end of a job', () => {
  it('is seen once, and not for jobs that were over before', () => {
    const [running, over] = [stateOf(sampleJob()), stateOf(jobWith(['done']))];
    expect(justEnded(running, over).map(({ id }) => id)).toEqual(['job-1']);
    expect(justEnded(over, over)).toEqual([]);
    expect(justEnded(stateOf(), over)).toEqual([]);
    expect([anyRunning(running), anyRunning(over)]).toEqual([true, false]);
  });

  it('counts nothing as good that is not', () => {
    const states: TargetState[] = [
      'verified',
      'done',
      'failed',
      'removed',
      'refused',
      'cancelled',
      'copying',
    ];
    expect(jobResult(jobWith(states))).toEqual({
      all: 7,
      verified: 1,
      unverified: 1,
      failed: 4,
      stopped: 1,
      sourceFailed: false,
    });
  });

  it.each<[string, Job, string, string]>([
    [
      'failed first',
      jobWith(['verified', 'failed', 'verified']),
      'Failed: 1 of 3',
      'Copied and verified: 2 of 3\nSource: SanDisk Extreme',
    ],
    ['all good', jobWith(['verified', 'verified']), 'Copied and verified: 2 of 2', 'Source: SanDisk Extreme'],
    ['not verified is said', jobWith(['done']), 'Copied, not verified: 1 of 1', 'Source: SanDisk Extreme'],
    [
      'stations of another program come before what is good here',
      jobWith(['verified'], { stationsElsewhere: true }),
      'Stations of another program: how they ended is known only there',
      'Copied and verified: 1 of 1\nSource: SanDisk Extreme',
    ],
    [
      'the source comes before its consequences',
      jobWith(['failed'], { outcome: 'source-failed' }),
      'The source could not be read to its end',
      'Failed: 1 of 1\nSource: SanDisk Extreme',
    ],
    [
      'stopped',
      jobWith(['cancelled'], { outcome: 'cancelled' }),
      'Stopped: 1 of 1',
      'Source: SanDisk Extreme',
    ],
    ['nobody came', jobWith([]), 'A copy has ended without a target', 'Source: SanDisk Extreme'],
  ])('%s', (_what, job, title, body) => {
    expect(noticeOf(job, textsFor('en', []))).toEqual({ title, body });
  });
});

describe('texts', () => {
  it('are complete in every language', () => {
    for (const texts of Object.values(languages)) {
      for (const text of Object.values(texts)) {
        const said = typeof text === 'string' ? text : (text as (...values: unknown[]) => string)(3, 8);
        expect(said.trim()).not.toBe('');
        if (typeof text === 'function') expect(said).toContain('3');
      }
    }
  });

  it.each<[string, string[], string]>([
    ['system', ['de-AT', 'en'], 'Beenden'],
    ['system', ['fr', 'ar-EG'], 'إنهاء'],
    ['system', ['fr'], 'Quit'],
    ['de', ['ar'], 'Beenden'],
    ['constructor', ['de'], 'Quit'],
  ])('of %s on a system that prefers %j', (setting, preferred, quit) => {
    expect(textsFor(setting, preferred).quit).toBe(quit);
  });
});
