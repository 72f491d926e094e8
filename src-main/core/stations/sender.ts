/**
 * Puts blocks on the stream: in parts that fit the server's messages, a bounded number of bytes under way, never more than the stream has
 * room for. A full stream is what holds the first node back.
 */
import type { JetStreamManager } from '@nats-io/jetstream';
import type { NatsConnection } from '@nats-io/transport-node';
import { Acknowledgements, type Acknowledgement } from './acknowledgements.ts';
import type { BlockFrame, ByteRange } from './frame.ts';
import { blocksSubject, partHeader, stationVersion, streamName, type Part } from './messages.ts';
import { publishLong } from './transport.ts';

/** Bytes that are on their way to the server at once. */
const bytesUnderWay = 16 * 1_048_576;
/** What the server counts for a message beside its payload, generously. */
const perMessage = 1024;
/** What headers take of the largest message. */
const headRoom = 8192;
/** How long a full stream is left alone before its room is asked for again. */
const fullPauseMs = 15;
const retryPauseMs = 250;
const publishMs = 5000;
const maxRangesSent = 64;

const sleep = (ms: number): Promise<void> => new Promise((resolve) => setTimeout(resolve, ms));

export interface SenderOptions {
  connection: NatsConnection;
  manager: JetStreamManager;
  job: string;
  streamBytes: number;
  closed: () => boolean;
}

/** How many parts a block is sent in, and how long they are, at a server that takes messages of `maxPayload` bytes. */
export function partsOf(length: number, maxPayload: number): { parts: number; size: number } {
  const most = Math.max(maxPayload - headRoom, 1024);
  const parts = Math.ceil(length / most);
  return { parts, size: Math.ceil(length / parts) };
}

export class Sender {
  readonly #options: SenderOptions;
  readonly #acknowledgements: Acknowledgements;
  readonly #run = Math.random().toString(36).slice(2, 10);
  #number = 0;
  #room = 0;
  #underWay = 0;
  #idle: (() => void)[] = [];
  #turn: Promise<void> = Promise.resolve();
  /** Since when the server refuses every block, and what it says; null while it takes them. */
  failingSince: number | null = null;
  failure = '';

  constructor(options: SenderOptions) {
    this.#options = options;
    this.#acknowledgements = new Acknowledgements(options.connection);
  }

  /** Waits for its turn and for room, then sends; the result is the stream's sequence of the last part, or null if it was given up. */
  async send(frame: BlockFrame, bad: readonly ByteRange[]): Promise<() => Promise<number | null>> {
    const bytes = frame.data.length;
    // One after the other: whoever waits for room is not overtaken.
    const before = this.#turn;
    let done = (): void => undefined;
    this.#turn = new Promise((resolve) => (done = resolve));
    await before;
    try {
      while (this.#underWay >= bytesUnderWay) await new Promise<void>((resolve) => this.#idle.push(resolve));
      if (!(await this.#makeRoom(bytes))) return () => Promise.resolve(null);
      this.#underWay += bytes;
      const sent = this.#sendParts(frame, fewer(bad)).finally(() => {
        this.#underWay -= bytes;
        for (const wake of this.#idle.splice(0)) wake();
      });
      sent.catch(() => undefined); // whoever takes the result hears of it
      return () => sent;
    } finally {
      done();
    }
  }

  async #makeRoom(bytes: number): Promise<boolean> {
    const { manager, job, streamBytes, connection, closed } = this.#options;
    const { parts } = partsOf(bytes, connection.info?.max_payload ?? 1_048_576);
    const size = bytes + parts * perMessage;
    while (this.#room < size) {
      if (closed()) return false;
      try {
        const { state } = await manager.streams.info(streamName(job));
        this.#room = streamBytes - state.bytes - this.#underWay;
      } catch {
        await sleep(retryPauseMs); // no server now: it is the connection's own business to say so
        continue;
      }
      if (this.#room < size) await sleep(fullPauseMs);
    }
    this.#room -= size;
    return true;
  }

  async #sendParts({ block, digest, data }: BlockFrame, bad: ByteRange[]): Promise<number | null> {
    const { connection } = this.#options;
    const { parts, size } = partsOf(data.length, connection.info?.max_payload ?? 1_048_576);
    const n = ++this.#number;
    const head = { v: stationVersion, n, b: block, parts, length: data.length, digest, bad } as const;
    const sent = await Promise.all(
      Array.from({ length: parts }, (_none, part) =>
        this.#sendPart(
          { ...head, part },
          data.subarray(part * size, (part + 1) * size),
          `${this.#run}-${n}-${part}`,
        ),
      ),
    );
    return sent.every((sequence) => sequence !== null) ? Math.max(...sent) : null;
  }

  /** Until the server has it: the mark lets it tell a second try from a second message. */
  async #sendPart(part: Part, data: Buffer, mark: string): Promise<number | null> {
    const { connection, job, closed } = this.#options;
    const head = Buffer.from(
      `NATS/1.0\r\n${partHeader}: ${JSON.stringify(part)}\r\nNats-Msg-Id: ${mark}\r\n\r\n`,
    );
    const writes: Promise<void>[] = [];
    let sequence: number | null = null;
    while (sequence === null && !closed()) {
      const { reply, answer } = this.#acknowledgements.next(publishMs);
      const message = { subject: blocksSubject(job), reply, head, data };
      const written = publishLong(connection, message);
      if (written) {
        writes.push(written);
        sequence = this.#heard(await answer);
      }
      if (sequence === null) await sleep(retryPauseMs);
    }
    // A second try may still wait to be written: the memory is not free before.
    await Promise.all(writes);
    return sequence;
  }

  #heard({ seq, refused }: Acknowledgement): number | null {
    if (seq !== null) this.failingSince = null;
    if (refused !== null) {
      this.failingSince ??= Date.now();
      this.failure = refused;
    }
    return seq;
  }
}

/** Few enough for a header: neighbours become one, and name too much rather than too little. */
export function fewer(ranges: readonly ByteRange[]): ByteRange[] {
  const list = [...ranges];
  while (list.length > maxRangesSent) {
    const half: ByteRange[] = [];
    for (let i = 0; i < list.length; i += 2) {
      const first = list[i] as ByteRange;
      const last = list[i + 1] ?? first;
      half.push({ offset: first.offset, length: last.offset + last.length - first.offset });
    }
    list.splice(0, list.length, ...half);
  }
  return list;
}
