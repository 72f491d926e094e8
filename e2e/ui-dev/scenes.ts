/** States of the app for looking at: one for each screen and each thing that can happen. */
import { appError } from '@contract/errors.ts';
import type { Drive } from '@contract/groups/drives.ts';
import type { Job, Target, TargetState } from '@contract/groups/jobs.ts';
import type { HandOut, RidingStation, StationTarget } from '@contract/groups/stations.ts';
import { defaultSettings, type Settings } from '@contract/groups/settings.ts';
import type { AppState } from '@contract/snapshot.ts';
import {
  sampleCard,
  sampleDrive,
  sampleHandOut,
  sampleJob,
  sampleState,
  sampleStation,
  sampleTarget,
} from '@contract/testing/samples.ts';

const gigabyte = 1_000_000_000;
const sourceSize = 30 * gigabyte;
const parts = 64;
const blocks = 28_611;

const models = ['Kingston DataTraveler 3.0', 'SanDisk Ultra Fit', 'Samsung BAR Plus', 'Intenso Ultra Line'];
const labels = ['HOLIDAY', 'WORK-2024', 'Музыка', 'صور العائلة', 'BACKUP', 'Untitled'];
const pick = <T>(list: readonly T[], index: number): T => list[index % list.length] as T;

export function drive(index: number, change: Partial<Drive> = {}): Drive {
  const size = 32 * gigabyte;
  const serial = `4C53000${(0x1a41c + index * 7919).toString(16).toUpperCase()}`;
  const title = pick(models, index);
  const label = pick(labels, index);
  const usedBytes = (1 + ((index * 37) % 21)) * gigabyte;
  return sampleDrive({
    id: `drv-${String(index).padStart(4, '0')}`,
    path: `/dev/sd${String.fromCharCode(98 + (index % 24))}`,
    identity: { ...sampleDrive().identity, serial, size, diskseq: index },
    vendor: title.split(' ')[0] ?? null,
    title,
    size,
    port: `0000:00:14.0/${String(1 + Math.floor(index / 8))}.${String(1 + (index % 8))}`,
    volumes: [{ label, fileSystem: 'vfat', size, usedBytes, mountPoints: [] }],
    usedBytes,
    asTarget: { ok: true, level: 1, reasons: [] },
    ...change,
  });
}

const refusedDrives = (): Drive[] => [
  drive(90, {
    title: 'Samsung SSD 990 PRO',
    bus: 'nvme',
    size: 1000 * gigabyte,
    removable: false,
    port: null,
    volumes: [
      { label: 'root', fileSystem: 'ext4', size: 1000 * gigabyte, usedBytes: null, mountPoints: ['/'] },
    ],
    usedBytes: null,
    asSource: { ok: true, reasons: [] },
    asTarget: { ok: false, level: 3, reasons: [appError('system-disk')] },
  }),
  drive(91, { title: 'Sony Micro Vault', size: 8 * gigabyte, asSource: { ok: true, reasons: [] } }),
  drive(92, {
    title: 'Generic Card Reader',
    bus: 'mmc',
    asSource: { ok: false, reasons: [appError('no-medium')] },
    asTarget: { ok: false, level: 3, reasons: [appError('no-medium')] },
    volumes: [],
    usedBytes: null,
  }),
];

function coverageOf(copied: number, joined: number): string {
  const filled = Array.from({ length: parts }, (_, index) => {
    const ahead = (index / parts - joined + 1) % 1;
    return Math.max(0, Math.min(15, Math.round((copied - ahead) * parts * 15)));
  });
  return filled.map((value) => value.toString(16)).join('');
}

export function target(
  index: number,
  state: TargetState,
  copied: number,
  change: Partial<Target> = {},
  joined = 0,
): Target {
  const of = drive(index);
  return sampleTarget({
    id: `t-${String(index + 1)}`,
    card: sampleCard({
      drive: of.id,
      identity: of.identity,
      title: of.title,
      path: of.path,
      labels: of.volumes.flatMap(({ label }) => label ?? []),
      port: of.port,
    }),
    state,
    joinedAtBlock: Math.floor(joined * blocks),
    bytesCopied: Math.floor(copied * sourceSize),
    bytesPerSecond:
      state === 'copying' || state === 'verifying' ? 21_000_000 + ((index * 7) % 9) * 1_000_000 : 0,
    coverage: copied === 0 ? '' : coverageOf(copied, joined),
    etaSeconds: state === 'copying' || state === 'verifying' ? 240 + index * 13 : null,
    ...change,
  });
}

const writeError = appError('write-error', { offset: 12_100_000_000, errno: 'EIO' });

/** Every state there is, in 32 cells. */
function mixed(): Target[] {
  const one: ((index: number) => Target)[] = [
    (i) => target(i, 'copying', 0.62),
    (i) => target(i, 'copying', 0.71, {}, 0.38),
    (i) => target(i, 'verifying', 1, { bytesVerified: 18 * gigabyte }),
    (i) => target(i, 'verified', 1, { seconds: 1320 }),
    (i) => target(i, 'copying', 0.44, { slowForItsKind: true, bytesPerSecond: 4_000_000 }),
    (i) => target(i, 'failed', 0.4, { error: writeError, seconds: 610 }),
    (i) => target(i, 'waiting', 0),
    (i) => target(i, 'done', 1, { seconds: 1240 }),
    (i) => target(i, 'aside', 0.31, { bytesPerSecond: 3_200_000 }),
    (i) => target(i, 'flushing', 1),
    (i) => target(i, 'healing', 1, { badBlocks: 15, healedBlocks: 14 }),
    (i) => target(i, 'removed', 0.61, { error: appError('device-gone'), seconds: 512 }),
    (i) => target(i, 'cancelled', 0.2, { seconds: 200 }),
    (i) => target(i, 'refused', 0, { error: appError('mounted') }),
    (i) => target(i, 'copying', 0.2, {}, 0.38),
    (i) => target(i, 'copying', 0.5, { stalledSeconds: 15 }),
  ];
  return Array.from({ length: 32 }, (_, index) => pick(one, index)(index));
}

function job(targets: Target[], change: Partial<Job> = {}): Job {
  const base = sampleJob({}, targets);
  const startedAt = Date.now() - 13 * 60_000;
  return {
    ...base,
    source: {
      ...base.source,
      card: sampleCard({
        drive: 'drv-0099',
        title: 'SanDisk Extreme “Lab master v12”',
        port: '0000:00:14.0/1',
      }),
      size: sourceSize,
      headBlock: Math.floor(blocks * 0.62),
      headSequence: Math.floor(blocks * 1.62),
      lap: 2,
      bytesPerSecond: 88_000_000,
    },
    blockCount: blocks,
    pace: { by: 'target', target: targets[4]?.id ?? targets[0]?.id ?? null },
    speeds: Array.from({ length: 300 }, (_, index) => [
      index * 2.6,
      (80 + Math.sin(index / 9) * 12 + (index > 170 ? -38 : 0)) * 1_000_000,
      (430 + Math.sin(index / 7) * 50 + (index > 170 ? -190 : 0)) * 1_000_000,
    ]),
    startedAt,
    ...change,
  };
}

function state(drives: Drive[], jobs: Job[] = [], settings: Partial<Settings> = {}): AppState {
  const source = drive(99, { title: 'SanDisk Extreme “Lab master v12”', size: sourceSize });
  const withSource = jobs.length > 0 ? [...drives, { ...source, job: 'job-1' }] : drives;
  return { ...sampleState(withSource, jobs), settings: { ...defaultSettings, ...settings } };
}

const range = (from: number, count: number): number[] =>
  Array.from({ length: count }, (_, index) => from + index);

const stationTarget = (
  index: number,
  state: TargetState,
  copied: number,
  error: string | null = null,
): StationTarget => ({
  path: `/dev/sd${String.fromCharCode(98 + index)}`,
  state,
  bytes: Math.floor(copied * sourceSize),
  error,
});

function ridingStation(
  index: number,
  name: string,
  link: RidingStation['link'],
  targets: StationTarget[],
): RidingStation {
  const rides = link === 'live' || link === 'silent';
  return sampleStation({
    id: `station${String(index).padStart(3, '0')}`,
    name,
    link,
    silentSeconds: link === 'silent' ? 8 : null,
    behind: rides ? 14 + index : null,
    lacks: rides ? 10_900 : null,
    targets,
  });
}

const handOut = (stations: RidingStation[], change: Partial<HandOut> = {}): AppState['handOuts'] => ({
  'job-1': sampleHandOut(stations, change),
});

const bench = (link: RidingStation['link']): RidingStation[] => [
  ridingStation(1, 'Bench 2', 'live', [
    stationTarget(0, 'copying', 0.6),
    stationTarget(1, 'copying', 0.6),
    stationTarget(2, 'verifying', 0.3),
    stationTarget(3, 'failed', 0.4, 'write-error'),
    stationTarget(4, 'verified', 1),
  ]),
  ridingStation(2, 'workshop-laptop', link, [stationTarget(0, 'copying', 0.22), stationTarget(1, 'done', 1)]),
];

const ended = { state: 'ended', outcome: 'complete', endedAt: Date.now() - 60_000 } as const;

/** The scenes by name. */
export const scenes: Record<string, () => AppState> = {
  looking: () => {
    const empty = state([]);
    return { ...empty, system: { ...empty.system, drivesKnown: false } };
  },
  nothing: () => state([]),
  'one-drive': () => state([drive(1), ...refusedDrives().slice(0, 1)]),
  start: () => state([...range(0, 5).map((index) => drive(index)), ...refusedDrives()]),
  'eight-blank': () =>
    state([
      drive(99, { title: 'SanDisk Extreme “Lab master v12”', size: sourceSize }),
      ...range(0, 8).map((index) =>
        drive(index, { volumes: [], usedBytes: 0, asTarget: { ok: true, level: 0, reasons: [] } }),
      ),
    ]),
  cards: () =>
    state(
      [drive(40), drive(42, { usedBytes: 0, volumes: [], asTarget: { ok: true, level: 0, reasons: [] } })],
      [job(mixed().slice(0, 8))],
    ),
  join: () =>
    state(
      [drive(41), ...refusedDrives()],
      [
        job([
          target(0, 'copying', 0.62),
          target(1, 'copying', 0.62),
          target(2, 'copying', 0.24, {}, 0.38),
          target(3, 'copying', 0.71, {}, 0.38),
        ]),
      ],
    ),
  bench: () => state([drive(40)], [job(mixed())]),
  'bench-copying': () => state([], [job(range(0, 32).map((index) => target(index, 'copying', 0.62)))]),
  'stations-none': () => ({
    ...state([drive(40)], [job(mixed().slice(0, 2))]),
    handOuts: handOut([], {
      url: 'nats://127.0.0.1:4222',
      problem: { code: 'not-encrypted', detail: '' },
      needs: { credentials: false, ca: false },
    }),
  }),
  stations: () => ({ ...state([drive(40)], [job(mixed().slice(0, 4))]), handOuts: handOut(bench('live')) }),
  'stations-cut': () => ({
    ...state([drive(40)], [job(mixed().slice(0, 4))]),
    handOuts: handOut(bench('silent')),
  }),
  'stations-down': () => ({
    ...state([drive(40)], [job(mixed().slice(0, 4))]),
    handOuts: handOut(bench('live'), { link: 'down', problem: { code: 'nats-lost', detail: '' } }),
  }),
  'stations-lost': () => ({
    ...state([drive(40)], [job(mixed().slice(0, 2))]),
    handOuts: handOut([
      ...bench('live'),
      ridingStation(3, 'b'.repeat(63), 'silent', [
        { ...stationTarget(0, 'copying', 0.22), path: '/srv/images/a-rather-long-name-of-a-copy.img' },
        stationTarget(1, 'done', 1),
      ]),
      ridingStation(4, 'bench-6', 'lost', [stationTarget(0, 'failed', 0.22, 'station-lost')]),
    ]),
  }),
  'stations-ended': () => ({
    ...state(
      [],
      [
        job(
          range(0, 4).map((index) => target(index, 'verified', 1, { seconds: 1300 + index })),
          ended,
        ),
      ],
    ),
    handOuts: handOut(
      [
        ridingStation(1, 'Bench 2', 'done', [
          stationTarget(0, 'verified', 1),
          stationTarget(1, 'verified', 1),
        ]),
        ridingStation(2, 'workshop-laptop', 'lost', [stationTarget(0, 'failed', 0.22, 'station-lost')]),
      ],
      { state: 'ended', link: 'down' },
    ),
  }),
  feed: () => {
    const far = drive(98, {
      kind: 'feed',
      bus: 'other',
      title: 'lab-master-v12.img',
      path: 'carousel:k3v8pq2m',
      port: null,
      identity: { ...sampleDrive().identity, serial: null, size: sourceSize, busPath: null },
      size: sourceSize,
      volumes: [],
      usedBytes: null,
      asTarget: { ok: false, level: 3, reasons: [appError('feed-is-source')] },
      job: 'job-1',
    });
    const riding = job([target(0, 'copying', 0.62), target(1, 'copying', 0.24, {}, 0.38)]);
    const card = sampleCard({
      ...riding.source.card,
      drive: far.id,
      kind: 'feed',
      bus: 'other',
      title: far.title,
    });
    return {
      ...state([far, drive(41)], [{ ...riding, source: { ...riding.source, card } }]),
      feeds: {
        [far.id]: {
          url: 'tls://hall.example:4222',
          job: 'k3v8pq2m',
          name: 'Bench 2',
          link: 'up',
          problem: null,
        },
      },
    };
  },
  several: () =>
    state(
      [drive(60), drive(61)],
      [
        job(mixed().slice(0, 6)),
        {
          ...job([target(20, 'copying', 0.3), target(21, 'copying', 0.3)]),
          id: 'job-2',
        },
      ],
    ),
  failed: () =>
    state(
      [drive(50)],
      [
        job(
          [
            target(0, 'verified', 1, { seconds: 1300 }),
            target(1, 'verified', 1, { seconds: 1310 }),
            target(2, 'failed', 0.4, { error: writeError, seconds: 600 }),
            target(3, 'verified', 1, { seconds: 1350, healedBlocks: 3 }),
            target(4, 'removed', 0.61, { error: appError('device-gone'), seconds: 900 }),
            target(5, 'verified', 1, { seconds: 1330 }),
            target(6, 'failed', 0.7, {
              error: appError('no-space', { offset: 21_000_000_000, errno: 'ENOSPC' }),
              seconds: 900,
            }),
            target(7, 'verified', 1, { seconds: 1320 }),
          ],
          ended,
        ),
      ],
    ),
  good: () =>
    state(
      [drive(50)],
      [
        job(
          range(0, 4).map((index) => target(index, 'verified', 1, { seconds: 1300 + index })),
          ended,
        ),
      ],
    ),
  unverified: () =>
    state(
      [],
      [
        job(
          range(0, 3).map((index) => target(index, 'done', 1, { seconds: 900 + index })),
          ended,
        ),
      ],
    ),
  unreadable: () => {
    const done = job(
      [target(0, 'verified', 1, { seconds: 1300 }), target(1, 'verified', 1, { seconds: 1302 })],
      ended,
    );
    const unreadable = [
      { offset: 4_000_000_000, length: 4096 },
      { offset: 17_000_000_000, length: 1_048_576 },
    ];
    return state([], [{ ...done, source: { ...done.source, unreadable, unreadableBytes: 1_052_672 } }]);
  },
  'source-gone': () => {
    const lost = job(
      [
        target(0, 'failed', 0.5, { error: appError('source-gone') }),
        target(1, 'failed', 0.5, { error: appError('source-gone') }),
      ],
      { ...ended, outcome: 'source-failed' },
    );
    return state([], [{ ...lost, source: { ...lost.source, error: appError('source-gone') } }]);
  },
  bays: () =>
    state([], [job(mixed().slice(0, 5))], {
      bays: range(0, 12).map((index) => ({
        port: drive(index * 2).port ?? '',
        name: `A${String(index + 1)}`,
      })),
    }),
  practice: () => ({
    ...state([
      ...range(0, 5).map((index) =>
        drive(index, {
          kind: 'practice',
          title: index === 0 ? 'Practice source' : `Practice stick ${String(index)}`,
          size: 268_435_456,
          bus: 'file',
          port: null,
          volumes: [],
          usedBytes: null,
          asSource: { ok: index === 0, reasons: index === 0 ? [] : [appError('empty-source')] },
          asTarget:
            index === 0
              ? { ok: false, level: 3, reasons: [appError('protected')] }
              : { ok: true, level: 0, reasons: [] },
        }),
      ),
    ]),
  }),
  warnings: () => {
    const base = state(range(0, 2).map((index) => drive(index)));
    return {
      ...base,
      system: { ...base.system, warnings: [appError('helper-missing'), appError('drives-unreadable')] },
    };
  },
};
