/**
 * Calls another machine: pairs with it, opens a channel to it. Its certificate is not judged by any authority but by its public
 * key, which the pairing code has proved; nothing is sent to a machine that shows another one.
 */
import { randomBytes, type X509Certificate } from 'node:crypto';
import { request as httpRequest, type ClientRequest, type IncomingMessage } from 'node:http';
import { connect as connectTcp, type Socket } from 'node:net';
import { connect as connectTls } from 'node:tls';
import { WebSocket } from 'ws';
import type { Channel } from '@contract/channel.ts';
import { appError, appErrorSchema, ContractError, fail } from '@contract/errors.ts';
import type { DeviceGrant } from '@contract/groups/access.ts';
import { maxMessageBytes } from '@contract/wire.ts';
import { z } from '@contract/zod.ts';
import { fingerprintOf, pinOf } from '../access/fingerprints.ts';
import { pairAnswerSchema } from '../access/pairing.ts';
import { codeSecret, proofOf, readCode, sameText } from '../access/pairing-code.ts';
import type { MachineAddress } from './machine-address.ts';
import { createWsChannel } from './ws-channel.ts';

/** An answer takes a moment, or there is none. */
const dialMs = 10_000;
const maxAnswerBytes = 8192;

/** What to remember of a machine: its key's hash (null on this computer, where nothing is encrypted), and our key. */
export interface Pairing {
  readonly pin: string | null;
  readonly key: string;
}

/** What pairing gave. */
export interface Paired extends Pairing, DeviceGrant {
  /** What the machine calls this device. */
  readonly name: string;
  /** Of its certificate, for people to compare. */
  readonly fingerprint: string;
}

const unreachable = (error: unknown): ContractError => {
  const { code } = error as NodeJS.ErrnoException;
  return new ContractError(appError('unreachable', code === undefined ? {} : { detail: code.slice(0, 256) }));
};

function openSocket(
  address: MachineAddress,
): Promise<{ socket: Socket; certificate: X509Certificate | null }> {
  const { host, port, secure } = address;
  return new Promise((resolve, reject) => {
    const done = (): void => {
      socket.setTimeout(0);
      // Whoever gets the socket listens only later; an error until then shows in `destroyed`.
      socket.on('error', () => undefined);
      socket.off('error', failed);
      const raw = 'getPeerX509Certificate' in socket ? socket.getPeerX509Certificate() : undefined;
      if (secure && !raw) return failed(new Error('no certificate'));
      resolve({ socket, certificate: raw ?? null });
    };
    const failed = (error: unknown): void => {
      socket.destroy();
      // Who does not speak TLS is not Carousel; everything else is the network's word.
      const { code = '' } = error as NodeJS.ErrnoException;
      reject(code.startsWith('ERR_SSL') ? new ContractError(appError('not-carousel')) : unreachable(error));
    };
    const socket = secure
      ? connectTls({ host, port, rejectUnauthorized: false, minVersion: 'TLSv1.3' }, done)
      : connectTcp({ host, port }, done);
    socket.setTimeout(dialMs, () => failed({ code: 'ETIMEDOUT' }));
    socket.once('error', failed);
    socket.once('close', () => failed({ code: 'ECONNRESET' }));
  });
}

/** A connection to the machine that has this public key, or none. */
async function openPinned(address: MachineAddress, pin: string | null): Promise<Socket> {
  const { socket, certificate } = await openSocket(address);
  const shown = certificate ? pinOf(certificate) : null;
  if (shown === pin) return socket;
  socket.destroy();
  return fail('certificate-changed');
}

async function readText(response: IncomingMessage): Promise<string> {
  let text = '';
  for await (const chunk of response) {
    text += String(chunk);
    if (text.length > maxAnswerBytes) return fail('not-carousel');
  }
  return text;
}

async function post(address: MachineAddress, socket: Socket, path: string, body: object): Promise<unknown> {
  if (socket.destroyed) throw unreachable({ code: 'ECONNRESET' }); // a request on it would wait for its time to run out
  const text = JSON.stringify(body);
  const response = await new Promise<IncomingMessage>((resolve, reject) => {
    const request: ClientRequest = httpRequest(
      {
        host: address.host,
        port: address.port,
        method: 'POST',
        path,
        // Without an agent, which would open a connection of its own.
        createConnection: () => socket,
        headers: {
          'Content-Type': 'application/json',
          'Content-Length': Buffer.byteLength(text),
          Connection: 'close',
        },
        signal: AbortSignal.timeout(dialMs),
      },
      resolve,
    );
    request.on('error', (error) => reject(unreachable(error)));
    request.end(text);
  });
  try {
    return JSON.parse(await readText(response)) as unknown;
  } catch (error) {
    if (error instanceof ContractError) throw error;
    return fail('not-carousel');
  }
}

/** Exchanges a code for a key. Throws a `ContractError`; `wrong-code` also when somebody stands in the middle. */
export async function pairWith(address: MachineAddress, typed: string, name: string): Promise<Paired> {
  if (!address.secure) return fail('bad-address');
  const code = readCode(typed) ?? fail('wrong-code');
  const { socket, certificate } = await openSocket(address);
  try {
    if (!certificate) return fail('not-carousel');
    const pin = pinOf(certificate);
    const nonce = randomBytes(32).toString('hex');
    const secret = await codeSecret(code, pin);
    const proof = proofOf(secret, 'program', nonce);
    const answer = await post(address, socket, '/pair', { nonce, proof, name: name.slice(0, 256) });
    const refusal = z.strictObject({ error: appErrorSchema }).safeParse(answer);
    if (refusal.success) throw new ContractError(refusal.data.error);
    const given = pairAnswerSchema.safeParse(answer);
    if (!given.success) return fail('not-carousel');
    // Whoever cannot prove the code is not the machine that showed it.
    if (!sameText(given.data.proof, proofOf(secret, 'server', nonce))) return fail('wrong-code');
    const { proof: _proof, ...rest } = given.data;
    return { ...rest, pin, fingerprint: fingerprintOf(certificate) };
  } finally {
    socket.destroy();
  }
}

/** Opens a channel to a machine. Throws `unreachable`, `certificate-changed`, `not-paired` or `not-carousel`. */
export async function openChannel(address: MachineAddress, { pin, key }: Pairing): Promise<Channel> {
  const ready = await openPinned(address, address.secure ? pin : null);
  return new Promise((resolve, reject) => {
    const socket = new WebSocket(`ws://${new URL(address.origin).host}/rpc`, {
      headers: { authorization: `Bearer ${key}` },
      createConnection: () => ready,
      handshakeTimeout: dialMs,
      maxPayload: maxMessageBytes,
      perMessageDeflate: false,
    });
    socket.once('open', () => resolve(createWsChannel(socket)));
    socket.once('unexpected-response', (_request, { statusCode = 0 }) => {
      socket.terminate();
      if (statusCode === 503) return reject(unreachable({ code: 'busy' }));
      reject(new ContractError(appError(statusCode === 401 ? 'not-paired' : 'not-carousel')));
    });
    socket.on('error', (error) => reject(unreachable(error)));
  });
}
