// Every file of our own, damaged in every way a crash, a bad disk or memory leaves: read right, or refused; never read wrong.

import fs from 'node:fs';
import path from 'node:path';
import { World } from '../../e2e/engine/support/world.mjs';
import { FORMATS } from './formats.mjs';

/** A block of a file system, small: so much of what was to be written holds something else. */
const TORN = 64;

/** What becomes of a file at a byte; `old` is what lay in its place. */
export const DAMAGES = {
  'cut off': (now, _old, at) => now.subarray(0, at),
  'zeros from there on': (now, _old, at) =>
    Buffer.concat([now.subarray(0, at), Buffer.alloc(now.length - at)]),
  'a block of zeros': (now, _old, at) =>
    Buffer.concat([
      now.subarray(0, at),
      Buffer.alloc(Math.min(TORN, now.length - at)),
      now.subarray(at + TORN),
    ]),
  'old content from there on': (now, old, at) => Buffer.concat([now.subarray(0, at), old.subarray(at)]),
  'a block of old content': (now, old, at) =>
    Buffer.concat([now.subarray(0, at), old.subarray(at, at + TORN), now.subarray(at + TORN)]),
  'a flipped bit': (now, _old, at) => {
    const bytes = Buffer.from(now);
    if (at < bytes.length) bytes[at] ^= 1 << (at % 8);
    return bytes;
  },
};

/**
 * Each damage at every `stride`-th byte of every format.
 * @returns {Promise<{ name: string, bytes: number, tried: number, problems: string[] }[]>}
 */
export async function playTorn({ stride = 1, nativeStride = stride, tell }) {
  const results = [];
  for (const { name, make, native } of FORMATS) {
    const w = new World();
    try {
      const { before, now, read, holds } = await make(w);
      fs.mkdirSync(w.path('torn'));
      const [whole, old] = [await read(now), await read(before)];
      if ([whole, old].includes('refused')) throw new Error(`${name}: the whole file is refused`);
      const problems = [];
      let tried = 0;
      for (const [damage, apply] of Object.entries(DAMAGES))
        for (let at = 0; at <= now.length; at += native ? nativeStride : stride) {
          const bytes = apply(now, before, at);
          const result = await read(bytes);
          tried += 1;
          const right = holds(result, bytes.equals(before) ? old : whole);
          if (!right) problems.push(`${name}, ${damage} at ${at} of ${now.length}: read as ${result}`);
        }
      fs.rmdirSync(path.join(w.dir, 'torn'));
      await w.nothingLeft();
      results.push({ name, bytes: now.length, tried, problems });
      tell(
        `${name}: ${tried} damages of ${now.length} bytes, ${problems.length} read wrong\n${problems.slice(0, 5).join('\n')}`.trim(),
      );
    } finally {
      await w.close();
    }
  }
  return results;
}
