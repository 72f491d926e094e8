import { describe, expect, it } from 'vitest';
import { defaultSettings } from '@contract/groups/settings.ts';
import { jobSchema } from '@contract/groups/jobs.ts';
import { jobEvent, progressEvent, summaryOf, targetEvent } from '../testing/helper-events.ts';
import { cardOfPath } from './drive-card.ts';
import { step, type JobEvent } from './job-machine.ts';
import { newRun, type Effect, type JobRun } from './job-run.ts';
import { maxSamples, slowAfterMs } from './job-speed.ts';

const now = 1_750_000_000_000;
const [b, c] = [cardOfPath('/dev/sdb'), cardOfPath('/dev/sdc')];

const helper = (event: Extract<JobEvent, { type: 'helper' }>['event']): JobEvent => ({
  type: 'helper',
  event,
  card: cardOfPath('target' in event && typeof event.target === 'string' ? event.target : '/dev/sda'),
});

/** Feeds events from the beginning; effects are those of the last. */
function play(events: readonly JobEvent[], from?: JobRun): { run: JobRun; effects: readonly Effect[] } {
  let run = from ?? newRun('job-1', cardOfPath('/dev/sda'), 1000, defaultSettings.job, now);
  let effects: readonly Effect[] = [];
  for (const event of events) {
    ({ run, effects } = step(run, event));
    jobSchema.parse(run.job);
  }
  return { run, effects };
}

const begin: JobEvent[] = [
  { type: 'launch' },
  {
    type: 'ride',
    targets: [
      { id: 't-1', card: b },
      { id: 't-2', card: c },
    ],
  },
  helper(jobEvent()),
  helper(targetEvent(1, 'copying')),
  helper(targetEvent(2, 'copying')),
];
const end = (...args: Parameters<typeof summaryOf>): JobEvent => ({
  type: 'finished',
  summary: summaryOf(...args),
  now: now + 9000,
});

describe('a job', () => {
  it.each<[string, JobEvent[], object]>([
    ['starts', begin.slice(0, 2), { state: 'starting', outcome: null }],
    ['runs when the helper says so', begin, { state: 'running', role: 'producer', blockCount: 10 }],
    ['stops when told to', [...begin, { type: 'cancel' }], { state: 'stopping' }],
    ['goes on stopping', [...begin, { type: 'cancel' }, helper(jobEvent())], { state: 'stopping' }],
    [
      'ends',
      [...begin, end('complete', [{ id: 1 }, { id: 2 }])],
      { state: 'ended', outcome: 'complete', endedAt: now + 9000 },
    ],
    ['ends cancelled', [...begin, end('cancelled')], { outcome: 'cancelled' }],
    ['ends when its helper died', [...begin, end('helper-died')], { outcome: 'helper-lost' }],
    ['does not end when it is let go of', [...begin, end('detached')], { state: 'running' }],
    ['that ended unseen', [...begin, { type: 'lost', now }], { state: 'ended', outcome: 'helper-lost' }],
    [
      'is over when it is over',
      [...begin, end('complete'), { type: 'cancel' }, helper(jobEvent())],
      { state: 'ended' },
    ],
    [
      'takes its policy from the helper',
      [...begin, helper({ event: 'policy', t: 0, slow: 'catch-up' })],
      { options: { slow: 'catch-up' } },
    ],
    [
      'knows who paces it',
      [...begin, helper({ event: 'pace', t: 0, by: 'target', id: 2 })],
      { pace: { by: 'target', target: 't-2' } },
    ],
    [
      'keeps warnings once',
      [
        ...begin,
        ...[1, 2].map(() => helper({ event: 'warning', t: 0, code: 'source-mounted-writable', message: '' })),
      ],
      { warnings: [{ code: 'source-mounted-writable', params: {} }] },
    ],
    [
      'keeps warnings it has no words for',
      [...begin, helper({ event: 'warning', t: 0, code: 'odd', message: '' })],
      { warnings: [{ code: 'other-warning', params: { code: 'odd' } }] },
    ],
  ])('%s', (_title, events, expected) => {
    expect(play(events).run.job).toMatchObject(expected);
  });

  it('joins unreadable ranges that touch', () => {
    const bad = (offset: number): JobEvent => helper({ event: 'bad-source', t: 0, offset, length: 10 });
    const { source } = play([...begin, bad(0), bad(10), bad(50)]).run.job;
    expect(source).toMatchObject({
      unreadable: [
        { offset: 0, length: 20 },
        { offset: 50, length: 10 },
      ],
      unreadableBytes: 30,
    });
  });

  it('never goes back in laps or bytes read', () => {
    const head = (lap: number, bytesRead: number): JobEvent =>
      helper({ event: 'head', t: 0, sequence: 12, block: 2, lap, bytesRead, bytesPerSecond: 5 });
    expect(play([...begin, head(2, 1200), head(1, 900)]).run.job.source).toMatchObject({
      lap: 2,
      bytesRead: 1200,
    });
  });
});

describe('a target', () => {
  const one = (events: JobEvent[]) => play([...begin, ...events]).run.job.targets['t-1'];

  it.each<[string, JobEvent[], object]>([
    [
      'copies',
      [helper(progressEvent(1, 'copying', 300))],
      { state: 'copying', bytesCopied: 300, etaSeconds: 70, coverage: 'f0' },
    ],
    [
      'never goes back',
      [helper(progressEvent(1, 'copying', 300)), helper(progressEvent(1, 'copying', 200))],
      { bytesCopied: 300 },
    ],
    ['never has more than there is', [helper(progressEvent(1, 'copying', 3000))], { bytesCopied: 1000 }],
    ['is set aside', [helper(progressEvent(1, 'aside', 300))], { state: 'aside' }],
    [
      'flushes without a guess at the time',
      [helper(progressEvent(1, 'flushing', 1000))],
      { state: 'flushing', etaSeconds: null },
    ],
    [
      'verifies on its own count',
      [helper(progressEvent(1, 'copying', 1000)), helper(progressEvent(1, 'verifying', 400))],
      { bytesCopied: 1000, bytesVerified: 400, etaSeconds: 60 },
    ],
    [
      'joins',
      [helper({ event: 'joined', t: 0, id: 1, target: '/dev/sdb', block: 4, sequence: 14 })],
      { joinedAtBlock: 4, joinedAtSequence: 14 },
    ],
    [
      'stalls',
      [helper({ event: 'stalled', t: 0, id: 1, target: '/dev/sdb', seconds: 5 })],
      { stalledSeconds: 5 },
    ],
    [
      'goes on after a stall',
      [
        helper({ event: 'stalled', t: 0, id: 1, target: '/dev/sdb', seconds: 5 }),
        helper(progressEvent(1, 'copying', 1)),
      ],
      { stalledSeconds: null },
    ],
    [
      'is done, and then complete',
      [helper(progressEvent(1, 'copying', 990)), helper(targetEvent(1, 'done', { seconds: 7 }))],
      { state: 'done', bytesCopied: 1000, seconds: 7, bytesPerSecond: 0, coverage: 'ff' },
    ],
    [
      'fails with a reason',
      [
        helper(
          targetEvent(1, 'failed', {
            error: { code: 'write-error', message: 'x', offset: 12, errno: 'EIO' },
          }),
        ),
      ],
      { state: 'failed', error: { code: 'write-error', params: { offset: 12, errno: 'EIO', detail: 'x' } } },
    ],
    [
      'stays failed',
      [
        helper(targetEvent(1, 'failed')),
        helper(targetEvent(1, 'done')),
        helper(progressEvent(1, 'copying', 5)),
      ],
      { state: 'failed' },
    ],
    [
      'that was open at the end has failed',
      [end('complete')],
      { state: 'failed', error: { code: 'helper-died', params: {} } },
    ],
    [
      'takes its end from the summary',
      [end('complete', [{ id: 1, state: 'verified' }])],
      { state: 'verified', bytesCopied: 1000, bytesVerified: 1000 },
    ],
    [
      'is found in the summary by its path',
      [
        end('refused', [
          { path: '/dev/sdb', state: 'refused', bytesWritten: 0, error: { code: 'mounted', message: '' } },
        ]),
      ],
      { state: 'refused', error: { code: 'mounted', params: {} } },
    ],
    [
      'has a policy of its own',
      [helper({ event: 'policy', t: 0, slow: 'catch-up', id: 1 })],
      { slow: 'catch-up' },
    ],
  ])('%s', (_title, events, expected) => {
    expect(one(events)).toMatchObject(expected);
  });

  it('of another program is shown too', () => {
    const { job } = play([...begin, helper(targetEvent(7, 'copying', { mine: false }))]).run;
    expect(job.targetOrder).toEqual(['t-1', 't-2', 't-3']);
    expect(job.targets['t-3']).toMatchObject({ mine: false, state: 'copying' });
  });

  it('of ours is never taken for what somebody else has done at its path before', () => {
    const others = { mine: false, target: '/dev/sdb' };
    const joining = [
      ...begin.slice(0, 3),
      helper(targetEvent(1, 'verified', others)),
      helper({ event: 'joined', t: 0, id: 2, target: '/dev/sdb', block: 3, sequence: 3 }),
      helper({
        event: 'progress',
        t: 0,
        id: 2,
        target: '/dev/sdb',
        phase: 'copying',
        bytes: 10,
        bytesPerSecond: 1,
      }),
    ];
    const { run } = play(joining);
    expect(run.job.targets['t-1']).toMatchObject({ state: 'waiting', bytesCopied: 0 });
    expect(run.job.targets['t-3']).toMatchObject({ mine: false, state: 'verified' });
    const { job } = play([helper(targetEvent(5, 'failed', { target: '/dev/sdb' }))], run).run;
    expect(job.targets['t-1']?.state).toBe('failed');
  });

  it('that the helper will not take is refused, and the others go on', () => {
    const { job } = play([
      ...begin,
      { type: 'ride', targets: [{ id: 't-3', card: cardOfPath('/dev/sdd') }] },
      { type: 'asked', request: 'r1', targets: ['t-3'] },
      helper({ event: 'error', t: 0, code: 'job-ending', message: '', request: 'r1' }),
    ]).run;
    expect(job.targets['t-3']).toMatchObject({ state: 'refused', error: { code: 'job-ending', params: {} } });
    expect(job.targets['t-1']?.state).toBe('copying');
  });

  it('that was good is not, once its source reads differently; nothing else comes back from the end', () => {
    const changed = { code: 'source-changed', message: '' } as const;
    const good = [...begin, helper(targetEvent(1, 'verified'))];
    const after = (change: Parameters<typeof targetEvent>[2], state: 'failed' | 'copying' = 'failed') =>
      play([...good, helper(targetEvent(1, state, change))]).run.job.targets['t-1'];
    expect(after({ error: changed })).toMatchObject({ state: 'failed', error: { code: 'source-changed' } });
    expect(after({ error: { code: 'write-error', message: '' } })?.state).toBe('verified');
    expect(after({}, 'copying')?.state).toBe('verified');
    const summary = summaryOf('source-failed', [
      { id: 1, path: '/dev/sdb', state: 'failed', error: changed },
    ]);
    const { job } = play([...good, { type: 'finished', summary, now: 9 }]).run;
    expect(job.targets['t-1']).toMatchObject({ state: 'failed', error: { code: 'source-changed' } });
  });

  it('tried again keeps its place, and its first attempt cannot disturb it', () => {
    const { run } = play([
      ...begin,
      helper(targetEvent(1, 'failed')),
      { type: 'ride', targets: [{ id: 't-1', card: b }] },
      helper(targetEvent(1, 'failed')),
      helper(targetEvent(3, 'copying', { target: '/dev/sdb' })),
    ]);
    expect(run.job.targetOrder).toEqual(['t-1', 't-2']);
    expect(run.job.targets['t-1']).toMatchObject({ attempt: 2, state: 'copying', error: null });
  });

  it('stays good when a later run of the job is refused', () => {
    const { job } = play([
      ...begin,
      end('complete', [{ id: 1 }, { id: 2, state: 'failed' }]),
      { type: 'launch' },
      { type: 'ride', targets: [{ id: 't-2', card: c }] },
      end('refused', [{ path: '/dev/sdc', state: 'refused' }]),
    ]).run;
    expect(job).toMatchObject({ outcome: 'complete', state: 'ended' });
    expect([job.targets['t-1']?.state, job.targets['t-2']?.state]).toEqual(['done', 'refused']);
  });
});

describe('effects', () => {
  const remove: JobEvent = { type: 'remove', target: 't-1' };
  it.each<[string, JobEvent[], Effect[]]>([
    ['a target is stopped', [...begin, remove], [{ do: 'remove', id: 1 }]],
    [
      'a target is stopped as soon as the helper knows it',
      [...begin.slice(0, 3), remove, helper(targetEvent(1, 'waiting'))],
      [{ do: 'save' }, { do: 'remove', id: 1 }],
    ],
    ['a target is stopped once', [...begin.slice(0, 3), remove, remove], []],
    ['a target that is over is not stopped', [...begin, helper(targetEvent(1, 'done')), remove], []],
    ['cancel', [...begin, { type: 'cancel' }], [{ do: 'cancel' }, { do: 'save' }]],
    [
      'the policy of all',
      [...begin, { type: 'slow', policy: 'catch-up', target: null }],
      [{ do: 'slow', policy: 'catch-up' }],
    ],
    [
      'the policy of one',
      [...begin, { type: 'slow', policy: 'catch-up', target: 't-2' }],
      [{ do: 'slow', policy: 'catch-up', id: 2 }],
    ],
    [
      'a target that is over frees its drive',
      [...begin, helper(targetEvent(1, 'done'))],
      [{ do: 'save' }, { do: 'look-at-drives' }],
    ],
    ['progress costs nothing', [...begin, helper(progressEvent(1, 'copying', 3))], []],
  ])('%s', (_title, events, expected) => expect(play(events).effects).toEqual(expected));
});

describe('speeds', () => {
  const tick = (seconds: number): JobEvent => ({ type: 'tick', now: now + seconds * 1000 });

  it('become the points of a graph that always shows the whole job', () => {
    const ticks = Array.from({ length: 5000 }, (_, index) => tick(index + 1));
    const { speeds } = play([...begin, helper(progressEvent(1, 'copying', 3, 40)), ...ticks]).run.job;
    expect(speeds.length).toBeLessThanOrEqual(maxSamples);
    expect(speeds.length).toBeGreaterThan(maxSamples / 3);
    expect(speeds[0]?.[0]).toBeLessThan(20);
    expect(speeds.at(-1)?.[0]).toBeGreaterThan(4980);
    expect(speeds[0]?.[2]).toBe(40);
  });

  it('show who is slow for its kind, after a while', () => {
    const ride: JobEvent = { type: 'ride', targets: [{ id: 't-3', card: cardOfPath('/dev/sdd') }] };
    const copying = [50, 48, 4].map((rate, index) => helper(progressEvent(index + 1, 'copying', 1, rate)));
    const running = [...begin, ride, helper(targetEvent(3, 'copying')), ...copying, tick(1)];
    const slow = (events: JobEvent[]): unknown[] =>
      Object.values(play(events).run.job.targets).map(({ slowForItsKind }) => slowForItsKind);
    expect(slow(running)).toEqual([false, false, false]);
    const later = [...running, tick(1 + slowAfterMs / 1000)];
    expect(slow(later)).toEqual([false, false, true]);
    expect(slow([...later, helper(progressEvent(3, 'copying', 1, 49)), tick(60)])).toEqual([
      false,
      false,
      false,
    ]);
  });
});
