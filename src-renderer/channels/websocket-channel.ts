/** The channel of a browser: one WebSocket, from its opening to its end. Trying again is the session's work. */
import type { Channel } from '@contract/channel.ts';
import { createInbox } from './inbox.ts';

/** More than this waiting to be sent is congestion. */
const congestedBytes = 262_144;

/** Where `carousel serve` answers: on the page's own host. */
export function rpcAddress(page: Pick<Location, 'origin'>): string {
  return `${page.origin.replace(/^http/, 'ws')}/rpc`;
}

/** A channel over a socket that is open or opening. */
export function createWebSocketChannel(socket: WebSocket): Channel {
  const inbox = createInbox();
  let early: string[] = [];

  socket.addEventListener('open', () => {
    for (const text of early) socket.send(text);
    early = [];
  });
  socket.addEventListener('message', (event) => {
    if (!inbox.ended && typeof event.data === 'string') inbox.deliver(event.data);
  });
  socket.addEventListener('close', () => inbox.end());
  socket.addEventListener('error', () => inbox.end());

  return {
    send(text) {
      if (inbox.ended) return;
      if (socket.readyState === WebSocket.OPEN) socket.send(text);
      else early.push(text);
    },
    onMessage: (receive) => inbox.onMessage(receive),
    onClose: (listener) => inbox.onClose(listener),
    close() {
      socket.close();
      inbox.end();
    },
    congested: () => socket.bufferedAmount > congestedBytes,
  };
}
