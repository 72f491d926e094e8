import { readFileSync } from 'node:fs';
import { mkdir, mkdtemp, rm, symlink } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { describe, expect, it } from 'vitest';
import { parseDrivelist } from './drivelist.ts';
import { driveIds } from './identity.ts';
import { parseLsblk } from './lsblk.ts';
import { namesByPath, topologyOf } from './sysfs.ts';

const fixture = (name: string): string =>
  readFileSync(new URL(`./fixtures/${name}`, import.meta.url), 'utf8');

describe('parseLsblk', () => {
  const drives = parseLsblk(fixture('lsblk-lab.json'));

  it('finds the drives of a recorded machine', () => {
    expect(drives.map(({ path, bus, size, serial }) => [path, bus, size, serial])).toEqual([
      ['/dev/sda', 'usb', 268435456, '4C530001'],
      ['/dev/sdb', 'usb', 268435456, 'SAME'],
      ['/dev/sdc', 'usb', 536870912, 'SAME'],
      ['/dev/sdd', 'usb', 1073741824, 'LABB55ACF1B'],
      ['/dev/sde', 'usb', 67108864, 'LAB81DD7542'],
      ['/dev/sdf', 'usb', 67108864, 'LABD3FBE249'],
      ['/dev/vda', 'other', 2147483648, null],
    ]);
  });

  it('sees what is on them', () => {
    expect(drives[1]?.volumes).toEqual([
      { label: 'STICK', fileSystem: 'vfat', size: 267386880, usedBytes: 0, mountPoints: ['/mnt/s'] },
    ]);
    expect(drives[4]?.readOnly).toBe(true);
    expect(drives[5]?.sectorSize).toBe(4096);
    expect(drives[6]?.volumes[0]?.mountPoints).toEqual(['/']);
  });

  it('says what kind of partition table there is, where lsblk has a name for it that we know', () => {
    const tableOf = (pttype: unknown): unknown =>
      parseLsblk(
        JSON.stringify({ blockdevices: [{ path: '/dev/sdz', type: 'disk', size: 4096, pttype }] }),
      )[0]?.table;
    expect(['gpt', 'dos', 'sun', 'constructor', null, 7].map(tableOf)).toEqual([
      'gpt',
      'mbr',
      ...Array<null>(4).fill(null),
    ]);
  });

  it('shows loop devices only when asked to, or when they are dressed up as sticks', () => {
    const node = (change: object): string =>
      JSON.stringify({ blockdevices: [{ path: '/dev/loop100', type: 'loop', size: 4096, ...change }] });
    expect(parseLsblk(node({}))).toEqual([]);
    expect(parseLsblk(node({}), true)).toHaveLength(1);
    expect(parseLsblk(node({ type: 'disk', tran: 'usb' }))[0]?.bus).toBe('usb');
  });

  it('understands older versions, which print text', () => {
    const text = JSON.stringify({
      blockdevices: [{ path: '/dev/sdz', type: 'disk', size: '512000', rm: '1', ro: '0', mountpoint: null }],
    });
    expect(parseLsblk(text)[0]).toMatchObject({
      size: 512000,
      removable: true,
      readOnly: false,
      volumes: [],
    });
  });

  it('leaves out what makes no sense and keeps the rest', () => {
    const good = { path: '/dev/sdz', type: 'disk', size: 1 };
    const odd = [
      null,
      7,
      {},
      { path: 'sda', type: 'disk', size: 1 },
      { path: '/dev/sr0', type: 'rom', size: 1 },
    ];
    expect(parseLsblk(JSON.stringify({ blockdevices: [...odd, good] }))).toHaveLength(1);
    expect(parseLsblk(JSON.stringify({ blockdevices: [{ ...good, path: '/dev/zram0' }] }))).toEqual([]);
    expect(() => parseLsblk('{}')).toThrow();
    expect(() => parseLsblk('no JSON')).toThrow();
  });
});

describe('parseDrivelist', () => {
  const listed = parseDrivelist(JSON.parse(fixture('drivelist-lab.json')));

  it('reads the recorded list', () => {
    expect(listed[0]).toMatchObject({
      path: '/dev/sda',
      bus: 'usb',
      model: 'SanDisk Ultra Fit',
      busPath: 'pci-0000:00:10.0-usb-0:1:1.0-scsi-0:0:0:0',
    });
  });

  it('survives nonsense', () => {
    expect(parseDrivelist([null, {}, { device: '' }, 'x'])).toEqual([]);
    expect(() => parseDrivelist(null)).toThrow();
  });
});

describe('topologyOf', () => {
  it.each<[string, string | null, string | null]>([
    [
      '/sys/devices/pci0000:00/0000:00:10.0/usb2/2-1/2-1:1.0/host0/target0:0:0/0:0:0:0/block/sda',
      'pci-0000:00:10.0-usb-0:1:1.0-scsi-0:0:0:0',
      '0000:00:10.0/1',
    ],
    [
      '/sys/devices/pci0000:00/0000:00:14.0/usb1/1-4/1-4.2/1-4.2:1.0/host3/target3:0:0/3:0:0:1/block/sdc',
      'pci-0000:00:14.0-usb-0:4.2:1.0-scsi-0:0:0:1',
      '0000:00:14.0/4.2',
    ],
    [
      '/sys/devices/pci0000:00/0000:00:1f.2/ata3/host2/target2:0:0/2:0:0:0/block/sda',
      'pci-0000:00:1f.2-ata-3',
      null,
    ],
    ['/sys/devices/pci0000:00/0000:00:1d.0/0000:03:00.0/nvme/nvme0/nvme0n1', 'pci-0000:03:00.0-nvme-1', null],
    ['/sys/devices/virtual/block/loop100', null, null],
  ])('%s', (path, busPath, port) => expect(topologyOf(path)).toMatchObject({ busPath, port }));
});

describe('namesByPath', () => {
  it("takes udev's names of whole drives, and none where there is no udev", async () => {
    const dir = await mkdtemp(join(tmpdir(), 'carousel-by-path-'));
    const folder = join(dir, 'disk/by-path');
    await mkdir(folder, { recursive: true });
    await symlink('../../sda', join(folder, 'platform-3f980000.usb-usb-0:1.2:1.0-scsi-0:0:0:0'));
    await symlink('../../sda1', join(folder, 'platform-3f980000.usb-usb-0:1.2:1.0-scsi-0:0:0:0-part1'));
    expect([...(await namesByPath(folder))]).toEqual([
      [join(dir, 'sda'), 'platform-3f980000.usb-usb-0:1.2:1.0-scsi-0:0:0:0'],
    ]);
    expect((await namesByPath(join(dir, 'none'))).size).toBe(0);
    await rm(dir, { recursive: true });
  });
});

describe('driveIds', () => {
  const identity = { busPath: 'a', serial: 'SAME', wwn: null, size: 8, diskseq: 1 };
  const id = (change: object, path = '/dev/sda'): string | undefined =>
    driveIds([{ identity: { ...identity, ...change }, path }])[0];

  it('follow the drive, not its name or the moment', () => {
    expect(id({}, '/dev/sdz')).toBe(id({}));
    expect(id({ diskseq: 99 })).toBe(id({}));
  });

  it('differ by socket, serial number and size', () => {
    expect(
      new Set([id({}), id({ busPath: 'b' }), id({ serial: 'OTHER' }), id({ size: 9 }), id({ wwn: 'w' })])
        .size,
    ).toBe(5);
  });

  it('are never given twice', () => {
    const twins = driveIds([
      { identity, path: '/dev/sda' },
      { identity, path: '/dev/sdb' },
    ]);
    expect(new Set(twins).size).toBe(2);
  });

  it('of drives without any identity change with every plugging-in', () => {
    const none = { busPath: null, serial: null };
    expect(id(none)).not.toBe(id({ ...none, diskseq: 2 }));
  });
});
