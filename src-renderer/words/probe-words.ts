/** A test of capacity in words: the verdict plainly, with its numbers, and what it could not see. Pure. */
import type { Probe, ProbeResult } from '@contract/groups/probes.ts';
import type { Text } from '../i18n/text.ts';
import type { GlyphName } from '../ui/state-glyphs.ts';

const phaseKeys = {
  saving: 'probe.saving',
  writing: 'probe.writing',
  reading: 'probe.reading',
  narrowing: 'probe.narrowing',
  restoring: 'probe.restoring',
  clearing: 'probe.clearing',
} as const;

/** What a running probe does just now. */
export const phaseWords = ({ t }: Text, phase: Probe['phase']): string =>
  t(phase === null ? 'probe.starting' : phaseKeys[phase]);

/** The sign of a verdict. Only a full test has looked at everything. */
export function probeLook({ full, result }: Pick<Probe, 'full' | 'result'>): GlyphName {
  if (!result) return 'verify';
  if (result.verdict === 'genuine') return full ? 'verified' : 'sampled';
  return result.verdict === null && result.outcome === 'cancelled' ? 'stopped' : 'failed';
}

/** The verdict in one sentence. */
export function verdictWords({ t, f }: Text, full: boolean, result: ProbeResult): string {
  const named = { real: f.bytes(result.realBytes ?? 0), announced: f.bytes(result.announcedBytes) };
  const first = f.bytes(result.firstBad ?? 0);
  switch (result.verdict) {
    case 'genuine':
      return t(full ? 'probe.genuineFull' : 'probe.genuineQuick');
    case 'fake-wraps':
      return t('probe.fakeWraps', named);
    case 'fake-drops':
      return t('probe.fakeDrops', named);
    case 'damaged':
      return t('probe.damaged', { first });
    case 'unstable':
      return t('probe.unstable', { first });
    case null:
      return t(result.outcome === 'cancelled' ? 'probe.stopped' : 'probe.failed');
  }
}

const leftKeys = {
  'as-before': 'probe.leftAsBefore',
  blank: 'probe.leftBlank',
  changed: 'probe.leftChanged',
} as const;

/** What the verdict rests on, what it cannot rule out, and how the drive is left. */
export function probeFacts({ t, f }: Text, result: ProbeResult): string[] {
  const { doubt } = result;
  const tested = t('probe.tested', {
    tested: f.bytes(result.testedBytes),
    announced: f.bytes(result.announcedBytes),
    write: f.rate(result.writeRate),
    read: f.rate(result.readRate),
  });
  const cache = f.bytes(doubt.cache);
  const percent = `${f.number(Math.round(doubt.missedPercent * 10) / 10)} %`;
  const notSeen =
    doubt.places === 0
      ? t('probe.doubtFull', { cache })
      : t('probe.doubtPlaces', { percent, gap: f.bytes(doubt.widestGap), cache });
  return [
    ...(result.outcome === 'complete' ? [tested] : []),
    ...(result.badBytes > 0 ? [t('probe.bad', { size: f.bytes(result.badBytes) })] : []),
    ...(result.verdict === 'genuine' ? [notSeen] : []),
    ...(result.outcome === 'refused' ? [] : [t(leftKeys[result.left])]),
  ];
}
