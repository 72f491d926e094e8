// Sticks with a partition.

import { spawnSync } from 'node:child_process';
import fs from 'node:fs';
import { MiB } from './world.mjs';

/** A disk with one primary partition from sector 2048 on. */
function partitioned(file, size) {
  const table = Buffer.alloc(512);
  table.writeUInt8(0x83, 446 + 4);
  table.writeUInt32LE(2048, 446 + 8);
  table.writeUInt32LE(size / 512 - 2048, 446 + 12);
  table.writeUInt16LE(0xaa55, 510);
  fs.writeFileSync(file, Buffer.concat([table, Buffer.alloc(size - 512)]));
}

/** A stick of 16 MiB with one partition; null where the kernel shows no partitions of loop devices. */
export async function partitionedStick(w) {
  const image = w.path('parted.img');
  partitioned(image, 16 * MiB);
  const [stick] = await w.sticks(['parted'], { size: '16M', partscan: true, fill: image });
  const partition = `${stick.dev}p1`;
  // Where the kernel itself reads no partition tables, partx tells it.
  if (!fs.existsSync(partition)) spawnSync('partx', ['--add', stick.dev], { stdio: 'ignore' });
  if (!fs.existsSync(partition)) return null;
  w.after(() => spawnSync('partx', ['--delete', stick.dev], { stdio: 'ignore' }));
  return { stick, partition };
}
