/** The digests of a job's blocks, asked of the helper; and the root digest of all of them, which is what makes a station's copy a true one. */
import { createHash } from 'node:crypto';
import type { HelperEventOf } from '@contract/helper-messages.ts';
import type { EngineJob } from '../jobs/engine.ts';

/** As many as one verb asks for. */
const atOnce = 1024;
const answerMs = 5000;

type Digests = HelperEventOf<'digests'>;

export class DigestBook {
  blocks = 0;
  readonly #engine: EngineJob;
  readonly #waiting = new Map<string, (answer: Digests) => void>();
  #root: string | null = null;
  #asking: Promise<string | null> | null = null;

  constructor(engine: EngineJob) {
    this.#engine = engine;
  }

  take(event: Digests): void {
    this.#waiting.get(event.request ?? '')?.(event);
  }

  async #list(from: number, count: number): Promise<(string | null)[]> {
    const list: (string | null)[] = [];
    while (list.length < count) {
      const part = await this.#ask(from + list.length, Math.min(atOnce, count - list.length));
      if (part.length === 0) throw new Error('the helper gives no digests');
      list.push(...part);
    }
    return list;
  }

  #ask(from: number, count: number): Promise<(string | null)[]> {
    const mark = this.#engine.digests(from, count);
    return new Promise((resolve, reject) => {
      const timer = setTimeout(() => {
        this.#waiting.delete(mark);
        reject(new Error('the helper gave no digests in time'));
      }, answerMs);
      this.#waiting.set(mark, ({ list }) => {
        clearTimeout(timer);
        this.#waiting.delete(mark);
        resolve(list);
      });
    });
  }

  /** The root digest as in a manifest (docs/manifest-format.md); null until every block has been read. */
  root(size: number, blockSize: number): Promise<string | null> {
    if (this.#root !== null) return Promise.resolve(this.#root);
    this.#asking ??= this.#work(size, blockSize).finally(() => (this.#asking = null));
    return this.#asking;
  }

  async #work(size: number, blockSize: number): Promise<string | null> {
    const list = await this.#list(0, this.blocks);
    const hash = createHash('sha256').update(`carousel root 1\n${size} ${blockSize}\n`);
    for (const digest of list) {
      if (digest === null) return null;
      hash.update(Buffer.from(digest, 'hex'));
    }
    return (this.#root = hash.digest('hex'));
  }

  /** What is known of some blocks, in the form of messages; with the root if all are known. */
  async known(
    { from, count }: { from: number; count: number },
    size: number,
    blockSize: number,
    hasHoles: (block: number) => boolean,
  ): Promise<object> {
    const list = from < this.blocks ? await this.#list(from, Math.min(count, this.blocks - from)) : [];
    const bytes = Buffer.alloc(list.length * 17);
    list.forEach((digest, i) => {
      if (digest === null) return;
      bytes.writeUInt8(hasHoles(from + i) ? 2 : 1, i * 17);
      bytes.write(digest, i * 17 + 1, 'hex');
    });
    return { known: bytes.toString('base64'), root: await this.root(size, blockSize) };
  }
}
