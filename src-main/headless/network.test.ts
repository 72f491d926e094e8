/** Listening to the network as a whole: TLS, pairing, keys, and the programs that call. */
import { mkdtemp, rm } from 'node:fs/promises';
import {
  createServer as createTcpServer,
  connect as tcpConnect,
  type AddressInfo,
  type Server,
  type Socket,
} from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { connect as tlsConnect, createServer as createTlsServer } from 'node:tls';
import { afterAll, afterEach, beforeEach, describe, expect, it, vi } from 'vitest';
import { WebSocket } from 'ws';
import type { Channel } from '@contract/channel.ts';
import { createClient } from '@contract/client.ts';
import { ContractError } from '@contract/errors.ts';
import { describeChannel } from '@contract/testing/channel-conformance.ts';
import { createAccessService, type AccessService } from '../core/access/access-service.ts';
import { ownCredentials } from '../core/access/credentials.ts';
import type { Device } from '../core/access/devices.ts';
import { openDoors } from '../core/access/open-doors.ts';
import { openChannel, pairWith, type Paired } from '../core/remote/dial.ts';
import { readAddress, type MachineAddress } from '../core/remote/machine-address.ts';
import { systemClock } from '../core/system-clock.ts';
import { listenWith } from './network.ts';
import { makeRenderer } from './testing/renderer.ts';

interface Taken {
  channel: Channel;
  device: Device;
}

let dir = '';
let access: AccessService;
let taken: Taken[] = [];
let address: MachineAddress;
let servers: Server[] = [];

const service = (folder: string, renderer: string): AccessService =>
  createAccessService({
    folder,
    clock: systemClock,
    listen: listenWith(renderer),
    connect: (channel, device) => taken.push({ channel, device }),
    onError: (error) => expect.unreachable(String(error)),
  });

beforeEach(async () => {
  dir = await mkdtemp(join(tmpdir(), 'carousel-network-'));
  taken = [];
  servers = [];
  access = service(join(dir, 'access'), await makeRenderer(dir));
  await access.listenAt({ host: '127.0.0.1', port: 0 });
  address = readAddress((await access.state()).urls[0] ?? '');
});
afterEach(async () => {
  await access.close();
  for (const server of servers) server.close();
  await rm(dir, { recursive: true, force: true });
});

const viewer = { role: 'viewer', approve: false } as const;
const codeOf = (work: Promise<unknown>): Promise<string> =>
  work.then(
    () => 'done',
    (error: unknown) => (error instanceof ContractError ? error.error.code : String(error)),
  );
const pair = async (): Promise<Paired> =>
  pairWith(address, (await access.offer(viewer, 'bench')).code, 'says itself');

interface Answer {
  status: number;
  head: string;
  body: string;
}

/** One HTTPS request, as a browser of a stranger would send it. */
function ask(method: string, path: string, headers: Record<string, string> = {}, body = ''): Promise<Answer> {
  const { host } = new URL(address.origin);
  const all = { host, connection: 'close', 'content-length': String(Buffer.byteLength(body)), ...headers };
  const lines = Object.entries(all).map(([name, value]) => `${name}: ${value}`);
  return new Promise((resolve, reject) => {
    const socket = tlsConnect({ host: address.host, port: address.port, rejectUnauthorized: false }, () =>
      socket.write(`${method} ${path} HTTP/1.1\r\n${lines.join('\r\n')}\r\n\r\n${body}`),
    );
    let text = '';
    socket.on('data', (chunk: Buffer) => (text += chunk.toString('latin1')));
    socket.on('error', reject);
    socket.on('close', () => {
      const [head = '', ...rest] = text.split('\r\n\r\n');
      resolve({ status: Number(head.split(' ')[1]), head, body: rest.join('\r\n\r\n') });
    });
  });
}

const json = { 'content-type': 'application/json' };
const own = (): Record<string, string> => ({ ...json, origin: address.origin });

describe('strangers', () => {
  it('get the page, which holds nothing, and are told that they are strangers', async () => {
    expect((await ask('GET', '/')).body).toContain('csp-nonce');
    expect((await ask('GET', '/machines')).body).toContain('csp-nonce');
    expect((await ask('GET', '/session')).body).toContain('{"paired":false}');
    expect((await ask('GET', '/rpc')).status).toBe(404);
    expect(taken).toEqual([]);
  });

  it('are not spoken to without encryption', async () => {
    const said = await new Promise<string>((resolve) => {
      let text = '';
      const socket = tcpConnect(address.port, address.host, () =>
        socket.write('GET / HTTP/1.1\r\nHost: x\r\n\r\n'),
      );
      socket.on('data', (chunk: Buffer) => (text += chunk.toString('latin1')));
      socket.on('error', () => undefined).on('close', () => resolve(text));
    });
    expect(said).not.toContain('HTTP');
  });

  it.each<[string, string, Record<string, string>, string, number]>([
    [
      'a page of another origin',
      '/pair',
      { ...json, origin: 'https://evil.example' },
      '{"code":"a","name":"b"}',
      403,
    ],
    ['a form', '/pair', { 'content-type': 'text/plain' }, '{"code":"a","name":"b"}', 400],
    ['no JSON', '/pair', json, '{', 400],
    ['too long a body', '/pair', json, JSON.stringify({ code: 'a', name: 'b'.repeat(5000) }), 400],
    ['more than is asked for', '/pair', json, '{"code":"a","name":"b","role":"operator"}', 400],
    ['another path', '/', json, '{}', 405],
  ])('are refused with %s', async (_title, path, headers, body, status) => {
    expect((await ask('POST', path, headers, body)).status).toBe(status);
  });

  it('get nowhere with the WebSocket, whatever key they make up', async () => {
    const { host } = new URL(address.origin);
    const key = `${'0'.repeat(16)}.${'A'.repeat(43)}`;
    const cookie = `__Host-carousel-${String(address.port)}=${key}`;
    for (const headers of [{}, { authorization: `Bearer ${key}` }, { cookie, origin: address.origin }]) {
      const status = await new Promise((resolve) => {
        const socket = new WebSocket(`wss://${host}/rpc`, { headers, rejectUnauthorized: false });
        socket.on('unexpected-response', (_request, response) => resolve(response.statusCode));
        socket.on('open', () => resolve('open')).on('error', () => undefined);
      });
      expect(status).toBe(401);
    }
    expect(taken).toEqual([]);
  });
});

describe('a browser', () => {
  it('gets its key in a cookie that no script and no other site sees', async () => {
    const { code } = await access.offer({ role: 'operator', approve: false }, undefined);
    const answer = await ask('POST', '/pair', own(), JSON.stringify({ code, name: 'Phone' }));
    expect(answer.status).toBe(200);
    const cookie = /set-cookie: (.*)/i.exec(answer.head)?.[1] ?? '';
    expect(cookie).toMatch(
      /^__Host-carousel-\d+=[\w.-]+; Path=\/; HttpOnly; SameSite=Strict; Max-Age=\d+; Secure$/,
    );
    const key = /=([\w.-]+);/.exec(cookie)?.[1] ?? 'none';
    expect(answer.body).not.toContain(key);
    const [pairOf = ''] = cookie.split(';');
    expect((await ask('GET', '/session', { cookie: pairOf })).body).toContain('{"paired":true}');
    expect((await access.state()).devices).toMatchObject([
      { name: 'Phone', role: 'operator', approve: false },
    ]);
  });

  it('is told to wait after five wrong codes', async () => {
    const wrong = JSON.stringify({ code: 'AAAA-AAAA', name: 'x' });
    const seen: number[] = [];
    for (let count = 0; count < 6; count += 1) seen.push((await ask('POST', '/pair', own(), wrong)).status);
    expect(seen).toEqual([403, 403, 403, 403, 403, 429]);
  });
});

describe('a program', () => {
  it('pairs, connects, and is thrown out at once when its key is taken away', async () => {
    const paired = await pair();
    expect(paired).toMatchObject({ name: 'bench', role: 'viewer', approve: false });
    expect(paired.fingerprint).toBe((await access.state()).fingerprint);
    const channel = await openChannel(address, paired);
    expect(taken[0]?.device).toMatchObject({ name: 'bench', role: 'viewer' });
    expect((await access.state()).devices[0]?.connected).toBe(true);
    const closed = new Promise<void>((resolve) => channel.onClose(resolve));
    const began = performance.now();
    await access.revoke((await access.state()).devices[0]?.id ?? '');
    await closed;
    expect(performance.now() - began).toBeLessThan(1000);
    expect(await codeOf(openChannel(address, paired))).toBe('not-paired');
  });

  it('is thrown out as well when another program of that user takes the key away', async () => {
    const channel = await openChannel(address, await pair());
    const closed = new Promise<void>((resolve) => channel.onClose(resolve));
    const other = service(join(dir, 'access'), join(dir, 'renderer'));
    await other.revoke((await other.state()).devices[0]?.id ?? '');
    await closed;
  });

  it('has eight connections at most', async () => {
    const paired = await pair();
    for (let count = 0; count < 8; count += 1) await openChannel(address, paired);
    const ninth = await openChannel(address, paired);
    await new Promise<void>((resolve) => ninth.onClose(resolve));
    expect(taken).toHaveLength(8);
  });

  it('says nothing to a machine with another key', async () => {
    const paired = await pair();
    const impostor = await tlsServer();
    expect(await codeOf(openChannel(impostor.address, paired))).toBe('certificate-changed');
    expect(impostor.heard()).toBe('');
  });

  it('does not give its code away to somebody in the middle, nor takes a key from him', async () => {
    const { code } = await access.offer(viewer, undefined);
    // He passes everything on, and has a key of his own.
    const middle = await tlsServer(true);
    expect(await codeOf(pairWith(middle.address, code, 'x'))).toBe('wrong-code');
    expect(middle.heard()).toContain('proof');
    expect(middle.heard()).not.toContain(code.replace('-', ''));
    // He answers himself, without knowing the code.
    const grant = { key: `${'0'.repeat(16)}.${'A'.repeat(43)}`, proof: '0'.repeat(64), ...viewer, name: 'x' };
    const liar = await tlsServer(false, JSON.stringify(grant));
    expect(await codeOf(pairWith(liar.address, code, 'x'))).toBe('wrong-code');
    // The code is still good at the right machine.
    expect(await codeOf(pairWith(address, code, 'x'))).toBe('done');
  });

  it('says clearly what is not there', async () => {
    const closed = createTcpServer();
    const port = await listenOn(closed);
    await new Promise((resolve) => closed.close(resolve));
    expect(await codeOf(pairWith(readAddress(`127.0.0.1:${String(port)}`), 'ACDE-FGHJ', 'x'))).toBe(
      'unreachable',
    );
    const plain = createTcpServer((socket) => socket.end('220 mail.example ESMTP\r\n'));
    servers.push(plain);
    const mail = readAddress(`127.0.0.1:${String(await listenOn(plain))}`);
    expect(await codeOf(pairWith(mail, 'ACDE-FGHJ', 'x'))).toBe('not-carousel');
    const web = await tlsServer(false, '<html>');
    expect(await codeOf(pairWith(web.address, 'ACDE-FGHJ', 'x'))).toBe('not-carousel');
    expect(await codeOf(pairWith(address, 'no code', 'x'))).toBe('wrong-code');
  });

  it('is told when the machine cuts the connection before it was asked anything', async () => {
    const { key, certificate } = await ownCredentials(join(dir, 'cut'), 'x', ['localhost'], Date.now());
    let below: Socket | undefined;
    const server = createTlsServer({ key, cert: certificate }, (socket) => {
      socket.on('error', () => undefined);
      below?.resetAndDestroy(); // a reset, not an end, while the program works out its proof
    });
    server.on('connection', (raw: Socket) => (below = raw));
    servers.push(server);
    const at = readAddress(`127.0.0.1:${String(await listenOn(server))}`);
    expect(await codeOf(pairWith(at, 'ACDE-FGHJ', 'x'))).toBe('unreachable');
  });

  it('is told when the other end speaks another version', async () => {
    const channel = await openChannel(address, await pair());
    const client = createClient(channel);
    taken[0]?.channel.send('{"kind":"hello","version":99,"of":"another shape"}');
    expect(await codeOf(client.hello)).toBe('contract-version');
  });
});

describe('listening', () => {
  it('is noted down for other programs of this user as long as it lasts', async () => {
    const doors = openDoors(join(dir, 'access'));
    const { urls, fingerprint } = await access.state();
    expect(await doors.list()).toEqual([{ pid: process.pid, urls, fingerprint }]);
    await access.close();
    expect(await doors.list()).toEqual([]);
    expect(await codeOf(openChannel(address, { pin: null, key: 'x' }))).toBe('unreachable');
  });

  it('follows the setting on every address, and ends what is connected when it is turned off', async () => {
    const other = service(join(dir, 'other'), join(dir, 'renderer'));
    await other.follow(true);
    const state = await other.state();
    expect(state).toMatchObject({ problem: null });
    const url = state.urls[0] ?? '';
    expect(url).toMatch(/^https:\/\//);
    const at = readAddress(`127.0.0.1:${new URL(url).port}`);
    const paired = await pairWith(at, (await other.offer(viewer, undefined)).code, 'x');
    const channel = await openChannel(at, paired);
    const closed = new Promise<void>((resolve) => channel.onClose(resolve));
    await other.follow(false);
    await closed;
    expect(await other.state()).toMatchObject({ urls: [], fingerprint: null });
    await other.close();
  });

  it('tells who follows it of a device that comes and goes', async () => {
    const emit = vi.fn(() => true);
    const connection = {
      role: 'operator',
      remote: null,
      emit,
      congested: () => false,
      onClose: () => undefined,
    } as const;
    await access.watch(connection);
    const channel = await openChannel(address, await pair());
    const last = (): unknown => (emit.mock.calls as unknown[][]).at(-1)?.[1];
    await vi.waitFor(() => expect(last()).toMatchObject({ devices: [{ name: 'bench', connected: true }] }));
    channel.close();
    await vi.waitFor(() => expect(last()).toMatchObject({ devices: [{ name: 'bench', connected: false }] }));
  });
});

/** Somebody else's TLS server: passes bytes on to the real one, or answers every request with `body`. */
async function tlsServer(passOn = false, body = ''): Promise<{ address: MachineAddress; heard(): string }> {
  const { key, certificate } = await ownCredentials(
    join(dir, `tls-${String(servers.length)}`),
    'x',
    ['localhost'],
    Date.now(),
  );
  let heard = '';
  const server = createTlsServer({ key, cert: certificate }, (socket) => {
    socket.on('error', () => undefined);
    socket.on('data', (chunk: Buffer) => (heard += chunk.toString('latin1')));
    if (passOn) {
      const far = tlsConnect({ host: address.host, port: address.port, rejectUnauthorized: false });
      far.on('error', () => undefined);
      socket.pipe(far).pipe(socket);
    } else {
      socket.once('data', () =>
        socket.end(`HTTP/1.1 200 OK\r\nContent-Length: ${String(body.length)}\r\n\r\n${body}`),
      );
    }
  });
  servers.push(server);
  return { address: readAddress(`127.0.0.1:${String(await listenOn(server))}`), heard: () => heard };
}

const listenOn = (server: Server): Promise<number> =>
  new Promise((resolve) =>
    server.listen(0, '127.0.0.1', () => resolve((server.address() as AddressInfo).port)),
  );

/** One server and one pairing for the whole suite. */
let shared: Promise<{ own: AccessService; at: MachineAddress; paired: Paired; home: string }> | null = null;

async function startShared(): Promise<NonNullable<Awaited<typeof shared>>> {
  const home = await mkdtemp(join(tmpdir(), 'carousel-network-'));
  const own = service(join(home, 'access'), await makeRenderer(home));
  await own.listenAt({ host: '127.0.0.1', port: 0 });
  const at = readAddress((await own.state()).urls[0] ?? '');
  return { own, at, home, paired: await pairWith(at, (await own.offer(viewer, undefined)).code, 'x') };
}

afterAll(async () => {
  const { own, home } = (await shared) ?? {};
  await own?.close();
  if (home !== undefined) await rm(home, { recursive: true, force: true });
});

describeChannel('WebSocket over TLS, of a paired program', async () => {
  const { at, paired } = await (shared ??= startShared());
  taken = [];
  const a = await openChannel(at, paired);
  const b = taken[0]?.channel;
  if (!b) throw new Error('the server did not take the connection');
  return { a, b };
});
