import { describe, expect, it } from 'vitest';
import { appError, type AppError } from '@contract/errors.ts';
import { jobSchema, mayCompareNow, mayHeal, mayVerify, type TargetState } from '@contract/groups/jobs.ts';
import { defaultSettings } from '@contract/groups/settings.ts';
import { jobEvent, progressEvent, summaryOf, targetEvent } from '../testing/helper-events.ts';
import { cardOfPath } from './drive-card.ts';
import { step, type JobEvent } from './job-machine.ts';
import { newRun, type JobRun } from './job-run.ts';

const now = 1_750_000_000_000;
const card = cardOfPath('/dev/sdb');
const evidence = [{ attempt: 0, bad: [7], more: 0, echoes: [] }];
const mismatch = { code: 'verify-mismatch' as const, message: '' };

const helper = (event: Extract<JobEvent, { type: 'helper' }>['event']): JobEvent => ({
  type: 'helper',
  event,
  card,
});
const manifest = { path: '/state/m', written: true };

function play(run: JobRun, events: readonly JobEvent[]): JobRun {
  return events.reduce((all, event) => {
    const next = step(all, event).run;
    jobSchema.parse(next.job);
    return next;
  }, run);
}

/** A job whose only target was copied, ended as said, and whose manifest was kept. */
const copied = (state: TargetState = 'done', found: object = {}): JobRun =>
  play(newRun('job-1', cardOfPath('/dev/sda'), 1000, defaultSettings.job, now), [
    { type: 'launch' },
    { type: 'ride', targets: [{ id: 't-1', card }] },
    helper(jobEvent()),
    helper(targetEvent(1, 'copying')),
    {
      type: 'finished',
      summary: summaryOf('complete', [{ id: 1, state: state as 'done', ...found }], { manifest }),
      now: now + 9,
    },
  ]);

const check = (heal = false): JobEvent[] => [
  { type: 'check', task: 'verify', heal, riders: [{ id: 't-1', card }] },
  helper(jobEvent({ task: 'verify' })),
  helper(targetEvent(1, 'verifying')),
];
const end = (target: object): JobEvent => ({
  type: 'finished',
  summary: summaryOf('complete', [{ id: 1, bytesWritten: 0, ...target }], { task: 'verify' }),
  now: now + 99,
});
const only = (run: JobRun) => run.job.targets['t-1'];

describe('a comparison after the copy', () => {
  it('is possible where the manifest was kept, and nowhere else', () => {
    const run = copied();
    expect(run.manifests.get('t-1')).toEqual({ path: '/state/m', rootDigest: 'aa' });
    expect(only(run)).toMatchObject({ manifest: true, state: 'done' });
    const target = only(run);
    expect(target && mayVerify(target, run.job)).toBe(true);
    expect(target && mayVerify({ ...target, manifest: false }, run.job)).toBe(false);
    expect(target && mayVerify({ ...target, state: 'failed' }, run.job)).toBe(false);
  });

  it('shows its own progress and leaves the numbers of the copy alone', () => {
    const run = play(copied(), [...check(), helper(progressEvent(1, 'verifying', 400))]);
    expect(run.job).toMatchObject({ state: 'running', task: 'verify', source: { bytesRead: 1000 } });
    expect(only(run)).toMatchObject({ state: 'verifying', bytesVerified: 400, bytesCopied: 1000 });
    const ended = play(run, [end({ state: 'verified' })]);
    expect(ended.job).toMatchObject({ state: 'ended', outcome: 'complete', endedAt: now + 9 });
    expect(only(ended)).toMatchObject({ state: 'verified', error: null, checkError: null });
  });

  it.each<[string, object, object]>([
    ['found right', { state: 'verified' }, { state: 'verified' }],
    [
      'found wrong',
      { state: 'failed', error: mismatch, badBlocks: 1, evidence },
      { state: 'failed', evidence },
    ],
    ['stopped', { state: 'cancelled' }, { state: 'done', checkError: null }],
    ['stopped when bad blocks were found', { state: 'cancelled', badBlocks: 2 }, { state: 'failed' }],
    [
      'pulled out',
      { state: 'removed', error: { code: 'device-gone', message: '' } },
      { state: 'done', error: null, checkError: appError('device-gone', {}) },
    ],
    [
      'refused',
      { state: 'refused', error: { code: 'in-use', message: '' } },
      { state: 'done', checkError: appError('in-use', {}) },
    ],
    [
      'not read to its end by a process that died',
      { state: 'failed', error: { code: 'consumer-died', message: '' } },
      { state: 'done', checkError: appError('consumer-died', {}) },
    ],
    ['hung', { state: 'failed', error: { code: 'hung', message: '' } }, { state: 'failed' }],
  ])('a target that is %s', (_what, result, expected) => {
    expect(only(play(copied(), [...check(), end(result)]))).toMatchObject(expected);
  });

  it('never makes a good target of one that was bad', () => {
    const bad = copied('failed', { error: mismatch, badBlocks: 1, evidence });
    const target = only(bad);
    expect(target && mayHeal(target)).toBe(true);
    for (const state of ['cancelled', 'refused', 'removed', 'failed']) {
      const died: AppError | null = state === 'failed' ? appError('helper-died', {}) : null;
      const error = died ? { error: { code: 'helper-died', message: '' } } : {};
      for (const heal of [false, true]) {
        for (const bytesWritten of [0, 4096]) {
          const run = play(bad, [...check(heal), end({ state, bytesWritten, ...error })]);
          expect(['failed', 'removed']).toContain(only(run)?.state);
        }
      }
    }
    expect(only(play(bad, [...check(true), end({ state: 'verified', healedBlocks: 1 })]))?.state).toBe(
      'verified',
    );
  });

  it('that nobody saw the end of has shown nothing', () => {
    const run = play(copied(), [...check(), { type: 'lost', now: now + 50 }]);
    expect(run.job).toMatchObject({ state: 'ended', outcome: 'complete', endedAt: now + 9 });
    expect(only(run)).toMatchObject({ state: 'done', checkError: { code: 'helper-died' } });
    expect(run.check).toBeNull();
  });

  it('a copy afterwards is a copy again', () => {
    const run = play(copied(), [...check(), end({ state: 'verified' }), { type: 'launch' }]);
    expect(run.job).toMatchObject({ task: 'copy', state: 'starting', diagnoses: [] });
  });
});

it('says what the results point to', () => {
  const run = play(newRun('job-1', cardOfPath('/dev/sda'), 1000, defaultSettings.job, now), [
    { type: 'launch' },
    {
      type: 'ride',
      targets: [
        { id: 't-1', card },
        { id: 't-2', card: cardOfPath('/dev/sdc') },
      ],
    },
    helper(jobEvent()),
    helper(targetEvent(1, 'copying')),
    helper(targetEvent(2, 'copying')),
    {
      type: 'finished',
      summary: summaryOf('complete', [
        { id: 1, state: 'failed', error: mismatch, evidence },
        { id: 2, state: 'failed', error: mismatch, evidence },
      ]),
      now,
    },
  ]);
  expect(run.job.diagnoses).toEqual([{ code: 'same-blocks', targets: 2, blocks: [7] }]);
});

describe('a comparison while others still copy', () => {
  const other = cardOfPath('/dev/sdc');
  const compared = (state: TargetState, found: object = {}) =>
    helper({ ...targetEvent(3, state), target: '/dev/sdb', compared: true, ...found });

  /** The first target is done, the second is being copied to. */
  const halfDone = (): JobRun =>
    play(newRun('job-1', cardOfPath('/dev/sda'), 1000, defaultSettings.job, now), [
      { type: 'launch' },
      {
        type: 'ride',
        targets: [
          { id: 't-1', card },
          { id: 't-2', card: other },
        ],
      },
      helper(jobEvent()),
      helper(targetEvent(1, 'copying')),
      helper({ ...targetEvent(2, 'copying'), target: '/dev/sdc' }),
      helper(targetEvent(1, 'done')),
    ]);
  const begun = (): JobRun =>
    play(halfDone(), [{ type: 'compare', riders: [{ id: 't-1', card }] }, compared('verifying')]);
  const summary = (state: 'verified' | 'cancelled' | 'failed') =>
    ({
      type: 'finished',
      summary: summaryOf('complete', [
        { id: 1, state: 'done' },
        { id: 2, path: '/dev/sdc', state: 'done' },
        { id: 3, path: '/dev/sdb', state, compared: true },
      ]),
      now,
    }) as const;

  it('is possible for what this run has copied to its end', () => {
    const run = halfDone();
    expect(only(run) && mayCompareNow(only(run)!, run.job)).toBe(true);
    expect(mayCompareNow(run.job.targets['t-2']!, run.job)).toBe(false);
    expect(only(begun())).toMatchObject({ state: 'verifying', badBlocks: 0, bytesVerified: 0 });
    expect(begun().job).toMatchObject({ state: 'running', task: 'copy' });
  });

  it('makes it verified, or bad, and the end of the job changes neither', () => {
    const good = play(begun(), [compared('verified')]);
    expect(only(good)?.state).toBe('verified');
    expect(only(play(good, [summary('verified')]))?.state).toBe('verified');
    const bad = play(begun(), [compared('failed', { error: mismatch, badBlocks: 1, evidence })]);
    expect(only(bad)).toMatchObject({ state: 'failed', error: { code: 'verify-mismatch' } });
    expect(only(play(bad, [summary('failed')]))?.state).toBe('failed');
  });

  it.each<[string, JobEvent[]]>([
    ['stopped', [compared('cancelled')]],
    ['stopped, and told again at the end', [compared('cancelled'), summary('cancelled')]],
    ['told only at the end', [summary('cancelled')]],
    ['pulled out', [compared('removed', { error: { code: 'device-gone', message: '' } })]],
    ['the helper being gone', [{ type: 'lost', now }]],
  ])('%s: what has shown nothing leaves it as it was', (_what, events) => {
    const run = play(begun(), events);
    expect(only(run)).toMatchObject({ state: 'done', bytesCopied: 1000 });
    expect(run.comparing.size).toBe(0);
  });

  it('a refusal of the request leaves it as it was, and says why', () => {
    const run = play(halfDone(), [
      { type: 'compare', riders: [{ id: 't-1', card }] },
      { type: 'asked', request: 'c1', targets: ['t-1'] },
      helper({ event: 'error', t: 1, code: 'too-many-targets', message: '', request: 'c1' }),
    ]);
    expect(only(run)).toMatchObject({ state: 'done', checkError: { code: 'too-many-targets' } });
  });

  it('of another front end is taken for what it is', () => {
    const run = play(halfDone(), [compared('verifying'), compared('verified')]);
    expect(run.job.targetOrder).toEqual(['t-1', 't-2']);
    expect(only(run)?.state).toBe('verified');
  });
});
