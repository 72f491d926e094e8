import { expect, it } from 'vitest';
import type { RecordedJob, RecordedTarget } from '@contract/groups/history.ts';
import { countStations } from '@contract/groups/stations.ts';
import { createTexts } from '../i18n/text.ts';
import { jobEnd, jobLook, targetEnd, targetLook } from './history-words.ts';

const text = createTexts().text.value;
const none = { verified: 0, done: 0, bad: 0, open: 0 };
const job = (change: object, unreadablePlaces = 0): RecordedJob =>
  ({
    state: 'ended',
    outcome: 'complete',
    task: 'copy',
    stations: countStations([]),
    counts: none,
    source: { unreadablePlaces },
    ...change,
  }) as RecordedJob;
const target = (state: RecordedTarget['state'], unreadable = 0) => ({ state, unreadable }) as RecordedTarget;

it.each([
  [job({ counts: { ...none, verified: 2 } }), 'good', '2 verified'],
  [job({ counts: { ...none, verified: 2 } }, 1), 'plain', '2 verified · 1 unreadable place, zeros there'],
  [job({ counts: { ...none, done: 1 } }), 'plain', '1 copied, not verified'],
  [job({ task: 'sample', counts: { ...none, done: 1 } }), 'plain', '1 sampled, not verified'],
  [job({ counts: { ...none, verified: 3, bad: 1 } }), 'bad', '3 verified · 1 not good'],
  [job({ counts: { ...none, verified: 1 }, outcome: 'helper-died' }), 'bad', '1 verified'],
  [
    job({ state: 'unknown', outcome: null, counts: { ...none, open: 2 } }),
    'unknown',
    'interrupted, end unknown · 2 with unknown end',
  ],
  [job({ state: 'running', outcome: null, counts: { ...none, open: 2 } }), 'running', 'running now'],
  [job({}), 'plain', 'no target'],
])('a job %#', (what, look, words) => {
  expect(jobLook(what)).toBe(look);
  expect(jobEnd(text, what)).toBe(words);
});

it('a target is good only when it was verified whole', () => {
  expect(targetLook(target('verified'), job({}))).toBe('good');
  for (const state of ['done', 'sampled', 'failed', 'removed', 'cancelled', 'refused', null] as const) {
    expect(targetLook(target(state), job({}))).not.toBe('good');
    expect(targetEnd(text, target(state), job({})).replace('not verified', '')).not.toContain('verified');
  }
  expect(targetLook(target('verified', 1), job({}))).toBe('plain');
  expect(targetEnd(text, target('verified', 1), job({}))).toBe('verified · 1 unreadable place, zeros there');
  expect(targetEnd(text, target(null), job({ state: 'running' }))).toBe('running now');
  expect(targetEnd(text, target(null), job({ state: 'unknown' }))).toBe('interrupted, end unknown');
});
