// The result in words, failed ones first. Pure: lines out of a summary.

import { diagnose } from '../../core/diagnosis/diagnose.ts';
import { cleanText } from './clean.ts';
import { diagnosisWords } from './diagnosis-words.ts';
import { formatBytes, formatTook, plural } from './format.ts';
import { labelOf } from './job-view.ts';
import { isGoodTarget, type CliErrorInfo, type CliSummary, type CliTargetResult } from './summary.ts';
import { stationLine } from '../stations/words.ts';
import { errorWords, stateWord } from './words.ts';

const MAX_RANGES = 10;
const MAX_PLACES = 8;
const ORDER: readonly CliTargetResult['state'][] = [
  'failed',
  'removed',
  'refused',
  'cancelled',
  'done',
  'verified',
  'sampled',
];

/** Everything a person needs to know at the end. `bays`: names of bays, by the path of what is in them. */
export function renderResult(summary: CliSummary, bays: ReadonlyMap<string, string> = new Map()): string[] {
  const targets = [...summary.targets].sort((a, b) => ORDER.indexOf(a.state) - ORDER.indexOf(b.state));
  return [
    verdict(summary),
    ...sourceTrouble(summary),
    ...targets.map(
      (target) =>
        `  ${stateWord[target.state].padEnd(8)}  ${sentence(target, summary, labelOf(target.path, bays))}`,
    ),
    ...(summary.stations ?? []).map(stationLine),
    ...manifestLine(summary),
    ...diagnosisLines(summary),
    ...(summary.source.bytesRead > 0 ? [sourceLine(summary)] : []),
  ];
}

function verdict(summary: CliSummary): string {
  const { targets, others } = summary;
  const good = targets.filter(isGoodTarget).length;
  if (summary.task !== 'copy') return comparison(summary, good);
  if (targets.length === 0 && others.length === 0) return 'Nothing was copied: no target joined.';
  if (targets.length === 0)
    return `${plural(others.filter(isGoodTarget).length, 'drive')} of ${others.length} that joined got a copy.`;
  if (good === targets.length) {
    const zeros = summary.source.unreadable.length > 0;
    const what = zeros
      ? 'with zeros where the source could not be read'
      : summary.ok
        ? 'all good'
        : 'but the job did not end well';
    return `${plural(good, 'copy', 'copies')} made, ${what}.`;
  }
  return `${targets.length - good} of ${plural(targets.length, 'target')} did not get a good copy.`;
}

function comparison({ task, targets, source }: CliSummary, good: number): string {
  if (good < targets.length)
    return `${targets.length - good} of ${plural(targets.length, 'target')} could not be found right.`;
  if (task === 'sample')
    return `${plural(good, 'target')} looked at in a few places: nothing wrong there. This is a sample, not a verification.`;
  const zeros = source.unreadable.length > 0 ? ', with zeros where the source could not be read' : '';
  return `${plural(good, 'target')} verified against the manifest${zeros}.`;
}

/** What became of the manifest that was asked for. */
function manifestLine({ manifest }: CliSummary): string[] {
  if (!manifest) return [];
  const path = cleanText(manifest.path);
  if (manifest.written) return [`Manifest: ${path}`];
  const { code, message } = manifest.error ?? { code: 'internal', message: '' };
  return [`No manifest was written to ${path}: ${cleanText(message || code, 200)} [${code}].`];
}

function diagnosisLines({ targets, others, source }: CliSummary): string[] {
  if (!source.blockSize) return [];
  const { blockSize, size } = source;
  return diagnose([...targets, ...others], { blockCount: Math.ceil(size / blockSize), blockSize }).map(
    (found) => diagnosisWords(found, blockSize),
  );
}

function sourceTrouble({ source }: CliSummary): string[] {
  const lines = source.error ? [`The source ${cleanText(source.path)} ${because(source.error)}`] : [];
  const bad = source.unreadable;
  if (bad.length === 0) return lines;
  const total = bad.reduce((sum, range) => sum + range.length, 0);
  const untold = source.unreadableMore ?? 0;
  const amount = `${untold > 0 ? 'more than ' : ''}${formatBytes(total)}`;
  const places = plural(bad.length + untold, 'place');
  lines.push(`The source could not be read in ${places} (${amount}); the copies hold zeros there:`);
  for (const { offset, length } of bad.slice(0, MAX_RANGES)) lines.push(`  byte ${offset}, ${length} long`);
  const more = Math.max(0, bad.length - MAX_RANGES) + untold;
  if (more > 0) lines.push(`  ... and ${more} more (--json tells each as it is found)`);
  return lines;
}

function sentence(target: CliTargetResult, summary: CliSummary, label: string): string {
  const path = cleanText(label);
  const size = formatBytes(summary.source.size);
  const joined = target.joinedAtBlock ? `, joined at block ${target.joinedAtBlock}` : '';
  const time = target.seconds > 0 ? ` in ${formatTook(target.seconds)}` : '';
  if (isGoodTarget(target)) {
    const healed = target.healedBlocks > 0 ? `, ${plural(target.healedBlocks, 'block')} mended` : '';
    const resumed = target.resumedBlocks
      ? `, ${plural(target.resumedBlocks, 'block')} were there already`
      : '';
    const zeros = target.unreadable
      ? `, except for zeros in ${plural(target.unreadable, 'place')} that could not be read from the source`
      : '';
    const how =
      target.state === 'done'
        ? ' (not verified)'
        : target.state === 'sampled'
          ? ' (a few blocks only, not verified)'
          : '';
    return `${path}: ${size}${time}${joined}${resumed}${healed}${zeros}${how}`;
  }
  if (target.state === 'cancelled' && !target.error) {
    return target.bytesWritten > 0 ? `${path} ${unusable(target, size)}` : `${path} was not written to.`;
  }
  const error = target.error ?? { code: 'internal', message: '' };
  if (target.state === 'refused') return `${path} ${because(error)} Nothing was written to it.`;
  const where = badPlaces(target, summary);
  const use = summary.task === 'copy' ? ` ${unusable(target, size, true)}` : '';
  return `${path} ${because(error, place(target, size))}${where}${compared(target, summary)}${use}`;
}

/** The blocks that were wrong last, by their place. */
function badPlaces(target: CliTargetResult, { source: { blockSize } }: CliSummary): string {
  const last = target.evidence?.at(-1);
  if (!last || !blockSize) return '';
  const shown = last.bad.slice(0, MAX_PLACES).map((block) => String(block * blockSize));
  const more = last.bad.length + last.more - shown.length;
  const rest = more > 0 ? ` and ${more} more` : '';
  return ` ${plural(last.bad.length + last.more, 'block')} wrong, at byte ${shown.join(', ')}${rest}.`;
}

function because({ code, message, errno }: CliErrorInfo, where = ''): string {
  const { happened, advice } = errorWords(code);
  const detail = code === 'internal' && message !== '' ? ` (${cleanText(message, 200)})` : '';
  const codes = [code, errno].filter((part) => part !== undefined).join(', ');
  return `${happened}${where}${detail} [${codes}].${advice === '' ? '' : ' ' + advice}`;
}

function place(target: CliTargetResult, size: string): string {
  const at = target.error?.offset;
  return at === undefined
    ? ` after ${formatBytes(target.bytesWritten)} of ${size}`
    : ` at ${formatBytes(at)} of ${size}`;
}

function compared(target: CliTargetResult, { targets, others }: CliSummary): string {
  const at = target.error?.offset;
  const rest = [...targets, ...others].filter((other) => other !== target && other.state !== 'refused');
  if (at === undefined || rest.length === 0) return '';
  const past = rest.filter(isGoodTarget).length;
  const same = rest.filter((other) => other.error?.offset === at).length;
  if (same > 0) return ` ${plural(same, 'other')} failed at the same place.`;
  return past > 0 ? ` ${past === 1 ? 'One other has' : `${past} others have`} it all.` : '';
}

function unusable(target: CliTargetResult, size: string, short = false): string {
  if (target.bytesWritten === 0) return 'Its old content may be damaged.';
  return short
    ? 'Its content is not usable.'
    : `was stopped after ${formatBytes(target.bytesWritten)} of ${size}; its content is not usable.`;
}

function sourceLine({ source, seconds }: CliSummary): string {
  const passes = source.size > 0 ? (source.bytesRead / source.size).toFixed(2) : '0';
  return `Read ${formatBytes(source.bytesRead)} from the source (${passes} passes) in ${formatTook(seconds)}.`;
}
