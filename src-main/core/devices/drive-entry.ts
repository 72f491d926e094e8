/** Makes a drive of the catalogue from what the system and the engine say about it. Pure. */
import { basename } from 'node:path';
import type { DriveId, JobId } from '@contract/groups/common.ts';
import type { Drive, DriveIdentity, Volume } from '@contract/groups/drives.ts';
import { cleanText } from './clean-text.ts';
import type { SeenContents } from './contents-book.ts';
import { judgeSource, judgeTarget, type EngineVerdict, type Facts, type Policy } from './device-rules.ts';
import type { RawDrive } from './raw-drive.ts';

/** A drive that was found, with its key, before it is judged. */
export interface FoundDrive {
  id: DriveId;
  kind: Drive['kind'];
  use: Facts['use'];
  raw: RawDrive;
  /** Set for files; disks are called by vendor and model. */
  title: string | null;
  exists: boolean;
  blank: boolean;
}

/** What the engine said, or why it could not be asked. */
export type EngineAnswer = { verdict: EngineVerdict } | { problem: 'helper-missing' | 'helper-failed' };

const maxMountLength = 1024;

/** What tells the drive from others; text cleaned, so that it can be shown and compared as it is. */
export function identityOf(raw: RawDrive): DriveIdentity {
  return {
    busPath: raw.busPath?.slice(0, 256) ?? null,
    serial: cleanText(raw.serial),
    wwn: cleanText(raw.wwn),
    size: raw.size,
    diskseq: raw.diskseq,
  };
}

const volumeOf = (raw: RawDrive['volumes'][number]): Volume => ({
  label: cleanText(raw.label),
  fileSystem: cleanText(raw.fileSystem, 32),
  size: raw.size,
  usedBytes: raw.usedBytes,
  mountPoints: raw.mountPoints.slice(0, 32).flatMap((path) => cleanText(path, maxMountLength) ?? []),
});

function titleOf(vendor: string | null, model: string | null, path: string): string {
  if (vendor && model)
    return model.toLowerCase().startsWith(vendor.toLowerCase()) ? model : `${vendor} ${model}`;
  return model ?? vendor ?? basename(path);
}

/** The sum of what is known; null when nothing is. */
function usedOf(volumes: readonly Volume[]): number | null {
  const known = volumes.flatMap(({ usedBytes }) => usedBytes ?? []);
  return known.length > 0 ? known.reduce((sum, bytes) => sum + bytes, 0) : null;
}

/** One entry of the catalogue. */
export function driveEntry(
  found: FoundDrive,
  engine: EngineAnswer,
  policy: Policy,
  use: { job: JobId | null; probed: boolean; bay: string | null; seen: SeenContents | null },
): Drive {
  const { raw } = found;
  const identity = identityOf(raw);
  // PCI numbers in the place of a name (`0x1af4`) say nothing to anybody.
  const vendor = /^0x[0-9a-f]{4}$/.test(raw.vendor ?? '') ? null : cleanText(raw.vendor, 32);
  const model = cleanText(raw.model, 48);
  const volumes = raw.volumes.slice(0, 128).map(volumeOf);
  const facts: Facts = {
    kind: found.kind,
    use: found.use,
    size: raw.size,
    readOnly: raw.readOnly,
    removable: raw.removable,
    serial: identity.serial,
    fileSystems: volumes.map(({ fileSystem }) => fileSystem),
    blank: found.blank,
    engine: 'verdict' in engine ? engine.verdict : null,
    engineProblem: 'problem' in engine ? engine.problem : null,
    probed: use.probed,
  };
  return {
    id: found.id,
    kind: found.kind,
    path: raw.path,
    identity,
    vendor,
    model,
    title: cleanText(found.title ?? titleOf(vendor, model, raw.path), 63) ?? found.id,
    size: raw.size,
    sectorSize: raw.sectorSize,
    bus: raw.bus,
    usbSpeed: raw.usbSpeed,
    port: raw.port?.slice(0, 64) ?? null,
    bay: use.bay,
    removable: raw.removable,
    readOnly: raw.readOnly,
    volumes,
    usedBytes: usedOf(volumes) ?? use.seen?.usedBytes ?? null,
    table: use.seen?.table ?? raw.table,
    newest: use.seen?.newest ?? null,
    exists: found.exists,
    asSource: judgeSource(facts, policy),
    asTarget: judgeTarget(facts, policy),
    job: use.job,
  };
}
