/** The first node's end of the feed: the helper hands blocks out over it while stations ride. */
import type { Socket } from 'node:net';
import { rangesWhere } from './block-set.ts';
import { FrameReader, type BlockFrame, type BlockPool } from './frame.ts';
import { listenLocally, type LocalSocket } from './local-socket.ts';

/** Blocks read from the helper and not sent yet; beyond, it is left waiting. */
const mostWaiting = 4;
/** So many ranges fit a line to the helper. */
const rangesInLine = 2000;

export class Tap {
  /** The mark of the verb that asked for it. */
  request: string | null = null;
  readonly #take: (frame: BlockFrame) => Promise<void>;
  readonly #pool: BlockPool;
  #local: LocalSocket | null = null;
  #socket: Socket | null = null;
  #asked: string[] = [];
  #closed = false;
  #waiting = 0;

  constructor(
    open: (path: string) => string,
    take: (frame: BlockFrame) => Promise<void>,
    ended: () => void,
    pool: BlockPool,
  ) {
    this.#take = take;
    this.#pool = pool;
    void this.#open(open)
      .catch(() => undefined) // the helper says on its own line why it does not
      .then(() => {
        this.close();
        ended();
      });
  }

  async #open(open: (path: string) => string): Promise<void> {
    const local = await listenLocally();
    this.#local = local;
    if (this.#closed) return local.close();
    this.request = open(local.path);
    const socket = await local.peer;
    this.#socket = socket;
    for (const line of this.#asked.splice(0)) socket.write(line);
    const frames = new FrameReader((frame) => this.#onFrame(socket, frame), this.#pool);
    socket.on('data', (chunk: Buffer) => {
      try {
        frames.push(chunk);
      } catch {
        socket.destroy();
      }
    });
    await new Promise<void>((resolve) => socket.once('close', resolve));
  }

  #onFrame(socket: Socket, frame: BlockFrame): void {
    this.#waiting++;
    if (this.#waiting >= mostWaiting) socket.pause();
    void this.#take(frame).finally(() => {
      this.#waiting--;
      if (this.#waiting < mostWaiting) socket.resume();
    });
  }

  ask(what: 'need' | 'drop', blocks: readonly number[]): void {
    if (blocks.length === 0) return;
    const wanted = new Set(blocks);
    const ranges = rangesWhere((blocks.at(-1) ?? 0) + 1, (block) => wanted.has(block));
    for (let i = 0; i < ranges.length; i += rangesInLine) {
      const line = `${JSON.stringify({ [what]: ranges.slice(i, i + rangesInLine) })}\n`;
      if (this.#socket) this.#socket.write(line);
      else this.#asked.push(line);
    }
  }

  close(): void {
    if (this.#closed) return;
    this.#closed = true;
    void this.#local?.close();
  }
}
