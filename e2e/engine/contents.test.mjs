// What is on a drive, as the helper sees it from its bytes alone: real file systems, made by their own tools, against what those tools and the kernel say of them.

import assert from 'node:assert/strict';
import { execFileSync, spawnSync } from 'node:child_process';
import fs from 'node:fs';
import path from 'node:path';
import { describe } from 'node:test';
import { HELPER } from './support/run.mjs';
import { onPath } from './support/tools.mjs';
import { MiB, scenario } from './support/world.mjs';

/** The newest file is of this day, which is later than that of the test itself. */
const NEWEST = Date.UTC(2031, 4, 6, 7, 8, 10) / 1000;
const FILE_BYTES = 3_000_000;

const env = { ...process.env, TZ: 'UTC', LC_ALL: 'C.UTF-8', PATH: `${process.env.PATH}:/sbin:/usr/sbin` };
const run = (program, ...args) =>
  execFileSync(program, args, { encoding: 'utf8', env, stdio: ['ignore', 'pipe', 'pipe'] });
/** The number after a word in what a program says. */
const numberIn = (text, pattern) => Number(pattern.exec(text)?.[1]);
const now = () => Math.floor(Date.now() / 1000);

/** What `df` says is used of a drive that is mounted for it; null where this kernel does not know its file system. */
function dfOf(device, folder) {
  fs.mkdirSync(folder);
  if (spawnSync('mount', ['-o', 'ro', device, folder], { env, stdio: 'ignore' }).status !== 0) return null;
  try {
    return Number(run('df', '-B1', '--output=used', folder).split('\n')[1]);
  } finally {
    run('umount', folder);
  }
}

const fat = (bits, size) => ({
  name: `FAT${bits}`,
  kind: 'vfat',
  tools: { 'mkfs.vfat': 'dosfstools', mcopy: 'mtools' },
  size,
  label: 'HOLIDAY',
  make(image, file) {
    run('mkfs.vfat', '-F', String(bits), '-n', 'HOLIDAY', image);
    run('mmd', '-i', image, '::/DCIM');
    run('mcopy', '-m', '-i', image, file, '::/DCIM/photo.jpg');
  },
  used({ image }) {
    const said = run('fsck.fat', '-n', '-v', image);
    return numberIn(said, /, (\d+)\/\d+ clusters/) * numberIn(said, /(\d+) bytes per cluster/);
  },
  newest: (date) => date === NEWEST,
});

/**
 * `make` fills an image; `used` says in bytes what is used by somebody else's count, or null where nobody can say; `newest`: is that the
 * right date?
 */
const fileSystems = [
  fat(12, 4 * MiB),
  fat(16, 32 * MiB),
  fat(32, 64 * MiB),
  {
    name: 'exFAT',
    kind: 'exfat',
    tools: { 'mkfs.exfat': 'exfatprogs' },
    size: 64 * MiB,
    label: 'Größe',
    make: (image) => run('mkfs.exfat', '-L', 'Größe', image),
    used({ image }) {
      const said = run('dump.exfat', image);
      const clusters = numberIn(said, /Total Clusters:\s*(\d+)/) - numberIn(said, /Free Clusters:\s*(\d+)/);
      return clusters * numberIn(said, /Cluster size:\s*(\d+)/);
    },
    newest: (date) => date === undefined, // there is no file
  },
  {
    name: 'NTFS',
    kind: 'ntfs',
    tools: { 'mkfs.ntfs': 'ntfs-3g', ntfsinfo: 'ntfs-3g' },
    size: 64 * MiB,
    label: 'Größe',
    make(image, file) {
      run('mkfs.ntfs', '-F', '-q', '-Q', '-L', 'Größe', image);
      run('ntfscp', '-q', image, file, 'photo.jpg');
    },
    used({ image }) {
      const said = run('ntfsinfo', '-m', image);
      const clusters =
        numberIn(said, /Volume Size in Clusters: (\d+)/) - numberIn(said, /Free Clusters: (\d+)/);
      return clusters * numberIn(said, /Cluster Size: (\d+)/);
    },
    newest: (date) => Math.abs(date - now()) < 300,
  },
  {
    name: 'ext4',
    kind: 'ext4',
    tools: { 'mkfs.ext4': 'e2fsprogs' },
    size: 64 * MiB,
    label: 'archive',
    make: (image, file) => run('mkfs.ext4', '-q', '-L', 'archive', '-d', path.dirname(file), image),
    used: ({ device, w }) => dfOf(device, w.path('mounted')),
    newest: (date) => Math.abs(date - now()) < 300,
  },
  {
    name: 'XFS',
    kind: 'xfs',
    tools: { 'mkfs.xfs': 'xfsprogs' },
    size: 320 * MiB,
    label: 'archive',
    make(image, file) {
      const files = `${path.dirname(file)}.list`;
      fs.writeFileSync(files, `/\n0 0\nd--755 0 0\nphoto.jpg ---644 0 0 ${file}\n$\n`);
      run('mkfs.xfs', '-q', '-L', 'archive', '-p', files, image);
    },
    used({ image }) {
      const said = run(
        'xfs_db',
        '-r',
        '-c',
        'sb 0',
        '-c',
        'print blocksize dblocks logblocks fdblocks',
        image,
      );
      const of = (name) => numberIn(said, new RegExp(`^${name} = (\\d+)`, 'm'));
      return (of('dblocks') - of('logblocks') - of('fdblocks')) * of('blocksize');
    },
    newest: (date) => date === undefined,
  },
  {
    name: 'btrfs',
    kind: 'btrfs',
    tools: { 'mkfs.btrfs': 'btrfs-progs' },
    size: 128 * MiB,
    label: 'pool',
    make: (image, file) =>
      run('mkfs.btrfs', '-q', '-L', 'pool', '-m', 'single', '--rootdir', path.dirname(file), image),
    // `df` adds what the kernel sets aside for itself.
    used: ({ image }) =>
      numberIn(run('btrfs', 'inspect-internal', 'dump-super', image), /^bytes_used\s+(\d+)/m),
    newest: (date) => date === undefined,
  },
  {
    name: 'ISO 9660',
    kind: 'iso9660',
    tools: { genisoimage: 'genisoimage' },
    size: 0,
    label: 'INSTALL',
    make: (image, file) => run('genisoimage', '-quiet', '-V', 'INSTALL', '-o', image, path.dirname(file)),
    used({ image }) {
      const said = run('isoinfo', '-d', '-i', image);
      return numberIn(said, /Volume size is: (\d+)/) * numberIn(said, /block size is: (\d+)/);
    },
    newest: (date) => Math.abs(date - now()) < 300,
  },
];

const missing = (tools) => {
  const lacks = Object.entries(tools).find(([tool]) => !onPath(tool));
  return lacks ? `needs ${lacks[0]} (Debian: ${lacks[1]})` : false;
};

/** A loop device with that image. */
function plugged(w, image) {
  const device = run('losetup', '--find', '--show', image).trim();
  w.after(() => spawnSync('losetup', ['-d', device]));
  return device;
}

/** An image of a file system with a file in it, or as its table says. */
function made(w, { name, size, make }) {
  const files = w.path('files');
  w.path('files.list');
  fs.mkdirSync(files);
  const file = path.join(files, 'photo.jpg');
  fs.writeFileSync(file, Buffer.alloc(FILE_BYTES, name));
  fs.utimesSync(file, NEWEST, NEWEST);
  const image = w.path('drive.img');
  fs.closeSync(fs.openSync(image, 'w'));
  if (size > 0) fs.truncateSync(image, size);
  make(image, file);
  return image;
}

const surveyOf = (device) => {
  const { survey } = JSON.parse(run(HELPER, 'survey', device));
  assert.ok(survey && !survey.error, `${device} was looked at: ${JSON.stringify(survey)}`);
  return survey;
};

describe('what is on a drive', { concurrency: 1 }, () => {
  for (const system of fileSystems) {
    const { name, kind, tools, label } = system;
    scenario(
      `${name}: what is used, the newest date, the label`,
      { sticks: true, when: missing(tools) },
      async (w, t) => {
        const image = made(w, system);
        const device = plugged(w, image);
        const [volume, ...others] = surveyOf(device).volumes;
        assert.deepEqual([volume.kind, volume.label, others.length], [kind, label, 0]);
        assert.ok(system.newest(volume.newest), `the newest date is ${volume.newest}`);
        const used = system.used({ image, device, w });
        if (used === null)
          return t.diagnostic(`this kernel cannot mount ${name}: nothing to hold the bytes against`);
        assert.equal(volume.used, used, 'what is used, as its own tools say');
      },
    );
  }

  const parted = fat(16, 32 * MiB);
  scenario(
    'the list of drives says it, with the kind of partition table',
    { sticks: true, when: missing({ ...parted.tools, sfdisk: 'fdisk' }) },
    async (w) => {
      const inside = made(w, parted);
      const disks = ['gpt', 'dos'].map((table) => {
        const disk = w.path(`${table}.img`);
        fs.writeFileSync(disk, '');
        fs.truncateSync(disk, 40 * MiB);
        const input = `label: ${table}\n2048,65536\n`;
        execFileSync('sfdisk', ['-q', disk], { env, input, stdio: ['pipe', 'ignore', 'pipe'] });
        const to = fs.openSync(disk, 'r+');
        fs.writeSync(to, fs.readFileSync(inside), 0, undefined, MiB);
        fs.closeSync(to);
        return disk;
      });
      const devices = [];
      for (const [index, fill] of disks.entries()) {
        const [stick] = await w.sticks([`stick${index}`], { size: '40M', fill });
        devices.push(stick.dev);
      }
      // Seen as USB drives: only what can be pulled out is looked at to be listed.
      const { TESTLAB_DIR, PATH } = w.lab.env;
      const shown = w.command(['list', '--json'], {
        env: { ...w.env, TESTLAB_DIR, PATH, CAROUSEL_HOME: w.path('home') },
      });
      const { code, events, stderr } = await shown.exit;
      assert.equal(code, 0, stderr);
      const known = devices.map((device) => {
        const { table, newest, usedBytes } = events.find(({ path }) => path === device) ?? {};
        return { table, newest, usedBytes };
      });
      const usedBytes = parted.used({ image: inside });
      const newest = NEWEST * 1000;
      assert.deepEqual(known, [
        { table: 'gpt', newest, usedBytes },
        { table: 'mbr', newest, usedBytes },
      ]);
    },
  );
});
