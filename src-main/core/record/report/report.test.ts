import { countStations } from '@contract/groups/stations.ts';
import { createHash } from 'node:crypto';
import { describe, expect, it } from 'vitest';
import { reportLanguageSchema } from '@contract/groups/history.ts';
import type { RecordedJob, RecordedTarget } from '@contract/groups/history.ts';
import { csvCell } from './csv.ts';
import { escaped } from './html.ts';
import type { ReportedJob } from './json.ts';
import { blockMap, speedGraph } from './pictures.ts';
import { reportOf } from './report.ts';
import { reportWords } from './words.ts';

const words = reportWords('en');
const { certainty, sizeWords, stateWords, verdict } = words;

const evil = `"><script>alert(1)</script><img src=x onerror=y>&amp;'\u202e`;

const target = (change: Partial<RecordedTarget> = {}): RecordedTarget => ({
  id: 1,
  job: 7,
  task: 'copy',
  path: '/dev/sdb',
  serial: 'SER',
  wwn: null,
  busPath: 'usb-1',
  title: 'Stick',
  size: 32_000_000_000,
  begunAt: 1_800_000_000_000,
  endedAt: 1_800_000_060_000,
  bay: 'A3',
  operator: 'Mia',
  state: 'verified',
  joinedAtBlock: 3,
  bytesWritten: 1_048_576,
  badBlocks: 0,
  healedBlocks: 0,
  seconds: 60,
  speed: { mean: 20e6, min: 10e6, max: 30e6 },
  curve: [
    [0, 10e6],
    [30, 30e6],
    [60, 20e6],
  ],
  coverage: 'ff80',
  unreadable: 0,
  resumedBlocks: 0,
  wrongBlocks: [],
  error: null,
  ...change,
});

const job = (change: Partial<RecordedJob> = {}): RecordedJob => ({
  id: 7,
  task: 'copy',
  state: 'ended',
  startedAt: 1_800_000_000_000,
  endedAt: 1_800_000_060_000,
  outcome: 'complete',
  program: '0.1.0',
  source: {
    path: '/img',
    serial: null,
    wwn: null,
    busPath: null,
    title: null,
    size: 1_048_576,
    rootDigest: 'r00t',
    sha256: 'a'.repeat(64),
    bytesRead: 1_048_576,
    laps: 1,
    unreadablePlaces: 0,
    unreadableBytes: 0,
    error: null,
  },
  blockSize: 65_536,
  blockCount: 16,
  slow: 'together',
  onReadError: 'skip',
  seconds: 60,
  stations: countStations([]),
  counts: { verified: 1, done: 0, bad: 0, open: 0 },
  ...change,
});

const report = (change: Partial<ReportedJob> = {}): ReportedJob => ({
  job: job(),
  unreadable: [],
  targets: [target()],
  stations: [],
  ...change,
});

describe('never says more than is known', () => {
  const notVerified: Partial<RecordedTarget>[] = [
    { state: 'done' },
    { state: 'sampled', task: 'sample' },
    { state: 'failed' },
    { state: 'removed' },
    { state: 'cancelled' },
    { state: 'refused' },
    { state: null, endedAt: null },
  ];

  it.each(notVerified)('%j is not called verified, anywhere', (change) => {
    const one = target(change);
    const counts = { verified: 0, done: 0, bad: 0, open: 0, [change.state === 'done' ? 'done' : 'bad']: 1 };
    const page = reportOf(report({ job: job({ counts }), targets: [one] }), 'html').text;
    const words = page.replace(/<style>.*<\/style>/s, '').replace(/<[^>]+>/g, ' ');
    expect(words.replace(/NOT VERIFIED|not verified|no verification/g, '')).not.toMatch(/verif/i);
    expect(stateWords(one, job())).not.toBe('VERIFIED');
    expect(certainty(one, job())).not.toContain('equals');
  });

  it('says verified of what was read back whole, and where it holds zeros', () => {
    expect(stateWords(target(), job())).toBe('VERIFIED');
    expect(certainty(target(), job())).toContain(
      'Every block was read back from this medium, past all caches',
    );
    expect(stateWords(target({ unreadable: 2 }), job())).toBe('VERIFIED, WITH GAPS');
    expect(certainty(target({ unreadable: 2 }), job())).toContain(
      '2 ranges could not be read from the source and hold zeros',
    );
    expect(certainty(target(), job({ task: 'verify' }))).toContain('in the manifest');
  });

  it('a job without an end has none', () => {
    const open = { verified: 1, done: 0, bad: 0, open: 2 };
    expect(verdict(job({ state: 'unknown', outcome: null, counts: open }))).toBe(
      '1 of 3 targets verified; of 2 of 3 targets no end is known; no end of the job is known.',
    );
    expect(stateWords(target({ state: null }), job({ state: 'unknown' }))).toBe('UNKNOWN');
    expect(stateWords(target({ state: null }), job({ state: 'running' }))).toBe('NOT FINISHED');
    expect(verdict(job({ counts: { verified: 0, done: 0, bad: 0, open: 0 } }))).toBe('No target took part.');
  });
});

describe('html', () => {
  it('is one page that needs nothing else, and nothing in it can act', () => {
    const hostile = target({
      path: evil,
      title: evil,
      serial: evil,
      busPath: evil,
      error: { code: 'internal', message: evil },
    });
    const { text, name } = reportOf(
      report({
        job: job({ source: { ...job().source, path: evil, title: evil, serial: evil } }),
        targets: [hostile],
      }),
      'html',
    );
    expect(name).toBe('carousel-job-7.html');
    expect(text).toContain(`default-src 'none'`);
    expect(text).not.toMatch(/<script|<img|onerror=y>|https?:|\u202e/);
    expect(text.match(/&quot;&gt;&lt;script&gt;/g)?.length).toBeGreaterThanOrEqual(6);
    expect(escaped(`<&>"'`)).toBe('&lt;&amp;&gt;&quot;&#39;');
  });

  it.each(reportLanguageSchema.options)('has every word in %s, and the same facts', (lang) => {
    const page = reportOf(report({ unreadable: [{ offset: 512, length: 512 }] }), 'html', lang).text;
    expect(page).toContain(`<html lang="${lang}" dir="${lang === 'ar' ? 'rtl' : 'ltr'}">`);
    expect(page).not.toMatch(/\{\w+\}(?![^<]*<\/style>)|undefined/);
    for (const fact of ['r00t', 'a'.repeat(64), 'SER', '1,048,576', '1.048.576'].filter(
      (one) => one !== (lang === 'de' ? '1,048,576' : '1.048.576'),
    ))
      expect(page).toContain(fact);
    const english = reportWords('en');
    const own = reportWords(lang);
    if (lang !== 'en') expect(own.certainty(target(), job())).not.toBe(english.certainty(target(), job()));
    // What is not verified is called so nowhere.
    for (const state of ['done', 'sampled', 'failed', 'removed', 'cancelled', 'refused'] as const)
      expect(own.stateWords(target({ state }), job())).not.toBe(own.stateWords(target(), job()));
  });

  it('has the digests: of the source, and of the record itself', () => {
    const { text } = reportOf(report(), 'html');
    expect(text).toContain('r00t');
    const json = reportOf(report(), 'json').text;
    expect(text).toContain(createHash('sha256').update(json).digest('hex'));
    expect(JSON.parse(json)).toMatchObject({
      carouselReport: 1,
      job: { id: 7 },
      targets: [{ serial: 'SER' }],
    });
    const none = job({ source: { ...job().source, rootDigest: null } });
    expect(reportOf(report({ job: none }), 'html').text).toContain('none: not every block was read');
  });

  it('names what the source could not give', () => {
    const unreadable = Array.from({ length: 50 }, (_, index) => ({ offset: index * 1000, length: 512 }));
    const source = { ...job().source, unreadablePlaces: 60, unreadableBytes: 25_600 };
    const { text } = reportOf(report({ job: job({ source }), unreadable }), 'html');
    expect(text).toContain('60 places could not be read');
    expect(text).toContain('byte 39,000, 512 long');
    expect(text).toContain('and 20 more');
  });

  it('is as long as the job is large, and no longer', () => {
    const targets = Array.from({ length: 64 }, (_, id) =>
      target({ id, curve: Array.from({ length: 120 }, (_, t) => [t, 1e7 + t]) }),
    );
    expect(reportOf(report({ targets }), 'html').text.length).toBeLessThan(600_000);
  });
});

describe('pictures', () => {
  it('draw speed over time between its lowest and highest', () => {
    expect(speedGraph(target(), words)).toContain('mean 20.0 MB/s, lowest 10.0 MB/s, highest 30.0 MB/s');
    expect(speedGraph(target(), words)).toMatch(
      /points="62.0,52.0 269.0,15.7 476.0,33.0"|points="62.0,[\d.]+ 269.0,[\d.]+ 476.0,[\d.]+"/,
    );
    expect(speedGraph(target({ curve: [[1, 1]] }), words)).toBe('');
    expect(
      speedGraph(
        target({
          curve: [
            [1, 1],
            [1, 2],
          ],
        }),
        words,
      ),
    ).toBe('');
  });

  it('show all of a good copy but what holds zeros, and of another what was written and what was wrong', () => {
    const size = 1_048_576;
    const zeros = [{ offset: size / 2, length: 65_536 }];
    const good = blockMap(
      target({ unreadable: 1, wrongBlocks: [3] }),
      { blockCount: 16, size },
      zeros,
      words,
    );
    expect(good.match(/class="whole"/g)).toHaveLength(4);
    expect(good.match(/class="zeros"/g)).toHaveLength(1);
    expect(good).not.toContain('class="wrong"');
    const bad = blockMap(
      target({ state: 'failed', coverage: 'f000', wrongBlocks: [15] }),
      { blockCount: 16, size },
      [],
      words,
    );
    expect(bad).toContain('<rect class="whole" x="0.0" y="0" width="480.0"');
    expect(bad).toContain('<rect class="wrong" x="360.0" y="36" width="120.0"');
    expect(bad.match(/class="whole"/g)).toHaveLength(1);
  });
});

describe('csv', () => {
  it('has a line for each target, and no cell that a spreadsheet would run', () => {
    const hostile = target({
      title: '=HYPERLINK("http://x")',
      serial: '+1',
      path: '/a,"b"',
      busPath: '@x',
      wwn: "-2'",
    });
    const lines = reportOf(report({ targets: [target(), hostile] }), 'csv').text.split('\r\n');
    expect(lines).toHaveLength(4);
    expect(lines[2]).toContain(`"'=HYPERLINK(""http://x"")"`);
    expect(lines[2]).toContain(`"'+1"`);
    expect(lines[2]).toContain(`"/a,""b"""`);
    expect(lines[2]).not.toMatch(/,"?[=+@-]/);
    expect(csvCell('\t=1')).toBe(`"'=1"`);
    expect(csvCell('a\r\n=1')).toBe('a =1');
    expect(csvCell(-5)).toBe('-5');
    expect(csvCell(null)).toBe('');
  });
});

it('ddrescue gets a map that claims no more than is known', () => {
  const unreadable = [{ offset: 512, length: 512 }];
  const source = { ...job().source, unreadablePlaces: 1, unreadableBytes: 512 };
  expect(reportOf(report({ job: job({ source }), unreadable }), 'ddrescue').text).toMatch(
    /0x00000000 {2}0x00000200 {2}\+\n0x00000200 {2}0x00000200 {2}-\n0x00000400 {2}0x000FFC00 {2}\+\n$/,
  );
  const more = { ...source, unreadablePlaces: 2 };
  expect(reportOf(report({ job: job({ source: more }), unreadable }), 'ddrescue').text).not.toContain('+\n');
  const half = { ...source, rootDigest: null };
  expect(reportOf(report({ job: job({ source: half }), unreadable }), 'ddrescue').text).not.toContain('+\n');
});

it('sizes are round and exact', () => {
  expect(sizeWords(999)).toBe('999 bytes');
  expect(sizeWords(32_000_000_000)).toBe('32 GB (32,000,000,000 bytes)');
});
