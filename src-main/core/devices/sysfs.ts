/** What the Linux kernel says about a block device in /sys: its place in the topology, its speed, its sequence number. */
import { readdir, readFile, readlink, realpath } from 'node:fs/promises';
import { basename, join, resolve } from 'node:path';
import type { RawDrive } from './raw-drive.ts';

const pciAddress = /^[0-9a-f]{4}:[0-9a-f]{2}:[0-9a-f]{2}\.[0-7]$/;
const usbDevice = /^\d+-(\d+(?:\.\d+)*)$/;
const usbInterface = /^\d+-\d+(?:\.\d+)*:(\d+\.\d+)$/;
const scsiDevice = /^\d+:(\d+:\d+:\d+)$/;

/** Where a device is plugged in. */
export interface Topology {
  /** Written as udev writes it, so that both can be compared: `pci-0000:00:14.0-usb-0:2:1.0-scsi-0:0:0:0`. */
  busPath: string | null;
  port: string | null;
  /** The folder of the USB device above it. */
  usbFolder: string | null;
}

/** Reads the topology out of a device's real path under /sys. Pure. */
export function topologyOf(sysPath: string): Topology {
  const parts = sysPath.split('/');
  const pci = parts.findLast((part) => pciAddress.test(part));
  const usbAt = parts.findLastIndex((part) => usbDevice.test(part));
  const chain = usbDevice.exec(parts[usbAt] ?? '')?.[1];
  const usbPart = parts.map((part) => usbInterface.exec(part)?.[1]).findLast(Boolean);
  const scsi = parts.map((part) => scsiDevice.exec(part)?.[1]).findLast(Boolean);
  const ata = parts.find((part) => /^ata\d+$/.test(part));
  const nvme = parts.find((part) => /^nvme\d+n\d+$/.test(part));
  if (!pci) return { busPath: null, port: null, usbFolder: null };
  const words = [`pci-${pci}`];
  if (chain) words.push(`usb-0:${chain}:${usbPart ?? '1.0'}`);
  else if (ata) words.push(ata.replace('ata', 'ata-'));
  else if (nvme) words.push(`nvme-${nvme.replace(/^nvme\d+n/, '')}`);
  if (scsi && !ata) words.push(`scsi-0:${scsi}`);
  return {
    busPath: words.join('-'),
    port: chain ? `${pci}/${chain}` : null,
    usbFolder: chain ? parts.slice(0, usbAt + 1).join('/') : null,
  };
}

async function readText(...path: string[]): Promise<string | null> {
  try {
    return (await readFile(join(...path), 'utf8')).trim() || null;
  } catch {
    return null;
  }
}

async function readNumber(...path: string[]): Promise<number | null> {
  const text = await readText(...path);
  const value = text === null ? Number.NaN : Number(text);
  return Number.isFinite(value) && value >= 0 ? value : null;
}

/** udev's names for the sockets of whole drives, by device path; it knows busses that `topologyOf` does not. Empty without udev. */
export async function namesByPath(folder = '/dev/disk/by-path'): Promise<Map<string, string>> {
  const names = (await readdir(folder).catch(() => [])).filter((name) => !/-part\d+$/.test(name));
  const targets = await Promise.all(names.map((name) => readlink(join(folder, name)).catch(() => null)));
  return new Map(
    names.flatMap((name, index) => {
      const target = targets[index] ?? null;
      return target === null ? [] : [[resolve(folder, target), name]];
    }),
  );
}

/** The drive with what /sys adds to it. What /sys does not know stays as it is. */
export async function enrichFromSysfs(drive: RawDrive, sysRoot = '/sys'): Promise<RawDrive> {
  const folder = join(sysRoot, 'block', basename(drive.path));
  const [real, diskseq] = await Promise.all([
    realpath(folder).catch(() => null),
    readNumber(folder, 'diskseq'),
  ]);
  if (real === null) return drive;
  const { busPath, port, usbFolder } = topologyOf(real);
  const [usbSpeed, usbSerial, vendor, model] = await Promise.all([
    usbFolder ? readNumber(usbFolder, 'speed') : null,
    usbFolder ? readText(usbFolder, 'serial') : null,
    readText(folder, 'device', 'vendor'),
    readText(folder, 'device', 'model'),
  ]);
  return {
    ...drive,
    diskseq,
    busPath: busPath ?? drive.busPath,
    port,
    usbSpeed,
    serial: drive.serial ?? usbSerial,
    vendor: drive.vendor ?? vendor,
    model: drive.model ?? model,
  };
}
