/**
 * A station's side: takes blocks off the stream, hands them to the helper of this machine, and acknowledges each only when the helper has put it
 * into the local ring. What cannot get there (damaged, of no use, no room) is acknowledged as well: no message is kept for it, but it is lacked as
 * before. Tells the first node what its targets still lack, again and again; so whatever was missed for whatever reason comes once more.
 */
import { randomBytes } from 'node:crypto';
import { createWriteStream } from 'node:fs';
import { join } from 'node:path';
import type { Socket } from 'node:net';
import { pipeline } from 'node:stream/promises';
import { jetstream, type ConsumerMessages, type JsMsg } from '@nats-io/jetstream';
import { NoRespondersError, type NatsConnection } from '@nats-io/transport-node';
import { isFinal } from '@contract/groups/jobs.ts';
import type { Join, StationEvent, StationTarget } from '@contract/groups/stations.ts';
import type { HelperEvent, JobSummary } from '@contract/helper-messages.ts';
import { z } from '@contract/zod.ts';
import type { JobRequest } from '../helper/helper-job.ts';
import type { EngineJob } from '../jobs/engine.ts';
import { rangesWhere, BlockSet, eachBlock, type BlockRange } from './block-set.ts';
import { Handing } from './handing.ts';
import type { Whole } from './incoming.ts';
import { aliveFrame, blockHead, failedFrame, lacksFrame, releaseFrame } from './frame.ts';
import { listenLocally, type LocalSocket } from './local-socket.ts';
import {
  beatReply,
  byeReply,
  controlSubject,
  digestsReply,
  helloReply,
  joinReply,
  parseJson,
  partHeader,
  partSchema,
  readAnswer,
  stationVersion,
  type HelloReply,
} from './messages.ts';
import { asStationError, connectTo, isOpen } from './nats-link.ts';
import { StationError } from './station-error.ts';
import { reportOf } from './report.ts';
import { giveBack } from './transport.ts';

const defaultPatience = 600;
const askMs = 5000;
/** Blocks that come damaged in spite of everything TCP does: more is no accident. */
const mostDamaged = 16;
/** A message that waits is said to be worked on this often; the server sends it again after 30 s. */
const workingMs = 10_000;
const clockSkewMs = 60_000;
const mostRanges = 1000;
const longestLine = 131_072;

const line = z.union([
  z.strictObject({ took: z.number().int().nonnegative(), used: z.boolean() }),
  z.strictObject({ damaged: z.number().int().nonnegative() }),
  z.strictObject({
    lacks: z.array(z.tuple([z.number().int(), z.number().int()])).max(2000),
    mark: z.number().int(),
  }),
  z.strictObject({ full: z.literal(true) }),
]);

export interface StationOptions {
  join: Join;
  tell: (event: StationEvent) => void;
}

export class StationLink {
  readonly id = randomBytes(8).toString('hex');
  /** Proves to the first node that it is this station that speaks. */
  readonly #secret = randomBytes(32).toString('hex');
  readonly #options: StationOptions;
  readonly #connection: NatsConnection;
  readonly #local: LocalSocket;
  readonly hello: HelloReply;
  #socket: Socket | null = null;
  #messages: ConsumerMessages | null = null;
  readonly #handing: Handing<JsMsg>;
  /** Everything up to here has been dealt with. */
  #upTo = 0;
  #full = false;
  #released = false;
  #damaged = 0;
  #joined = false;
  #joining = false;
  #heardAt = Date.now();
  #targets = new Map<number, StationTarget>();
  #lacksWaiting = new Map<number, (ranges: BlockRange[]) => void>();
  #marks = 0;
  #timers: NodeJS.Timeout[] = [];
  #closed = false;
  #beating = false;

  /** Reaches the first node and asks what it copies. Throws `StationError`. */
  static async open(options: StationOptions): Promise<StationLink> {
    const { server, job, name } = options.join;
    const connection = await connectTo(server, `carousel station ${name}`);
    try {
      const hello = await ask(connection, job, { ask: 'hello' }, helloReply);
      const local = await listenLocally();
      return new StationLink(options, connection, hello, local);
    } catch (error) {
      await connection.close();
      throw asStationError(error, server.url);
    }
  }

  private constructor(
    options: StationOptions,
    connection: NatsConnection,
    hello: HelloReply,
    local: LocalSocket,
  ) {
    this.#options = options;
    this.#connection = connection;
    this.hello = hello;
    this.#local = local;
    this.#handing = new Handing<JsMsg>({
      facts: hello,
      ready: () => this.#socket !== null,
      hand: (whole) => this.#hand(whole),
      done: (messages) => this.#done(messages),
    });
    const skew = Date.now() - hello.clock;
    const { server } = options.join;
    const problem =
      Math.abs(skew) > clockSkewMs
        ? ({
            code: 'clock-skew',
            detail: `this clock is ${Math.round(Math.abs(skew) / 1000)} s ${skew > 0 ? 'ahead of' : 'behind'} that of the first node`,
          } as const)
        : isOpen(server.url, connection)
          ? ({ code: 'not-encrypted', detail: server.url } as const)
          : null;
    options.tell({ event: 'link', role: 'station', state: 'up', problem });
  }

  /** What the helper is to be asked for: the targets of `asked`, with the first node's blocks as their source. */
  async request({ targets, approvals, options }: JobRequest): Promise<JobRequest> {
    const { job } = this.#options.join;
    const digests = options?.takeUp ? { digests: await this.#fetchDigests() } : {};
    const feed = { feed: this.#local.path, job, size: this.hello.size, ...digests };
    const given = { ...options, block: this.hello.blockSize };
    return { source: `carousel:${job}`, feed, targets, options: given, ...(approvals ? { approvals } : {}) };
  }

  /** From here on what the helper says of the job is heard. */
  ride(job: EngineJob): void {
    job.on('event', (event) => this.#hear(event));
  }

  /** Writes what the first node knows of its blocks into a file beside the socket, for going on with interrupted copies; its path. */
  async #fetchDigests(): Promise<string> {
    const path = join(this.#local.folder, 'digests');
    await pipeline(this.#digests(), createWriteStream(path, { flags: 'wx', mode: 0o600 }));
    return path;
  }

  /** 17 bytes for each block, and the root digest if it is known. */
  async *#digests(): AsyncGenerator<Buffer> {
    let root: string | null = null;
    for (let from = 0; from < this.hello.blockCount;) {
      const count = Math.min(16_384, this.hello.blockCount - from);
      const request = { ask: 'digests', from, count };
      const answer = await ask(this.#connection, this.#options.join.job, request, digestsReply);
      const bytes = Buffer.from(answer.known, 'base64');
      if (bytes.length !== count * 17)
        throw new StationError('feed-damaged', 'the first node sent digests of other blocks');
      yield bytes;
      root = answer.root;
      from += count;
    }
    if (root !== null) yield Buffer.from(root);
  }

  /** It rides on the stream once it is known that the job is this process's own. */
  #hear(event: HelperEvent): void {
    if (event.event === 'job') {
      if (event.role === 'producer') void this.#begin().catch((error: unknown) => this.#fail(error));
      else void this.close(); // another process of this machine is the station, and these targets ride with it
    }
    if (event.event === 'target') {
      const { id, target: path, state, bytesWritten: bytes, error } = event;
      this.#targets.set(id, { path: path.slice(-256), state, bytes, error: error?.code ?? null });
    }
    if (event.event === 'progress') {
      const known = this.#targets.get(event.id);
      if (known && !isFinal(known.state))
        this.#targets.set(event.id, { ...known, bytes: event.bytes, state: event.phase });
    }
  }

  /** The local job is over: says how its targets ended, and goes. */
  async finish(summary: JobSummary): Promise<void> {
    if (this.#closed) return;
    const targets = [...summary.targets, ...summary.others].map(
      ({ path, state, bytesWritten: bytes, error }) => ({
        path: path.slice(-256),
        state,
        bytes,
        error: error?.code ?? null,
      }),
    );
    if (this.#joined) {
      const bye = { ask: 'bye', station: this.id, secret: this.#secret, ...reportOf(targets) };
      // The first node may be gone; what it does not hear it takes for lost, which is no better than it is.
      await ask(this.#connection, this.#options.join.job, bye, byeReply).catch(() => undefined);
    }
    await this.close();
  }

  async #begin(): Promise<void> {
    const socket = await this.#local.peer;
    this.#socket = socket;
    let rest = '';
    socket.setEncoding('utf8').on('data', (text: string) => {
      const lines = (rest + text).split('\n');
      rest = lines.pop() ?? '';
      if (rest.length > longestLine) return void socket.destroy();
      for (const one of lines) this.#onLine(one);
    });
    this.#watch();
    await this.#join();
    const every = (ms: number, what: () => void): void => void this.#timers.push(setInterval(what, ms));
    every(this.hello.beat * 1000, () => void this.#beat());
    every(1000, () => this.#send(aliveFrame()));
    every(workingMs, () => {
      for (const { messages } of this.#handing.waiting) for (const message of messages) message.working();
    });
    await this.#beat();
  }

  #watch(): void {
    void (async () => {
      for await (const { type } of this.#connection.status()) {
        if (this.#closed) return;
        if (type === 'disconnect')
          this.#tellLink('down', new StationError('nats-lost', this.#options.join.server.url));
        if (type === 'reconnect') {
          this.#tellLink('up', null);
          void this.#beat();
        }
      }
    })();
  }

  #tellLink(state: 'up' | 'down' | 'ended', error: StationError | null): void {
    this.#options.tell({ event: 'link', role: 'station', state, problem: error?.problem ?? null });
  }

  /** Steps on; also after it was dropped. What waits here already is not lost. */
  async #join(): Promise<void> {
    if (this.#joining) return;
    this.#joining = true;
    try {
      await this.#leaveStream();
      const { job, name } = this.#options.join;
      const { stream, consumer, from } = await ask(
        this.#connection,
        job,
        { ask: 'join', station: this.id, secret: this.#secret, name },
        joinReply,
      );
      this.#joined = true;
      this.#upTo = Math.max(
        from,
        ...this.#handing.waiting.flatMap(({ messages }) => messages.map(({ seq }) => seq)),
      );
      this.#handing.forgetParts();
      const rider = await jetstream(this.#connection).consumers.get(stream, consumer);
      this.#messages = await rider.consume({
        max_messages: 200,
        expires: 5000,
        idle_heartbeat: 1000,
        callback: (message) => this.#onMessage(message),
      });
    } finally {
      this.#joining = false;
    }
  }

  async #leaveStream(): Promise<void> {
    const messages = this.#messages;
    this.#messages = null; // a second close would never end
    await messages?.close();
  }

  #onMessage(message: JsMsg): void {
    const part = partSchema.safeParse(parseJson(message.headers?.get(partHeader) ?? ''));
    if (!part.success) return message.ack(); // whatever else is on this stream is not for us
    const { buffer, byteOffset, byteLength } = message.data;
    this.#handing.take(part.data, Buffer.from(buffer, byteOffset, byteLength), message);
  }

  #hand({ part: { b, length, digest, bad }, data }: Whole<JsMsg>): void {
    this.#socket?.cork();
    this.#send(blockHead({ block: b, unreadable: bad.length > 0, digest }, length, bad));
    for (const one of data) this.#send(one);
    this.#socket?.uncork();
  }

  #send(bytes: Buffer): void {
    if (this.#socket?.writable) this.#socket.write(bytes);
  }

  #done(messages: readonly JsMsg[]): void {
    for (const message of messages) {
      this.#upTo = Math.max(this.#upTo, message.seq);
      message.ack();
      giveBack(message.data);
    }
  }

  #onLine(text: string): void {
    const read = line.safeParse(parseJson(text));
    if (!read.success) return;
    const value = read.data;
    if ('full' in value) {
      this.#full = true;
      void this.#beat();
    } else if ('lacks' in value) {
      this.#lacksWaiting.get(value.mark)?.(value.lacks);
    } else {
      if ('damaged' in value && ++this.#damaged > mostDamaged)
        this.#fail(new StationError('feed-damaged', 'blocks come damaged again and again'));
      this.#handing.answered('took' in value ? value.took : value.damaged);
    }
  }

  #lacks(): Promise<BlockRange[]> {
    const mark = ++this.#marks;
    return new Promise((resolve, reject) => {
      const timer = setTimeout(() => {
        this.#lacksWaiting.delete(mark);
        reject(new Error('the helper does not say what it lacks'));
      }, askMs);
      this.#lacksWaiting.set(mark, (ranges) => {
        clearTimeout(timer);
        this.#lacksWaiting.delete(mark);
        resolve(ranges);
      });
      this.#send(lacksFrame(mark));
    });
  }

  /** A sign of life, with all the truth there is; nothing of it hangs on an earlier one. */
  async #beat(): Promise<void> {
    if (this.#beating || this.#closed) return;
    this.#beating = true;
    try {
      const upTo = this.#upTo;
      const lacks = this.#withoutHere(await this.#lacks());
      const report = reportOf([...this.#targets.values()]);
      const who = { station: this.id, secret: this.#secret };
      const beat = { ask: 'beat', ...who, upTo, lacks, ...report, full: this.#full };
      const { known, rest, root } = await ask(this.#connection, this.#options.join.job, beat, beatReply);
      this.#heardAt = Date.now();
      if (root !== null && this.#full && !this.#released) {
        this.#released = true;
        this.#send(releaseFrame(root));
      }
      if (!known) await this.#join();
      else if (rest) await this.#leaveStream();
    } catch (error) {
      this.#lookAtPatience(error);
    } finally {
      this.#beating = false;
    }
  }

  /** What lies here on its way to the helper is not lacked. */
  #withoutHere(ranges: readonly BlockRange[]): BlockRange[] {
    const set = new BlockSet(this.hello.blockCount);
    eachBlock(ranges, (block) => set.add(block));
    for (const { part } of this.#handing.waiting) set.delete(part.b);
    const list = rangesWhere(this.hello.blockCount, (block) => set.has(block));
    // A few too many rather than too few.
    while (list.length > mostRanges) {
      const merged = list.splice(0).reduce<BlockRange[]>((into, range, i) => {
        const last = into.at(-1);
        if (i % 2 === 1 && last) into[into.length - 1] = [last[0], range[0] + range[1] - last[0]];
        else into.push(range);
        return into;
      }, []);
      list.push(...merged);
    }
    return list;
  }

  #lookAtPatience(error: unknown): void {
    const patience = (this.#options.join.patience ?? defaultPatience) * 1000;
    const told = error instanceof StationError && error.problem.code === 'station-version';
    const over = error instanceof StationError && error.problem.code === 'station-no-job';
    // Nobody answers for the job although the server is there: it is over, or its first node is about to come back.
    const limit = over ? Math.min(patience, this.hello.timeout * 1000) : patience;
    if (told || Date.now() - this.#heardAt > limit) this.#fail(error);
  }

  /** The helper ends its job, and every target that is not complete says why. */
  #fail(error: unknown): void {
    const { problem } = asStationError(error, this.#options.join.server.url);
    this.#options.tell({ event: 'link', role: 'station', state: 'down', problem });
    this.#send(failedFrame(`${problem.code}: ${problem.detail}`));
  }

  async close(): Promise<void> {
    if (this.#closed) return;
    this.#closed = true;
    for (const timer of this.#timers) clearInterval(timer);
    await this.#leaveStream();
    await this.#local.close();
    await this.#connection.close();
    this.#tellLink('ended', null);
  }
}

/** One request to the first node. Throws `StationError`, or what the client throws. */
async function ask<T>(
  connection: NatsConnection,
  job: string,
  request: object,
  schema: z.ZodType<T>,
): Promise<T> {
  let text: string;
  try {
    const reply = await connection.request(
      controlSubject(job),
      JSON.stringify({ version: stationVersion, ...request }),
      { timeout: askMs },
    );
    text = reply.string();
  } catch (error) {
    if (
      error instanceof NoRespondersError ||
      (error as { cause?: unknown } | null)?.cause instanceof NoRespondersError
    )
      throw new StationError('station-no-job', `nobody hands out job ${job} at this server`);
    throw error;
  }
  const answer = readAnswer(schema, text);
  if (answer.ok) return answer.value;
  const code = {
    version: 'station-version',
    refused: 'station-refused',
    ended: 'station-no-job',
    nonsense: 'station-refused',
  } as const;
  throw new StationError(code[answer.error], answer.detail);
}
