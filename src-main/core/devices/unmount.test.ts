import { mkdir, mkdtemp, rm, symlink, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { describe, expect, it, vi } from 'vitest';
import { ContractError } from '@contract/errors.ts';
import type { Verdict } from '@contract/helper-verdicts.ts';
import { kindOfRefusal, parseMounts, programsIn } from './unmount.ts';
import { isOnlyMounted, unmountLevel, unmountShown } from './unmount-service.ts';

describe('parseMounts', () => {
  it('takes the mounts of a drive and its partitions, one inside another first', () => {
    const tree = {
      path: '/dev/sdb',
      type: 'disk',
      mountpoint: null,
      children: [
        { path: '/dev/sdb1', type: 'part', mountpoint: '/media/a' },
        { path: '/dev/sdb2', type: 'part', mountpoint: '/media/a/inner' },
        {
          path: '/dev/sdb3',
          type: 'part',
          mountpoint: null,
          children: [{ path: '/dev/mapper/home', type: 'crypt', mountpoint: '/home' }],
        },
        { path: '/dev/sdb4', type: 'part', mountpoint: '[SWAP]' },
      ],
    };
    expect(parseMounts(JSON.stringify({ blockdevices: [tree] }))).toEqual([
      { device: '/dev/sdb2', point: '/media/a/inner' },
      { device: '/dev/sdb1', point: '/media/a' },
    ]);
    expect(() => parseMounts('{}')).toThrow();
  });
});

it.each([
  ['umount: /mnt: target is busy.', 'busy'],
  [
    'Error unmounting /dev/sdb1: GDBus.Error:org.freedesktop.UDisks2.Error.DeviceBusy: target is busy',
    'busy',
  ],
  ['umount: /mnt: must be superuser to unmount.', 'denied'],
  [
    'Error unmounting /dev/sdb1: GDBus.Error:org.freedesktop.UDisks2.Error.NotAuthorizedCanObtain: Not authorized to perform operation',
    'denied',
  ],
  ['umount: /mnt: not mounted.', 'other'],
])('%s', (text, kind) => expect(kindOfRefusal(text)).toBe(kind));

it('names the programs that keep files open, with names that cannot deceive', async () => {
  const proc = await mkdtemp(join(tmpdir(), 'carousel-proc-'));
  const process = async (pid: string, comm: string, links: Record<string, string>): Promise<void> => {
    await mkdir(join(proc, pid, 'fd'), { recursive: true });
    await writeFile(join(proc, pid, 'comm'), comm);
    for (const [name, to] of Object.entries(links)) await symlink(to, join(proc, pid, name));
  };
  await process('1', 'editor\u202e\n', { cwd: '/', 'fd/4': '/media/a/thesis.odt' });
  await process('2', 'shell\n', { cwd: '/media/a' });
  await process('3', 'other\n', { cwd: '/media/ab', 'fd/0': '/dev/null' });
  expect((await programsIn('/media/a', proc)).sort()).toEqual(['editor', 'shell']);
  await rm(proc, { recursive: true });
});

const shown = { path: '/dev/sdb', size: 8, diskseq: 4 };
type Reasons = Verdict['target']['reasons'];
const mounted: Reasons = [{ code: 'mounted', message: 'mounted at /media/a' }];

function world(states: readonly Partial<Verdict>[]) {
  const left = [...states];
  const unmount = vi.fn(() => Promise.resolve());
  const check = vi.fn(() => {
    const change = left.length > 1 ? left.shift() : left[0];
    return Promise.resolve([{ ...shown, exists: true, ...change } as Verdict]);
  });
  return { unmount, check };
}
const target = (reasons: Reasons): Partial<Verdict> => ({ target: { ok: reasons.length === 0, reasons } });
const codeOf = (promise: Promise<void>): Promise<string> =>
  promise.then(
    () => 'ok',
    (error: unknown) => (error instanceof ContractError ? error.error.code : String(error)),
  );

describe('unmountShown', () => {
  it.each<[string, Partial<Verdict>[], string, number]>([
    ['a mounted stick', [target(mounted), target([])], 'ok', 1],
    ['one that is not mounted any more', [target([])], 'ok', 0],
    ['one that stays mounted', [target(mounted)], 'unmount-failed', 1],
    ['the system disk', [target([...mounted, { code: 'system-disk', message: '/' }])], 'system-disk', 0],
    ['one that is built on', [target([...mounted, { code: 'in-use', message: 'md0' }])], 'in-use', 0],
    ['another stick by now', [{ ...target(mounted), diskseq: 5 }], 'changed-device', 0],
    ['one of another size', [{ ...target(mounted), size: 9 }], 'changed-device', 0],
    ['one that is gone', [{ ...target([]), exists: false }], 'not-found', 0],
  ])('%s', async (_title, states, code, calls) => {
    const { unmount, check } = world(states);
    expect(await codeOf(unmountShown(shown, { check, unmount }))).toBe(code);
    expect(unmount).toHaveBeenCalledTimes(calls);
  });
});

it('is offered only where nothing else stands in the way', () => {
  expect(isOnlyMounted(mounted)).toBe(true);
  expect(isOnlyMounted([...mounted, { code: 'no-permission' }])).toBe(true);
  expect(isOnlyMounted([{ code: 'no-permission' }])).toBe(false);
  expect(isOnlyMounted([...mounted, { code: 'system-disk' }])).toBe(false);
  expect(isOnlyMounted([])).toBe(false);
});

describe('the yes that unmounting takes', () => {
  const large = 300e9;
  it.each<[string, Partial<Verdict>, string[] | Error, number | null]>([
    ['a stick', { removable: true }, ['vfat'], 1],
    ['a stick of which nothing is known', { removable: true }, [], 1],
    ['a stick with an encrypted part beside', { removable: true }, ['vfat', 'crypto_LUKS'], 2],
    ['btrfs', { removable: true }, ['btrfs'], 2],
    ['a fixed drive', { removable: false }, ['vfat'], 2],
    ['one that does not say whether it is fixed', {}, ['vfat'], 2],
    ['a large one', { removable: true, size: large }, ['vfat'], 2],
    ['one of unknown size', { removable: true, size: null }, ['vfat'], 2],
    ['one that the system cannot tell of', { removable: true }, new Error('lsblk: ...'), 2],
    ['one that is not mounted', { removable: true, ...target([]) }, ['vfat'], null],
    ['the system disk', target([...mounted, { code: 'system-disk', message: '/' }]), ['vfat'], null],
  ])('%s', async (_title, facts, found, level) => {
    const verdict = { ...shown, ...target(mounted), ...facts } as Verdict;
    const list = (): Promise<string[]> =>
      found instanceof Error ? Promise.reject(found) : Promise.resolve(found);
    expect(await unmountLevel(verdict, list)).toBe(level);
  });
});
