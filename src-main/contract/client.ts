/** The front end's end of the contract: typed calls and events over any channel. */
import type { Channel } from './channel.ts';
import { appError, ContractError, type AppError } from './errors.ts';
import {
  contractVersion,
  events,
  findCall,
  type CallInput,
  type CallName,
  type CallOutput,
  type EventData,
  type EventName,
} from './schema.ts';
import { hostTimers, type Timers } from './timers.ts';
import { decodeFromServer, encode, type FromServer, type ServerHello } from './wire.ts';

export interface ClientOptions {
  timers?: Timers;
  /** How long an ordinary call may take. Calls that wait for a person have no limit. */
  timeoutMs?: number;
}

/** Typed access to the core. Every failure is a `ContractError`. */
export interface ContractClient {
  /** What the core said first: its version and what this connection may do. Rejects when the versions differ. */
  readonly hello: Promise<ServerHello>;
  call<K extends CallName>(name: K, input: CallInput<K>): Promise<CallOutput<K>>;
  /** Listens to an event; the result stops listening. */
  on<K extends EventName>(name: K, listener: (data: EventData<K>) => void): () => void;
  onClose(listener: (reason: AppError) => void): void;
  close(): void;
}

interface Pending {
  settle(answer: { output: unknown } | { error: AppError }): void;
}

type AnyListener = (data: EventData<EventName>) => void;

/** Begins to speak the contract on a channel, which must be new. */
export function createClient(channel: Channel, options: ClientOptions = {}): ContractClient {
  const { timers = hostTimers, timeoutMs = 30_000 } = options;
  const pending = new Map<number, Pending>();
  const listeners = new Map<EventName, Set<AnyListener>>();
  const closeListeners: ((reason: AppError) => void)[] = [];
  let nextId = 0;
  let endReason: AppError | null = null;
  let said = false;

  let welcome!: (hello: ServerHello) => void;
  let unwelcome!: (error: ContractError) => void;
  const hello = new Promise<ServerHello>((resolve, reject) => {
    welcome = resolve;
    unwelcome = reject;
  });
  hello.catch(() => undefined); // whoever does not await it learns of the end through onClose

  function end(reason: AppError): void {
    if (endReason) return;
    endReason = reason;
    unwelcome(new ContractError(reason));
    for (const call of [...pending.values()]) call.settle({ error: reason });
    for (const listener of closeListeners) listener(reason);
    channel.close();
  }

  function receive(message: FromServer): void {
    switch (message.kind) {
      case 'hello':
        if (message.version !== contractVersion) {
          end(appError('contract-version', { ours: contractVersion, theirs: message.version }));
        } else if (!said) {
          said = true;
          welcome(message);
        }
        return;
      case 'result':
        pending.get(message.id)?.settle({ output: message.output });
        return;
      case 'error':
        if (message.id === null) end(message.error);
        else pending.get(message.id)?.settle({ error: message.error });
        return;
      case 'event': {
        if (!Object.hasOwn(events, message.name)) return;
        const name = message.name as EventName;
        const data = events[name].safeParse(message.data);
        if (data.success) listeners.get(name)?.forEach((listener) => listener(data.data));
      }
    }
  }

  channel.onMessage((text) => {
    const message = decodeFromServer(text);
    if (message) receive(message);
  });
  channel.onClose(() => end(appError('disconnected')));
  const first = encode({ kind: 'hello', version: contractVersion });
  if (first !== null) channel.send(first);

  function call(name: CallName, input: unknown): Promise<unknown> {
    return new Promise((resolve, reject) => {
      const definition = findCall(name);
      if (endReason) return reject(new ContractError(endReason));
      if (!definition) return reject(new ContractError(appError('unknown-call')));
      const id = nextId;
      nextId += 1;
      const text = encode({ kind: 'call', id, name, input });
      if (text === null) return reject(new ContractError(appError('too-large')));
      const settle: Pending['settle'] = (answer) => {
        cancelTimer();
        pending.delete(id);
        if ('error' in answer) return reject(new ContractError(answer.error));
        const output = definition.output.safeParse(answer.output);
        if (output.success) resolve(output.data);
        else reject(new ContractError(appError('internal', { detail: `unexpected answer to ${name}` })));
      };
      const cancelTimer = definition.patient
        ? () => undefined
        : timers.after(timeoutMs, () => settle({ error: appError('timeout') }));
      pending.set(id, { settle });
      channel.send(text);
    });
  }

  return {
    hello,
    call: call as ContractClient['call'],
    on(name, listener) {
      const set = listeners.get(name) ?? new Set<AnyListener>();
      listeners.set(name, set.add(listener as AnyListener));
      return () => set.delete(listener as AnyListener);
    },
    onClose(listener) {
      if (endReason) listener(endReason);
      else closeListeners.push(listener);
    },
    close: () => end(appError('disconnected')),
  };
}
