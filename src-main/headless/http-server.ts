/** Serves the renderer and answers the contract over WebSocket, to whoever the guard lets in; with credentials, encrypted. */
import { randomBytes } from 'node:crypto';
import { createServer, type IncomingMessage, type Server, type ServerResponse } from 'node:http';
import { createServer as createSecureServer } from 'node:https';
import type { AddressInfo } from 'node:net';
import type { Duplex } from 'node:stream';
import { WebSocketServer, type WebSocket } from 'ws';
import type { Channel } from '@contract/channel.ts';
import { ContractError } from '@contract/errors.ts';
import { maxMessageBytes } from '@contract/wire.ts';
import type { PairAnswer } from '../core/access/pairing.ts';
import { contentSecurityPolicy } from '../core/page/content-security-policy.ts';
import { createWsChannel } from '../core/remote/ws-channel.ts';
import { createKeyCookie, createNames, written, type KeyCookie, type ServerNames } from './access.ts';
import { limitConnections, type ConnectionLimits } from './connection-limits.ts';
import { readSmallJson } from './small-json.ts';
import { listStaticFiles, readStaticFile, type StaticFile } from './static-files.ts';

/** Who may come in, and what becomes of them. */
export interface Guard<Who> {
  /** Whose key this is; null for nobody's. */
  admit(key: string): Promise<Who | null> | Who | null;
  connect(channel: Channel, who: Who): void;
  /** Gives a stranger a key for a code. Left out: strangers do not even get the page. */
  pair?(request: unknown, address: string): Promise<PairAnswer>;
}

export interface HttpServerOptions<Who> {
  host: string;
  /** 0 takes any that is free. */
  port: number;
  /** Names and addresses under which it answers. */
  names: () => readonly string[];
  /** PEM. Left out: not encrypted, and for this computer only. */
  credentials?: { key: string; certificate: string };
  rendererDir: string;
  guard: Guard<Who>;
}

export interface HttpServer {
  readonly host: string;
  readonly port: number;
  /** The address with a key in it. */
  urlWith(key: string): string;
  close(): Promise<void>;
}

/** Where the page opens its WebSocket. */
const rpcPath = '/rpc';
/** Where a browser asks whether its key is good. */
const sessionPath = '/session';
/** Where a code is exchanged for a key. */
const pairPath = '/pair';
/** A front end that does not answer a ping for this long is gone. */
const pingEveryMs = 15_000;

const reasons: Readonly<Record<number, string>> = {
  400: 'That is no request to pair.',
  401: 'This address needs its key. Open the whole address that "carousel serve" printed.',
  403: 'Connections are taken from the own page only.',
  404: 'There is nothing here.',
  405: 'Only GET is answered.',
  421: 'This server does not answer under that name.',
  500: 'The file could not be read.',
  503: 'Too many connections.',
};

const fixedHeaders = {
  'X-Content-Type-Options': 'nosniff',
  'Referrer-Policy': 'no-referrer',
  'Cross-Origin-Opener-Policy': 'same-origin',
  'Cross-Origin-Resource-Policy': 'same-origin',
  'X-Frame-Options': 'DENY',
};

const emptyPolicy = "default-src 'none'; frame-ancestors 'none'";

function reply(
  response: ServerResponse,
  status: number,
  type: string,
  body: string,
  more: object = {},
): void {
  response.writeHead(status, {
    ...fixedHeaders,
    'Content-Type': `${type}; charset=utf-8`,
    'Content-Security-Policy': emptyPolicy,
    'Cache-Control': 'no-store',
    ...more,
  });
  response.end(body);
}

const refuse = (response: ServerResponse, status: number): void =>
  reply(response, status, 'text/plain', `${reasons[status] ?? ''}\n`);

const replyJson = (response: ServerResponse, status: number, body: object, more: object = {}): void =>
  reply(response, status, 'application/json', JSON.stringify(body), more);

function refuseUpgrade(socket: Duplex, status: number): void {
  socket.end(`HTTP/1.1 ${String(status)} Refused\r\nConnection: close\r\nContent-Length: 0\r\n\r\n`);
}

/** What answering needs. */
interface Desk<Who> {
  readonly guard: Guard<Who>;
  readonly names: ServerNames;
  readonly cookie: KeyCookie;
  readonly files: ReadonlyMap<string, StaticFile>;
  readonly limits: ConnectionLimits | null;
}

async function whoSent<Who>(
  request: IncomingMessage,
  { guard, cookie, limits }: Desk<Who>,
): Promise<Who | null> {
  const key = cookie.read(request.headers.cookie);
  const who = key === null ? null : await guard.admit(key);
  if (who !== null && limits?.know(request.socket) === false) return null;
  return who;
}

async function sendFile(
  request: IncomingMessage,
  response: ServerResponse,
  path: string,
  file: StaticFile,
): Promise<void> {
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

async function pair<Who>(request: IncomingMessage, response: ServerResponse, desk: Desk<Who>): Promise<void> {
  const { guard, names, cookie } = desk;
  const { origin, host } = request.headers;
  if (!guard.pair) return refuse(response, 404);
  // A program sends no origin; a page of somebody else's always does.
  if (origin !== undefined && !(names.allowsHost(host) && names.allowsOrigin(origin, host)))
    return refuse(response, 403);
  const body = await readSmallJson(request);
  if (body === null) return refuse(response, 400);
  try {
    const answer = await guard.pair(body, request.socket.remoteAddress ?? '');
    const { key, proof, ...given } = answer;
    // A page never gets to see its key.
    if (proof === null) return replyJson(response, 200, given, { 'Set-Cookie': cookie.make(key) });
    replyJson(response, 200, answer);
  } catch (error) {
    if (!(error instanceof ContractError)) throw error;
    const status = { 'bad-request': 400, 'too-many-attempts': 429 }[error.error.code as string] ?? 403;
    replyJson(response, status, { error: error.error });
  }
}

async function answer<Who>(
  request: IncomingMessage,
  response: ServerResponse,
  desk: Desk<Who>,
): Promise<void> {
  const { guard, names, cookie, files } = desk;
  // Only the path and the query are taken from the address; the name in front is never used.
  const [path = '', query = ''] = (request.url ?? '').split('?', 2);
  if (request.method === 'POST' && path === pairPath) return pair(request, response, desk);
  if (!names.allowsHost(request.headers.host)) return refuse(response, 421);
  if (request.method !== 'GET' && request.method !== 'HEAD') return refuse(response, 405);
  if (guard.pair) {
    if (path === sessionPath)
      return replyJson(response, 200, { paired: (await whoSent(request, desk)) !== null });
  } else {
    const key = new URLSearchParams(query).get('key');
    if (path === '/' && key !== null) {
      if (!(await guard.admit(key))) return refuse(response, 401);
      return reply(response, 303, 'text/plain', '', { 'Set-Cookie': cookie.make(key), Location: '/' });
    }
    if (!(await whoSent(request, desk))) return refuse(response, 401);
  }
  const file = files.get(path);
  return file ? sendFile(request, response, path, file) : refuse(response, 404);
}

/** A page shows its cookie and where it is from; a program its key in a header that no page can send, under whatever name. */
async function judgeUpgrade<Who>(
  request: IncomingMessage,
  desk: Desk<Who>,
): Promise<{ who: Who } | { refused: number }> {
  const { host, origin, authorization } = request.headers;
  const bearer = /^Bearer ([\w.-]{1,128})$/.exec(authorization ?? '')?.[1];
  const isProgram = bearer !== undefined && origin === undefined;
  if (!isProgram && !desk.names.allowsHost(host)) return { refused: 421 };
  if (request.url !== rpcPath) return { refused: 404 };
  const key = isProgram ? bearer : desk.cookie.read(request.headers.cookie);
  const who = key === null ? null : await desk.guard.admit(key);
  if (who === null) return { refused: 401 };
  if (!isProgram && !desk.names.allowsOrigin(origin, host)) return { refused: 403 };
  return desk.limits?.know(request.socket) === false ? { refused: 503 } : { who };
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

const timeLimits = {
  maxHeaderSize: 16 * 1024,
  requestTimeout: 15_000,
  headersTimeout: 10_000,
  connectionsCheckingInterval: 1000,
};

function makeServer(credentials: HttpServerOptions<unknown>['credentials']): Server {
  if (!credentials) return createServer(timeLimits);
  const { key, certificate: cert } = credentials;
  return createSecureServer({ ...timeLimits, key, cert, minVersion: 'TLSv1.3', handshakeTimeout: 5000 });
}

const listening = (server: Server, host: string, port: number): Promise<AddressInfo> =>
  new Promise((resolve, reject) => {
    server.once('error', reject);
    server.listen({ host, port, exclusive: true }, () => resolve(server.address() as AddressInfo));
  });

/** Starts to listen. Rejects when the address is taken, or the renderer is not there. */
export async function startHttpServer<Who>(options: HttpServerOptions<Who>): Promise<HttpServer> {
  const { guard, credentials } = options;
  const files = await listStaticFiles(options.rendererDir);
  if (!files.has('/')) throw new Error(`there is no index.html in ${options.rendererDir}`);
  const secure = credentials !== undefined;
  const server = makeServer(credentials);
  const limits = secure ? limitConnections(server) : null;
  const sockets = new WebSocketServer({
    noServer: true,
    maxPayload: maxMessageBytes,
    perMessageDeflate: false,
  });
  const { port } = await listening(server, options.host, options.port);
  const names = createNames(secure, port, options.names);
  const desk: Desk<Who> = { guard, names, cookie: createKeyCookie(secure, port), files, limits };

  server.on('request', (request, response) => {
    answer(request, response, desk).catch(() => {
      if (response.headersSent) response.destroy();
      else refuse(response, 500);
    });
  });
  server.on('upgrade', (request, socket, head) => {
    socket.on('error', () => socket.destroy());
    judgeUpgrade(request, desk)
      .then((verdict) => {
        if ('refused' in verdict) return refuseUpgrade(socket, verdict.refused);
        sockets.handleUpgrade(request, socket, head, (webSocket) => {
          keepAlive(webSocket);
          guard.connect(createWsChannel(webSocket), verdict.who);
        });
      })
      .catch(() => refuseUpgrade(socket, 500));
  });

  return {
    host: options.host,
    port,
    urlWith: (key) => `${secure ? 'https' : 'http'}://${written(options.host, port)}/?key=${key}`,
    async close() {
      const closed = new Promise((resolve) => server.close(resolve));
      for (const socket of sockets.clients) socket.close(1001);
      await new Promise((resolve) => setTimeout(resolve, 50));
      for (const socket of sockets.clients) socket.terminate();
      server.closeAllConnections();
      limits?.endStrangers();
      await closed;
    },
  };
}
