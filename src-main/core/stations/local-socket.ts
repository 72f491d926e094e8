/** A local socket that exactly one helper process is to connect to: in a folder of this user alone, gone when it is closed. */
import { mkdtemp, rm } from 'node:fs/promises';
import { createServer, type Socket } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { randomBytes } from 'node:crypto';

export interface LocalSocket {
  /** What the helper is to connect to. */
  readonly path: string;
  /** A folder of this user alone, which goes with it. */
  readonly folder: string;
  /** The helper's end; rejects when it is closed before. */
  readonly peer: Promise<Socket>;
  close(): Promise<void>;
}

/** Listens. Throws where no socket can be made. */
export async function listenLocally(): Promise<LocalSocket> {
  const folder = await mkdtemp(join(tmpdir(), 'carousel-'));
  const pipe = `\\\\.\\pipe\\carousel-feed-${randomBytes(16).toString('hex')}`;
  const path = process.platform === 'win32' ? pipe : join(folder, 's');
  const remove = (): Promise<void> => rm(folder, { recursive: true, force: true });
  const server = createServer({ allowHalfOpen: false });
  server.maxConnections = 1;
  const sockets = new Set<Socket>();
  const peer = new Promise<Socket>((resolve, reject) => {
    server.once('connection', (socket) => {
      sockets.add(socket);
      // Its end is heard as the end of the stream.
      socket.on('error', () => undefined);
      server.close();
      // The name has done its work; whatever becomes of this process now, nothing of it is left behind.
      void remove();
      resolve(socket);
    });
    server.once('close', () => reject(new Error('the helper did not connect')));
  });
  peer.catch(() => undefined); // whoever waits for it hears of it
  await new Promise<void>((resolve, reject) => {
    server.once('error', reject);
    server.listen(path, resolve);
  });
  return {
    path,
    folder,
    peer,
    async close() {
      server.close();
      for (const socket of sockets) socket.destroy();
      await remove();
    },
  };
}
