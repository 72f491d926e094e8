/** The way to the drives of this computer: on Linux `lsblk` and /sys, which know most; elsewhere, and where there is no `lsblk`, `drivelist`. */
import { listWithDrivelist } from './drivelist.ts';
import { listWithLsblk } from './lsblk.ts';
import type { ListDrives, RawDrive } from './raw-drive.ts';
import { enrichFromSysfs, namesByPath } from './sysfs.ts';

async function listOnLinux(): Promise<RawDrive[]> {
  const [drives, names] = await Promise.all([
    listWithLsblk().catch(async (error: unknown) => {
      // It calls `lsblk` too, in ways that older versions understand.
      const other = await listWithDrivelist().catch(() => null);
      if (other === null) throw error;
      return other;
    }),
    namesByPath(),
  ]);
  return Promise.all(
    drives.map((drive) => enrichFromSysfs({ ...drive, busPath: names.get(drive.path) ?? drive.busPath })),
  );
}

async function listElsewhere(): Promise<RawDrive[]> {
  const drives = await listWithDrivelist();
  if (drives === null) throw new Error('the package "drivelist" is not installed');
  return drives;
}

/** The drives of this computer. */
export const listDrives: ListDrives = () => (process.platform === 'linux' ? listOnLinux() : listElsewhere());
