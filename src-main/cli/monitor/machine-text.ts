// Other machines as text: a picture for a terminal, lines for logs and pipes. Pure.

import type { AppError } from '@contract/errors.ts';
import { isFinal } from '@contract/groups/jobs.ts';
import { wholeTargets, type MachineJob, type MachineTarget } from '@contract/groups/machines.ts';
import type { Link } from '@contract/session.ts';
import { cleanText, cutTo } from '../output/clean.ts';
import { formatBytes, formatDuration, formatRate, plural } from '../output/format.ts';
import { stateWord } from '../output/words.ts';
import { stationChanges, stationCounts, stationLines } from './station-text.ts';
import { targetLines, type Shown } from './target-line.ts';

/** What is known of one machine. */
export interface MachineView {
  readonly url: string;
  readonly name: string | null;
  readonly link: Link;
  readonly problem: AppError | null;
  /** Seconds since `link` is what it is. */
  readonly forSeconds: number;
  readonly jobs: readonly MachineJob[];
  readonly jobCount: number;
}

const problemWords: Readonly<Record<string, string>> = {
  'not-paired': 'this device may not look in any more: its key was taken away, or never given',
  'wrong-code': 'the code is wrong, used up or too old',
  'certificate-changed':
    'it shows another certificate than the one it was paired with: another machine answers there, or it was set up anew',
  'not-carousel': 'what answers there is not Carousel',
  'bad-address': 'that is no address, or one without encryption (https://HOST:PORT)',
  'contract-version': 'the two programs are of different versions',
  disconnected: 'the connection ended',
  timeout: 'it gives no answer',
  'settings-not-saved': 'the key could not be stored',
  'too-many-devices': 'it takes no more devices',
};

/** Why a machine is not shown, in words. */
export function problemText({ code, params }: AppError): string {
  if (code === 'contract-version') {
    const { ours, theirs } = params;
    const older = theirs === null ? '' : theirs < ours ? ': it is older' : ': this one is older';
    return `the two programs are of different versions${older}`;
  }
  if (code === 'too-many-attempts') return `too many tries; again in ${String(params.seconds)} s`;
  if (code === 'unreachable')
    return `it cannot be reached${params.detail ? ` (${cleanText(params.detail)})` : ''}`;
  return problemWords[code] ?? code;
}

const nameOf = ({ name, url }: MachineView): string => cleanText(name ?? url);

function linkText(view: MachineView): string {
  const { link, problem, forSeconds } = view;
  if (link === 'live') return 'live';
  if (link === 'connecting') return 'connecting ...';
  const why = problem ? `: ${problemText(problem)}` : '';
  if (link === 'lost') return `OFFLINE for ${formatDuration(forSeconds)}${why}; trying again`;
  return `NOT SHOWN${why}`;
}

const portOf = ({ port }: MachineTarget): string => port?.split('/').at(-1) ?? '';

function shownTarget(target: MachineTarget): Shown {
  const { state, bytesCopied, bytesVerified, bytesPerSecond, etaSeconds, error, stalledSeconds } = target;
  const reading = state === 'verifying' || state === 'healing';
  return {
    name: `${portOf(target)}  ${cleanText(target.title)}`.trim(),
    state,
    bytes: reading ? (bytesVerified ?? 0) : bytesCopied,
    notes: [
      isFinal(state) ? '' : formatRate(bytesPerSecond),
      etaSeconds === null || isFinal(state) ? '' : `${formatDuration(etaSeconds)} left`,
      stalledSeconds === null ? '' : `no answer for ${String(Math.round(stalledSeconds))} s`,
      error?.code ?? '',
    ],
  };
}

/** Never left out: without it, good targets of that machine would pass for the whole job. */
const elsewhere = 'STATIONS OF ANOTHER PROGRAM: known only there';

function jobLine(job: MachineJob): string {
  const parts = [
    `${cleanText(job.title)} (${formatBytes(job.size)})`,
    job.state === 'ended'
      ? `ended${job.outcome === null ? '' : `: ${job.outcome}`}`
      : `lap ${String(job.lap)}`,
    job.state === 'ended' ? '' : formatRate(job.bytesPerSecond),
    `${String(wholeTargets(job))} of ${plural(job.targetCount, 'target')} good`,
    ...(job.handOut ? stationCounts(job.handOut) : []),
    job.unreadableBytes > 0 ? `GAPS: ${formatBytes(job.unreadableBytes)} could not be read` : '',
    job.error?.code ?? '',
  ];
  return `  ${parts.filter((text) => text !== '').join('  ')}`;
}

/** The whole picture. No line is wider than the terminal, and there are no more lines than it has. */
export function renderMachines(views: readonly MachineView[], columns: number, rows: number): string[] {
  const lines = views.flatMap((view) => {
    const jobs = view.jobs.flatMap((job) => [
      jobLine(job),
      ...(job.stationsElsewhere ? [`    ${elsewhere}`] : []),
      ...targetLines(job.targets.map(shownTarget), job.size, '    '),
      ...(job.handOut ? stationLines(job.handOut, job.size) : []),
    ]);
    const none = view.link === 'live' && jobs.length === 0 ? ['  nothing is being copied'] : [];
    const stale = view.link === 'lost' && jobs.length > 0 ? ['  as it was then:'] : [];
    return [`${nameOf(view)}  ${linkText(view)}`, ...none, ...stale, ...jobs];
  });
  const room = Math.max(2, rows - 1);
  const shown =
    lines.length > room
      ? [...lines.slice(0, room - 1), `... and ${String(lines.length - room + 1)} more lines`]
      : lines;
  return shown.map((line) => cutTo(line, columns - 1));
}

/** What has changed, as lines that stand alone; nothing for mere progress. */
export function changedLines(before: MachineView | null, after: MachineView): string[] {
  const name = nameOf(after);
  const lines: string[] = [];
  if (before?.link !== after.link || before.problem?.code !== after.problem?.code) {
    // How long it has been so is said by the time of the line.
    lines.push(`${name}: ${linkText({ ...after, forSeconds: 0 }).replace(' for 0:00', '')}`);
  }
  for (const job of after.jobs) {
    const old = before?.jobs.find(({ id }) => id === job.id);
    const title = `${name}: ${cleanText(job.title)}`;
    if (old?.state !== job.state) {
      lines.push(
        `${title}: ${job.state}${job.outcome === null ? '' : ` (${job.outcome})`}, ${plural(job.targetCount, 'target')}`,
      );
    }
    if (job.stationsElsewhere && !old?.stationsElsewhere) lines.push(`${title}: ${elsewhere}`);
    for (const target of job.targets) {
      if (old?.targets.find(({ id }) => id === target.id)?.state === target.state) continue;
      const why = target.error ? ` (${target.error.code})` : '';
      lines.push(`${title} -> ${cleanText(target.title)}: ${stateWord[target.state]}${why}`);
    }
    if (job.handOut) lines.push(...stationChanges(title, old?.handOut ?? null, job.handOut));
  }
  return lines;
}
