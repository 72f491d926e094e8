/** The report for spreadsheets: RFC 4180, one line a target. No cell can become a formula. */
import type { RecordedJob, RecordedTarget } from '@contract/groups/history.ts';
import { finalStates } from '@contract/helper-messages.ts';
import type { Station, StationTarget } from '@contract/groups/stations.ts';
import { cleanText } from '../../devices/clean-text.ts';
import type { ReportedJob } from './json.ts';

type Cell = string | number | null;

const maxText = 4096;

/** A cell that begins like a formula gets an apostrophe, which spreadsheets take as "this is text". */
export function csvCell(value: Cell): string {
  if (value === null) return '';
  if (typeof value === 'number') return String(value);
  const text = cleanText(value, maxText) ?? '';
  const harmless = /^[=+\-@|%]/.test(text) ? `'${text}` : text;
  return /[",;\n\r']/.test(harmless) || harmless !== text ? `"${harmless.replaceAll('"', '""')}"` : harmless;
}

const time = (ms: number | null): string | null => (ms === null ? null : new Date(ms).toISOString());

/** A target of this machine, or of a station: then only what that has told is known. */
interface Line extends RecordedTarget {
  station: string | null;
}

const columns: readonly [string, (target: Line, job: RecordedJob) => Cell][] = [
  ['job', (_, job) => job.id],
  ['task', (_, job) => job.task],
  ['job_state', (_, job) => job.state],
  ['job_outcome', (_, job) => job.outcome],
  ['source', (_, job) => job.source.path],
  ['source_serial', (_, job) => job.source.serial],
  ['source_bytes', (_, job) => job.source.size ?? null],
  ['source_sha256', (_, job) => job.source.sha256],
  ['root_digest', (_, job) => job.source.rootDigest],
  ['source_unreadable_bytes', (_, job) => job.source.unreadableBytes],
  ['target', ({ path }) => path],
  ['name', ({ title }) => title],
  ['serial', ({ serial }) => serial],
  ['wwn', ({ wwn }) => wwn],
  ['bus_path', ({ busPath }) => busPath],
  ['bay', ({ bay }) => bay],
  ['operator', ({ operator }) => operator],
  ['target_bytes', ({ size }) => size],
  ['state', ({ state }) => state ?? 'unknown'],
  ['begun', ({ begunAt }) => time(begunAt)],
  ['ended', ({ endedAt }) => time(endedAt)],
  ['seconds', ({ seconds }) => seconds],
  ['joined_at_block', ({ joinedAtBlock }) => joinedAtBlock],
  ['bytes_written', ({ bytesWritten }) => bytesWritten],
  ['bad_blocks', ({ badBlocks }) => badBlocks],
  ['healed_blocks', ({ healedBlocks }) => healedBlocks],
  ['unreadable_ranges', ({ unreadable }) => unreadable],
  ['mean_bytes_per_second', ({ speed }) => (speed ? Math.round(speed.mean) : null)],
  ['lowest_bytes_per_second', ({ speed }) => (speed ? Math.round(speed.min) : null)],
  ['highest_bytes_per_second', ({ speed }) => (speed ? Math.round(speed.max) : null)],
  ['error', ({ error }) => error?.code ?? null],
  ['error_offset', ({ error }) => error?.offset ?? null],
  ['error_message', ({ error }) => error?.message || null],
  ['program', (_, job) => job.program],
  ['station', ({ station }) => station],
];

function ofStation({ name, state: rides }: Station, target: StationTarget, job: RecordedJob): Line {
  const { path, bytes, state, error } = target;
  const isOver = finalStates.find((one) => one === state);
  return {
    id: job.id,
    job: job.id,
    task: job.task,
    path,
    serial: null,
    wwn: null,
    busPath: null,
    bay: null,
    operator: null,
    title: null,
    size: null,
    begunAt: job.startedAt,
    endedAt: null,
    state: isOver ?? (rides === 'joined' ? null : 'failed'),
    joinedAtBlock: null,
    bytesWritten: bytes,
    badBlocks: 0,
    healedBlocks: 0,
    seconds: null,
    speed: null,
    curve: [],
    coverage: '',
    unreadable: 0,
    resumedBlocks: 0,
    wrongBlocks: [],
    error: null,
    station: error === null ? name : `${name} [${error}]`,
  };
}

/** Targets of a station that it has only counted. */
function countedOf(station: Station, job: RecordedJob): Line[] {
  const { targets, notGood } = station.more;
  if (targets === 0) return [];
  const words = `${String(targets)} more, ${String(notGood)} of them not good`;
  const state = notGood > 0 ? ('failed' as const) : ('done' as const);
  return [ofStation(station, { path: words, state, bytes: 0, error: null }, job)];
}

/** A heading and one line for each target, those of stations last. */
export function csvReport({ job, targets, stations }: ReportedJob): string {
  const all: Line[] = [
    ...targets.map((target) => ({ ...target, station: null })),
    ...stations.flatMap((station) => [
      ...station.targets.map((target) => ofStation(station, target, job)),
      ...countedOf(station, job),
    ]),
  ];
  const lines = [
    columns.map(([name]) => name),
    ...all.map((target) => columns.map(([, value]) => csvCell(value(target, job)))),
  ];
  return lines.map((cells) => `${cells.join(',')}\r\n`).join('');
}
