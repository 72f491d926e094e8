/** What a job remembers of a drive. */
import { basename } from 'node:path';
import type { Drive } from '@contract/groups/drives.ts';
import type { DriveCard } from '@contract/groups/jobs.ts';
import { cleanText } from '../devices/clean-text.ts';
import { feedPath } from '../stations/feed-path.ts';

/** The card of a drive in the catalogue. */
export const cardOf = (drive: Drive): DriveCard => ({
  drive: drive.id,
  kind: drive.kind,
  path: drive.path,
  identity: drive.identity,
  title: drive.title,
  labels: drive.volumes.flatMap(({ label }) => label ?? []),
  bus: drive.bus,
  port: drive.port,
});

/** The card of something that is known only by its path: it was chosen in another program, or is gone. */
export const cardOfPath = (path: string): DriveCard => {
  const isDevice = path.startsWith('/dev/');
  const isFeed = path.startsWith(feedPath(''));
  return {
    drive: null,
    kind: isDevice ? 'disk' : isFeed ? 'feed' : 'image',
    path,
    identity: { busPath: null, serial: null, wwn: null, size: 0, diskseq: null },
    title: cleanText(basename(path), 63) ?? path.slice(0, 63),
    labels: [],
    bus: isDevice || isFeed ? 'other' : 'file',
    port: null,
  };
};
