/**
 * Lets the system take a stick's file systems out of use, after a person has asked for it. It is done as this user and never
 * with the helper's rights: by udisks, which allows people their own sticks, or by `umount`, which allows what fstab or being
 * root allows. Whatever the system needs is refused by the helper's rules before this is asked, and again afterwards.
 */
import { execFile } from 'node:child_process';
import { readdir, readFile, readlink, stat } from 'node:fs/promises';
import { promisify } from 'node:util';
import { ContractError, appError, fail } from '@contract/errors.ts';
import { z } from '@contract/zod.ts';
import { cleanText } from './clean-text.ts';

const run = promisify(execFile);

/** A stick with data that is still on its way takes this long to be let go, or hangs. */
const timeoutMs = 60_000;
/** So many mounts of one drive are let go; more is no stick. */
const mostMounts = 64;
const mostPrograms = 4;

interface Mount {
  readonly device: string;
  readonly point: string;
}

interface Node {
  path: string;
  type?: string | null | undefined;
  mountpoint?: string | null | undefined;
  children?: Node[] | undefined;
}
const nodeSchema: z.ZodType<Node> = z.lazy(() =>
  z.object({
    path: z.string().startsWith('/'),
    type: z.string().nullish(),
    mountpoint: z.string().nullish(),
    children: z.array(nodeSchema).optional(),
  }),
);

/** Where a drive and its partitions are mounted, by what `lsblk -J -o PATH,TYPE,MOUNTPOINT` prints; what is stacked on them is left alone. Pure. */
export function parseMounts(output: string): Mount[] {
  const mounts: Mount[] = [];
  const look = ({ path, type, mountpoint, children = [] }: Node): void => {
    if (!['disk', 'part', 'loop'].includes(type ?? '')) return;
    if (mountpoint?.startsWith('/')) mounts.push({ device: path, point: mountpoint });
    children.forEach(look);
  };
  z.object({ blockdevices: z.array(nodeSchema) })
    .parse(JSON.parse(output))
    .blockdevices.forEach(look);
  // One inside another is let go first.
  return mounts.sort((a, b) => b.point.length - a.point.length);
}

/** Programs of this user that keep a file below the folder open or work in it; others' cannot be seen. */
export async function programsIn(folder: string, proc = '/proc'): Promise<string[]> {
  const names = new Set<string>();
  const below = (path: string): boolean => path === folder || path.startsWith(`${folder}/`);
  const leadsBelow = (link: string): Promise<boolean> => readlink(link).then(below, () => false);
  for (const pid of (await readdir(proc)).filter((name) => /^\d+$/.test(name))) {
    const files = await readdir(`${proc}/${pid}/fd`).catch(() => []);
    const links = ['cwd', 'root', ...files.map((file) => `fd/${file}`)];
    const found = await Promise.all(links.map((link) => leadsBelow(`${proc}/${pid}/${link}`)));
    if (!found.includes(true)) continue;
    const name = cleanText(await readFile(`${proc}/${pid}/comm`, 'utf8').catch(() => null));
    names.add(name ?? pid);
    if (names.size === mostPrograms) break;
  }
  return [...names];
}

/** What a program that failed printed. */
export const said = (error: unknown): string => {
  const { stderr, message } = error as { stderr?: string; message?: string };
  return (stderr?.trim() ? stderr : (message ?? '')).trim().slice(0, 1024);
};

/** What a failed attempt means, by what the program printed in English. Pure. */
export function kindOfRefusal(text: string): 'busy' | 'denied' | 'other' {
  if (/\bbusy\b/i.test(text)) return 'busy';
  return /not authori[sz]ed|must be superuser|permission denied|operation not permitted/i.test(text)
    ? 'denied'
    : 'other';
}

async function explain(error: unknown, { point }: Mount): Promise<never> {
  const text = said(error);
  const kind = kindOfRefusal(text);
  if (kind === 'busy') fail('unmount-busy', { mountPoint: point, programs: await programsIn(point) });
  if (kind === 'denied') fail('unmount-denied', { mountPoint: point });
  throw new ContractError(appError('unmount-failed', { detail: text }));
}

/** The file systems on a drive and its partitions, as the system knows them. */
export async function fileSystemsOn(path: string): Promise<string[]> {
  const { stdout } = await run('lsblk', ['-J', '-l', '-o', 'FSTYPE', path], { timeout: timeoutMs });
  const list = z.object({ blockdevices: z.array(z.object({ fstype: z.string().nullish() })) });
  return list.parse(JSON.parse(stdout)).blockdevices.flatMap(({ fstype }) => fstype ?? []);
}

/** Numbers escaped as `/proc/self/mountinfo` does it: `\\040` is a space. */
export const unescaped = (text: string): string =>
  text.replace(/\\([0-7]{3})/g, (_, digits: string) => String.fromCharCode(parseInt(digits, 8)));

/** What is mounted at a folder, and nothing else over it: the last line of `mountinfo` about it counts. Null: nothing is. Pure. */
export function topMountAt(point: string, mountinfo: string): { number: string; source: string } | null {
  const top = mountinfo
    .split('\n')
    .map((line) => line.split(' '))
    .filter((fields) => unescaped(fields[4] ?? '') === point)
    .at(-1);
  if (!top) return null;
  return { number: top[2] ?? '', source: unescaped(top[top.indexOf('-') + 2] ?? '') };
}

/** A device number in the kernel's words, parted as the C library does it. Pure. */
export function deviceNumber(dev: number): string {
  const major = ((dev >>> 8) & 0xfff) | (Math.floor(dev / 2 ** 32) & 0xfffff000);
  const minor = (dev & 0xff) | ((dev >>> 12) & 0xfff00);
  return `${String(major)}:${String(minor)}`;
}

/** `umount` takes whatever lies on top of a folder: that must be the drive's own file system. */
async function demandOnTop({ device, point }: Mount): Promise<void> {
  const { rdev } = await stat(device);
  const top = topMountAt(point, await readFile('/proc/self/mountinfo', 'utf8'));
  // Some file systems (btrfs) have a number of their own, and only name the drive.
  const isIt = top?.number === deviceNumber(rdev) || top?.source === device;
  if (!isIt) fail('unmount-failed', { detail: `something else is mounted over ${point}` });
}

/** udisks asks on the desktop where it must; without its daemon there is only `umount`. */
async function letGo(mount: Mount, env: NodeJS.ProcessEnv): Promise<void> {
  const options = { env: { ...env, LC_ALL: 'C.UTF-8' }, timeout: timeoutMs };
  try {
    await run('udisksctl', ['unmount', '-b', mount.device], options);
    return;
  } catch (error) {
    const isThere = (error as { code?: unknown }).code !== 'ENOENT';
    if (isThere && !/error connecting|error looking up object/i.test(said(error)))
      return explain(error, mount);
  }
  await demandOnTop(mount);
  await run('umount', ['--', mount.point], options).catch((error: unknown) => explain(error, mount));
}

async function unmountOnLinux(path: string, env: NodeJS.ProcessEnv): Promise<void> {
  for (let count = 0; count < mostMounts; ++count) {
    const { stdout } = await run('lsblk', ['-J', '-o', 'PATH,TYPE,MOUNTPOINT', path], {
      env,
      timeout: timeoutMs,
    });
    const [mount] = parseMounts(stdout);
    if (!mount) return;
    await letGo(mount, env);
  }
  fail('unmount-failed', { detail: 'it is mounted in too many places' });
}

/** Takes every file system on a drive out of use; rejects with a `ContractError` that says what keeps it. */
export async function unmountDrive(path: string, env: NodeJS.ProcessEnv = process.env): Promise<void> {
  switch (process.platform) {
    case 'linux':
      return unmountOnLinux(path, env);
    case 'darwin':
      await run('diskutil', ['unmountDisk', path], { timeout: timeoutMs }).catch((error: unknown) =>
        explain(error, { device: path, point: path }),
      );
      return;
    default:
      return fail('unsupported');
  }
}
