/**
 * Hands blocks to the helper of a station, a few at a time, and lets go of their messages only when it has answered for each: it lies in the
 * local ring, nobody here needs it, or it came damaged. What never gets that far is let go of at once, and lacked as before.
 */
import { Incoming, type Facts, type Whole } from './incoming.ts';
import type { Part } from './messages.ts';

/** Block frames that the helper takes before it has said `took` (native-helpers/engine/feed/frame.hpp). */
const credit = 4;

export interface HandingOptions<Message> {
  readonly facts: Facts;
  /** The helper is there. */
  readonly ready: () => boolean;
  readonly hand: (whole: Whole<Message>) => void;
  /** These messages are dealt with. */
  readonly done: (messages: readonly Message[]) => void;
}

export class Handing<Message> {
  readonly #options: HandingOptions<Message>;
  readonly #incoming: Incoming<Message>;
  readonly #handed: Whole<Message>[] = [];

  constructor(options: HandingOptions<Message>) {
    this.#options = options;
    this.#incoming = new Incoming(options.facts, options.done);
  }

  /** Whole blocks that are not answered for, handed or not. */
  get waiting(): readonly Whole<Message>[] {
    return [...this.#incoming.queue, ...this.#handed];
  }

  /** Parts of blocks that are not whole are forgotten; the server sends them again. */
  forgetParts(): void {
    this.#incoming.forgetParts();
  }

  take(part: Part, data: Buffer, message: Message): void {
    this.#incoming.take(part, data, message);
    this.#hand();
  }

  /** The helper has said what became of a block. */
  answered(block: number): void {
    const at = this.#handed.findIndex(({ part }) => part.b === block);
    const [whole] = at < 0 ? [] : this.#handed.splice(at, 1);
    if (whole) this.#options.done(whole.messages);
    this.#hand();
  }

  #hand(): void {
    while (this.#options.ready() && this.#handed.length < credit) {
      const whole = this.#incoming.shift();
      if (!whole) return;
      this.#handed.push(whole);
      this.#options.hand(whole);
    }
  }
}
