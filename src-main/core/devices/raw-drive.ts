/** A drive as the operating system tells it, before anything is made of it. Text is not cleaned yet. */
import type { Drive } from '@contract/groups/drives.ts';

export interface RawVolume {
  label: string | null;
  fileSystem: string | null;
  size: number;
  usedBytes: number | null;
  mountPoints: string[];
}

export interface RawDrive {
  path: string;
  size: number;
  sectorSize: number;
  vendor: string | null;
  model: string | null;
  serial: string | null;
  wwn: string | null;
  busPath: string | null;
  port: string | null;
  usbSpeed: number | null;
  diskseq: number | null;
  bus: Drive['bus'];
  removable: boolean;
  readOnly: boolean;
  /** The kind of partition table; null where the system does not say. */
  table: Drive['table'];
  volumes: RawVolume[];
}

/** Whatever lists the drives of this computer. */
export type ListDrives = () => Promise<RawDrive[]>;
