// Compares two files byte for byte.

import { open } from 'node:fs/promises';

const CHUNK = 4 * 1_048_576;

/** Undefined if the first `size` bytes are equal, else the offset of the first difference. */
export async function firstDifference(a: string, b: string, size: number): Promise<number | undefined> {
  const left = await open(a);
  try {
    const right = await open(b);
    try {
      const [one, two] = [Buffer.alloc(CHUNK), Buffer.alloc(CHUNK)];
      for (let offset = 0; offset < size; offset += CHUNK) {
        const length = Math.min(CHUNK, size - offset);
        const [l, r] = await Promise.all([fill(left, one, length, offset), fill(right, two, length, offset)]);
        if (l === length && r === length && one.compare(two, 0, length, 0, length) === 0) continue;
        return offset + differenceIn(one.subarray(0, l), two.subarray(0, r));
      }
      return undefined;
    } finally {
      await right.close();
    }
  } finally {
    await left.close();
  }
}

async function fill(
  file: Awaited<ReturnType<typeof open>>,
  into: Buffer,
  length: number,
  offset: number,
): Promise<number> {
  let done = 0;
  while (done < length) {
    const { bytesRead } = await file.read(into, done, length - done, offset + done);
    if (bytesRead === 0) break;
    done += bytesRead;
  }
  return done;
}

function differenceIn(a: Buffer, b: Buffer): number {
  const shared = Math.min(a.length, b.length);
  for (let i = 0; i < shared; i++) if (a[i] !== b[i]) return i;
  return shared;
}
