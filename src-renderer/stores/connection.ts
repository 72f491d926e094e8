/** The connection to the core: what it is, what it may do, and the one way to call. */
import { defineStore } from 'pinia';
import { computed, ref, shallowRef } from 'vue';
import { appError, ContractError, type AppError } from '@contract/errors.ts';
import type { Role } from '@contract/groups/common.ts';
import type { SystemInfo } from '@contract/groups/system.ts';
import type { CallInput, CallName, CallOutput } from '@contract/schema.ts';
import type { AppState } from '@contract/snapshot.ts';
import type { Timers } from '@contract/timers.ts';
import { createSession, type Link, type Session, type SessionOptions } from './session.ts';

/** Why nothing can be changed from here; null when it can. */
export type ReadOnlyReason = 'viewer' | 'replay' | 'offline';

export const useConnection = defineStore('connection', () => {
  const link = ref<Link>('connecting');
  const role = ref<Role>('viewer');
  const problem = shallowRef<AppError | null>(null);
  const system = shallowRef<SystemInfo | null>(null);
  const states = new Set<(state: AppState) => void>();
  let session: Session | null = null;

  const readOnly = computed<ReadOnlyReason | null>(() => {
    if (system.value?.host === 'replay') return 'replay';
    if (link.value !== 'live') return 'offline';
    return role.value === 'operator' ? null : 'viewer';
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

  function call<K extends CallName>(name: K, input: CallInput<K>): Promise<CallOutput<K>> {
    return session?.call(name, input) ?? Promise.reject(new ContractError(appError('disconnected')));
  }

  return {
    link,
    role,
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
