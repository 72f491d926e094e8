import { describe, expect, it } from 'vitest';
import { appError } from '@contract/errors.ts';
import type { Target } from '@contract/groups/jobs.ts';
import { sampleJob, sampleTarget } from '@contract/testing/samples.ts';
import { createTexts } from '../i18n/text.ts';
import { failureWords, shortError, supportCode, whatHappened } from './error-words.ts';
import { shortPath, shownPath } from './path-words.ts';
import { cellLines, cellSentence } from './target-words.ts';

const text = createTexts().text.value;
const job = sampleJob();
/** As read: a number and its unit are kept together by a space of its own. */
const plain = (words: string): string => words.replaceAll('\u00a0', ' ');
const lines = (change: Partial<Target>) => {
  const { number, aside, note } = cellLines(text, sampleTarget(change), job, 61);
  return { number, aside: plain(aside), note: plain(note) };
};

describe('a cell', () => {
  it.each<[Partial<Target>, string, string]>([
    [{ state: 'copying', etaSeconds: 700 }, '61%', '12 min left'],
    [{ state: 'copying', stalledSeconds: 15 }, '61%', 'silent for 20 sec'],
    [{ state: 'flushing' }, '61%', 'device is finishing'],
    [{ state: 'verified', seconds: 60 }, 'PULL', 'verified'],
    [{ state: 'done', seconds: 60 }, 'PULL', 'not verified'],
    [
      { state: 'failed', error: appError('write-error', { offset: 12_100_000_000 }) },
      '',
      'stopped taking data at 12.1 GB',
    ],
    [{ state: 'removed' }, 'RE-SEAT', 'at 61%: try again when it is back'],
    [{ state: 'cancelled' }, '', 'contents unusable'],
  ])('of %j says %s, %s', (change, number, note) => expect(lines(change)).toMatchObject({ number, note }));

  it.each([
    [null, ''],
    [0, 'under a second'],
    [0.99, 'under a second'],
    [60, '1 min'],
  ])('of a copy that took %d s says %s', (seconds, words) =>
    expect(lines({ state: 'verified', seconds }).aside).toBe(words),
  );

  it('has a sentence for a name', () => {
    const target = sampleTarget({ bytesPerSecond: 4_000_000, slowForItsKind: true });
    expect(plain(cellSentence(text, { name: '5', bay: false }, target, job, 61))).toBe(
      'Drive 5, Kingston DataTraveler 3.0, 32 GB, copying, 61 percent, 4 MB/s, 12 min left, slow for its kind, sets the pace for the others',
    );
  });
});

describe('an error', () => {
  it('says what happened, where, compared with whom, and what to do', () => {
    const error = appError('write-error', { offset: 12_100_000_000, errno: 'EIO' });
    const bad = sampleTarget({ id: 't-6', state: 'failed', error });
    const all = sampleJob({}, [sampleTarget({ id: 't-1' }), sampleTarget({ id: 't-2', state: 'done' }), bad]);
    expect(plain(failureWords(text, bad, all, 'Drive 6'))).toBe(
      'Drive 6 stopped taking data at 12.1 GB of 30 GB. The other 2 are not affected. ' +
        'Likely fake or worn: retry once in another port, then bin it.',
    );
    expect(supportCode(text, error)).toBe('write-error · EIO · @12,100,000,000');
  });

  it('says how many others fare well when one of them failed in another way', () => {
    const bad = sampleTarget({ id: 't-1', state: 'failed', error: appError('write-error') });
    const gone = sampleTarget({ id: 't-2', state: 'removed', error: appError('device-gone') });
    const good = ['t-3', 't-4'].map((id) => sampleTarget({ id, state: 'done' }));
    const words = (...targets: Target[]) => failureWords(text, bad, sampleJob({}, targets), 'Drive 1');
    expect(words(bad, gone, ...good)).toContain('2 others are not affected.');
    expect(words(bad, gone, good[0] as Target)).toContain('1 other is not affected.');
    expect(words(bad, gone)).not.toContain('affected');
    expect(words(bad, good[0] as Target)).toContain('The other one is not affected.');
  });

  it('names the hub when others failed the same way', () => {
    const error = appError('device-gone');
    const targets = ['t-1', 't-2'].map((id) => sampleTarget({ id, state: 'removed', error }));
    const words = failureWords(text, targets[0] as Target, sampleJob({}, targets), 'Drive 1');
    expect(words).toContain('1 other failed the same way');
  });

  it('blames no hub for what the whole job failed of', () => {
    const error = appError('source-gone');
    const targets = ['t-1', 't-2'].map((id) => sampleTarget({ id, state: 'failed', error }));
    expect(failureWords(text, targets[0] as Target, sampleJob({}, targets), 'Drive 1')).toBe(
      'The source was pulled out. Put the source back and start again.',
    );
  });

  it('leaves out a place that is not known', () => {
    expect(whatHappened(text, appError('write-error'), 'Drive 6', 30)).toBe('Drive 6 stopped taking data.');
  });

  it('says by how much a drive is too small', () => {
    expect(plain(shortError(text, appError('too-small', { missingBytes: 12_000_000 })))).toBe(
      'too small by 12 MB',
    );
  });
});

describe('a path', () => {
  it.each([
    ['/dev/sdb', '/dev/sdb'],
    ['/srv/صور/photo\u202Egpj.img', '/srv/صور/photo\\u{202E}gpj.img'],
    ['a\u0000b\nc\u200Bd\u{E0041}', 'a\\u{0000}b\\u{000A}c\\u{200B}d\\u{E0041}'],
  ])('%j hides nothing', (path, shown) => {
    expect(shownPath(path)).toBe(shown);
    expect(shortPath(path)).toBe(shown.split('/').at(-1));
  });
});
