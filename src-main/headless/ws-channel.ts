/** A channel over a WebSocket, at the server's end (and at the client's, in Node). */
import { WebSocket, type RawData } from 'ws';
import type { Channel } from '@contract/channel.ts';

/** More than this waiting to be sent: what can wait should wait. */
export const congestedBytes = 256 * 1024;
/** More than this waiting: the other end does not read at all, and is cut off. */
const hopelessBytes = 16 * 1024 * 1024;
const normalClose = 1000;
const unsupportedData = 1003;

const textOf = (data: RawData): string =>
  (Array.isArray(data) ? Buffer.concat(data) : Buffer.from(data as Buffer)).toString('utf8');

/** Wraps an open socket. Only text is a message; anything else ends the connection. */
export function createWsChannel(socket: WebSocket): Channel {
  const early: string[] = [];
  let receive: ((text: string) => void) | null = null;

  socket.on('message', (data, isBinary) => {
    if (isBinary) return socket.close(unsupportedData);
    const text = textOf(data);
    if (receive) receive(text);
    else early.push(text);
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
        for (const text of early.splice(0)) listener(text);
        receive = listener;
      });
    },
    onClose(listener) {
      if (socket.readyState === WebSocket.CLOSED) queueMicrotask(listener);
      else socket.once('close', () => listener());
    },
    close: () => socket.close(normalClose),
    congested: () => socket.bufferedAmount > congestedBytes,
  };
}
