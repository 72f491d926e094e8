// Cuts a byte stream into lines of bounded length. A line that is too long or not UTF-8 is reported and passed over;
// memory never grows beyond one line.

/**
 * A line from the helper that is longer is not worth its memory. More than the protocol allows, so that the result of a job
 * that hundreds of drives rode on is never lost for its length alone.
 */
export const MAX_EVENT_BYTES = 1_048_576;

/** A whole line, or why there is none. */
export type DecodedText = { kind: 'line'; text: string } | { kind: 'bad'; reason: string };

const NEWLINE = 0x0a;

/** Feed it chunks; it gives back the lines that became complete. */
export class LineDecoder {
  readonly #max: number;
  readonly #utf8 = new TextDecoder('utf-8', { fatal: true });
  #parts: Buffer[] = [];
  #length = 0;
  #skipping = false;

  constructor(maxBytes: number = MAX_EVENT_BYTES) {
    this.#max = maxBytes;
  }

  /** Takes the next bytes and returns the lines that end in them. */
  push(chunk: Buffer): DecodedText[] {
    const out: DecodedText[] = [];
    let from = 0;
    for (let at = chunk.indexOf(NEWLINE); at >= 0; at = chunk.indexOf(NEWLINE, from)) {
      this.#take(chunk.subarray(from, at), out);
      this.#finish(out);
      from = at + 1;
    }
    this.#take(chunk.subarray(from), out);
    return out;
  }

  /** The stream is over: a rest without a newline is a line that was cut off. */
  end(): DecodedText[] {
    const rest = this.#length;
    this.#parts = [];
    this.#length = 0;
    this.#skipping = false;
    return rest > 0 ? [{ kind: 'bad', reason: `the last line was cut off after ${rest} bytes` }] : [];
  }

  #take(piece: Buffer, out: DecodedText[]): void {
    if (piece.length === 0 || this.#skipping) return;
    if (this.#length + piece.length >= this.#max) {
      out.push({ kind: 'bad', reason: `a line is longer than ${this.#max} bytes` });
      this.#parts = [];
      this.#length = 0;
      this.#skipping = true;
      return;
    }
    this.#parts.push(piece);
    this.#length += piece.length;
  }

  #finish(out: DecodedText[]): void {
    const bytes = this.#parts.length === 1 ? this.#parts[0] : Buffer.concat(this.#parts);
    const skipped = this.#skipping;
    this.#parts = [];
    this.#length = 0;
    this.#skipping = false;
    if (skipped || bytes === undefined || bytes.length === 0) return;
    try {
      out.push({ kind: 'line', text: this.#utf8.decode(bytes) });
    } catch {
      out.push({ kind: 'bad', reason: 'a line is not UTF-8' });
    }
  }
}
