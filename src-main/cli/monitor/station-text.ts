// Stations of another machine's jobs as text: lines under the job, and what has changed. Pure.

import type { TargetState } from '@contract/groups/jobs.ts';
import type { MachineHandOut } from '@contract/groups/machines.ts';
import {
  countTargets,
  isCut,
  shownState,
  type RidingStation,
  type StationTarget,
} from '@contract/groups/stations.ts';
import { cleanText } from '../output/clean.ts';
import { formatDuration, plural } from '../output/format.ts';
import { stateWord } from '../output/words.ts';
import { targetLines } from './target-line.ts';

const errorOf = ({ error }: StationTarget): string => (error === null ? '' : cleanText(error));

function goodOf(station: RidingStation): string {
  const { good, targets } = countTargets(station);
  return `${String(good)} of ${plural(targets, 'target')} good`;
}

function linkText(station: RidingStation, handOut: MachineHandOut): string {
  const { link, silentSeconds, behind } = station;
  if (link === 'lost') return 'LOST: no sign of life for too long';
  if (link === 'done') return 'done';
  if (link === 'silent') return `SILENT for ${formatDuration(silentSeconds ?? 0)}, goes on when it is back`;
  if (isCut(station, handOut)) return 'no server, goes on when it is back';
  return behind === null ? 'live' : `live, ${plural(behind, 'block')} behind`;
}

/** What stations make of a job, in a few words beside its own targets; empty where none has joined. */
export function stationCounts({ counts, state, link }: MachineHandOut): string[] {
  return [
    counts.stations > 0
      ? `at stations ${String(counts.good)} of ${plural(counts.targets, 'target')} good`
      : '',
    counts.lost > 0 ? `${plural(counts.lost, 'station')} LOST` : '',
    state === 'open' && link === 'down' ? 'NO SERVER for stations' : '',
  ];
}

/** Each station of a job, its targets below it. */
export function stationLines(handOut: MachineHandOut, size: number): string[] {
  const hidden = handOut.counts.stations - handOut.stations.length;
  const lines = handOut.stations.flatMap((station) => {
    const targets = station.targets.map((target) => ({
      name: cleanText(target.path),
      state: shownState(target, station, handOut),
      bytes: target.bytes,
      notes: [errorOf(target)],
    }));
    const { targets: left, notGood } = station.more;
    return [
      `    station ${cleanText(station.name)}  ${linkText(station, handOut)}  ${goodOf(station)}`,
      ...targetLines(targets, size, '      '),
      ...(left > 0 ? [`      and ${plural(left, 'more target')}, ${String(notGood)} not good yet`] : []),
    ];
  });
  return hidden > 0 ? [...lines, `    and ${plural(hidden, 'more station')}`] : lines;
}

/** The state without what a cut cable makes of it: the line about the station says that for all its targets. */
function lastingState(target: StationTarget, { link }: RidingStation): TargetState {
  return shownState(target, { link: link === 'silent' ? 'live' : link }, { state: 'open', link: 'up' });
}

function newsOf(before: RidingStation | undefined, now: RidingStation): string {
  switch (now.link) {
    case 'live':
      return before ? 'is back' : 'has joined';
    case 'silent':
      return 'is SILENT';
    case 'lost':
      return 'is LOST and was dropped';
    case 'done':
      return `is done, ${goodOf(now)}`;
  }
}

/** What has changed at the stations of a job, as lines that stand alone behind `title`. */
export function stationChanges(
  title: string,
  before: MachineHandOut | null,
  after: MachineHandOut,
): string[] {
  const lines: string[] = [];
  if (after.state === 'open' && (before?.link ?? 'up') !== after.link) {
    lines.push(`${title}: the server for stations is ${after.link === 'up' ? 'back' : 'GONE; trying again'}`);
  }
  for (const station of after.stations) {
    const old = before?.stations.find(({ id }) => id === station.id);
    const name = `${title}, station ${cleanText(station.name)}`;
    if (old?.link !== station.link) lines.push(`${name} ${newsOf(old, station)}`);
    const known = new Map(old?.targets.map((target) => [target.path, lastingState(target, old)]));
    for (const target of station.targets) {
      const state = lastingState(target, station);
      if (known.get(target.path) === state) continue;
      const why = target.error === null ? '' : ` (${errorOf(target)})`;
      lines.push(`${name} -> ${cleanText(target.path)}: ${stateWord[state]}${why}`);
    }
  }
  return lines;
}
