/** What the server says to each message that was published: its place in the stream, or why there is none. */
import { createInbox, type Msg, type NatsConnection } from '@nats-io/transport-node';
import { z } from '@contract/zod.ts';
import { parseJson } from './messages.ts';

const answerSchema = z.union([
  z.object({ error: z.object({ description: z.string().max(1024) }) }),
  z.object({ seq: z.number().int().positive() }),
]);

/** `refused`: the server's reason where it gave one; without both it gave no answer in time, or there is no JetStream just now. */
export interface Acknowledgement {
  readonly seq: number | null;
  readonly refused: string | null;
}

const none: Acknowledgement = { seq: null, refused: null };

export class Acknowledgements {
  readonly #inbox = createInbox();
  readonly #waiting = new Map<string, (answer: Acknowledgement) => void>();
  #number = 0;

  constructor(connection: NatsConnection) {
    connection.subscribe(`${this.#inbox}.*`, {
      callback: (error, message) => {
        if (!error) this.#waiting.get(message.subject)?.(read(message));
      },
    });
  }

  /** Where the next answer is to go, and the answer, which comes within `ms` milliseconds. */
  next(ms: number): { reply: string; answer: Promise<Acknowledgement> } {
    const reply = `${this.#inbox}.${++this.#number}`;
    const answer = new Promise<Acknowledgement>((resolve) => {
      const end = (value: Acknowledgement): void => {
        clearTimeout(timer);
        this.#waiting.delete(reply);
        resolve(value);
      };
      const timer = setTimeout(() => end(none), ms).unref();
      this.#waiting.set(reply, end);
    });
    return { reply, answer };
  }
}

function read(message: Msg): Acknowledgement {
  const answer = answerSchema.safeParse(parseJson(message.string()));
  if (!answer.success) return none;
  return 'error' in answer.data
    ? { seq: null, refused: answer.data.error.description }
    : { seq: answer.data.seq, refused: null };
}
