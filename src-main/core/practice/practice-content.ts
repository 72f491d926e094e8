// The content of a practice source: every sector names its own number, so a misplaced block can be seen with the naked eye, and
// the rest is noise that no two blocks share.

import { open, rename, rm } from 'node:fs/promises';

const CHUNK = 1_048_576;
const SECTOR = 4096;
const SEED = 0x9e3779b9;

/** Fills `out` with the content that a practice source has from `offset` (a multiple of 1 MiB) on. */
export function fillPracticeContent(out: Buffer, offset: number): void {
  const chunk = Math.floor(offset / CHUNK);
  const turn = (chunk * 7919) % CHUNK;
  noise().copy(out, 0, turn);
  if (CHUNK - turn < out.length) noise().copy(out, CHUNK - turn, 0);
  for (let at = 0; at < out.length; at += SECTOR) {
    const sector = (offset + at) / SECTOR;
    out.write(`Carousel practice sector ${String(sector).padStart(12, '0')}\n`, at, 'latin1');
  }
}

/** Writes a practice source; the file appears under its name only when it is whole. */
export async function writePracticeSource(path: string, size: number): Promise<void> {
  const part = `${path}.part`;
  await rm(part, { force: true });
  const file = await open(part, 'wx');
  try {
    const buffer = Buffer.alloc(CHUNK);
    for (let offset = 0; offset < size; offset += CHUNK) {
      const piece = buffer.subarray(0, Math.min(CHUNK, size - offset));
      fillPracticeContent(piece, offset);
      await writeAll(file, piece, offset);
    }
    await file.sync();
    await file.close();
    await rename(part, path);
  } catch (error) {
    await file.close();
    await rm(part, { force: true });
    throw error;
  }
}

async function writeAll(file: Awaited<ReturnType<typeof open>>, data: Buffer, offset: number): Promise<void> {
  for (let done = 0; done < data.length;) {
    const { bytesWritten } = await file.write(data, done, data.length - done, offset + done);
    done += bytesWritten;
  }
}

let made: Buffer | undefined;
function noise(): Buffer {
  if (made) return made;
  const words = new Uint32Array(CHUNK / 4);
  let state = SEED;
  for (let i = 0; i < words.length; i++) {
    state ^= state << 13;
    state ^= state >>> 17;
    state ^= state << 5;
    words[i] = state;
  }
  made = Buffer.from(words.buffer);
  return made;
}
