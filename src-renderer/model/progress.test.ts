import { describe, expect, it } from 'vitest';
import type { Target } from '@contract/groups/jobs.ts';
import { sampleJob, sampleTarget } from '@contract/testing/samples.ts';
import {
  calmSeconds,
  countTargets,
  createPercentKeeper,
  jobEta,
  percentOf,
  totalRate,
  worthAsking,
} from './progress.ts';

const size = 1000;
const of = (change: Partial<Target>): Target => sampleTarget(change);

describe('percent', () => {
  it.each<[string, Partial<Target>, number]>([
    ['is rounded down', { state: 'copying', bytesCopied: 619 }, 61],
    ['is not 100 while it copies', { state: 'copying', bytesCopied: 1000 }, 99],
    ['is not 100 before the flush is done', { state: 'flushing', bytesCopied: 1000 }, 99],
    [
      'counts what is checked while it verifies',
      { state: 'verifying', bytesCopied: 1000, bytesVerified: 250 },
      25,
    ],
    ['is not 100 before the check is done', { state: 'verifying', bytesVerified: 1000 }, 99],
    ['is 100 when done', { state: 'done', bytesCopied: 1000 }, 100],
    ['is 100 when verified', { state: 'verified', bytesCopied: 1000 }, 100],
    ['is where it was when it failed', { state: 'failed', bytesCopied: 400 }, 40],
    ['is not 100 for a failure at the very end', { state: 'failed', bytesCopied: 1000 }, 99],
  ])('%s', (_title, change, percent) => expect(percentOf(of(change), size)).toBe(percent));

  it('never goes back within a phase, and begins anew with the next', () => {
    const keep = createPercentKeeper();
    const job = sampleJob();
    job.source.size = size;
    const at = (change: Partial<Target>): number => keep(job, of(change));
    expect(at({ bytesCopied: 500 })).toBe(50);
    expect(at({ bytesCopied: 480 })).toBe(50);
    expect(at({ bytesCopied: 900, state: 'flushing' })).toBe(90);
    expect(at({ bytesCopied: 1000, bytesVerified: 100, state: 'verifying' })).toBe(10);
    expect(at({ bytesCopied: 0, attempt: 2 })).toBe(0);
  });
});

describe('times', () => {
  it.each([
    [3.2, 4],
    [41, 50],
    [61, 90],
    [601, 660],
  ])('%d seconds are said as %i', (seconds, calm) => expect(calmSeconds(seconds)).toBe(calm));

  it('of a job are those of its last target', () => {
    const targets = [
      of({ id: 't-1', etaSeconds: 30 }),
      of({ id: 't-2', etaSeconds: 90 }),
      of({ id: 't-3', etaSeconds: null }),
      of({ id: 't-4', state: 'failed', etaSeconds: 900 }),
    ];
    expect(jobEta(sampleJob({}, targets))).toBe(90);
    expect(jobEta(sampleJob({}, []))).toBeNull();
  });
});

describe('sums', () => {
  it('of rates leave out what does not write', () => {
    const targets = [
      of({ id: 't-1', bytesPerSecond: 5 }),
      of({ id: 't-2', state: 'aside', bytesPerSecond: 2 }),
      of({ id: 't-3', state: 'verifying', bytesPerSecond: 90 }),
    ];
    expect(totalRate(sampleJob({}, targets))).toBe(7);
  });

  it('call only done and verified good', () => {
    const states = ['verified', 'done', 'failed', 'removed', 'refused', 'cancelled', 'flushing'] as const;
    expect(countTargets(states.map((state) => of({ state })))).toEqual({
      total: 7,
      good: 2,
      failed: 3,
      stopped: 1,
      open: 1,
    });
  });

  it('say when stopping is worth a question', () => {
    expect(worthAsking(of({ bytesCopied: 50 }), size)).toBe(false);
    expect(worthAsking(of({ bytesCopied: 51 }), size)).toBe(true);
  });
});
