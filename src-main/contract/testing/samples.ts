/** Sample states for tests and stories: small, valid, and easy to vary. */
import { noBench } from '../groups/bench.ts';
import type { Drive } from '../groups/drives.ts';
import type { DriveCard, Job, Target } from '../groups/jobs.ts';
import { defaultSettings } from '../groups/settings.ts';
import { countTargets, type HandOut, type RidingStation, type StationCounts } from '../groups/stations.ts';
import type { AppState } from '../snapshot.ts';

const gigabyte = 1_000_000_000;

/** A 32 GB USB stick that may be source and target. */
export function sampleDrive(change: Partial<Drive> = {}): Drive {
  return {
    id: 'drv-0000000000000001',
    kind: 'disk',
    path: '/dev/sdb',
    identity: {
      busPath: 'pci-0000:00:10.0-usb-0:2:1.0-scsi-0:0:0:0',
      serial: '4C530001A41C',
      wwn: null,
      size: 32 * gigabyte,
      diskseq: 7,
    },
    vendor: 'Kingston',
    model: 'DataTraveler 3.0',
    title: 'Kingston DataTraveler 3.0',
    size: 32 * gigabyte,
    sectorSize: 512,
    bus: 'usb',
    usbSpeed: 5000,
    port: '0000:00:10.0/2',
    bay: null,
    removable: true,
    readOnly: false,
    volumes: [
      {
        label: 'HOLIDAY',
        fileSystem: 'vfat',
        size: 32 * gigabyte,
        usedBytes: 21 * gigabyte,
        mountPoints: [],
      },
    ],
    usedBytes: 21 * gigabyte,
    table: 'mbr',
    newest: Date.UTC(2024, 1, 29),
    exists: true,
    asSource: { ok: true, reasons: [] },
    asTarget: { ok: true, level: 1, reasons: [] },
    job: null,
    ...change,
  };
}

/** What a job remembers of a drive. */
export function sampleCard(change: Partial<DriveCard> = {}): DriveCard {
  const drive = sampleDrive();
  return {
    drive: drive.id,
    kind: drive.kind,
    path: drive.path,
    identity: drive.identity,
    title: drive.title,
    labels: ['HOLIDAY'],
    bus: drive.bus,
    port: drive.port,
    ...change,
  };
}

/** A target that copies its first lap. */
export function sampleTarget(change: Partial<Target> = {}): Target {
  return {
    id: 't-1',
    card: sampleCard(),
    state: 'copying',
    attempt: 1,
    mine: true,
    size: 32 * gigabyte,
    joinedAtBlock: 0,
    joinedAtSequence: 0,
    bytesCopied: 12 * gigabyte,
    bytesVerified: null,
    bytesPerSecond: 24_000_000,
    coverage: 'ffff70000',
    etaSeconds: 700,
    slow: null,
    stalledSeconds: null,
    slowForItsKind: false,
    badBlocks: 0,
    healedBlocks: 0,
    unreadable: 0,
    resumedBlocks: 0,
    evidence: [],
    deviceBytes: 0,
    deviceMs: 0,
    manifest: false,
    resumable: null,
    seconds: null,
    error: null,
    checkError: null,
    ...change,
  };
}

/** A running job with the given targets. */
export function sampleJob(change: Partial<Job> = {}, targets: Target[] = [sampleTarget()]): Job {
  return {
    id: 'job-1',
    kind: 'copy',
    task: 'copy',
    manifest: null,
    state: 'running',
    outcome: null,
    role: 'producer',
    source: {
      card: sampleCard({
        drive: 'drv-00000000000000ff',
        path: '/dev/sda',
        title: 'SanDisk Extreme',
        port: '0000:00:10.0/1',
      }),
      size: 30 * gigabyte,
      mountedWritable: false,
      bytesRead: 13 * gigabyte,
      bytesPerSecond: 24_000_000,
      lap: 1,
      headSequence: 12_400,
      headBlock: 12_400,
      unreadable: [],
      unreadableBytes: 0,
      rootDigest: null,
      skip: [],
      sha256: null,
      error: null,
    },
    options: defaultSettings.job,
    blockCount: 28_611,
    targets: Object.fromEntries(targets.map((target) => [target.id, target])),
    targetOrder: targets.map((target) => target.id),
    pace: { by: 'target', target: targets[0]?.id ?? null },
    warnings: [],
    stationsElsewhere: false,
    diagnoses: [],
    speeds: [
      [1, 25_000_000, 24_000_000],
      [2, 24_000_000, 24_000_000],
    ],
    startedAt: 1_750_000_000_000,
    endedAt: null,
    ...change,
  };
}

/** A station that copies to one drive. */
export function sampleStation(change: Partial<RidingStation> = {}): RidingStation {
  return {
    id: 'station001',
    name: 'Bench 2',
    link: 'live',
    silentSeconds: null,
    behind: 14,
    lacks: 900,
    targets: [{ path: '/dev/sdb', state: 'copying', bytes: 12 * gigabyte, error: null }],
    more: { targets: 0, notGood: 0 },
    ...change,
  };
}

/** A job that is handed out, with the given stations. */
export function sampleHandOut(
  stations: RidingStation[] = [sampleStation()],
  change: Partial<HandOut> = {},
): HandOut {
  const counts: StationCounts = { stations: 0, lost: 0, targets: 0, good: 0, bad: 0, open: 0 };
  for (const one of stations.map(countTargets))
    for (const name of Object.keys(counts) as (keyof StationCounts)[]) counts[name] += one[name];
  return {
    state: 'open',
    url: 'tls://hall.example:4222',
    job: 'k3v8pq2m',
    needs: { credentials: true, ca: false },
    link: 'up',
    problem: null,
    stations,
    counts,
    ...change,
  };
}

/** A state with the given drives and jobs. */
export function sampleState(drives: Drive[] = [sampleDrive()], jobs: Job[] = []): AppState {
  return {
    system: {
      version: '0.1.0',
      platform: 'linux',
      arch: 'x64',
      host: 'serve',
      hostName: 'bench-1',
      elevation: 'none-needed',
      helper: '0.1.0',
      practiceDir: null,
      watching: 'events',
      drivesKnown: true,
      canPickFile: false,
      warnings: [],
    },
    settings: defaultSettings,
    drives: Object.fromEntries(drives.map((drive) => [drive.id, drive])),
    driveOrder: drives.map((drive) => drive.id),
    jobs: Object.fromEntries(jobs.map((job) => [job.id, job])),
    jobOrder: jobs.map((job) => job.id),
    probes: {},
    handOuts: {},
    feeds: {},
    bench: noBench,
  };
}
