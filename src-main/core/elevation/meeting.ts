/**
 * Where the elevated helper and this program find each other: a socket (Windows: a named pipe) in a folder that only this user can open. The
 * helper proves that it took the secret out of the folder, then this program proves that it put it there; only then are
 * helpers started. Node cannot ask a socket who is at its other end, so here the folder and the secret stand for that;
 * the helper asks the kernel.
 */
import { randomBytes, timingSafeEqual } from 'node:crypto';
import { chmodSync, mkdirSync, rmSync, writeFileSync } from 'node:fs';
import { createServer, type Server, type Socket } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { PassThrough } from 'node:stream';
import { z } from '@contract/zod.ts';
import type { HelperExit, HelperProcess } from '../helper/launch/launcher.ts';

const secretBytes = 32;
/** The process has ended, and the system closes its connection: only a busy machine takes long. */
const drainMs = 10_000;
const maxLineBytes = 65_536;

const introductionSchema = z.union([
  z.object({ broker: z.literal(1), proof: z.string() }),
  z.strictObject({ launch: z.string() }),
]);
const endedSchema = z.object({
  ended: z.string(),
  code: z.number().int().optional(),
  signal: z.number().int().optional(),
  problem: z.string().optional(),
});

const same = (a: string, b: string): boolean =>
  a.length === b.length && timingSafeEqual(Buffer.from(a), Buffer.from(b));

const newSecret = (): string => randomBytes(secretBytes).toString('hex');

function parse<T>(schema: z.ZodType<T>, line: string): T | null {
  try {
    return schema.safeParse(JSON.parse(line)).data ?? null;
  } catch {
    return null;
  }
}

/** Calls back with the first line; what follows stays in the stream. Anything longer than a line may be ends the socket. */
function firstLine(socket: Socket, take: (line: string) => void): void {
  let text = Buffer.alloc(0);
  const onData = (chunk: Buffer): void => {
    text = Buffer.concat([text, chunk]);
    const end = text.indexOf('\n');
    if (end < 0 && text.length > maxLineBytes) socket.destroy();
    if (end < 0) return;
    socket.off('data', onData);
    socket.pause();
    if (end + 1 < text.length) socket.unshift(text.subarray(end + 1));
    take(text.subarray(0, end).toString('utf8'));
  };
  socket.on('data', onData);
}

interface Waiting {
  readonly connected: (socket: Socket) => void;
  readonly ended: (exit: HelperExit) => void;
  /** Nobody will tell how it ends: when its own connection does, it has. */
  readonly orphaned: () => void;
}

/** A place to meet, and after that the way to the elevated helper. */
export class Meeting {
  readonly folder: string;
  readonly #server: Server;
  readonly #proofs: readonly [string, string];
  readonly #waiting = new Map<string, Waiting>();
  #broker: Socket | null = null;
  #onBroker: () => void = () => undefined;
  #onGone: () => void = () => undefined;
  /** Settles when the elevated helper has come and is the right one. */
  readonly met: Promise<void>;

  private constructor(folder: string) {
    this.folder = folder;
    this.#proofs = [newSecret(), newSecret()];
    this.met = new Promise((resolve) => (this.#onBroker = resolve));
    this.#server = createServer((socket) => this.#welcome(socket));
  }

  /** Makes the place. */
  static async open(parent = process.env['XDG_RUNTIME_DIR'] ?? tmpdir()): Promise<Meeting> {
    const name = `carousel-${randomBytes(16).toString('hex')}`;
    const folder = join(parent, name);
    mkdirSync(folder, { mode: 0o700 });
    const meeting = new Meeting(folder);
    writeFileSync(join(folder, 'secret'), meeting.#proofs.join(''), { mode: 0o600, flag: 'wx' });
    // Windows has no sockets in folders; the pipe is as hard to guess as the folder's name.
    const onWindows = process.platform === 'win32';
    const path = onWindows ? `\\\\.\\pipe\\${name}` : join(folder, 's');
    await new Promise<void>((resolve, reject) => {
      meeting.#server.once('error', reject);
      meeting.#server.listen(path, resolve);
    });
    if (!onWindows) chmodSync(path, 0o600);
    meeting.#server.unref();
    return meeting;
  }

  get connected(): boolean {
    return this.#broker !== null;
  }

  onGone(listener: () => void): void {
    this.#onGone = listener;
  }

  /** Lets the elevated helper start another one. */
  launch(args: readonly string[], protects: readonly string[] = []): HelperProcess {
    const mark = newSecret();
    const [stdin, stdout, stderr] = [new PassThrough(), new PassThrough(), new PassThrough().end()];
    let released = false;
    let socket: Socket | null = null;
    /** How it ended, while its last words, or even its first, are still on their way. */
    let over: ((socket: Socket) => void) | null = null;
    const exited = new Promise<HelperExit>((resolve) => {
      this.#waiting.set(mark, {
        connected(to) {
          if (socket) return void to.destroy(); // somebody twice
          socket = to;
          to.on('error', () => undefined);
          stdin.pipe(to);
          to.pipe(stdout);
          if (released) to.unref();
          over?.(to);
        },
        ended: (exit) => {
          if (exit.error || released || socket?.readableEnded) return resolve(exit);
          const late = setTimeout(() => resolve(exit), drainMs);
          over = (from) =>
            from.once('close', () => {
              clearTimeout(late);
              resolve(exit);
            });
          if (socket) over(socket);
        },
        orphaned() {
          const unknown: HelperExit = { code: null, signal: null };
          if (over) return;
          if (!socket || socket.destroyed || released) return resolve(unknown);
          socket.once('close', () => resolve(unknown));
        },
      });
      // Somebody waits for an answer: this program must not end for want of other work.
      this.#broker?.ref();
      if (this.#broker)
        this.#broker.write(`${JSON.stringify({ launch: mark, args, protected: protects })}\n`);
      else this.#end(mark, failed('the elevated helper is gone'));
    });
    void exited.then(() => {
      this.#waiting.delete(mark);
      if (this.#waiting.size === 0) this.#broker?.unref();
      if (!socket) stdout.end();
    });
    return {
      pid: undefined,
      stdin,
      stdout,
      stderr,
      exited,
      kill: () => socket?.destroy(),
      release() {
        released = true;
        socket?.destroy();
      },
    };
  }

  close(): void {
    this.#broker?.destroy();
    this.#server.close();
    rmSync(this.folder, { recursive: true, force: true });
  }

  #welcome(socket: Socket): void {
    socket.on('error', () => undefined);
    firstLine(socket, (line) => {
      const said = parse(introductionSchema, line);
      if (said && 'proof' in said && !this.#broker && same(said.proof, this.#proofs[0]))
        return this.#take(socket);
      const waiting = said && 'launch' in said ? this.#waiting.get(said.launch) : undefined;
      // A stranger: not a word.
      if (!waiting) return void socket.destroy();
      waiting.connected(socket);
    });
  }

  #take(broker: Socket): void {
    this.#broker = broker;
    broker.write(`${JSON.stringify({ proof: this.#proofs[1] })}\n`);
    broker.unref();
    let rest = '';
    broker.on('data', (chunk: Buffer) => {
      const lines = (rest + chunk.toString('utf8')).split('\n');
      rest = (lines.pop() ?? '').slice(-maxLineBytes);
      for (const line of lines) {
        const said = parse(endedSchema, line);
        if (said) this.#end(said.ended, exitOf(said));
      }
    });
    broker.resume();
    broker.once('close', () => {
      this.#broker = null;
      // What it had started goes on, and is heard for as long as it speaks.
      for (const waiting of this.#waiting.values()) waiting.orphaned();
      this.#onGone();
    });
    this.#onBroker();
  }

  #end(mark: string, exit: HelperExit): void {
    this.#waiting.get(mark)?.ended(exit);
  }
}

const failed = (message: string): HelperExit => ({ code: null, signal: null, error: new Error(message) });

function exitOf({ code, signal, problem }: z.infer<typeof endedSchema>): HelperExit {
  if (problem !== undefined) return failed(problem);
  return { code: signal ? null : (code ?? null), signal: signal ? 'SIGKILL' : null };
}
