/** The connection to the core: what it is, what it may do, and the one way to call. */
import { defineStore } from 'pinia';
import { computed, ref, shallowRef } from 'vue';
import { appError, ContractError, type AppError } from '@contract/errors.ts';
import type { ContractClient } from '@contract/client.ts';
import type { RemoteGrant, Role } from '@contract/groups/common.ts';
import type { SystemInfo } from '@contract/groups/system.ts';
import {
  calls,
  missingFor,
  type CallInput,
  type CallName,
  type CallOutput,
  type EventData,
  type EventName,
} from '@contract/schema.ts';
import type { AppState } from '@contract/snapshot.ts';
import type { Timers } from '@contract/timers.ts';
import { createSession, type Link, type Session, type SessionOptions } from '@contract/session.ts';

/** Why nothing can be changed from here; null when it can. */
export type ReadOnlyReason = 'viewer' | 'replay' | 'offline';

export const useConnection = defineStore('connection', () => {
  const link = ref<Link>('connecting');
  const role = ref<Role>('viewer');
  const remote = shallowRef<RemoteGrant | null>(null);
  const problem = shallowRef<AppError | null>(null);
  const system = shallowRef<SystemInfo | null>(null);
  const states = new Set<(state: AppState) => void>();
  const hearings: ((client: ContractClient) => void)[] = [];
  let session: Session | null = null;

  const readOnly = computed<ReadOnlyReason | null>(() => {
    if (system.value?.host === 'replay') return 'replay';
    if (link.value !== 'live') return 'offline';
    return role.value === 'operator' ? null : 'viewer'; // what an operator of another device may not is said by `may`
  });

  /** Begins; later calls end the earlier connection. */
  function open(channel: SessionOptions['open'], timers?: Timers): void {
    session?.stop();
    session = createSession({
      open: channel,
      ...(timers ? { timers } : {}),
      onLink(next, reason) {
        link.value = next;
        problem.value = reason;
      },
      onHello(hello) {
        role.value = hello.role;
        remote.value = hello.remote;
      },
      onClient(client) {
        for (const hear of hearings) hear(client);
      },
      onState(state) {
        system.value = state.system;
        for (const listener of states) listener(state);
      },
    });
  }

  /** Every other store learns of the state here. */
  function onState(listener: (state: AppState) => void): void {
    states.add(listener);
  }

  /** Listens to an event of every connection from the next one on. */
  function on<K extends EventName>(name: K, listener: (data: EventData<K>) => void): void {
    hearings.push((client) => void client.on(name, listener));
  }

  /** True for a call that this device may make. */
  const may = (name: CallName): boolean => missingFor(calls[name], role.value, remote.value) === null;

  function call<K extends CallName>(name: K, input: CallInput<K>): Promise<CallOutput<K>> {
    return session?.call(name, input) ?? Promise.reject(new ContractError(appError('disconnected')));
  }

  return {
    link,
    role,
    remote,
    may,
    on,
    problem,
    system,
    readOnly,
    open,
    onState,
    call,
    retry: () => session?.retry(),
    close: () => session?.stop(),
  };
});
