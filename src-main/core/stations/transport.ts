/** The way bytes go to and from a NATS server: long messages without copies in between. Everything else is the client's own transport. */
import { createConnection, type Socket } from 'node:net';
import {
  NatsConnectionImpl,
  setTransportFactory,
  TimeoutError,
  type ConnectionOptions,
  type NatsConnection,
} from '@nats-io/transport-node';
import { nodeResolveHost, NodeTransport } from '@nats-io/transport-node/lib/node_transport.js';
import { MessagePool, WholeMessages } from './whole-messages.ts';

/** As many bytes of messages as may be unacknowledged at a station. */
const bytesKept = 40 * 1_048_576;
const crlf = Buffer.from('\r\n');

const pool = new MessagePool(bytesKept);

/** Nobody looks at this data of a message any more. */
export const giveBack = (data: Uint8Array): void => pool.give(data.buffer);

class WholeTransport extends NodeTransport {
  #ready = false;
  #encrypted = false;
  readonly #whole = new WholeMessages(pool, (commands) => {
    this.yields.push(commands);
    this.signal.resolve();
  });

  override dial({ hostname, port }: { hostname: string; port: number }): Promise<Socket> {
    return new Promise((resolve, reject) => {
      const socket = createConnection({
        host: hostname,
        port,
        onread: {
          buffer: () => this.#whole.room,
          callback: (bytes) => {
            this.#take(socket, bytes);
            return true;
          },
        },
      });
      socket.setNoDelay(true);
      socket.once('error', reject);
      socket.once('connect', () => {
        socket.removeAllListeners();
        resolve(socket);
      });
    });
  }

  #take(socket: Socket, bytes: number): void {
    // Until the connection is made, the client looks for the server's first line itself.
    if (!this.#ready) return void socket.emit('data', Buffer.from(this.#whole.room.subarray(0, bytes)));
    this.#guard(() => this.#whole.read(bytes));
  }

  #guard(take: () => void): void {
    try {
      take();
    } catch (error) {
      this.socket.destroy(error as Error);
    }
  }

  /**
   * A server that wants another certificate of ours says so after our end of the handshake, perhaps with no more than a reset; the client
   * then waits for an answer all the same, and closes the rest when none has come in time. Null where it was not that.
   */
  get turnedAway(): Error | null {
    const { closeError: cause } = this;
    if (!this.#encrypted || !this.isClosed || cause instanceof TimeoutError) return null;
    return new Error(`the server ended the connection after the TLS handshake (${cause?.message ?? ''})`, {
      cause,
    });
  }

  override setupHandlers(): void {
    super.setupHandlers();
    this.#ready = true;
    this.socket.removeAllListeners('data');
    this.#encrypted = this.isEncrypted();
    if (this.#encrypted)
      this.socket.on('data', (chunk: Buffer) => this.#guard(() => this.#whole.push(chunk)));
  }
}

/** Connects as the client does. */
export async function connectWhole(options: ConnectionOptions): Promise<NatsConnection> {
  let last: WholeTransport | null = null;
  const factory = (): WholeTransport => (last = new WholeTransport());
  setTransportFactory({ factory, dnsResolveFn: nodeResolveHost });
  try {
    return await NatsConnectionImpl.connect(options);
  } catch (error) {
    throw error instanceof TimeoutError ? ((last as WholeTransport | null)?.turnedAway ?? error) : error;
  }
}

/**
 * Publishes a long message whose answer is to come to `reply`. It stands whole between other commands, and its bytes are not copied: the
 * promise resolves when nobody looks at them any more, whether they have gone or not. Null, and nothing is done, while there is no connection.
 */
export function publishLong(
  connection: NatsConnection,
  message: { subject: string; reply: string; head: Uint8Array; data: Uint8Array },
): Promise<void> | null {
  const { subject, reply, head, data } = message;
  const { protocol } = connection as NatsConnectionImpl;
  const { socket } = protocol.transport as { socket?: Socket }; // none just after the connection was lost
  if (!protocol.connected || !protocol.infoReceived || !socket?.writable) return null;
  socket.cork();
  socket.write(`HPUB ${subject} ${reply} ${head.length} ${head.length + data.length}\r\n`);
  socket.write(head);
  socket.write(data);
  const written = new Promise<void>((resolve) => socket.write(crlf, () => resolve()));
  socket.uncork();
  return written;
}
