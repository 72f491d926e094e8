import { expect, it } from 'vitest';
import type { TargetState } from '@contract/groups/jobs.ts';
import { sampleJob, sampleTarget } from '@contract/testing/samples.ts';
import { changesBetween, isQuiet } from './changes.ts';

const jobs = (state: TargetState, attempt = 1) => ({
  'job-1': sampleJob({}, [sampleTarget({ state, attempt })]),
});

it.each<[TargetState, TargetState, string]>([
  ['copying', 'verifying', ''],
  ['verifying', 'verified', 'done'],
  ['flushing', 'done', 'done'],
  ['done', 'verified', ''],
  ['copying', 'failed', 'failed'],
  ['copying', 'removed', 'failed'],
  ['waiting', 'copying', 'joined'],
  ['copying', 'aside', 'aside'],
])('%s to %s is news of kind "%s"', (from, to, kind) => {
  const changes = changesBetween(jobs(from), jobs(to));
  const kinds = Object.entries(changes).flatMap(([name, list]) =>
    (list as unknown[]).length > 0 ? name : [],
  );
  expect(kinds.join()).toBe(kind);
});

it('is quiet when nothing happened, and about what is there already', () => {
  const same = jobs('copying');
  expect(isQuiet(changesBetween(same, same))).toBe(true);
  expect(isQuiet(changesBetween({}, jobs('failed')))).toBe(true);
});
