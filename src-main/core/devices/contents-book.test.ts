import { describe, expect, it } from 'vitest';
import type { Survey, Verdict } from '@contract/helper-verdicts.ts';
import { createContentsBook, isPortable, type Lookable } from './contents-book.ts';

const survey = (change: Partial<Survey> = {}): Survey => ({
  level: 1,
  approval: 'A1',
  readable: true,
  blank: false,
  table: 'gpt',
  volumes: [
    { offset: 0, size: 9, kind: 'vfat', label: '', used: 5, newest: 1_700_000_000 },
    { offset: 9, size: 9, kind: 'ntfs', label: '', used: 3, newest: 1_600_000_000 },
    { offset: 18, size: 9, kind: 'crypto_LUKS', label: '' },
  ],
  ...change,
});
const fine = { ok: true, reasons: [] };
const verdict = (change: Partial<Verdict> = {}): Verdict => ({
  ...{ path: '/dev/sdb', exists: true, size: 27, busPath: '', serial: '', wwn: '', identity: '' },
  ...{ diskseq: 4, source: fine, target: fine, survey: survey() },
  ...change,
});
const stick: Lookable = { state: 'a', raw: { path: '/dev/sdb', size: 27, diskseq: 4 } };

/** A book whose every look gives this; what was asked for, and how often it had news. */
function bookOf(answer: () => Promise<(Verdict | undefined)[]>) {
  const asked: string[][] = [];
  let news = 0;
  const ask = (paths: readonly string[]): Promise<(Verdict | undefined)[]> => {
    asked.push([...paths]);
    return answer();
  };
  const book = createContentsBook(ask, () => (news += 1));
  return { book, asked, news: () => news };
}

describe('the book of contents', () => {
  it('says what the helper saw, once for each state', async () => {
    const { book, asked, news } = bookOf(() => Promise.resolve([verdict()]));
    book.follow([stick]);
    expect(book.of('a')).toBeNull();
    book.follow([stick]);
    await book.settled();
    expect(book.of('a')).toEqual({ table: 'gpt', usedBytes: 8, newest: 1_700_000_000_000 });
    expect([asked, news()]).toEqual([[['/dev/sdb']], 1]);
  });

  it('says nothing of a drive that came into the place of the one that was meant', async () => {
    for (const other of [{ size: 28 }, { diskseq: 5 }]) {
      const { book, news } = bookOf(() => Promise.resolve([verdict(other)]));
      book.follow([stick]);
      await book.settled();
      expect([book.of('a'), news()]).toEqual([null, 0]);
    }
  });

  it('says nothing where nothing could be seen', async () => {
    const closed = { error: { code: 'no-permission', message: '' } } as const;
    const answers = [
      () => Promise.resolve([undefined]),
      () => Promise.resolve([verdict({ survey: closed })]),
      () => Promise.resolve([verdict({ survey: undefined })]),
      () => Promise.reject(new Error('no helper')),
    ];
    for (const answer of answers) {
      const { book } = bookOf(answer);
      book.follow([stick]);
      await book.settled();
      expect(book.of('a')).toBeNull();
    }
  });

  it('knows no table of a drive that cannot be read, and no number that no file system gave', async () => {
    const bare = survey({ readable: false, table: 'none', volumes: [] });
    const { book } = bookOf(() => Promise.resolve([verdict({ survey: bare })]));
    book.follow([stick]);
    await book.settled();
    expect(book.of('a')).toEqual({ table: null, usedBytes: null, newest: null });
  });

  it('forgets a drive that may not be looked at any more, also one whose look is under way', async () => {
    let answer: (verdicts: Verdict[]) => void = () => undefined;
    const { book, asked } = bookOf(() => new Promise((resolve) => (answer = resolve)));
    book.follow([stick]);
    book.follow([]);
    answer([verdict()]);
    await book.settled();
    expect(book.of('a')).toBeNull();
    book.follow([stick]);
    answer([verdict()]);
    await book.settled();
    expect([book.of('a')?.table, asked.length]).toEqual(['gpt', 2]);
    book.clear();
    expect(book.of('a')).toBeNull();
  });
});

it('no disk that stays in its place is looked at only to be listed', () => {
  const shown = (removable: boolean, bus: 'usb' | 'mmc' | 'sata' | 'nvme'): boolean =>
    isPortable({ removable, bus });
  expect([shown(true, 'sata'), shown(false, 'usb'), shown(false, 'mmc')]).toEqual([true, true, true]);
  expect([shown(false, 'sata'), shown(false, 'nvme')]).toEqual([false, false]);
});
