/**
 * The first node's side: makes the stream, answers stations, asks the helper for the blocks that some station lacks and sends them on. It rides
 * on the job like one more target and never decides how the job ends; only while stations ride does the job wait for it.
 */
import { randomBytes } from 'node:crypto';
import {
  DiscardPolicy,
  jetstreamManager,
  RetentionPolicy,
  StorageType,
  type JetStreamManager,
} from '@nats-io/jetstream';
import type { NatsConnection } from '@nats-io/transport-node';
import type { Publish, StationEvent, StationProblem } from '@contract/groups/stations.ts';
import type { HelperEvent, HelperEventOf } from '@contract/helper-messages.ts';
import type { EngineJob } from '../jobs/engine.ts';
import { DigestBook } from './digest-book.ts';
import { BlockPool, type BlockFrame } from './frame.ts';
import { blocksSubject, streamName } from './messages.ts';
import { asStationError, connectTo, isOpen } from './nats-link.ts';
import { StationError } from './station-error.ts';
import { Requests, timeoutOf } from './requests.ts';
import { Roster, type Pace } from './roster.ts';
import { Sender } from './sender.ts';
import { Tap } from './tap.ts';
import { Unreadable } from './unreadable.ts';

const defaultStreamBytes = 128 * 1_048_576;
/** A stream that holds fewer would be full before it is empty. */
const fewestBlocks = 3;
/** Rooms for blocks that are kept for the next ones. */
const blocksKept = 24;
const lookMs = 500;
const tellMs = 200;
/** So long a station's wish for blocks waits for those of others. */
const askMs = 20;

export interface PublisherOptions {
  publish: Publish;
  /** Of the job that is to be asked for. */
  blockSize: number;
  tell: (event: StationEvent) => void;
}

type JobFacts = HelperEventOf<'job'>;

export class Publisher {
  /** By which it is told from others that hand out the same job. */
  readonly mark = randomBytes(16).toString('hex');
  readonly #options: PublisherOptions;
  #engine: EngineJob | null = null;
  #digests: DigestBook | null = null;
  readonly #unreadable = new Unreadable();
  readonly #pool = new BlockPool(blocksKept);
  #facts: JobFacts | null = null;
  #connection: NatsConnection | null = null;
  #manager: JetStreamManager | null = null;
  #sender: Sender | null = null;
  #roster: Roster | null = null;
  #requests: Requests | null = null;
  #tap: Tap | null = null;
  #up = true;
  #closed = false;
  #timers: NodeJS.Timeout[] = [];
  #asking: NodeJS.Timeout | null = null;
  #told = '';

  constructor(options: PublisherOptions) {
    this.#options = options;
  }

  /** Connects and makes the stream; throws `StationError` while nothing has begun. */
  async open(): Promise<void> {
    const { server, job, streamBytes = defaultStreamBytes } = this.#options.publish;
    checkRoom(streamBytes, this.#options.blockSize);
    const connection = await connectTo(server, `carousel ${job}`);
    this.#connection = connection;
    try {
      this.#manager = await jetstreamManager(connection, { checkAPI: false });
      await this.#makeStream(streamBytes);
    } catch (error) {
      await connection.close();
      throw asStationError(error, server.url);
    }
    const open = isOpen(server.url, connection);
    const problem: StationProblem = { code: 'not-encrypted', detail: server.url };
    this.#options.tell({ event: 'link', role: 'publisher', state: 'up', problem: open ? problem : null });
    this.#watch(connection);
  }

  async #makeStream(bytes: number): Promise<void> {
    const { job } = this.#options.publish;
    await this.#manager?.streams.add({
      name: streamName(job),
      subjects: [blocksSubject(job)],
      retention: RetentionPolicy.Interest,
      discard: DiscardPolicy.New,
      storage: StorageType.Memory,
      max_bytes: bytes,
      num_replicas: 1,
    });
  }

  /** Rides on a job that has just been asked for, until it is over. */
  ride(engine: EngineJob): void {
    this.#engine = engine;
    this.#digests = new DigestBook(engine);
    engine.on('event', (event) => this.#hear(event));
  }

  #hear(event: HelperEvent): void {
    if (event.event === 'job') this.#begin(event);
    if (event.event === 'bad-source') this.#unreadable.add({ offset: event.offset, length: event.length });
    if (event.event === 'digests') this.#digests?.take(event);
    if (event.event === 'error' && event.request !== undefined && event.request === this.#tap?.request)
      this.#closeTap();
  }

  #begin(facts: JobFacts): void {
    const { publish } = this.#options;
    const connection = this.#connection;
    const manager = this.#manager;
    const digests = this.#digests;
    if (this.#facts || this.#closed || !connection || !manager || !digests) return;
    const streamBytes = publish.streamBytes ?? defaultStreamBytes;
    try {
      checkRoom(streamBytes, facts.blockSize); // one that joins a job may find other blocks than it asked for
    } catch (error) {
      return this.#problem(error);
    }
    this.#facts = facts;
    digests.blocks = facts.blockCount;
    const roster = new Roster(facts.blockCount);
    this.#roster = roster;
    this.#sender = new Sender({
      connection,
      manager,
      job: publish.job,
      streamBytes,
      closed: () => this.#closed,
    });
    this.#requests = new Requests({
      publish,
      facts,
      connection,
      manager,
      roster,
      digests,
      unreadable: this.#unreadable,
      joined: () => this.#openTap(),
      wanted: () => this.#askSoon(),
    });
    this.#timers.push(
      setInterval(() => this.#look(), lookMs),
      setInterval(() => this.#tellStations(), tellMs),
    );
  }

  #problem(error: unknown): void {
    const { problem } = asStationError(error, this.#options.publish.server.url);
    this.#options.tell({ event: 'link', role: 'publisher', state: this.#up ? 'up' : 'down', problem });
  }

  #watch(connection: NatsConnection): void {
    void (async () => {
      for await (const { type } of connection.status()) {
        if (type === 'disconnect' && this.#up && !this.#closed) {
          this.#up = false;
          this.#problem(new StationError('nats-lost', this.#options.publish.server.url));
        }
        if (type === 'reconnect') await this.#back();
      }
    })();
  }

  /** The server is there again; one that was started anew knows nothing of the stream. */
  async #back(): Promise<void> {
    try {
      await this.#manager?.streams.info(streamName(this.#options.publish.job));
    } catch {
      this.#roster?.dropAll();
      this.#roster?.forgetSequences();
      await this.#makeStream(this.#options.publish.streamBytes ?? defaultStreamBytes).catch(
        (error: unknown) => this.#problem(error),
      );
    }
    this.#roster?.allHeard(Date.now());
    this.#up = true;
    this.#options.tell({ event: 'link', role: 'publisher', state: 'up', problem: null });
  }

  #look(): void {
    const roster = this.#roster;
    if (!roster) return;
    const now = Date.now();
    const lost = roster.dropSilent(now - timeoutOf(this.#options.publish) * 1000);
    for (const station of lost) void this.#requests?.forget(station);
    if (now - (this.#sender?.failingSince ?? now) > timeoutOf(this.#options.publish) * 1000) this.#giveUp();
    this.#askTap();
    if (roster.riding) this.#openTap();
    else this.#closeTap();
  }

  /** The server takes no blocks although it is there: this machine's own targets must not wait for it. */
  #giveUp(): void {
    this.#problem(new StationError('stream-too-small', this.#sender?.failure ?? ''));
    for (const station of this.#roster?.dropAll() ?? []) void this.#requests?.forget(station);
  }

  #tellStations(): void {
    if (!this.#roster) return;
    const event: StationEvent = {
      event: 'stations',
      job: this.#options.publish.job,
      stations: this.#roster.list,
    };
    const text = JSON.stringify(event);
    if (text === this.#told) return;
    this.#told = text;
    this.#options.tell(event);
  }

  /** Where stations ride, the helper hands blocks out. */
  #openTap(): void {
    const engine = this.#engine;
    if (this.#tap || this.#closed || !engine) return;
    this.#roster?.forgetAsked();
    const tap = new Tap(
      (path) => engine.tap(path, this.mark),
      (frame) => this.#send(frame),
      () => {
        if (this.#tap === tap) this.#tap = null;
      },
      this.#pool,
    );
    this.#tap = tap;
  }

  #closeTap(): void {
    this.#tap?.close();
    this.#tap = null;
  }

  /** Many stations say what they lack within the same moment: the map is looked over once for all of them. */
  #askSoon(): void {
    this.#asking ??= setTimeout(() => {
      this.#asking = null;
      this.#askTap();
    }, askMs);
  }

  #askTap(): void {
    if (!this.#tap || !this.#roster) return;
    const { need, drop } = this.#roster.changes();
    this.#tap.ask('need', need);
    this.#tap.ask('drop', drop);
  }

  /** Resolves when the next block may come. */
  async #send(frame: BlockFrame): Promise<void> {
    const roster = this.#roster;
    const sender = this.#sender;
    const facts = this.#facts;
    if (!roster || !sender || !facts || frame.block >= facts.blockCount || !roster.take(frame.block))
      return this.#pool.give(frame.data);
    const sent = await sender.send(
      frame,
      frame.unreadable ? this.#unreadable.of(frame, facts.blockSize) : [],
    );
    void sent().then((sequence) => {
      if (sequence === null) roster.notSent(frame.block);
      else roster.sent(frame.block, sequence);
      this.#pool.give(frame.data);
    });
  }

  /** How the stations' targets stand; for the job's result. */
  get stations() {
    return this.#roster?.list ?? [];
  }

  /** How those that ride keep up, by id. */
  get paces() {
    return this.#roster?.paces ?? new Map<string, Pace>();
  }

  /** The job is over: stations that still ride hear of it by the silence of the control subject. The stream goes. */
  async close(): Promise<void> {
    if (this.#closed) return;
    this.#roster?.dropAll();
    this.#tellStations();
    this.#closed = true;
    for (const timer of this.#timers) clearInterval(timer);
    if (this.#asking) clearTimeout(this.#asking);
    this.#closeTap();
    this.#requests?.close();
    if (this.#up)
      await this.#manager?.streams.delete(streamName(this.#options.publish.job)).catch(() => false);
    await this.#connection?.close();
    this.#options.tell({ event: 'link', role: 'publisher', state: 'ended', problem: null });
  }
}

function checkRoom(streamBytes: number, blockSize: number): void {
  if (streamBytes < fewestBlocks * blockSize)
    throw new StationError(
      'stream-too-small',
      `the stream holds ${streamBytes} bytes, a block has ${blockSize}`,
    );
}
