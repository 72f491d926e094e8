/** Serves the renderer and answers the contract over WebSocket, to whoever `access` lets in. */
import { randomBytes } from 'node:crypto';
import { createServer, type IncomingMessage, type Server, type ServerResponse } from 'node:http';
import type { AddressInfo } from 'node:net';
import type { Duplex } from 'node:stream';
import { WebSocketServer, type WebSocket } from 'ws';
import type { Channel } from '@contract/channel.ts';
import type { Role } from '@contract/groups/common.ts';
import { maxMessageBytes } from '@contract/wire.ts';
import { createAccess, type Access, type Grant } from './access.ts';
import { contentSecurityPolicy } from '../core/page/content-security-policy.ts';
import { listStaticFiles, readStaticFile, type StaticFile } from './static-files.ts';
import { createWsChannel } from './ws-channel.ts';

export interface HttpServerOptions {
  host: string;
  /** 0 takes any that is free. */
  port: number;
  grants: readonly Grant[];
  rendererDir: string;
  connect: (channel: Channel, role: Role) => void;
}

export interface HttpServer {
  readonly host: string;
  readonly port: number;
  /** The address with a key in it. */
  urlWith(key: string): string;
  close(): Promise<void>;
}

/** Where the page opens its WebSocket. */
export const rpcPath = '/rpc';
/** A front end that does not answer a ping for this long is gone. */
const pingEveryMs = 30_000;

const reasons: Readonly<Record<number, string>> = {
  401: 'This address needs its key. Open the whole address that "carousel serve" printed.',
  403: 'Connections are taken from the own page only.',
  404: 'There is nothing here.',
  405: 'Only GET is answered.',
  421: 'This server does not answer under that name.',
  500: 'The file could not be read.',
};

const fixedHeaders = {
  'X-Content-Type-Options': 'nosniff',
  'Referrer-Policy': 'no-referrer',
  'Cross-Origin-Opener-Policy': 'same-origin',
  'Cross-Origin-Resource-Policy': 'same-origin',
  'X-Frame-Options': 'DENY',
};

const emptyPolicy = "default-src 'none'; frame-ancestors 'none'";

function refuse(response: ServerResponse, status: number): void {
  response.writeHead(status, {
    ...fixedHeaders,
    'Content-Type': 'text/plain; charset=utf-8',
    'Content-Security-Policy': emptyPolicy,
    'Cache-Control': 'no-store',
  });
  response.end(`${reasons[status] ?? ''}\n`);
}

function refuseUpgrade(socket: Duplex, status: number): void {
  socket.end(`HTTP/1.1 ${String(status)} Refused\r\nConnection: close\r\nContent-Length: 0\r\n\r\n`);
}

async function answer(
  request: IncomingMessage,
  response: ServerResponse,
  access: Access,
  files: ReadonlyMap<string, StaticFile>,
): Promise<void> {
  if (!access.allowsHost(request.headers.host)) return refuse(response, 421);
  if (request.method !== 'GET' && request.method !== 'HEAD') return refuse(response, 405);
  // Only the path and the query are taken from the address; the name in front is never used.
  const [path = '', query = ''] = (request.url ?? '').split('?', 2);
  const key = new URLSearchParams(query).get('key');
  if (path === '/' && key !== null) {
    if (!access.roleOfKey(key)) return refuse(response, 401);
    response.writeHead(303, {
      ...fixedHeaders,
      'Set-Cookie': access.cookieFor(key),
      Location: '/',
      'Cache-Control': 'no-store',
    });
    return void response.end();
  }
  if (!access.roleOfCookie(request.headers.cookie)) return refuse(response, 401);
  const file = files.get(path);
  if (!file) return refuse(response, 404);
  const nonce = randomBytes(16).toString('base64url');
  const bytes = await readStaticFile(file, nonce);
  response.writeHead(200, {
    ...fixedHeaders,
    'Content-Type': file.type,
    'Content-Length': bytes.length,
    'Content-Security-Policy': file.isPage ? contentSecurityPolicy(nonce) : emptyPolicy,
    // The build puts a hash in the name of whatever is in assets/.
    'Cache-Control': path.startsWith('/assets/') ? 'private, max-age=31536000, immutable' : 'no-store',
  });
  response.end(request.method === 'HEAD' ? undefined : bytes);
}

function upgradeStatus(request: IncomingMessage, access: Access): { role: Role } | { refused: number } {
  const { host, origin, cookie } = request.headers;
  if (!access.allowsHost(host)) return { refused: 421 };
  if (request.url !== rpcPath) return { refused: 404 };
  const role = access.roleOfCookie(cookie);
  if (!role) return { refused: 401 };
  return access.allowsOrigin(origin, host) ? { role } : { refused: 403 };
}

function keepAlive(socket: WebSocket): void {
  let alive = true;
  socket.on('pong', () => (alive = true));
  const timer = setInterval(() => {
    if (!alive) return socket.terminate();
    alive = false;
    socket.ping();
  }, pingEveryMs).unref();
  socket.once('close', () => clearInterval(timer));
}

const listening = (server: Server, host: string, port: number): Promise<AddressInfo> =>
  new Promise((resolve, reject) => {
    server.once('error', reject);
    server.listen({ host, port, exclusive: true }, () => resolve(server.address() as AddressInfo));
  });

/** Starts to listen. Rejects when the address is taken, or the renderer is not there. */
export async function startHttpServer(options: HttpServerOptions): Promise<HttpServer> {
  const files = await listStaticFiles(options.rendererDir);
  if (!files.has('/')) throw new Error(`there is no index.html in ${options.rendererDir}`);
  const server = createServer({ maxHeaderSize: 16 * 1024, requestTimeout: 15_000, headersTimeout: 10_000 });
  const sockets = new WebSocketServer({
    noServer: true,
    maxPayload: maxMessageBytes,
    perMessageDeflate: false,
  });
  const { port } = await listening(server, options.host, options.port);
  const access = createAccess({ host: options.host, port }, options.grants);

  server.on('request', (request, response) => {
    answer(request, response, access, files).catch(() => {
      if (response.headersSent) response.destroy();
      else refuse(response, 500);
    });
  });
  server.on('upgrade', (request, socket, head) => {
    socket.on('error', () => socket.destroy());
    const verdict = upgradeStatus(request, access);
    if ('refused' in verdict) return refuseUpgrade(socket, verdict.refused);
    sockets.handleUpgrade(request, socket, head, (webSocket) => {
      keepAlive(webSocket);
      options.connect(createWsChannel(webSocket), verdict.role);
    });
  });

  const shown = options.host.includes(':') ? `[${options.host}]` : options.host;
  return {
    host: options.host,
    port,
    urlWith: (key) => `http://${shown}:${String(port)}/?key=${key}`,
    async close() {
      const closed = new Promise((resolve) => server.close(resolve));
      for (const socket of sockets.clients) socket.close(1001);
      await new Promise((resolve) => setTimeout(resolve, 50));
      for (const socket of sockets.clients) socket.terminate();
      server.closeAllConnections();
      await closed;
    },
  };
}
