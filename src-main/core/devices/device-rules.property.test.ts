/**
 * Properties of the rules, with generated drives and device trees. Whether a disk backs the system is the helper's to say
 * (`native-helpers/tests/linux/machine_test.cpp` generates the trees for that); here: nothing of what it says, and nothing
 * of what `lsblk` shows, is lost or softened on the way to a level.
 */
import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { helperErrorCodes, type HelperErrorCode } from '@contract/helper-errors.gen.ts';
import {
  judgePair,
  judgeSource,
  judgeTarget,
  type EngineVerdict,
  type Facts,
  type Policy,
} from './device-rules.ts';
import { parseLsblk } from './lsblk.ts';
import { parseMounts } from './unmount.ts';

const words = fc.uniqueArray(fc.constantFrom<HelperErrorCode>(...helperErrorCodes), { maxLength: 4 });
const side = words.map((codes) => ({
  ok: codes.length === 0,
  reasons: codes.map((code) => ({ code, message: code })),
}));
const serial = fc.option(fc.constantFrom('S1', 'S2', 'S3'), { nil: null });
const weighty = [
  'LVM2_member',
  'linux_raid_member',
  'crypto_LUKS',
  'BitLocker',
  'zfs_member',
  'apfs',
  'btrfs',
  'swap',
];
const facts: fc.Arbitrary<Facts> = fc.record({
  kind: fc.constantFrom('disk', 'practice', 'image'),
  use: fc.constantFrom('both', 'source', 'target'),
  size: fc.integer({ min: 0, max: 4e12 }),
  readOnly: fc.boolean(),
  removable: fc.boolean(),
  serial,
  fileSystems: fc.array(fc.constantFrom(null, 'vfat', 'ext4', ...weighty), { maxLength: 4 }),
  blank: fc.boolean(),
  engine: fc.option(fc.record<EngineVerdict>({ source: side, target: side }), { nil: null }),
  engineProblem: fc.constantFrom(null, null, 'helper-missing', 'helper-failed'),
  probed: fc.boolean(),
});
const policy: fc.Arbitrary<Policy> = fc.record({
  protectedSerials: fc.uniqueArray(fc.constantFrom('S1', 'S2'), { maxLength: 2 }),
  canElevate: fc.boolean(),
});

describe('a target', () => {
  it('is refused, at level 3, for whatever the helper or a person holds against it', () => {
    fc.assert(
      fc.property(facts, policy, (drive, rules) => {
        const verdict = judgeTarget(drive, rules);
        const against = (drive.engine?.target.reasons ?? []).filter(
          ({ code }) => !(code === 'no-permission' && rules.canElevate),
        );
        const isProtected = drive.serial !== null && rules.protectedSerials.includes(drive.serial);
        const mayNot =
          against.length > 0 ||
          isProtected ||
          drive.readOnly ||
          drive.use === 'source' ||
          drive.probed ||
          drive.engineProblem !== null;
        expect(verdict.ok).toBe(!mayNot);
        expect(verdict.level === 3).toBe(mayNot);
        expect(verdict.reasons.length > 0).toBe(mayNot);
        for (const { code } of against) expect(verdict.reasons.map((one) => one.code)).toContain(code);
      }),
      { numRuns: 2000 },
    );
  });

  it('that is not blank is never free, and what is fixed, large or part of something is typed', () => {
    fc.assert(
      fc.property(facts, policy, (drive, rules) => {
        const { ok, level } = judgeTarget(drive, rules);
        if (!ok) return;
        expect(level === 0).toBe(drive.blank);
        const heavy =
          !drive.removable ||
          drive.size > 256e9 ||
          drive.fileSystems.some((name) => name !== null && weighty.includes(name));
        if (drive.kind === 'disk' && !drive.blank) expect(level).toBe(heavy ? 2 : 1);
      }),
      { numRuns: 2000 },
    );
  });

  it('does not become freer by more reasons, more rights asked for, or more on it', () => {
    fc.assert(
      fc.property(facts, policy, words, (drive, rules, more) => {
        const engine = drive.engine ?? {
          source: { ok: true, reasons: [] },
          target: { ok: true, reasons: [] },
        };
        const worse = {
          ...drive,
          fileSystems: [...drive.fileSystems, 'crypto_LUKS'],
          engine: {
            ...engine,
            target: {
              ok: false,
              reasons: [...engine.target.reasons, ...more.map((code) => ({ code, message: '' }))],
            },
          },
        };
        expect(judgeTarget(worse, rules).level).toBeGreaterThanOrEqual(judgeTarget(drive, rules).level);
      }),
    );
  });
});

describe('a source', () => {
  it('is refused exactly where there is a reason', () => {
    fc.assert(
      fc.property(facts, policy, (drive, rules) => {
        const verdict = judgeSource(drive, rules);
        expect(verdict.ok).toBe(verdict.reasons.length === 0);
        if (drive.size === 0 || drive.use === 'target' || drive.probed || drive.engineProblem !== null)
          expect(verdict.ok).toBe(false);
      }),
    );
  });
});

describe('a pair', () => {
  const path = fc.constantFrom('/dev/sda', '/dev/sdb', '/a.img');
  const one = fc.record({
    id: fc.constantFrom('a', 'b', 'c'),
    path,
    size: fc.integer({ min: 0, max: 2 ** 45 }),
    exists: fc.boolean(),
    kind: fc.constantFrom<'disk' | 'practice' | 'image'>('disk', 'practice', 'image'),
  });

  it('is refused if it is one drive, or by exactly as many bytes as are missing', () => {
    fc.assert(
      fc.property(one, one, (target, source) => {
        const found = judgePair(target, source);
        const isSame = target.id === source.id || target.path === source.path;
        const missing = source.size - target.size;
        if (isSame) expect(found).toEqual([{ code: 'is-source', params: {} }]);
        else if (target.kind !== 'image' && missing > 0)
          expect(found).toEqual([{ code: 'too-small', params: { missingBytes: missing } }]);
        else expect(found).toEqual([]);
      }),
    );
  });
});

interface Node {
  path: string;
  type: string;
  size: number;
  mountpoint: string | null;
  fstype: string | null;
  children?: Node[];
}
/** A disk with partitions, and on those LVM, dm-crypt, md, or nothing; anything of it may be mounted or be swap. */
function treeOf(
  path: string,
  picks: readonly (readonly [type: string, mounted: number, deep: boolean])[],
): Node {
  const point = (mounted: number, name: string): string | null =>
    mounted === 0 ? null : mounted === 1 ? '[SWAP]' : `/mnt/${name}`;
  return {
    path,
    type: 'disk',
    size: 1000,
    mountpoint: null,
    fstype: null,
    children: picks.map(([type, mounted, deep], index) => {
      const name = `${path.slice(5)}${String(index + 1)}`;
      const upper: Node = {
        path: `/dev/mapper/${name}`,
        type,
        size: 400,
        mountpoint: point(mounted, `${name}-upper`),
        fstype: 'ext4',
      };
      return {
        path: `${path}${String(index + 1)}`,
        type: 'part',
        size: 500,
        mountpoint: deep ? null : point(mounted, name),
        fstype: deep ? 'crypto_LUKS' : 'vfat',
        ...(deep ? { children: [upper] } : {}),
      };
    }),
  };
}
const trees = fc
  .array(
    fc.array(
      fc.tuple(fc.constantFrom('lvm', 'crypt', 'raid1'), fc.integer({ min: 0, max: 2 }), fc.boolean()),
      { maxLength: 4 },
    ),
    { minLength: 1, maxLength: 5 },
  )
  .map((disks) => disks.map((picks, index) => treeOf(`/dev/sd${'abcde'[index] ?? 'z'}`, picks)));
const flat = (node: Node): Node[] => [node, ...(node.children ?? []).flatMap(flat)];

describe('a tree of devices', () => {
  it('becomes its whole disks, and each mount and file system on it stays to be seen', () => {
    fc.assert(
      fc.property(trees, (disks) => {
        const drives = parseLsblk(JSON.stringify({ blockdevices: disks }));
        expect(drives.map((drive) => drive.path)).toEqual(disks.map((disk) => disk.path));
        for (const [index, disk] of disks.entries()) {
          const points = flat(disk).flatMap(({ mountpoint }) => mountpoint ?? []);
          const seen = drives[index]?.volumes.flatMap(({ mountPoints }) => mountPoints) ?? [];
          expect(seen.sort()).toEqual(points.sort());
        }
      }),
    );
  });

  it('is unmounted only where a partition itself is mounted, never what is stacked on it, and never swap', () => {
    fc.assert(
      fc.property(trees, (disks) => {
        for (const disk of disks) {
          const wanted = [disk, ...(disk.children ?? [])].filter(({ mountpoint }) =>
            mountpoint?.startsWith('/'),
          );
          const found = parseMounts(JSON.stringify({ blockdevices: [disk] }));
          expect(found.map(({ device }) => device).sort()).toEqual(wanted.map(({ path: at }) => at).sort());
        }
      }),
    );
  });
});
