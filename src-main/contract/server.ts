/**
 * The core's end of the contract: takes calls from one channel, checks name, role, input and output, and answers.
 * Nothing that arrives can do more than get an error back, and nothing internal leaks into one.
 */
import type { Channel } from './channel.ts';
import { appError, ContractError, errorOf, type AppError } from './errors.ts';
import type { RemoteGrant, Role } from './groups/common.ts';
import {
  contractVersion,
  findCall,
  missingFor,
  type CallInput,
  type CallName,
  type CallOutput,
  type EventData,
  type EventName,
} from './schema.ts';
import { decodeFromClient, encode, type FromServer } from './wire.ts';

/** Calls of one connection that may be open at the same time. */
export const maxOpenCalls = 64;

/** One connected front end, as the handlers see it. */
export interface Connection {
  readonly role: Role;
  /** Null for whoever is at the machine itself. */
  readonly remote: RemoteGrant | null;
  /** Sends an event. False when it is larger than a message may be, and was not sent. */
  emit<K extends EventName>(name: K, data: EventData<K>): boolean;
  /** True while this front end is behind: what can wait should wait. */
  congested(): boolean;
  onClose(listener: () => void): void;
}

/** One function for each call. It may throw a `ContractError`; anything else is reported as `internal`. */
export type Handlers = {
  [K in CallName]: (input: CallInput<K>, connection: Connection) => CallOutput<K> | Promise<CallOutput<K>>;
};

export interface ServeOptions {
  role: Role;
  /** Set for a device that was paired over the network. */
  remote?: RemoteGrant | null;
  /** Version of the program, for the hello. */
  app: string;
  handlers: Handlers;
  /** Told of every mistake of ours that a caller only sees as `internal`. */
  onInternalError(name: string, error: unknown): void;
}

/** Answers the contract on a channel until it ends. */
export function serveContract(channel: Channel, options: ServeOptions): Connection {
  let greeted = false;
  let open = 0;

  const send = (message: FromServer): boolean => {
    const text = encode(message);
    if (text !== null) channel.send(text);
    return text !== null;
  };

  const connection: Connection = {
    role: options.role,
    remote: options.remote ?? null,
    emit: (name, data) => send({ kind: 'event', name, data }),
    congested: () => channel.congested(),
    onClose: (listener) => channel.onClose(listener),
  };

  function refuse(error: AppError): void {
    send({ kind: 'error', id: null, error });
    channel.close();
  }

  async function answer(name: string, input: unknown): Promise<unknown> {
    const definition = findCall(name);
    if (!definition) throw new ContractError(appError('unknown-call'));
    const needs = missingFor(definition, options.role, connection.remote);
    if (needs) throw new ContractError(appError('forbidden', { needs }));
    const parsed = definition.input.safeParse(input);
    if (!parsed.success) {
      const at = parsed.error.issues.map((issue) => issue.path.map(String).join('.')).join(', ');
      throw new ContractError(appError('bad-request', { at: at.slice(0, 256) }));
    }
    const handler = options.handlers[name as CallName] as (input: unknown, from: Connection) => unknown;
    return definition.output.parse(await handler(parsed.data, connection));
  }

  async function take(id: number, name: string, input: unknown): Promise<void> {
    if (open >= maxOpenCalls) {
      send({ kind: 'error', id, error: appError('busy') });
      return;
    }
    open += 1;
    try {
      const output = await answer(name, input);
      if (!send({ kind: 'result', id, output })) send({ kind: 'error', id, error: appError('too-large') });
    } catch (error) {
      if (!(error instanceof ContractError)) options.onInternalError(name, error);
      const told = errorOf(error);
      send({ kind: 'error', id, error: told });
    } finally {
      open -= 1;
    }
  }

  channel.onMessage((text) => {
    const message = decodeFromClient(text);
    if (!message) return refuse(appError('bad-request', { at: 'message' }));
    if (message.kind === 'hello') {
      if (message.version !== contractVersion) {
        return refuse(appError('contract-version', { ours: contractVersion, theirs: message.version }));
      }
      greeted = true;
      return;
    }
    if (!greeted) return refuse(appError('contract-version', { ours: contractVersion, theirs: null }));
    void take(message.id, message.name, message.input);
  });

  const { role, remote } = connection;
  send({ kind: 'hello', version: contractVersion, app: options.app, role, remote });
  return connection;
}
