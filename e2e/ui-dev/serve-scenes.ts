/** Serves the built page under the strict policy of the real host, with a fake core behind it. For looking, and for measuring. */
import { randomBytes } from 'node:crypto';
import { readFile } from 'node:fs/promises';
import { createServer } from 'node:http';
import type { AddressInfo } from 'node:net';
import { extname, join, normalize } from 'node:path';
import { WebSocketServer } from 'ws';
import type { Channel } from '@contract/channel.ts';
import { serveScene } from './fake-core.ts';

const types: Record<string, string> = {
  '.html': 'text/html; charset=utf-8',
  '.js': 'text/javascript',
  '.css': 'text/css',
  '.svg': 'image/svg+xml',
  '.woff2': 'font/woff2',
  '.txt': 'text/plain; charset=utf-8',
};

const policy = (nonce: string): string =>
  [
    "default-src 'none'",
    "script-src 'self'",
    `style-src 'self' 'nonce-${nonce}'`,
    "img-src 'self' data:",
    "font-src 'self'",
    "connect-src 'self'",
    "base-uri 'none'",
    "form-action 'none'",
    "frame-ancestors 'none'",
    "require-trusted-types-for 'script'",
    'trusted-types vue',
  ].join('; ');

export interface SceneServer {
  origin: string;
  /** What the next connection gets. */
  show(scene: string, options?: { role?: 'viewer' | 'operator'; moving?: boolean }): void;
  /** Ends all connections, and refuses new ones until `show`. */
  cut(): void;
  close(): void;
}

/** Starts on a free port of the loopback address. */
export async function startSceneServer(folder: string): Promise<SceneServer> {
  let next: { scene: string; role: 'viewer' | 'operator'; moving: boolean } | null = null;
  const server = createServer((request, response) => {
    const path = normalize(new URL(request.url ?? '/', 'http://x').pathname);
    const file = join(folder, path === '/' ? 'index.html' : path);
    readFile(file)
      .then((content) => {
        const nonce = randomBytes(16).toString('base64');
        const type = types[extname(file)] ?? 'application/octet-stream';
        response.writeHead(200, { 'content-type': type, 'content-security-policy': policy(nonce) });
        response.end(
          type.startsWith('text/html') ? content.toString().replaceAll('%NONCE%', nonce) : content,
        );
      })
      .catch(() => response.writeHead(404).end());
  });
  const sockets = new WebSocketServer({ noServer: true });
  server.on('upgrade', (request, socket, head) => {
    if (!next) {
      socket.destroy();
      return;
    }
    const { scene, role, moving } = next;
    sockets.handleUpgrade(request, socket, head, (ws) => {
      const channel: Channel = {
        send: (text) => ws.send(text),
        onMessage: (receive) => void ws.on('message', (data: Buffer) => receive(data.toString())),
        onClose: (listener) => void ws.on('close', listener),
        close: () => ws.close(),
        congested: () => false,
      };
      serveScene(channel, scene, role, moving);
    });
  });
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  return {
    origin: `http://127.0.0.1:${String((server.address() as AddressInfo).port)}`,
    show(scene, { role = 'operator', moving = false } = {}) {
      next = { scene, role, moving };
    },
    cut() {
      next = null;
      for (const socket of sockets.clients) socket.terminate();
    },
    close() {
      sockets.close();
      server.close();
    },
  };
}
