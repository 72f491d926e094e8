/** Drives: the catalogue of what may be a source or a target. */
import { z } from '../zod.ts';
import {
  byteCount,
  driveIdSchema,
  filePath,
  foreignText,
  jobIdSchema,
  nothing,
  reasonsSchema,
  type CallDefinition,
} from './common.ts';

/** What tells one drive from all others, whatever its name in /dev is at the moment. */
export const driveIdentitySchema = z.strictObject({
  /** Where it is plugged in, as a topology path: `pci-0000:00:14.0-usb-0:2:1.0-scsi-0:0:0:0`. */
  busPath: z.string().max(256).nullable(),
  serial: foreignText.nullable(),
  wwn: foreignText.nullable(),
  size: byteCount,
  /** The kernel's number for this plugging-in: a drive pulled and put back has a new one. */
  diskseq: z.number().int().nonnegative().nullable(),
});
export type DriveIdentity = z.infer<typeof driveIdentitySchema>;

export const tableSchema = z.enum(['none', 'mbr', 'gpt']);

/** Something on a drive that would be lost. */
export const volumeSchema = z.strictObject({
  label: foreignText.nullable(),
  fileSystem: z.string().max(64).nullable(),
  size: byteCount,
  usedBytes: byteCount.nullable(),
  mountPoints: z.array(z.string().max(4096)).max(32),
});
export type Volume = z.infer<typeof volumeSchema>;

export const sourceVerdictSchema = z.strictObject({ ok: z.boolean(), reasons: reasonsSchema });
/** `level`: 0 nothing to approve, 1 one sheet for a batch, 2 typed serial number, 3 refused. */
export const targetVerdictSchema = z.strictObject({
  ok: z.boolean(),
  level: z.int().min(0).max(3),
  reasons: reasonsSchema,
});
export type SourceVerdict = z.infer<typeof sourceVerdictSchema>;
export type TargetVerdict = z.infer<typeof targetVerdictSchema>;

/** `disk` is a block device, `practice` a file that stands for one, `image` an ordinary file, `feed` another computer's source. */
export const driveKindSchema = z.enum(['disk', 'practice', 'image', 'feed']);
export const busSchema = z.enum(['usb', 'sata', 'nvme', 'mmc', 'scsi', 'loop', 'file', 'other']);

/** One drive of the catalogue. */
export const driveSchema = z.strictObject({
  id: driveIdSchema,
  kind: driveKindSchema,
  /** Where it is now (`/dev/sdb`, `/home/me/master.img`): for showing, never for choosing. */
  path: filePath,
  identity: driveIdentitySchema,
  vendor: foreignText.nullable(),
  model: foreignText.nullable(),
  /** What to call it: vendor and model, or the file's name. */
  title: foreignText,
  size: byteCount,
  sectorSize: z.number().int().positive(),
  bus: busSchema,
  /** Link speed in Mbit/s (480, 5000 ...), where known. */
  usbSpeed: z.number().nonnegative().nullable(),
  /**
   * The socket, by topology: controller and chain of ports (`0000:00:14.0/4.2`). Stable across restarts, so bays are
   * named by it; for people the part after the slash is enough.
   */
  port: z.string().max(64).nullable(),
  /** The name that this socket was taught. */
  bay: z.string().max(24).nullable(),
  removable: z.boolean(),
  readOnly: z.boolean(),
  volumes: z.array(volumeSchema).max(128),
  /** Sum over the volumes where known; null when nothing is known. */
  usedBytes: byteCount.nullable(),
  /** The kind of partition table; null where nobody could look. */
  table: tableSchema.nullable().default(null),
  /** Milliseconds since 1970: the newest date that was seen on it; there may be newer ones deeper inside. Null where nobody could look, or no file system says. */
  newest: z.number().nonnegative().nullable().default(null),
  /** For an image file: false while it is still to be created. */
  exists: z.boolean(),
  asSource: sourceVerdictSchema,
  asTarget: targetVerdictSchema,
  /** The job that uses it now. */
  job: jobIdSchema.nullable(),
});
export type Drive = z.infer<typeof driveSchema>;

export const driveCalls = {
  /** Looks again now, without waiting for an event. */
  'drives.rescan': { role: 'operator', remote: 'operate', input: nothing, output: nothing },
  /**
   * Takes the file systems on a drive out of use, as this user; refused when more than its mounts keeps it from being a target.
   * `typed`: as in an approval, for a drive whose erasing asks for it.
   */
  'drives.unmount': {
    role: 'operator',
    remote: 'approve',
    input: z.strictObject({ drive: driveIdSchema, typed: z.string().max(64).optional() }),
    output: nothing,
    patient: true,
  },
  /**
   * Switches a drive off, as this user: when this is answered it can be pulled out. A practice drive is taken off the list until
   * somebody looks again. Refused (`eject-mounted`) while something of it is mounted, unless that is to be unmounted too.
   */
  'drives.eject': {
    role: 'operator',
    remote: 'approve',
    input: z.strictObject({ drive: driveIdSchema, unmount: z.boolean() }),
    output: nothing,
    patient: true,
  },
  /** Makes its light blink, by reading, for some seconds; answered when that is over. A person may be asked for the right to read it. */
  'drives.identify': {
    role: 'operator',
    remote: 'operate',
    input: z.strictObject({ drive: driveIdSchema }),
    output: z.strictObject({
      /** Somebody ended it. */
      stopped: z.boolean(),
    }),
    patient: true,
  },
  /** Ends that. */
  'drives.stopIdentify': {
    role: 'operator',
    remote: 'operate',
    input: z.strictObject({ drive: driveIdSchema }),
    output: nothing,
  },
  /** Makes practice drives: files that the app treats as drives. */
  'drives.addPractice': {
    role: 'operator',
    input: z.strictObject({
      count: z.int().min(1).max(64),
      size: z
        .int()
        .min(65536)
        .max(2 ** 40),
    }),
    output: z.strictObject({ drives: z.array(driveIdSchema) }),
  },
  /** Pulls a practice drive out, or puts it in again: the file stays. Refused while a job uses it. */
  'drives.plugPractice': {
    role: 'operator',
    input: z.strictObject({ drive: driveIdSchema, plugged: z.boolean() }),
    output: nothing,
  },
  /** Deletes all practice drives, and the folder if nothing else is in it. Refused while a job uses one. */
  'drives.removePractice': { role: 'operator', input: nothing, output: nothing },
  /** Puts an image file in the catalogue, to be used as a source. */
  'drives.addImage': {
    role: 'operator',
    input: z.strictObject({ path: filePath }),
    output: z.strictObject({ drive: driveIdSchema }),
  },
  /** What of a source cannot be read by a map of GNU ddrescue: at most as many ranges as a copy takes, of so many places. */
  'drives.readMap': {
    role: 'operator',
    input: z.strictObject({ drive: driveIdSchema, path: filePath }),
    output: z.strictObject({
      ranges: z.array(z.strictObject({ offset: byteCount, length: byteCount })).max(1000),
      places: z.int().nonnegative(),
      bytes: byteCount,
    }),
  },
  /** Puts a file that is to be written in the catalogue ("save as image"). It is created when its copy starts. */
  'drives.addImageTarget': {
    role: 'operator',
    input: z.strictObject({ path: filePath, overwrite: z.boolean() }),
    output: z.strictObject({ drive: driveIdSchema }),
  },
  /** Takes an image out of the catalogue. The file stays. */
  'drives.forgetImage': {
    role: 'operator',
    input: z.strictObject({ drive: driveIdSchema }),
    output: nothing,
  },
} as const satisfies Record<string, CallDefinition>;
