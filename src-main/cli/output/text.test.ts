import { describe, expect, test } from 'vitest';
import type { HelperEvent } from '@contract/helper-messages.ts';
import { decodeEvent } from '@contract/helper-messages.ts';
import { interruptMessage, OtherRiders } from '../copy/interrupts.ts';
import { cleanText, cutTo, displayWidth, shortenMiddle } from './clean.ts';
import { formatBytes, formatDuration, formatRate, formatTook, percentOf, timeLeft } from './format.ts';
import { JobView } from './job-view.ts';
import { PublicEvents } from './json.ts';
import { coverageBar, renderLive } from './live.ts';
import { PlainLines } from './plain.ts';

const MIB = 1_048_576;
const frame = { columns: 120, rows: 24, color: false };

function event(fields: object): HelperEvent {
  const decoded = decodeEvent(JSON.stringify({ t: 1, ...fields }));
  if (decoded.kind !== 'event') throw new Error(JSON.stringify(decoded));
  return decoded.event;
}

const job = (role = 'producer', path = '/img/master.img'): HelperEvent =>
  event({
    event: 'job',
    job: 'k',
    role,
    source: { path, size: 100 * MIB },
    blockSize: MIB,
    blockCount: 100,
    slots: 64,
    slow: 'together',
  });
const target = (id: number, path: string, state: string, more: object = {}): HelperEvent =>
  event({ event: 'target', id, target: path, state, mine: true, ...more });
const progress = (id: number, path: string, mib: number, more: object = {}): HelperEvent =>
  event({
    event: 'progress',
    id,
    target: path,
    phase: 'copying',
    bytes: mib * MIB,
    bytesPerSecond: 10e6,
    ...more,
  });

function play(...events: HelperEvent[]): { view: JobView; lines: string[] } {
  const view = new JobView();
  const plain = new PlainLines(view);
  return { view, lines: events.flatMap((one) => plain.after(one, view.apply(one))) };
}

test('lines and the result name the bay of a drive that is in one', () => {
  const view = new JobView(new Map([['/a', 'left 2']]));
  const plain = new PlainLines(view);
  const lines = [
    job(),
    target(1, '/a', 'copying'),
    target(2, '/b', 'copying'),
    progress(1, '/a', 50),
  ].flatMap((one) => plain.after(one, view.apply(one)));
  expect(lines.join('\n')).toMatch(/^bay left 2 \(\/a\): COPY/m);
  expect(lines.join('\n')).toMatch(/^\/b: COPY/m);
  expect(renderLive(view, { columns: 120, rows: 24, color: false }).join('\n')).toContain('bay left 2 (/a)');
});

describe('percent', () => {
  test('is never 100 before the end and never goes back', () => {
    const { view } = play(job(), target(1, '/a', 'copying'), progress(1, '/a', 100));
    const one = view.targets.get(1);
    expect(one?.percent).toBe(99);
    view.apply(target(1, '/a', 'flushing'));
    expect(one?.percent).toBe(99);
    view.apply(progress(1, '/a', 40));
    expect(one?.percent).toBe(99);
    view.apply(event({ event: 'progress', id: 1, target: '/a', phase: 'verifying', bytes: 10 * MIB }));
    expect(one).toMatchObject({ percent: 99, phasePercent: 10 });
    view.apply(target(1, '/a', 'done', { bytesWritten: 100 * MIB }));
    expect(one?.percent).toBe(100);
  });

  test('a target that failed at the very end stays below 100, and nothing comes back from the end', () => {
    const { view } = play(
      job(),
      progress(1, '/a', 100),
      target(1, '/a', 'failed'),
      target(1, '/a', 'done'),
      progress(1, '/a', 100),
    );
    expect(view.targets.get(1)).toMatchObject({ state: 'failed', percent: 99 });
  });

  test.each([
    [0, 0, false, 0],
    [5, 0, false, 0],
    [999, 1000, false, 99],
    [2000, 1000, false, 99],
    [1, 1000, false, 0],
    [0, 1000, true, 100],
  ])('of %i of %i (finished: %s) is %i', (part, whole, finished, percent) => {
    expect(percentOf(part, whole, finished)).toBe(percent);
  });
});

test('numbers in words', () => {
  expect([0, 999, 1000, 1_048_576, 999_949_999, 999_960_000, 32e9].map(formatBytes)).toEqual([
    '0 bytes',
    '999 bytes',
    '1.0 kB',
    '1.0 MB',
    '999.9 MB',
    '1.0 GB',
    '32.0 GB',
  ]);
  expect(formatRate(24_123_456)).toBe('24.1 MB/s');
  expect([0, 59.6, 72, 7384].map(formatDuration)).toEqual(['0:00', '1:00', '1:12', '2:03:04']);
  expect([0, 0.99, 1, 72].map(formatTook)).toEqual(['under a second', 'under a second', '0:01', '1:12']);
  expect(timeLeft(100, 0)).toBeUndefined();
});

describe('hostile text', () => {
  test.each([
    ['/dev/\x1b[31msdb', '/dev/\ufffd[31msdb'],
    ['a\r\nb\tc', 'a\ufffd\ufffdb\ufffdc'],
    ['\u202egnp.exe', '\ufffdgnp.exe'],
    ['a\u200bb\ufeff\u2066', 'a\ufffdb\ufffd\ufffd'],
    ['\u009b31m', '\ufffd31m'],
    ['\ud800x', '\ufffdx'],
    ['/Bücher/日本 👍', '/Bücher/日本 👍'],
  ])('%j', (text, cleaned) => {
    expect(cleanText(text)).toBe(cleaned);
  });

  test('is bounded and takes known room', () => {
    expect([...cleanText('x'.repeat(10_000), 10)]).toHaveLength(10);
    expect(displayWidth('日本e\u0301')).toBe(5);
    expect(shortenMiddle('/dev/disk/by-id/usb-SanDisk_Ultra_4C530001', 20)).toBe('/dev/d…ltra_4C530001');
    expect(displayWidth(cutTo('日本語日本語', 5))).toBeLessThanOrEqual(5);
  });
});

test('the live picture', () => {
  const { view } = play(
    job(),
    event({ event: 'head', sequence: 141, block: 41, lap: 2, bytesRead: 141 * MIB, bytesPerSecond: 20e6 }),
    target(1, '/dev/sdb', 'copying', { joinedAtBlock: 0 }),
    target(2, '/dev/sdc', 'copying', { joinedAtBlock: 38 }),
    target(3, '/dev/sdd', 'copying', { joinedAtBlock: 0 }),
    target(4, '/dev/sde', 'waiting', { mine: false }),
    progress(1, '/dev/sdb', 38, { coverage: 'f'.repeat(48) + '8' + '0'.repeat(79) }),
    progress(2, '/dev/sdc', 80, { bytesPerSecond: 5e6 }),
    target(3, '/dev/sdd', 'failed', { error: { code: 'write-error', message: 'EIO' } }),
    event({ event: 'pace', by: 'target', id: 2, target: '/dev/sdc' }),
    event({ event: 'stalled', id: 1, target: '/dev/sdb', seconds: 5 }),
  );
  expect(renderLive(view, frame)).toEqual([
    '/img/master.img  SOURCE    lap 2  head at 41 %  20.0 MB/s  paced by /dev/sdc',
    '/dev/sdb         COPY      [#######+............]   38 %  10.0 MB/s  0:07 left  no answer for 5 s',
    '/dev/sdc         LAP 2     [###....#############]   80 %  5.0 MB/s  0:04 left  sets the pace  joined at block 38 (38 %)',
    '/dev/sdd         FAILED    [....................]    0 %  write-error',
    '/dev/sde         WAITING   [....................]    0 %  of another command',
  ]);
});

test('the live picture fits: fewer rows, fewer columns, colour only where wanted', () => {
  const { view } = play(
    job(),
    ...Array.from({ length: 20 }, (_, i) => target(i + 1, `/dev/sd${i}`, i === 19 ? 'failed' : 'copying')),
  );
  const lines = renderLive(view, { columns: 40, rows: 10, color: true });
  expect(lines).toHaveLength(8);
  expect(lines[1]).toContain('\x1b[31m/dev/sd19');
  expect(lines.at(-1)).toBe('... and 14 more');
  // eslint-disable-next-line no-control-regex -- colours take no room
  expect(Math.max(...lines.map((line) => displayWidth(line.replace(/\x1b\[\d+m/g, ''))))).toBeLessThan(40);
  expect(renderLive(view, { ...frame, columns: 40 }).join('')).not.toContain('\x1b');
  expect(renderLive(new JobView(), frame)).toEqual(['Starting ...']);
});

test('twenty columns have room for how each target stands', () => {
  const { view } = play(
    job(),
    target(1, '/media/somebody/stick.img', 'verifying'),
    progress(1, '/media/somebody/stick.img', 38),
  );
  const [, line = ''] = renderLive(view, { ...frame, columns: 20 });
  expect(line).toMatch(/38 %/);
  expect(displayWidth(line)).toBeLessThan(20);
});

test('a late one fills its bar from where it joined, also without a map', () => {
  const { view } = play(job(), target(1, '/a', 'copying', { joinedAtBlock: 75 }), progress(1, '/a', 50));
  const one = view.targets.get(1);
  expect(one && coverageBar(view, one, 8)).toBe('##....##');
  view.apply(target(1, '/a', 'done'));
  expect(one && coverageBar(view, one, 8)).toBe('########');
});

test('plain lines come at changes and every ten percent', () => {
  const { lines } = play(
    job(),
    target(1, '/out/\x1b[2Ja.img', 'waiting'),
    target(1, '/out/\x1b[2Ja.img', 'copying'),
    ...Array.from({ length: 25 }, (_, i) => progress(1, '/out/\x1b[2Ja.img', i)),
    event({ event: 'lap', n: 2 }),
    event({ event: 'bad-source', offset: 4096, length: 512 }),
    event({ event: 'warning', code: 'source-mounted-writable', message: 'the source is mounted\x07' }),
    event({ event: 'warning', code: 'not-resumed', message: 'begun anew', id: 1, target: '/out/a' }),
    target(1, '/out/\x1b[2Ja.img', 'failed', { error: { code: 'no-space', message: '' } }),
  );
  expect(lines).toEqual([
    'Copying /img/master.img (104.9 MB, 100 blocks of 1048576 bytes)',
    '/out/\ufffd[2Ja.img: WAITING',
    '/out/\ufffd[2Ja.img: COPY  0 %',
    '/out/\ufffd[2Ja.img: COPY  10 %  10.0 MB/s  0:09 left',
    '/out/\ufffd[2Ja.img: COPY  20 %  10.0 MB/s  0:08 left',
    'The source goes round again: lap 2',
    'The source could not be read at byte 4096 (512 bytes): filled with zeros',
    'Warning: the source is mounted\ufffd',
    'Warning: /out/a: begun anew',
    '/out/\ufffd[2Ja.img: FAILED  24 %  (no-space)',
  ]);
});

test('the joiner says where it stepped on, and is silent about others', () => {
  const joined = (id: number, path: string, block: number): HelperEvent =>
    event({ event: 'joined', id, target: path, block, sequence: 100 + block });
  const events = [
    job('consumer'),
    joined(1, '/dev/sda', 0),
    target(1, '/dev/sda', 'copying', { mine: false }),
    target(2, '/dev/sdb', 'copying'),
    joined(2, '/dev/sdb', 38),
    progress(1, '/dev/sda', 50),
  ];
  expect(play(...events).lines).toEqual([
    'Joining the running copy of /img/master.img (104.9 MB, 100 blocks of 1048576 bytes)',
    '/dev/sdb: COPY  0 %',
    '/dev/sdb joined the running copy of /img/master.img at block 38 (38 %)',
  ]);
  const shown = new PublicEvents();
  const names = events.flatMap((one) => {
    const out = shown.take(one) as { event: string; target?: string } | undefined;
    return out ? [`${out.event} ${out.target ?? ''}`] : [];
  });
  expect(names).toEqual(['job ', 'target /dev/sdb', 'joined /dev/sdb']);
});

test('Ctrl-C names the drives of other commands that it stops', () => {
  const riders = new OtherRiders();
  for (const one of [
    job(),
    target(1, '/a', 'copying'),
    target(2, '/b', 'copying', { mine: false }),
    target(3, '/c', 'done', { mine: false }),
  ])
    riders.apply(one);
  expect(interruptMessage(1, 7, riders.count)).toContain('also stops 1 drive that joined');
  riders.apply(job('consumer'));
  expect(riders.count).toBe(0);
});
