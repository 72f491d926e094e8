/** Stations in words. Pure: words and numbers come in. */
import type { Job } from '@contract/groups/jobs.ts';
import type { HandOut, RidingStation, StationProblem, StationTarget } from '@contract/groups/stations.ts';
import type { Text } from '../i18n/text.ts';
import { calmSeconds } from '../model/progress.ts';
import { stationLook, stationPercent } from '../model/station-look.ts';
import { shownPath } from './path-words.ts';

/** A problem in words; what the system said of it stands beside it where that is shown. */
export function problemWords({ t, has }: Text, code: string): string {
  const key = `stationProblem.${code}`;
  return has(key) ? t(key) : code;
}

/** True where nothing has to be done: the copy goes on all the same. */
export const isMild = ({ code }: StationProblem): boolean =>
  code === 'not-encrypted' || code === 'clock-skew';

/** Is it there, and how far behind? */
export function stationStatus(text: Text, station: RidingStation, blockCount: number | null): string {
  const { t, tn, f } = text;
  const { link, silentSeconds, behind, lacks } = station;
  const words = [
    link === 'silent'
      ? t('stations.silent', { time: f.duration(calmSeconds(silentSeconds ?? 0)) })
      : t(`stations.${link}`),
  ];
  if (behind !== null) words.push(tn('stations.behind', behind));
  if (lacks !== null && blockCount !== null)
    words.push(
      lacks === 0
        ? t('stations.whole')
        : t('stations.lacks', { n: f.number(lacks), of: f.number(blockCount) }),
    );
  return words.join(' · ');
}

/** Its targets beyond those that are listed; empty where there are none. */
export function moreTargets({ tn, f }: Text, { more }: Pick<RidingStation, 'more'>): string {
  return more.targets > 0 ? tn('stations.moreTargets', more.targets, { bad: f.number(more.notGood) }) : '';
}

/** What stands under a target of a station. */
export function stationTargetNote({ t, has }: Text, { error }: StationTarget): string {
  if (error === null) return '';
  const key = `short.${error}`;
  return has(key) ? t(key) : error;
}

/** The name of a cell: a sentence. */
export function stationTargetSentence(
  text: Text,
  target: StationTarget,
  station: RidingStation,
  handOut: Pick<HandOut, 'state' | 'link'>,
  source: Pick<Job['source'], 'size' | 'unreadableBytes'>,
): string {
  const { t, f } = text;
  const look = stationLook(target, station, handOut, source);
  const busy = ['copy', 'aside', 'verify'].includes(look);
  return [
    t('stations.station', { name: station.name }),
    shownPath(target.path),
    t(`spoken.${look}`),
    busy ? t('spoken.percent', { n: f.number(stationPercent(target, source.size)) }) : '',
    stationTargetNote(text, target),
  ]
    .filter((part) => part !== '')
    .join(', ');
}
