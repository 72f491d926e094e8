import { mkdtemp, rm, symlink, writeFile } from 'node:fs/promises';
import { request as httpRequest, type IncomingHttpHeaders } from 'node:http';
import { connect as tcpConnect } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, it, vi } from 'vitest';
import { WebSocket } from 'ws';
import { maxMessageBytes } from '@contract/wire.ts';
import type { Channel } from '@contract/channel.ts';
import { describeChannel } from '@contract/testing/channel-conformance.ts';
import { newKey } from './access.ts';
import { startHttpServer, type HttpServer } from './http-server.ts';
import { makeRenderer } from './testing/renderer.ts';
import { createWsChannel } from '../core/remote/ws-channel.ts';

const operatorKey = newKey();
const viewerKey = newKey();
const connect = vi.fn<(channel: Channel, role: string) => void>();
const roles = new Map([
  [operatorKey, 'operator'],
  [viewerKey, 'viewer'],
]);
let dir = '';
let server: HttpServer;

beforeAll(async () => {
  dir = await mkdtemp(join(tmpdir(), 'carousel-http-'));
  const rendererDir = await makeRenderer(dir);
  await writeFile(join(dir, 'secret.txt'), 'secret');
  await symlink(join(dir, 'secret.txt'), join(rendererDir, 'link.txt'));
  server = await startHttpServer({
    host: '127.0.0.1',
    port: 0,
    names: () => ['localhost', '127.0.0.1', '::1'],
    rendererDir,
    guard: { admit: (key) => roles.get(key) ?? null, connect },
  });
});
afterAll(async () => {
  await server.close();
  await rm(dir, { recursive: true, force: true });
});

interface Answer {
  status: number;
  headers: IncomingHttpHeaders;
  body: string;
}

function get(path: string, headers: Record<string, string> = {}, method = 'GET'): Promise<Answer> {
  return new Promise((resolve, reject) => {
    const request = httpRequest(
      { host: '127.0.0.1', port: server.port, path, method, headers },
      (response) => {
        let body = '';
        response.setEncoding('utf8').on('data', (chunk: string) => (body += chunk));
        response.on('end', () =>
          resolve({ status: response.statusCode ?? 0, headers: response.headers, body }),
        );
      },
    );
    request.on('error', reject).end();
  });
}

const cookie = (key = operatorKey): string => `carousel-${String(server.port)}=${key}`;
const own = (): string => `127.0.0.1:${String(server.port)}`;

function open(path: string, headers: Record<string, string>): Promise<WebSocket | number> {
  return new Promise((resolve) => {
    const socket = new WebSocket(`ws://${own()}${path}`, { headers });
    socket.on('open', () => resolve(socket));
    socket.on('unexpected-response', (_request, response) => resolve(response.statusCode ?? 0));
    socket.on('error', () => undefined);
  });
}

describe('access over HTTP', () => {
  it('gives nothing without the key', async () => {
    for (const path of ['/', '/index.html', '/assets/main-abc.js', '/nothing']) {
      const { status, body } = await get(path);
      expect(status).toBe(401);
      expect(body).toContain('needs its key');
    }
  });

  it('takes the key once and puts it in a cookie that scripts cannot read', async () => {
    const { status, headers } = await get(`/?key=${operatorKey}`);
    expect(status).toBe(303);
    expect(headers.location).toBe('/');
    expect(headers['set-cookie']).toEqual([`${cookie()}; Path=/; HttpOnly; SameSite=Strict`]);
  });

  it.each(['', 'x', `${operatorKey}x`, operatorKey.slice(1)])('refuses the key "%s"', async (key) => {
    expect((await get(`/?key=${key}`)).status).toBe(401);
    expect((await get('/', { cookie: cookie(key) })).status).toBe(401);
  });

  it('serves the page with a fresh nonce under a strict policy', async () => {
    const [first, second] = [await get('/', { cookie: cookie() }), await get('/', { cookie: cookie() })];
    const nonce = /nonce="([\w-]{22})"/.exec(first.body)?.[1] ?? 'none';
    expect(first.status).toBe(200);
    expect(first.headers['content-security-policy']).toContain(`style-src 'self' 'nonce-${nonce}'`);
    expect(first.headers['content-security-policy']).toContain("default-src 'none'");
    expect(first.headers['x-content-type-options']).toBe('nosniff');
    expect(first.headers['cache-control']).toBe('no-store');
    expect(second.body).not.toBe(first.body);
  });

  it('serves scripts, not source maps', async () => {
    expect(await get('/assets/main-abc.js', { cookie: cookie() })).toMatchObject({
      status: 200,
      body: 'export {}',
    });
    expect((await get('/assets/main-abc.js.map', { cookie: cookie() })).status).toBe(404);
  });

  it.each([
    '/../secret.txt',
    '/..%2fsecret.txt',
    '/assets/../../secret.txt',
    '/%2e%2e/secret.txt',
    '//etc/passwd',
    '/link.txt',
    '/assets/..\\..\\secret.txt',
    '/assets',
    '/\0',
    '*',
    'http://evil/',
  ])('does not let %j out of the folder', async (path) => {
    const answered = await new Promise<string>((resolve, reject) => {
      const socket = tcpConnect(server.port, '127.0.0.1', () => {
        socket.write(
          `GET ${path} HTTP/1.1\r\nHost: ${own()}\r\nCookie: ${cookie()}\r\nConnection: close\r\n\r\n`,
        );
      });
      let text = '';
      socket.on('data', (chunk: Buffer) => (text += chunk.toString('utf8')));
      socket.on('end', () => resolve(text));
      socket.on('error', reject);
    });
    expect(answered).toMatch(/^HTTP\/1\.1 40[04] /);
    expect(answered).not.toContain('secret');
  });

  it.each(['evil.example', 'evil.example:80', '127.0.0.1', 'localhost:1'])(
    'does not answer under the name %j',
    async (host) => {
      expect((await get('/', { cookie: cookie(), host })).status).toBe(421);
      expect((await get(`/?key=${operatorKey}`, { host })).status).toBe(421);
    },
  );

  it('answers under the other names of this computer', async () => {
    expect((await get('/', { cookie: cookie(), host: `localhost:${String(server.port)}` })).status).toBe(200);
  });

  it.each(['POST', 'PUT', 'DELETE', 'OPTIONS'])('does not answer %s', async (method) => {
    expect((await get('/', { cookie: cookie() }, method)).status).toBe(405);
  });

  it.each(['/pair', '/session'])('has no %s: there is nobody to be paired', async (path) => {
    expect((await get(path, { cookie: cookie() })).status).toBe(404);
    expect((await get(path, { cookie: cookie() }, 'POST')).status).toBe(path === '/pair' ? 404 : 405);
  });

  it('goes on after nonsense', async () => {
    await new Promise<void>((resolve) => {
      const socket = tcpConnect(server.port, '127.0.0.1', () => socket.end('\u0000\u0001 nonsense\r\n\r\n'));
      socket
        .on('close', () => resolve())
        .on('data', () => undefined)
        .on('error', () => undefined);
    });
    expect((await get('/', { cookie: cookie() })).status).toBe(200);
  });
});

describe('access over WebSocket', () => {
  const good = (): Record<string, string> => ({ cookie: cookie(), origin: `http://${own()}` });

  it.each<[string, number, () => [string, Record<string, string>]]>([
    ['no cookie', 401, () => ['/rpc', { origin: `http://${own()}` }]],
    ['a wrong key', 401, () => ['/rpc', { ...good(), cookie: cookie('x') }]],
    ['no origin', 403, () => ['/rpc', { cookie: cookie() }]],
    ['another origin', 403, () => ['/rpc', { ...good(), origin: 'http://evil.example' }]],
    ['the origin null', 403, () => ['/rpc', { ...good(), origin: 'null' }]],
    ['another port of this computer', 403, () => ['/rpc', { ...good(), origin: 'http://127.0.0.1:1' }]],
    ['HTTPS as origin', 403, () => ['/rpc', { ...good(), origin: `https://${own()}` }]],
    ['another host', 421, () => ['/rpc', { ...good(), host: 'evil.example' }]],
    ['another path', 404, () => ['/', good()]],
    ['a key in the address', 404, () => [`/rpc?key=${operatorKey}`, good()]],
  ])('refuses %s', async (_title, status, make) => {
    connect.mockClear();
    expect(await open(...make())).toBe(status);
    expect(connect).not.toHaveBeenCalled();
  });

  it('gives each key its role', async () => {
    for (const [key, role] of [
      [operatorKey, 'operator'],
      [viewerKey, 'viewer'],
    ] as const) {
      connect.mockClear();
      const socket = await open('/rpc', { ...good(), cookie: cookie(key) });
      expect(socket).toBeInstanceOf(WebSocket);
      expect(connect.mock.calls[0]?.[1]).toBe(role);
      (socket as WebSocket).close();
    }
  });

  it('lets a program in that shows its key in a header, under whatever name, but no page', async () => {
    const authorization = `Bearer ${viewerKey}`;
    const program = await open('/rpc', { authorization, host: 'nat.example:1' });
    expect(program).toBeInstanceOf(WebSocket);
    (program as WebSocket).close();
    expect(await open('/rpc', { authorization, origin: `http://${own()}` })).toBe(401);
    expect(await open('/rpc', { authorization: 'Bearer x' })).toBe(401);
  });

  it.each<[string, string | Buffer]>([
    ['too large a message', 'x'.repeat(maxMessageBytes + 1)],
    ['a binary message', Buffer.from('{}')],
  ])('ends after %s', async (_title, message) => {
    const socket = (await open('/rpc', good())) as WebSocket;
    const closed = new Promise<number>((resolve) => socket.on('close', resolve));
    socket.send(message);
    expect([1003, 1009]).toContain(await closed);
  });
});

describeChannel('WebSocket', async () => {
  connect.mockClear();
  const socket = (await open('/rpc', { cookie: cookie(), origin: `http://${own()}` })) as WebSocket;
  const far = connect.mock.calls[0]?.[0];
  if (!far) throw new Error('the server did not take the connection');
  return { a: createWsChannel(socket), b: far };
});
