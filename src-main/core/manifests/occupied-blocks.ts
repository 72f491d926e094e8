/** Which blocks of a source are empty, by its manifest: what was lost of them cannot be seen. */
import { createReadStream } from 'node:fs';
import { createInterface } from 'node:readline';
import { readManifestHead } from './manifest-head.ts';

/** XXH3-128 of so many bytes of zeros, by block size. */
const zeroDigests: Readonly<Record<number, string>> = {
  65536: 'fd5ee061c8433a0f33b202d302b65caa',
  131072: '9d461480179a33c4e7488e240cc78ea7',
  262144: '9aa295aead2a46612d64c035e85fb928',
  524288: '0d9f6acee70bd714fd444a4e0c1d4c46',
  1048576: 'b6ef17a3448492b6918780b90550bf34',
  2097152: '7b3e6abe1456fd0094e26d8e04364852',
  4194304: '34001ae2f947e773165f453a5f35c459',
  8388608: '9d6bf1a4e92df02ce881a25e37e37b19',
  16777216: '14d914cac1f4c1b1c4979470a1b529a1',
};

/** Of a manifest that the helper has found right: for each block whether it is anything but zeros. The last one counts as such if it is short. */
export async function occupiedBlocks(path: string): Promise<boolean[]> {
  const { blockSize, unreadable } = await readManifestHead(path);
  const zeros = zeroDigests[blockSize];
  const found: boolean[] = [];
  let toSkip = 2 + unreadable;
  for await (const line of createInterface({ input: createReadStream(path), crlfDelay: Infinity })) {
    if (toSkip > 0) toSkip -= 1;
    else if (line.length === 32) found.push(line !== zeros);
  }
  return found;
}
