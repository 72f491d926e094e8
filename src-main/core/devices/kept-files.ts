/**
 * Files that must not go under with a drive: the record, the settings, a report that is to be written. A drive that holds one is
 * mounted, and so no target; here that is said, and then it is not unmounted to become one either.
 */
import { readFile, realpath, stat } from 'node:fs/promises';
import { dirname } from 'node:path';
import type { HelperErrorCode } from '@contract/helper-errors.gen.ts';
import type { Verdict } from '@contract/helper-verdicts.ts';
import type { Engine } from '../jobs/engine.ts';
import { overlay } from '../record/overlay.ts';
import { deviceNumber, unescaped } from './unmount.ts';

interface KeptFile {
  readonly path: string;
  readonly code: HelperErrorCode & ('holds-files' | 'holds-source');
}

/** The device number of the file system that a file is on, or will be once it is written. */
async function deviceUnder(path: string): Promise<number> {
  try {
    return (await stat(path)).dev;
  } catch (error) {
    if (dirname(path) === path) throw error;
    return deviceUnder(dirname(path));
  }
}

/** Some file systems (btrfs) have numbers of their own; where they are mounted names the drive. */
async function realNumber(dev: number): Promise<string> {
  const number = deviceNumber(dev);
  if (!number.startsWith('0:')) return number;
  const lines = (await readFile('/proc/self/mountinfo', 'utf8')).split('\n').map((line) => line.split(' '));
  const fields = lines.find((line) => line[2] === number) ?? [];
  const source = unescaped(fields[fields.indexOf('-') + 2] ?? '');
  return source.startsWith('/dev/') ? deviceNumber((await stat(source)).rdev) : number;
}

/** What the kernel shows of a device; a partition lies in the folder of its disk. Null where it shows nothing. */
const folderOf = (number: string): Promise<string | null> =>
  realpath(`/sys/dev/block/${number}`).catch(() => null);

async function liesOn(path: string, disk: string): Promise<boolean> {
  const folder = await folderOf(await realNumber(await deviceUnder(path))).catch(() => null);
  return folder !== null && `${folder}/`.startsWith(`${disk}/`);
}

/** The verdicts, with a reason more for a drive that holds one of the files. */
export async function withKept<V extends Verdict | undefined>(
  verdicts: readonly V[],
  files: readonly KeptFile[],
): Promise<V[]> {
  const judge = async (verdict: V): Promise<V> => {
    if (!verdict?.target.reasons.some(({ code }) => code === 'mounted')) return verdict;
    const { major, minor } = verdict;
    const disk = await folderOf(`${String(major)}:${String(minor)}`);
    if (disk === null) return verdict;
    const lie = await Promise.all(files.map(({ path }) => liesOn(path, disk)));
    const held = files.filter((_, index) => lie[index]);
    const known = new Set(verdict.target.reasons.map(({ code }) => code));
    const news = held
      .filter(({ code }, index) => !known.has(code) && held.findIndex((one) => one.code === code) === index)
      .map(({ path, code }) => ({ code, message: `${path} lies on it`.slice(0, 1024) }));
    return news.length === 0
      ? verdict
      : { ...verdict, target: { ok: false, reasons: [...news, ...verdict.target.reasons] } };
  };
  return Promise.all(verdicts.map(judge));
}

/** An engine that refuses drives with these files on them. */
export function keepingEngine<E extends Pick<Engine, 'check' | 'survey'>>(
  engine: E,
  files: readonly string[],
): E {
  const kept = files.map((path): KeptFile => ({ path, code: 'holds-files' }));
  const own: Partial<Pick<Engine, 'check' | 'survey'>> = {
    check: async (paths) => withKept(await engine.check(paths), kept),
    survey: async (paths) => withKept(await engine.survey(paths), kept),
  };
  return overlay<E>(engine, own as Partial<E>);
}
