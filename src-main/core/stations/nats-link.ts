/** The connection to a NATS server, and what its errors mean for people. */
import { readFile } from 'node:fs/promises';
import { JetStreamApiError } from '@nats-io/jetstream';
import {
  AuthorizationError,
  credsAuthenticator,
  nkeyAuthenticator,
  NoRespondersError,
  PermissionViolationError,
  TimeoutError,
  UserAuthenticationExpiredError,
  usernamePasswordAuthenticator,
  type Authenticator,
  type NatsConnection,
} from '@nats-io/transport-node';
import type { Server } from '@contract/groups/stations.ts';
import { StationError } from './station-error.ts';
import { connectWhole } from './transport.ts';

/** A cut cable is noticed after two pings; then the server is tried again and again. */
const pingMs = 2000;
const retryMs = 500;
const connectMs = 5000;
const maxSecret = 65_536;

/** Connects. Throws `StationError`. */
export async function connectTo(server: Server, name: string): Promise<NatsConnection> {
  const authenticator =
    server.credentials === undefined ? undefined : await authenticatorOf(server.credentials);
  const tls = await tlsOf(server);
  try {
    return await connectWhole({
      servers: server.url,
      name,
      maxReconnectAttempts: -1,
      reconnectTimeWait: retryMs,
      reconnectJitter: 200,
      pingInterval: pingMs,
      maxPingOut: 2,
      timeout: connectMs,
      ...(authenticator ? { authenticator } : {}),
      ...(tls ? { tls } : {}),
    });
  } catch (error) {
    throw asStationError(error, server.url);
  }
}

async function authenticatorOf(file: string): Promise<Authenticator> {
  const text = await readSecret(file);
  if (text.includes('BEGIN NATS USER JWT')) return credsAuthenticator(new TextEncoder().encode(text));
  const line = text.trim();
  if (/^SU[A-Z2-7]{56}$/.test(line)) return nkeyAuthenticator(new TextEncoder().encode(line));
  const colon = line.indexOf(':');
  if (colon > 0 && !line.includes('\n'))
    return usernamePasswordAuthenticator(line.slice(0, colon), line.slice(colon + 1));
  throw new StationError(
    'station-credentials',
    `${file} is neither a .creds file nor an nkey seed nor one line user:password`,
  );
}

async function tlsOf({ url, ca, cert, key }: Server): Promise<Record<string, string> | undefined> {
  if (!url.startsWith('tls:') && ca === undefined && cert === undefined) return undefined;
  const parts = await Promise.all(
    Object.entries({ ca, cert, key }).map(async ([name, file]) => [
      name,
      file === undefined ? undefined : await readSecret(file),
    ]),
  );
  const given = Object.fromEntries(parts.filter(([, text]) => text !== undefined)) as Record<string, string>;
  // A certificate for an address is held against that address.
  return { ...given, host: new URL(url).hostname };
}

async function readSecret(file: string): Promise<string> {
  try {
    const bytes = await readFile(file);
    if (bytes.length > maxSecret) throw new Error('it is too long');
    return bytes.toString('utf8');
  } catch (error) {
    throw new StationError('station-credentials', `${file}: ${messageOf(error)}`);
  }
}

/** True where others can read along: neither TLS nor the same machine. */
export function isOpen(url: string, connection: NatsConnection): boolean {
  const host = new URL(url).hostname;
  const encrypted = url.startsWith('tls:') || connection.info?.tls_required === true;
  return !encrypted && !/^(127\.|localhost$|\[?::1\]?$)/.test(host);
}

const messageOf = (error: unknown): string => (error instanceof Error ? error.message : String(error));
function codeOf(error: unknown): string {
  const code = (error as { code?: unknown } | null)?.code;
  return typeof code === 'string' ? code : '';
}

/** For errors whose class the package keeps to itself. */
const isNamed = (error: unknown, name: string): boolean => error instanceof Error && error.name === name;

/** What went wrong on the way to the server, in our words. */
export function asStationError(error: unknown, url: string): StationError {
  if (error instanceof StationError) return error;
  const causes = [error, (error as { cause?: unknown } | null)?.cause].filter((one) => one !== undefined);
  const text = causes.map(messageOf).join(': ');
  if (
    causes.some((one) => one instanceof AuthorizationError || one instanceof UserAuthenticationExpiredError)
  )
    return new StationError('nats-denied', `${url}: ${text}`);
  if (causes.some((one) => one instanceof PermissionViolationError))
    return new StationError('nats-denied', text);
  const code = causes.map(codeOf).join(' ');
  if (/CERT|TLS|SSL|SELF_SIGNED|UNABLE_TO_VERIFY|ALTNAME/.test(code) || /certificate|tls|ssl/i.test(text))
    return new StationError('nats-tls', `${url}: ${text}`);
  if (error instanceof JetStreamApiError) return ofJetStream(error);
  if (causes.some((one) => isNamed(one, 'JetStreamNotEnabled') || one instanceof NoRespondersError))
    return new StationError('nats-no-jetstream', `${url} does not answer for JetStream`);
  if (error instanceof TimeoutError)
    return new StationError('nats-unreachable', `${url} gave no answer in time`);
  return new StationError('nats-unreachable', `${url}: ${text}`);
}

/** Error numbers of JetStream: nats-server's server/errors.json. */
function ofJetStream(error: JetStreamApiError): StationError {
  const tooSmall = [10023, 10028, 10047, 10052, 10077, 10122];
  if (tooSmall.includes(error.code)) return new StationError('stream-too-small', error.message);
  if (error.code === 10039 || error.code === 10076)
    return new StationError('nats-no-jetstream', error.message);
  return new StationError('nats-denied', error.message);
}
