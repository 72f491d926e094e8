/** Reads what `lsblk -J -b` prints. The parser is pure; older versions print numbers and booleans as text. */
import { execFile } from 'node:child_process';
import { basename } from 'node:path';
import { promisify } from 'node:util';
import type { Drive } from '@contract/groups/drives.ts';
import { z } from '@contract/zod.ts';
import type { RawDrive, RawVolume } from './raw-drive.ts';

const text = z.string().nullish().catch(null);
const number = z
  .union([z.number(), z.string().regex(/^\d+$/).transform(Number)])
  .nullish()
  .catch(null);
const flag = z
  .union([z.boolean(), z.enum(['0', '1']).transform((value) => value === '1')])
  .nullish()
  .catch(null);

const nodeSchema = z.object({
  path: z.string().startsWith('/'),
  type: text,
  size: number,
  'log-sec': number,
  vendor: text,
  model: text,
  serial: text,
  wwn: text,
  tran: text,
  subsystems: text,
  rm: flag,
  ro: flag,
  hotplug: flag,
  label: text,
  pttype: text,
  fstype: text,
  fsused: number,
  mountpoint: text,
  mountpoints: z.array(text).nullish().catch(null),
  get children() {
    return z.array(nodeSchema).optional();
  },
});
type Node = z.infer<typeof nodeSchema>;

const outputSchema = z.object({ blockdevices: z.array(z.unknown()) });

/** Longer than this and something under `lsblk` hangs; the old list is better than none. */
const timeoutMs = 5000;
const notDrives = /^(zram|ram|fd|sr|dm-|md|nbd|mtdblock)|boot\d$/;

/** `CAROUSEL_SHOW_LOOP=1` shows loop devices as drives, for development. */
const mayShowLoop = (env: NodeJS.ProcessEnv): boolean => env['CAROUSEL_SHOW_LOOP'] === '1';

function busOf(node: Node): Drive['bus'] {
  const name = basename(node.path);
  if (node.tran === 'usb') return 'usb';
  if (node.tran === 'nvme' || name.startsWith('nvme')) return 'nvme';
  if (node.tran === 'sata' || node.tran === 'ata') return 'sata';
  if (name.startsWith('mmcblk')) return 'mmc';
  if (name.startsWith('loop')) return 'loop';
  return node.subsystems?.includes('scsi') ? 'scsi' : 'other';
}

/** Its names of what we have a word for; of a drive without a table it says nothing, as of one that it has not read. */
const tables = new Map<string, Drive['table']>([
  ['dos', 'mbr'],
  ['gpt', 'gpt'],
]);

function volumesOf(node: Node): RawVolume[] {
  const mountPoints = [...(node.mountpoints ?? []), node.mountpoint].filter(
    (path) => typeof path === 'string',
  );
  const holdsSomething = mountPoints.length > 0 || Boolean(node.label) || Boolean(node.fstype);
  const isPart = node.type === 'part' && !node.children?.length;
  const own: RawVolume = {
    label: node.label ?? null,
    fileSystem: node.fstype ?? null,
    size: node.size ?? 0,
    usedBytes: node.fsused ?? null,
    mountPoints: [...new Set(mountPoints)],
  };
  return [...(holdsSomething || isPart ? [own] : []), ...(node.children ?? []).flatMap(volumesOf)];
}

function isDrive(node: Node, showLoop: boolean): boolean {
  if (notDrives.test(basename(node.path)) || !node.size) return false;
  if (node.type === 'loop') return showLoop || node.tran === 'usb';
  return node.type === 'disk';
}

function driveOf(node: Node): RawDrive {
  return {
    path: node.path,
    size: node.size ?? 0,
    sectorSize: node['log-sec'] ?? 512,
    vendor: node.vendor ?? null,
    model: node.model ?? null,
    serial: node.serial ?? null,
    wwn: node.wwn ?? null,
    busPath: null,
    port: null,
    usbSpeed: null,
    diskseq: null,
    bus: busOf(node),
    removable: node.rm ?? node.hotplug ?? false,
    readOnly: node.ro ?? false,
    table: tables.get(node.pttype ?? '') ?? null,
    volumes: volumesOf(node),
  };
}

/** The whole drives in what `lsblk` printed. An entry that makes no sense is left out; the others stay. Throws if it is no list. */
export function parseLsblk(output: string, showLoop = false): RawDrive[] {
  return outputSchema.parse(JSON.parse(output)).blockdevices.flatMap((entry) => {
    const node = nodeSchema.safeParse(entry);
    return node.success && isDrive(node.data, showLoop) ? [driveOf(node.data)] : [];
  });
}

const run = promisify(execFile);

/** All it prints takes twice as long as what is used of it. */
const columns =
  'NAME,KNAME,PATH,TYPE,SIZE,LOG-SEC,VENDOR,MODEL,SERIAL,WWN,TRAN,SUBSYSTEMS,RM,RO,HOTPLUG,PTTYPE,LABEL,FSTYPE,FSUSED,MOUNTPOINT,MOUNTPOINTS';

/** Runs `lsblk`. */
export async function listWithLsblk(env: NodeJS.ProcessEnv = process.env): Promise<RawDrive[]> {
  const options = {
    env: { ...env, LC_ALL: 'C.UTF-8' },
    timeout: timeoutMs,
    maxBuffer: 16 * 1024 * 1024,
    windowsHide: true,
  };
  const { stdout } = await run('lsblk', ['-J', '-b', '-o', columns], options).catch((error: unknown) => {
    // Older versions do not have all these columns, and say so by ending with 1.
    if (!(error instanceof Error && 'code' in error && error.code === 1)) throw error;
    return run('lsblk', ['-J', '-b', '-O'], options);
  });
  return parseLsblk(stdout, mayShowLoop(env));
}
