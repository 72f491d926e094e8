// A probe in words. Pure.

import type { ProbeEvent, ProbeVerdict } from '../../core/helper/probe-messages.ts';
import { cleanText } from './clean.ts';
import { formatBytes, formatRate, formatTook, percentOf } from './format.ts';
import { errorWords } from './words.ts';

const phaseWord: Readonly<Record<Extract<ProbeEvent, { event: 'progress' }>['phase'], string>> = {
  saving: 'Saving what is there',
  writing: 'Writing',
  reading: 'Reading back',
  narrowing: 'Looking for the border',
  restoring: 'Putting back what was there',
  clearing: 'Clearing both ends',
};

/** One line about where it is. */
export function probeLine(event: ProbeEvent): string {
  if (event.event === 'stalled') return `No answer for ${Math.round(event.seconds)} s`;
  const { phase, bytes, of, bytesPerSecond } = event;
  const share = of > 0 ? `  ${percentOf(bytes, of, false)} %` : '';
  return `${phaseWord[phase]}${share}${bytesPerSecond > 0 ? `  ${formatRate(bytesPerSecond)}` : ''}`;
}

/** The verdict, what it rests on, and how the drive is left. */
export function renderVerdict(v: ProbeVerdict): string[] {
  const lines = [`${headline(v)}  (${formatTook(v.t)})`];
  if (v.outcome === 'complete') {
    const tested = `Tested ${formatBytes(v.testedBytes)} of ${formatBytes(v.announcedBytes)}`;
    const speeds = `wrote ${formatRate(v.writeRate)}, read ${formatRate(v.readRate)}`;
    lines.push(`${tested}; ${speeds}.`, ...badLines(v), ...doubtLines(v));
  }
  lines.push(leftWord[v.left]);
  return lines;
}

const leftWord: Readonly<Record<ProbeVerdict['left'], string>> = {
  'as-before': 'What was on it is as before.',
  blank: 'It is left blank: what was on it is lost.',
  changed: 'What was on it was changed and could not all be put back: do not rely on it.',
};

function headline(v: ProbeVerdict): string {
  const path = cleanText(v.target);
  const real = `${formatBytes(v.realBytes ?? 0)} of ${formatBytes(v.announcedBytes)}`;
  switch (v.verdict) {
    case 'genuine':
      return `${path}: GENUINE: ${v.full ? 'every byte was kept' : 'nothing wrong was found'}.`;
    case 'fake-wraps':
      return `${path}: FAKE: ${real} are real; what is written beyond lands on what was written before.`;
    case 'fake-drops':
      return `${path}: FAKE: ${real} are real; what is written beyond is lost.`;
    case 'damaged':
      return `${path}: DAMAGED: good up to byte ${v.firstBad ?? 0}, bad places from there on.`;
    case 'unstable':
      return `${path}: UNSTABLE: the same place read differently twice, first at byte ${v.firstBad ?? 0}.`;
    case null:
      return v.error
        ? `${path} ${errorWords(v.error.code).happened}: no verdict.`
        : `${path}: stopped, no verdict.`;
  }
}

function badLines(v: ProbeVerdict): string[] {
  if (v.badBytes === 0) return [];
  const shown = v.bad.slice(0, 5).map(({ offset, length }) => `  ${length} bytes at ${offset}`);
  const more = v.bad.length - shown.length + v.badMore;
  return [
    `Bad: ${formatBytes(v.badBytes)} of what was tested:`,
    ...shown,
    ...(more > 0 ? [`  and ${more} more places`] : []),
  ];
}

/** What this probe could not see. */
function doubtLines({ ok, doubt }: ProbeVerdict): string[] {
  if (!ok) return [];
  const cache = `assumed: the stick itself caches less than ${formatBytes(doubt.cache)}`;
  if (doubt.places === 0) return [`Every byte was tested; ${cache}.`];
  return [
    `Not ruled out: bad places that make up less than ${doubt.missedPercent.toFixed(1)} % of it (95 % confidence), or lie in`,
    `a stretch of at most ${formatBytes(doubt.widestGap)}; ${cache}. "--full" tests every byte.`,
  ];
}
