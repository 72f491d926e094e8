// The picture of a running copy on a terminal: a line for the source, a line for each target. Pure: lines out of a view.

import { isGoodState } from '../../core/helper/job-ledger.ts';
import { cleanText, cutTo, displayWidth, padTo, shortenMiddle } from './clean.ts';
import { formatBytes, formatRate, percentOf } from './format.ts';
import type { JobView, TargetView } from './job-view.ts';
import { joinOf, leftOf, paceOf, wordOf } from './target-text.ts';

/** What the picture has to fit into. */
export interface Frame {
  readonly columns: number;
  readonly rows: number;
  readonly color: boolean;
}

const BAR = 20;
const MAX_PATH = 28;
/** In fewer columns than this there is no bar, and of a path only so much that state and percent still fit. */
const NARROW = 50;
const REST_OF_NARROW = 16;
const COLORS: Partial<Record<TargetView['state'], number>> = {
  done: 32,
  verified: 32,
  sampled: 36,
  failed: 31,
  removed: 31,
  refused: 31,
  aside: 35,
  verifying: 33,
  healing: 33,
};

/** The whole picture. */
export function renderLive(view: JobView, frame: Frame): string[] {
  if (!view.job) return ['Starting ...'];
  const targets = [...view.targets.values()];
  const room = Math.max(1, frame.rows - 3);
  const shown = targets.length > room ? [...targets].sort(byUrgency).slice(0, room - 1) : targets;
  const paths = [view.job.source.path, ...shown.map((target) => target.label)];
  const narrow = frame.columns < NARROW;
  const widest = narrow ? Math.max(3, Math.min(MAX_PATH, frame.columns - REST_OF_NARROW)) : MAX_PATH;
  const pathWidth = Math.min(widest, Math.max(...paths.map((path) => displayWidth(cleanText(path)))));
  const lines = [
    sourceLine(view, pathWidth),
    ...shown.map((target) => targetLine(view, target, pathWidth, narrow)),
  ];
  if (shown.length < targets.length) lines.push(`... and ${targets.length - shown.length} more`);
  return lines.map((line, i) =>
    paint(cutTo(line, frame.columns - 1), i > 0 ? shown[i - 1] : undefined, frame.color),
  );
}

function sourceLine(view: JobView, pathWidth: number): string {
  const { job, head } = view;
  const path = padTo(shortenMiddle(cleanText(job?.source.path ?? ''), pathWidth), pathWidth);
  const at = percentOf(head?.block ?? 0, job?.blockCount ?? 0, false);
  const parts = [
    `lap ${view.lap}`,
    `head at ${at} %`,
    head ? formatRate(head.bytesPerSecond) : '',
    paceOf(view),
    view.unreadable > 0 ? `${formatBytes(view.unreadable)} could not be read` : '',
  ];
  return `${path}  SOURCE    ${joined(parts)}`;
}

function targetLine(view: JobView, target: TargetView, pathWidth: number, narrow: boolean): string {
  const path = padTo(shortenMiddle(cleanText(target.label), pathWidth), pathWidth);
  const moving = target.state === 'copying' || target.state === 'aside' || target.state === 'verifying';
  const parts = [
    moving ? formatRate(target.bytesPerSecond) : '',
    leftOf(view, target),
    target.phasePercent === undefined ? '' : `${target.phasePercent} % checked`,
    target.stalledSeconds === undefined ? '' : `no answer for ${Math.round(target.stalledSeconds)} s`,
    view.pace?.by === 'target' && view.pace.id === target.id ? 'sets the pace' : '',
    joinOf(view, target),
    target.mine ? '' : 'of another command',
    target.error ? target.error.code : '',
  ];
  const percent = `${String(target.percent).padStart(3)} %`;
  if (narrow) return `${path} ${wordOf(view, target)} ${joined([percent.trim(), ...parts])}`;
  return `${path}  ${padTo(wordOf(view, target), 8)}  [${coverageBar(view, target)}]  ${percent}  ${joined(parts)}`;
}

/** Which parts of the target are durable: `#` whole, `+` partly, `.` not yet. A late one fills from where it joined. */
export function coverageBar(view: JobView, target: TargetView, width = BAR): string {
  if (target.state === 'done' || target.state === 'verified') return '#'.repeat(width);
  const digits = target.coverage;
  if (!digits) return spanBar(view, target, width);
  return Array.from({ length: width }, (_, cell) => {
    const from = Math.floor((cell * digits.length) / width);
    const to = Math.max(from + 1, Math.floor(((cell + 1) * digits.length) / width));
    const part = digits.slice(from, to);
    return /^f+$/.test(part) ? '#' : /^0*$/.test(part) ? '.' : '+';
  }).join('');
}

function spanBar(view: JobView, target: TargetView, width: number): string {
  const start = Math.floor(((target.joinedAtBlock ?? 0) / (view.job?.blockCount ?? 1)) * width);
  const filled = Math.floor((target.percent / 100) * width);
  const cells = Array.from({ length: width }, () => '.');
  for (let i = 0; i < filled; i++) cells[(start + i) % width] = '#';
  return cells.join('');
}

function joined(parts: readonly string[]): string {
  return parts.filter((part) => part !== '').join('  ');
}

function paint(line: string, target: TargetView | undefined, color: boolean): string {
  const code = target && COLORS[target.state];
  return color && code !== undefined ? `\x1b[${code}m${line}\x1b[0m` : line;
}

function byUrgency(a: TargetView, b: TargetView): number {
  const rank = (t: TargetView): number => (COLORS[t.state] === 31 ? 0 : isGoodState(t.state) ? 2 : 1);
  return rank(a) - rank(b) || a.id - b.id;
}
