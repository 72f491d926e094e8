/**
 * Cuts what a NATS server sends into whole commands, so that the client finds each message in one piece. Pieces of a message would be put
 * together by growing a buffer again and again: several copies of each byte. A long message is read right into memory of its own here.
 */

/** Lines of the protocol and short messages are read here first; the server's own description of itself has to fit. */
const scratchSize = 32_768;
/** Memory for messages is made in steps of so much, so that one fits the next. */
const step = 4096;
const newline = 10;

/** Memory for long messages, used again and again; whoever has a message says when nobody looks at it any more. */
export class MessagePool {
  readonly #free: ArrayBuffer[] = [];
  readonly #lent = new WeakSet<ArrayBufferLike>();
  readonly #most: number;

  /** Keeps at most so many bytes for later. */
  constructor(mostBytes: number) {
    this.#most = mostBytes;
  }

  take(length: number): Buffer {
    const size = Math.ceil(length / step) * step;
    const last = this.#free.pop();
    const memory = last?.byteLength === size ? last : Buffer.allocUnsafeSlow(size).buffer;
    this.#lent.add(memory);
    return Buffer.from(memory, 0, length);
  }

  /** The memory under a message; any other is left alone. */
  give(memory: ArrayBufferLike): void {
    if (!this.#lent.delete(memory)) return;
    if ((this.#free.length + 1) * memory.byteLength <= this.#most) this.#free.push(memory as ArrayBuffer);
  }
}

export class WholeMessages {
  readonly #pool: MessagePool;
  readonly #emit: (commands: Buffer) => void;
  readonly #scratch = Buffer.allocUnsafeSlow(scratchSize);
  #filled = 0;
  #message: Buffer | null = null;

  /** `emit` is given one or more whole commands, in order. */
  constructor(pool: MessagePool, emit: (commands: Buffer) => void) {
    this.#pool = pool;
    this.#emit = emit;
  }

  /** Where the next bytes are to be read to; never empty. */
  get room(): Buffer {
    return (this.#message ?? this.#scratch).subarray(this.#filled);
  }

  /** So many bytes have been read into `room`. Throws `RangeError` for what cannot be the protocol. */
  read(bytes: number): void {
    this.#filled += bytes;
    const message = this.#message;
    if (message === null) return this.#scan();
    if (this.#filled < message.length) return;
    this.#message = null;
    this.#filled = 0;
    this.#emit(message);
  }

  /** The same for bytes that lie elsewhere. */
  push(chunk: Buffer): void {
    for (let at = 0; at < chunk.length;) {
      const bytes = chunk.copy(this.room, 0, at);
      at += bytes;
      this.read(bytes);
    }
  }

  #scan(): void {
    const bytes = this.#scratch.subarray(0, this.#filled);
    let whole = 0;
    let next = commandLength(bytes);
    while (next !== null && whole + next <= bytes.length) {
      whole += next;
      next = commandLength(bytes.subarray(whole));
    }
    if (whole > 0) this.#emit(Buffer.from(bytes.subarray(0, whole)));
    const rest = bytes.subarray(whole);
    this.#filled = rest.length;
    if (next !== null && next > scratchSize) {
      this.#message = this.#pool.take(next);
      rest.copy(this.#message);
    } else if (whole > 0) this.#scratch.copyWithin(0, whole, whole + rest.length);
    else if (rest.length === scratchSize) throw new RangeError('the server sent a line without an end');
  }
}

/** Bytes of the command that begins here, with the payload of a message; null until its line is there. */
function commandLength(bytes: Buffer): number | null {
  const end = bytes.indexOf(newline);
  if (end < 0) return null;
  const first = bytes[0];
  const isMessage = first === 0x48 || first === 0x4d || first === 0x68 || first === 0x6d; // H, M, h, m
  if (!isMessage) return end + 1;
  const payload = Number(bytes.toString('latin1', bytes.lastIndexOf(0x20, end) + 1, end));
  if (!Number.isSafeInteger(payload) || payload < 0)
    throw new RangeError('the server sent a message of no length');
  return end + 1 + payload + 2;
}
