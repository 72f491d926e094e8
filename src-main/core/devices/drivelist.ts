/** The `drivelist` package: the way to the drives on macOS and Windows. It may be missing; on Linux nothing is lost then. */
import type { Drive } from '@contract/groups/drives.ts';
import { z } from '@contract/zod.ts';
import type { RawDrive } from './raw-drive.ts';

const driveSchema = z.object({
  device: z.string().min(1),
  devicePath: z.string().nullish(),
  description: z.string().nullish(),
  busType: z.string().nullish(),
  size: z.number().nonnegative().nullish(),
  logicalBlockSize: z.number().positive().nullish(),
  isReadOnly: z.boolean().nullish(),
  isRemovable: z.boolean().nullish(),
  isUSB: z.boolean().nullish(),
  isCard: z.boolean().nullish(),
  isVirtual: z.boolean().nullish(),
  mountpoints: z.array(z.object({ path: z.string(), label: z.string().nullish() })).nullish(),
});
type Listed = z.infer<typeof driveSchema>;

/** A whole disk as `drivelist` describes it. */
const busses: Readonly<Record<string, Drive['bus']>> = {
  USB: 'usb',
  SATA: 'sata',
  ATA: 'sata',
  NVME: 'nvme',
  SD: 'mmc',
  MMC: 'mmc',
  SCSI: 'scsi',
  SAS: 'scsi',
};

function driveOf(listed: Listed): RawDrive {
  const size = listed.size ?? 0;
  return {
    path: listed.device,
    size,
    sectorSize: listed.logicalBlockSize ?? 512,
    vendor: null,
    model: listed.description ?? null,
    serial: null,
    wwn: null,
    // Only Linux gives a topology path here; elsewhere it is another name of the device.
    busPath: listed.devicePath?.startsWith('/dev/disk/by-path/') ? listed.devicePath.slice(18) : null,
    port: null,
    usbSpeed: null,
    diskseq: null,
    bus: listed.isUSB
      ? 'usb'
      : listed.isCard
        ? 'mmc'
        : (busses[listed.busType?.toUpperCase() ?? ''] ?? 'other'),
    removable: listed.isRemovable ?? false,
    readOnly: listed.isReadOnly ?? false,
    table: null,
    volumes: (listed.mountpoints ?? []).map(({ path, label }) => ({
      label: label ?? null,
      fileSystem: null,
      size,
      usedBytes: null,
      mountPoints: [path],
    })),
  };
}

/** What `drivelist` gave, as drives. What makes no sense is left out. */
export function parseDrivelist(list: unknown): RawDrive[] {
  return z
    .array(z.unknown())
    .parse(list)
    .flatMap((entry) => {
      const drive = driveSchema.safeParse(entry);
      return drive.success && drive.data.size && !drive.data.isVirtual ? [driveOf(drive.data)] : [];
    });
}

const moduleSchema = z.object({
  list: z.custom<() => Promise<unknown>>((value) => typeof value === 'function'),
});

/** Null where the package is not installed. */
export async function listWithDrivelist(): Promise<RawDrive[] | null> {
  const name = 'drivelist'; // not a literal in the import: the compiler must not ask for an optional package
  let loaded: { default?: unknown };
  try {
    loaded = (await import(/* @vite-ignore */ name)) as { default?: unknown };
  } catch {
    return null;
  }
  const { list } = moduleSchema.parse(loaded.default ?? loaded);
  return parseDrivelist(await list());
}
