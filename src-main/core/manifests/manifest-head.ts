/** Looks at the beginning of a manifest (docs/manifest-format.md): enough to say what it is of. The helper reads all of it. */
import { open } from 'node:fs/promises';
import { basename } from 'node:path';
import { fail } from '@contract/errors.ts';
import type { ManifestHead } from '@contract/groups/verify.ts';
import { z } from '@contract/zod.ts';
import { cleanText } from '../devices/clean-text.ts';

const firstLine = 'carousel-manifest 1\n';
/** The second line may be this long. */
const maxHead = 32_768;

const headSchema = z.object({
  time: z.string().regex(/^\d{4}-\d\d-\d\dT\d\d:\d\d:\d\dZ$/),
  source: z.object({
    path: z.string().min(1).max(4096),
    size: z.int().min(1),
  }),
  blockSize: z.int().min(65_536).max(16_777_216),
  unreadable: z.int().min(0).max(1_048_576),
  rootDigest: z.string().regex(/^[0-9a-f]{64}$/),
});

export interface ReadManifest extends ManifestHead {
  /** Where the source was when the manifest was made. */
  sourcePath: string;
  blockSize: number;
}

async function firstBytes(path: string): Promise<string> {
  const file = await open(path, 'r').catch(() => fail('not-found', {}));
  try {
    if (!(await file.stat()).isFile()) fail('manifest-damaged', {});
    const buffer = Buffer.alloc(firstLine.length + maxHead + 1);
    const { bytesRead } = await file.read(buffer, 0, buffer.length, 0);
    return buffer.toString('utf8', 0, bytesRead);
  } finally {
    await file.close();
  }
}

/** What a manifest says of itself; fails with `not-found` or `manifest-damaged`. */
export async function readManifestHead(path: string): Promise<ReadManifest> {
  const text = await firstBytes(path);
  const end = text.indexOf('\n', firstLine.length);
  if (!text.startsWith(firstLine) || end < 0) fail('manifest-damaged', {});
  let value: unknown;
  try {
    value = JSON.parse(text.slice(firstLine.length, end));
  } catch {
    return fail('manifest-damaged', {});
  }
  const parsed = headSchema.safeParse(value);
  if (!parsed.success) return fail('manifest-damaged', {});
  const { time, source, blockSize, unreadable, rootDigest } = parsed.data;
  const title = cleanText(basename(source.path), 63) ?? '?';
  return { path, time, title, size: source.size, unreadable, rootDigest, sourcePath: source.path, blockSize };
}
