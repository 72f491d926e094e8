/** Frames of the feed between the helper and this process (docs/helper-protocol.md, "The feed"). */

export const headerSize = 64;
const magic = Buffer.from('CRSLFEED', 'latin1');
const version = 1;
const longestBlock = 16_777_216;

export const kinds = { block: 1, lacks: 2, alive: 3, release: 4, failed: 5 } as const;

export interface ByteRange {
  readonly offset: number;
  readonly length: number;
}

export interface BlockFrame {
  readonly block: number;
  readonly unreadable: boolean;
  /** XXH3-128 as the helper made it, 32 hexadecimal digits. */
  readonly digest: string;
  readonly data: Buffer;
}

function header(kind: number, block: number, length: number): Buffer {
  const bytes = Buffer.alloc(headerSize);
  magic.copy(bytes);
  bytes.writeUInt32LE(version, 8);
  bytes.writeUInt32LE(kind, 12);
  bytes.writeBigUInt64LE(BigInt(block), 16);
  bytes.writeUInt32LE(length, 24);
  return bytes;
}

/** The head of a block's frame, with the ranges of it that could not be read; the data follows. */
export function blockHead(
  { block, unreadable, digest }: Omit<BlockFrame, 'data'>,
  length: number,
  ranges: readonly ByteRange[],
): Buffer {
  const head = header(kinds.block, block, length);
  head.writeUInt32LE(unreadable ? 1 : 0, 28);
  head.write(digest, 32, 'hex');
  head.writeUInt32LE(ranges.length, 48);
  const list = Buffer.alloc(ranges.length * 16);
  ranges.forEach(({ offset, length: size }, i) => {
    list.writeBigUInt64LE(BigInt(offset), i * 16);
    list.writeBigUInt64LE(BigInt(size), i * 16 + 8);
  });
  return Buffer.concat([head, list]);
}

/** Asks for a `lacks` line with this mark. */
export const lacksFrame = (mark: number): Buffer => header(kinds.lacks, mark, 0);
export const aliveFrame = (): Buffer => header(kinds.alive, 0, 0);
export const releaseFrame = (root: string): Buffer => textFrame(kinds.release, root);
export const failedFrame = (why: string): Buffer => textFrame(kinds.failed, why.slice(0, 1024));

function textFrame(kind: number, text: string): Buffer {
  const bytes = Buffer.from(text);
  return Buffer.concat([header(kind, 0, bytes.length), bytes]);
}

/** Room for blocks, used again and again: a new megabyte for each block would keep the collector of garbage busy. */
export class BlockPool {
  readonly #free: Buffer[] = [];
  readonly #most: number;

  constructor(most: number) {
    this.#most = most;
  }

  take(length: number): Buffer {
    const last = this.#free.pop();
    return last?.length === length ? last : Buffer.allocUnsafe(length);
  }

  /** Nobody looks at it any more. */
  give(buffer: Buffer): void {
    if (this.#free.length < this.#most) this.#free.push(buffer);
  }
}

/** Puts frames together from what a stream brings. Throws on anything that is no block of the feed. */
export class FrameReader {
  readonly #take: (frame: BlockFrame) => void;
  readonly #pool: BlockPool;
  readonly #head = Buffer.alloc(headerSize);
  #filled = 0;
  #frame: BlockFrame | null = null;
  #got = 0;

  constructor(take: (frame: BlockFrame) => void, pool: BlockPool) {
    this.#take = take;
    this.#pool = pool;
  }

  push(chunk: Buffer): void {
    let at = 0;
    while (at < chunk.length) {
      if (this.#frame === null) {
        const n = chunk.copy(this.#head, this.#filled, at, at + headerSize - this.#filled);
        this.#filled += n;
        at += n;
        if (this.#filled === headerSize) this.#begin();
      } else {
        const n = chunk.copy(this.#frame.data, this.#got, at);
        this.#got += n;
        at += n;
        if (this.#got === this.#frame.data.length) this.#end(this.#frame);
      }
    }
  }

  #begin(): void {
    const head = this.#head;
    const length = head.readUInt32LE(24);
    const known =
      head.subarray(0, 8).equals(magic) &&
      head.readUInt32LE(8) === version &&
      head.readUInt32LE(12) === kinds.block;
    if (!known || length === 0 || length > longestBlock || head.readUInt32LE(48) !== 0)
      throw new RangeError('what came from the helper is no block');
    this.#filled = 0;
    this.#got = 0;
    this.#frame = {
      block: Number(head.readBigUInt64LE(16)),
      unreadable: head.readUInt32LE(28) === 1,
      digest: head.toString('hex', 32, 48),
      data: this.#pool.take(length),
    };
  }

  #end(frame: BlockFrame): void {
    this.#frame = null;
    this.#take(frame);
  }
}
