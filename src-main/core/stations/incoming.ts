/** Puts blocks together from the messages of the stream, and keeps them until the helper takes them; no more of them than fit. */
import type { Part } from './messages.ts';

/** Sendings of which only some parts are here. */
const mostParts = 8;
/** Bytes of whole blocks that wait. */
const mostWaiting = 64 * 1_048_576;

/** A whole block with the messages it came in. */
export interface Whole<Message> {
  part: Part;
  data: Buffer[];
  messages: Message[];
}

export interface Facts {
  readonly size: number;
  readonly blockSize: number;
  readonly blockCount: number;
}

/** `done` is called with the messages that are of no use any more; a block that was lost with them is lacked as before. */
export class Incoming<Message> {
  readonly #facts: Facts;
  readonly #done: (messages: readonly Message[]) => void;
  readonly #parts = new Map<number, Whole<Message> & { bytes: number }>();
  readonly #queue: Whole<Message>[] = [];
  #waiting = 0;

  constructor(facts: Facts, done: (messages: readonly Message[]) => void) {
    this.#facts = facts;
    this.#done = done;
  }

  /** Whole blocks that wait. */
  get queue(): readonly Whole<Message>[] {
    return this.#queue;
  }

  /** The next whole block. */
  shift(): Whole<Message> | undefined {
    const whole = this.#queue.shift();
    if (whole) this.#waiting -= whole.part.length;
    return whole;
  }

  /** Parts of blocks that are not whole are forgotten; the server sends them again. */
  forgetParts(): void {
    this.#parts.clear();
  }

  take(part: Part, data: Buffer, message: Message): void {
    const { n, b } = part;
    const known = this.#parts.get(n) ?? { part, data: [], messages: [], bytes: 0 };
    const fits =
      part.part < part.parts &&
      part.length === this.#lengthOf(b) &&
      known.part.b === b &&
      known.part.parts === part.parts &&
      known.data[part.part] === undefined &&
      known.bytes + data.length <= part.length;
    if (!fits) return this.#done([message]);
    this.#parts.set(n, known);
    known.data[part.part] = data;
    known.bytes += data.length;
    known.messages.push(message);
    if (known.messages.length === part.parts) return this.#whole(n, known);
    const [oldest] = this.#parts;
    if (this.#parts.size > mostParts && oldest) this.#drop(...oldest);
  }

  #whole(n: number, whole: Whole<Message> & { bytes: number }): void {
    const { length } = whole.part;
    if (whole.bytes !== length || this.#waiting + length > mostWaiting) return this.#drop(n, whole);
    this.#parts.delete(n);
    this.#waiting += length;
    this.#queue.push(whole);
  }

  #drop(n: number, { messages }: Whole<Message>): void {
    this.#parts.delete(n);
    this.#done(messages);
  }

  /** Bytes of a block; none for one that there is not. */
  #lengthOf(block: number): number {
    const { size, blockSize, blockCount } = this.#facts;
    return block < blockCount ? Math.min(blockSize, size - block * blockSize) : 0;
  }
}
