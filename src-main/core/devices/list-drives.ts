/** Puts the ways to the drives together: `drivelist` everywhere, and on Linux `lsblk` and /sys, which know more. */
import { listWithDrivelist } from './drivelist.ts';
import { listWithLsblk } from './lsblk.ts';
import type { ListDrives, RawDrive } from './raw-drive.ts';
import { enrichFromSysfs } from './sysfs.ts';

/** The detailed list, and what only the other list has; a path they share takes what the detailed one leaves open. */
export function mergeLists(detailed: readonly RawDrive[], other: readonly RawDrive[]): RawDrive[] {
  const byPath = new Map(other.map((drive) => [drive.path, drive]));
  const merged = detailed.map((drive) => {
    const same = byPath.get(drive.path);
    byPath.delete(drive.path);
    if (!same) return drive;
    return {
      ...drive,
      model: drive.model ?? (drive.vendor ? null : same.model),
      busPath: drive.busPath ?? same.busPath,
      bus: drive.bus === 'other' ? same.bus : drive.bus,
    };
  });
  return [...merged, ...byPath.values()];
}

async function listOnLinux(): Promise<RawDrive[]> {
  const [detailed, other] = await Promise.allSettled([listWithLsblk(), listWithDrivelist()]);
  const fallback = other.status === 'fulfilled' ? other.value : null;
  if (detailed.status === 'rejected' && fallback === null) throw detailed.reason as Error;
  const all = mergeLists(detailed.status === 'fulfilled' ? detailed.value : [], fallback ?? []);
  return Promise.all(all.map((drive) => enrichFromSysfs(drive)));
}

async function listElsewhere(): Promise<RawDrive[]> {
  const drives = await listWithDrivelist();
  if (drives === null) throw new Error('the package "drivelist" is not installed');
  return drives;
}

/** The drives of this computer. */
export const listDrives: ListDrives = () => (process.platform === 'linux' ? listOnLinux() : listElsewhere());
