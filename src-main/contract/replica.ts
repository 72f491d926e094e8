/**
 * A front end's copy of the state. Feed it snapshots and patches; it says when it has a gap.
 * `followState` does the whole of it over a client.
 */
import type { ContractClient } from './client.ts';
import { applyPatch, type AppState, type Patch, type Snapshot } from './snapshot.ts';

/** The copy itself: no I/O. */
export interface Replica {
  readonly current: Snapshot | null;
  /** Takes a whole state. */
  reset(snapshot: Snapshot): void;
  /** `applied`; `old` when already contained; `gap` when a snapshot must be fetched. */
  apply(patch: Patch): 'applied' | 'old' | 'gap';
}

/** An empty copy; its first patch is a gap. */
export function createReplica(): Replica {
  let current: Snapshot | null = null;
  return {
    get current() {
      return current;
    },
    reset(snapshot) {
      current = snapshot;
    },
    apply(patch) {
      if (current?.epoch !== patch.epoch) return 'gap';
      if (patch.to <= current.revision) return 'old';
      if (patch.from !== current.revision) return 'gap';
      try {
        current = { ...current, revision: patch.to, state: applyPatch(current.state, patch.steps) };
        return 'applied';
      } catch {
        return 'gap';
      }
    },
  };
}

/**
 * Subscribes and calls `show` with the first state and with each that follows; fetches the snapshot again on a gap.
 * Resolves after the first `show`; rejects if there can be none. The result stops it.
 */
export async function followState(
  client: ContractClient,
  show: (state: AppState) => void,
): Promise<() => Promise<void>> {
  const replica = createReplica();
  let stopped = false;
  /** Patches that came while a snapshot is on its way; null while none is. */
  let held: Patch[] | null = null;

  async function resync(): Promise<void> {
    held = [];
    try {
      const snapshot = await client.call('state.subscribe', {});
      if (stopped) return;
      replica.reset(snapshot);
      show(snapshot.state);
    } finally {
      const missed = held;
      held = null;
      missed.forEach(take);
    }
  }

  function take(patch: Patch): void {
    if (stopped) return;
    if (held) {
      held.push(patch);
      return;
    }
    const result = replica.apply(patch);
    if (result === 'gap') {
      resync().catch(() => undefined); // the connection has ended: onClose tells
    } else if (result === 'applied' && replica.current) {
      show(replica.current.state);
    }
  }

  const stopListening = client.on('state.patch', take);
  await resync();
  return async () => {
    stopped = true;
    stopListening();
    await client.call('state.unsubscribe', {}).catch(() => undefined);
  };
}
