/**
 * Bounds what strangers can hold open. Whoever has shown a key is no stranger any more. When there are too many strangers the
 * oldest has to go, so that one who is quick gets through a flood of those who only sit there.
 */
import type { Server } from 'node:http';
import type { Socket } from 'node:net';

/** Strangers in all, and from one address. */
const maxStrangers = 256;
const maxPerAddress = 32;
/** Connections of paired devices. */
const maxKnown = 512;
/** Long enough to fetch the page over a slow network; nobody needs longer to show a key. */
const strangerLifeMs = 60_000;

export interface ConnectionLimits {
  /** This connection has shown a key. False if there are too many of those: it should be ended. */
  know(socket: Pick<Socket, 'remoteAddress' | 'remotePort'>): boolean;
  /** Ends the connections of strangers, those that have not even begun to speak TLS included. */
  endStrangers(): void;
}

const nameOf = ({
  remoteAddress = '',
  remotePort = 0,
}: Pick<Socket, 'remoteAddress' | 'remotePort'>): string => `${remoteAddress} ${String(remotePort)}`;

/** Sets the limits for a server, before it listens. Works on the connections below TLS. */
export function limitConnections(server: Server): ConnectionLimits {
  /** In the order in which they came. */
  const strangers = new Map<string, { socket: Socket; address: string }>();
  const perAddress = new Map<string, number>();
  const known = new Set<string>();

  function count(address: string, change: 1 | -1): number {
    const next = (perAddress.get(address) ?? 0) + change;
    if (next > 0) perAddress.set(address, next);
    else perAddress.delete(address);
    return next;
  }

  /** False if it was not one of them. */
  function remove(name: string, socket?: Socket): boolean {
    const stranger = strangers.get(name);
    if (!stranger || (socket && stranger.socket !== socket)) return false;
    strangers.delete(name);
    count(stranger.address, -1);
    return true;
  }

  server.on('connection', (socket: Socket) => {
    const name = nameOf(socket);
    const { remoteAddress } = socket;
    if (remoteAddress === undefined) return void socket.destroy(); // gone already
    if (count(remoteAddress, 1) > maxPerAddress) {
      count(remoteAddress, -1);
      return void socket.destroy();
    }
    strangers.set(name, { socket, address: remoteAddress });
    const [oldest] = strangers;
    if (strangers.size > maxStrangers && oldest) {
      remove(oldest[0]); // now, not at its close: or the next one would find it the oldest again, and push nobody out
      oldest[1].socket.destroy();
    }
    const timer = setTimeout(() => {
      if (strangers.get(name)?.socket === socket) socket.destroy();
    }, strangerLifeMs).unref();
    socket.once('close', () => {
      clearTimeout(timer);
      if (!remove(name, socket)) known.delete(name);
    });
    // A TLS socket takes over; what is left for errors is only to be heard.
    socket.on('error', () => socket.destroy());
  });

  return {
    know(socket) {
      const name = nameOf(socket);
      if (known.has(name)) return true;
      if (known.size >= maxKnown) return false;
      if (remove(name)) known.add(name);
      return true;
    },
    endStrangers() {
      for (const { socket } of strangers.values()) socket.destroy();
    },
  };
}
