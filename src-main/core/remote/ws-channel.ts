/** A channel over a WebSocket, at the server's end (and at the client's, in Node). */
import { WebSocket, type RawData } from 'ws';
import type { Channel } from '@contract/channel.ts';

/** More than this waiting to be sent: what can wait should wait. */
export const congestedBytes = 256 * 1024;
/** More than this waiting: the other end does not read at all, and is cut off. */
const hopelessBytes = 16 * 1024 * 1024;
/** Messages kept while nobody listens yet. */
const mostEarly = 16;
/** The other end gets so long to answer the close before it is cut off. */
const closeMs = 1000;
const normalClose = 1000;
const unsupportedData = 1003;

const textOf = (data: RawData): string =>
  (Array.isArray(data) ? Buffer.concat(data) : Buffer.from(data as Buffer)).toString('utf8');

/** Wraps an open socket. Only text is a message; anything else ends the connection. */
export function createWsChannel(socket: WebSocket): Channel {
  const early: string[] = [];
  let receive: ((text: string) => void) | null = null;
  let ended = false;

  /** From here on nothing of the other end is heard, whether it answers the close or goes on talking. */
  function end(code: number): void {
    if (ended) return;
    ended = true;
    early.length = 0;
    socket.close(code);
    setTimeout(() => socket.terminate(), closeMs).unref();
  }

  socket.on('message', (data, isBinary) => {
    if (ended) return;
    if (isBinary) return end(unsupportedData);
    const text = textOf(data);
    if (receive) receive(text);
    else if (early.length < mostEarly) early.push(text);
    else socket.terminate();
  });
  socket.on('error', () => socket.terminate()); // a frame too large or malformed; `close` follows

  return {
    send(text) {
      if (socket.readyState !== WebSocket.OPEN) return;
      if (socket.bufferedAmount > hopelessBytes) socket.terminate();
      else socket.send(text, () => undefined); // an error here is followed by `close`
    },
    onMessage(listener) {
      queueMicrotask(() => {
        for (let text = early.shift(); text !== undefined; text = early.shift()) listener(text);
        receive = listener;
      });
    },
    onClose(listener) {
      if (socket.readyState === WebSocket.CLOSED) queueMicrotask(listener);
      else socket.once('close', () => listener());
    },
    close: () => end(normalClose),
    congested: () => socket.bufferedAmount > congestedBytes,
  };
}
