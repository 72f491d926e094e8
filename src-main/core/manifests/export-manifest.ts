/** Hands a kept manifest out, a part at a time: it may be tens of megabytes long. */
import { open } from 'node:fs/promises';
import { fail } from '@contract/errors.ts';
import type { CallInput, CallOutput } from '@contract/schema.ts';
import type { KeptManifests } from './kept-manifests.ts';

/** Bytes of one answer; far below the size of a message. */
const partLength = 150_000;

/** The part of the manifest with a root digest that begins at byte `from`. Fails with `no-manifest` where none is kept. */
export async function exportManifest(
  manifests: Pick<KeptManifests, 'find'>,
  { rootDigest, from }: CallInput<'verify.export'>,
): Promise<CallOutput<'verify.export'>> {
  const path = (await manifests.find(rootDigest)) ?? fail('no-manifest');
  const file = await open(path, 'r').catch(() => fail('no-manifest'));
  try {
    const { size } = await file.stat();
    const { buffer, bytesRead } = await file.read(Buffer.alloc(partLength), 0, partLength, from);
    const isLast = from + bytesRead >= size;
    // Cut between lines, so that no character is torn.
    const end = isLast ? bytesRead : buffer.lastIndexOf(0x0a, bytesRead - 1) + 1;
    if (end === 0 && !isLast) fail('manifest-damaged', {});
    const name = `${rootDigest.slice(0, 12)}.manifest`;
    return { name, text: buffer.toString('utf8', 0, end), next: isLast ? null : from + end };
  } finally {
    await file.close();
  }
}
