/** Answers what stations ask of the first node, and keeps a consumer on the server for each that rides. */
import { AckPolicy, DeliverPolicy, type JetStreamManager } from '@nats-io/jetstream';
import type { Msg, NatsConnection, Subscription } from '@nats-io/transport-node';
import type { Publish } from '@contract/groups/stations.ts';
import type { HelperEventOf } from '@contract/helper-messages.ts';
import { areInOrder } from './block-set.ts';
import type { DigestBook } from './digest-book.ts';
import {
  consumerName,
  controlSubject,
  parseJson,
  requestSchema,
  stationVersion,
  streamName,
  type StationRequest,
} from './messages.ts';
import { asStationError } from './nats-link.ts';
import { StationError } from './station-error.ts';
import type { Roster } from './roster.ts';
import type { Unreadable } from './unreadable.ts';

const defaultStationTimeout = 15;
const beatSeconds = 1;
/** A message of a station, its list of ranges included, is no longer. */
const longestRequest = 262_144;
/** The server forgets a consumer that nobody asks for, should the first node die before it can. */
const inactiveFactor = 4;
/** Messages that a station may have unacknowledged, in bytes. */
const mostUnacknowledged = 32 * 1_048_576;

const nanos = (seconds: number): number => seconds * 1_000_000_000;

/** Seconds without a sign of life until a station is dropped. */
export const timeoutOf = ({ stationTimeout = defaultStationTimeout }: Publish): number => stationTimeout;

/** What is asked about. */
interface PublishedJob {
  readonly publish: Publish;
  readonly facts: HelperEventOf<'job'>;
  readonly connection: NatsConnection;
  readonly manager: JetStreamManager;
  readonly roster: Roster;
  readonly digests: DigestBook;
  readonly unreadable: Unreadable;
  /** A station has stepped on. */
  readonly joined: () => void;
  /** What stations lack has changed. */
  readonly wanted: () => void;
}

export class Requests {
  readonly #job: PublishedJob;
  readonly #control: Subscription;
  #closed = false;

  constructor(job: PublishedJob) {
    this.#job = job;
    this.#control = job.connection.subscribe(controlSubject(job.publish.job), {
      callback: (_error, message) => this.#onRequest(message),
    });
  }

  /** Nothing is answered any more. */
  close(): void {
    this.#closed = true;
    this.#control.unsubscribe();
  }

  #onRequest(message: Msg): void {
    if (message.data.length > longestRequest) return;
    const value = parseJson(message.string());
    const version = (value as { version?: unknown } | null)?.version;
    if (version !== stationVersion)
      return this.#reply(message, {
        version: stationVersion,
        error: 'version',
        detail: `this end speaks version ${stationVersion}, the station ${typeof version === 'number' ? String(version) : 'none that is known'}`,
      });
    const request = requestSchema.safeParse(value);
    if (!request.success)
      return this.#reply(message, {
        version: stationVersion,
        error: 'refused',
        detail: 'the request makes no sense',
      });
    this.#answer(request.data).then(
      (reply) => this.#reply(message, { version: stationVersion, ...reply }),
      (error: unknown) => {
        const { problem } = asStationError(error, this.#job.publish.server.url);
        this.#reply(message, {
          version: stationVersion,
          error: 'refused',
          detail: problem.detail.slice(0, 512),
        });
      },
    );
  }

  #reply(message: Msg, reply: object): void {
    if (!this.#closed) message.respond(JSON.stringify(reply));
  }

  async #answer(request: StationRequest): Promise<object> {
    const { publish, roster, facts, digests } = this.#job;
    if (this.#closed) return { error: 'ended', detail: 'the job is over' };
    switch (request.ask) {
      case 'hello':
        return {
          job: publish.job,
          source: facts.source.path.slice(-256),
          size: facts.source.size,
          blockSize: facts.blockSize,
          blockCount: facts.blockCount,
          clock: Date.now(),
          beat: beatSeconds,
          timeout: timeoutOf(publish),
        };
      case 'join':
        return this.#join(request.station, request.name, request.secret);
      case 'beat': {
        refuseOther(roster, request);
        if (!areInOrder(request.lacks, facts.blockCount))
          throw new StationError('station-refused', 'these are no ranges of blocks in order');
        // One that rested and lacks something again joins anew, like one that was dropped.
        const rested = roster.rests(request.station);
        const known = roster.rides(request.station) && !(rested && request.lacks.length > 0);
        roster.beat(request.station, request, Date.now());
        this.#job.wanted();
        const rest = roster.rests(request.station);
        if (rest && !rested) await this.forget(request.station);
        const wanted = known && request.full;
        return { known, rest, root: wanted ? await digests.root(facts.source.size, facts.blockSize) : null };
      }
      case 'bye':
        refuseOther(roster, request);
        roster.bye(request.station, request);
        await this.forget(request.station);
        this.#job.wanted();
        return {};
      case 'digests':
        return digests.known(request, facts.source.size, facts.blockSize, (block) =>
          this.#job.unreadable.touches(block, facts.blockSize),
        );
    }
  }

  async #join(station: string, name: string, secret: string): Promise<object> {
    const { roster } = this.#job;
    if (!roster.claim(station, secret))
      throw new StationError(
        'station-refused',
        'this id is that of another station, or there are too many stations',
      );
    try {
      const reply = await this.#makeConsumer(station);
      roster.join(station, name, Date.now());
      this.#job.joined();
      return reply;
    } catch (error) {
      roster.unclaim(station);
      throw error;
    }
  }

  async #makeConsumer(station: string): Promise<object> {
    const { publish, connection, manager, facts } = this.#job;
    const consumer = consumerName(station);
    const stream = streamName(publish.job);
    const part = Math.min(connection.info?.max_payload ?? 1_048_576, facts.blockSize);
    await this.forget(station);
    await manager.consumers.add(stream, {
      durable_name: consumer,
      ack_policy: AckPolicy.Explicit,
      deliver_policy: DeliverPolicy.New,
      ack_wait: nanos(30),
      max_ack_pending: Math.ceil(mostUnacknowledged / part) + 4,
      inactive_threshold: nanos(timeoutOf(publish) * inactiveFactor),
    });
    // Asked after: what was sent in between is sent once more rather than missed.
    const from = (await manager.streams.info(stream)).state.last_seq;
    return { stream, consumer, from };
  }

  /** Takes its consumer away: nothing is kept for it on the server any more. */
  async forget(station: string): Promise<void> {
    // There may be none, or no server: what is left goes with the stream, or by its own inactivity.
    const { manager, publish } = this.#job;
    await manager.consumers.delete(streamName(publish.job), consumerName(station)).catch(() => false);
  }
}

/** Only the station itself may speak for its id. */
function refuseOther(roster: Roster, { station, secret }: { station: string; secret: string }): void {
  if (roster.isOther(station, secret))
    throw new StationError('station-refused', 'this id is that of another station');
}
