/** How drives are called. Pure: words come in. */
import type { Drive, DriveIdentity, Volume } from '@contract/groups/drives.ts';
import type { DriveCard } from '@contract/groups/jobs.ts';
import type { Text } from '../i18n/text.ts';

/** The last four of a serial number, as printed on stickers; null without one. */
export function serialTail(identity: Pick<DriveIdentity, 'serial'>): string | null {
  const letters = identity.serial?.replace(/[^\p{L}\p{N}]/gu, '') ?? '';
  return letters === '' ? null : letters.slice(-4);
}

/** `…A41C`, left to right in every language. */
const shortSerial = (tail: string): string => `\u2066…${tail}\u2069`;

/** The part of a topology path that people can match with sockets: `0000:00:14.0/4.2` is `4.2`. */
export const portTail = (port: string | null): string | null => port?.split('/').at(-1) ?? null;

/** `Bay A3`, or `Port 4.2` where it was not taught; null where the port is not known. */
function portWords({ t }: Pick<Text, 't'>, { bay, port }: Pick<Drive, 'bay' | 'port'>): string | null {
  if (bay !== null) return t('place.bay', { name: bay });
  const tail = portTail(port);
  return tail === null ? null : t('spoken.port', { name: tail });
}

/** `32 GB · …A41C · USB 5 Gbit/s` */
export function driveFacts({ f, t }: Text, drive: Drive): string {
  const tail = serialTail(drive.identity);
  return dotted([
    drive.exists ? f.bytes(drive.size) : t('drive.newFile'),
    tail === null ? null : shortSerial(tail),
    portWords({ t }, drive),
    drive.kind === 'image' ? t('drive.image') : drive.kind === 'feed' ? t('drive.feed') : null,
  ]);
}

/** `32 GB · …A41C` */
export function cardFacts({ f }: Text, card: DriveCard, size: number | null): string {
  const tail = serialTail(card.identity);
  const bytes = card.identity.size || size;
  return dotted([bytes ? f.bytes(bytes) : null, tail === null ? null : shortSerial(tail)]);
}

/** Parts that may be in different scripts, so that none is torn by the direction of another. */
export const dotted = (parts: readonly (string | null)[]): string =>
  parts.flatMap((part) => (part === null || part === '' ? [] : [`\u2068${part}\u2069`])).join(' · ');

/** A label in quotes: it is what a stranger wrote, so its direction stays its own. */
export const quoted = (label: string): string => `“\u2068${label}\u2069”`;

/** The labels of volumes, quoted. */
export const labelsOf = (volumes: readonly Pick<Volume, 'label'>[]): string[] =>
  volumes.flatMap(({ label }) => (label === null || label === '' ? [] : [quoted(label)]));

const tableWords = {
  none: 'drive.noTable',
  mbr: 'drive.mbr',
  gpt: 'drive.gpt',
} as const satisfies Record<NonNullable<Drive['table']>, string>;

/** How it is laid out: `GPT · vfat · ntfs`; empty where nobody could look. */
export function layoutWords({ t }: Pick<Text, 't'>, drive: Pick<Drive, 'table' | 'volumes'>): string {
  const systems = new Set(drive.volumes.flatMap(({ fileSystem }) => fileSystem ?? []));
  return dotted([drive.table && t(tableWords[drive.table]), ...systems]);
}

/** One sentence for a drive, for those who do not see it. */
export function driveSentence(text: Text, drive: Drive, reason: string | null, marked: boolean): string {
  const { t, f } = text;
  const tail = serialTail(drive.identity);
  const labels = labelsOf(drive.volumes);
  return [
    drive.kind === 'practice' ? t('drive.practice') : null,
    drive.title,
    drive.exists ? f.bytes(drive.size) : t('drive.newFile'),
    portWords(text, drive),
    tail === null ? null : t('drive.tail', { tail: [...tail].join(' ') }),
    labels.length > 0 ? f.list(labels) : null,
    drive.usedBytes ? t('tray.used', { size: f.bytes(drive.usedBytes) }) : null,
    drive.newest === null ? null : t('consent.newest', { date: f.day(drive.newest) }),
    reason ?? t('spoken.ready'),
    marked ? t('tray.isMarked') : null,
  ]
    .filter((part) => part !== null)
    .join(', ');
}
