import { describe, expect, it } from 'vitest';
import { sampleJob } from '@contract/testing/samples.ts';
import { adoptionOf, type KnownRun } from './job-adoption.ts';
import { restoredRun } from './job-run.ts';

const found = { job: 'key', pid: 7, source: sampleJob().source.card.path };
const known = (
  change: Parameters<typeof sampleJob>[0],
  names: { key: string | null; pid: number | null },
  attached: boolean,
): KnownRun => ({ run: restoredRun(sampleJob(change), { ...names, ids: new Map() }), attached });
const ended = { state: 'ended', endedAt: 1000 } as const;

describe('a running job', () => {
  it.each<[string, KnownRun[], number, 'kept' | 'new' | null]>([
    ['nobody knows of', [], 0, 'new'],
    ['is listened to already', [known({}, { key: 'key', pid: 7 }, true)], 0, null],
    ['was kept and is not listened to', [known({}, { key: 'key', pid: 7 }, false)], 0, 'kept'],
    ['was kept without its process', [known({}, { key: 'key', pid: null }, false)], 0, 'kept'],
    ['has the key of one of another process', [known({}, { key: 'key', pid: 8 }, false)], 0, 'new'],
    ['may be one of ours that has no name yet', [known({}, { key: null, pid: null }, true)], 0, null],
    [
      'is not one without a name that nobody listens to',
      [known({}, { key: null, pid: null }, false)],
      0,
      'new',
    ],
    ['has ended a moment ago', [known(ended, { key: 'key', pid: 7 }, false)], 3999, null],
    ['is another one by now', [known(ended, { key: 'key', pid: 7 }, false)], 4000, 'new'],
  ])('that %s', (_what, runs, now, wanted) => {
    const adoption = adoptionOf(found, runs, now);
    expect(adoption && (adoption.kept === null ? 'new' : 'kept')).toBe(wanted);
    if (wanted === 'kept') expect(adoption?.kept).toBe(runs[0]?.run);
  });
});
