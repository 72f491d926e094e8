/** Holds the state of the app and tells front ends of its changes, five times a second at most. */
import type { Connection } from '@contract/server.ts';
import { diffStates, type AppState, type Patch, type Snapshot } from '@contract/snapshot.ts';
import type { Clock } from '../ports.ts';

/** Changes closer together than this reach front ends as one patch. */
const publishEveryMs = 200;

export interface StateStore {
  /** The state as it is this moment; front ends may be up to `publishEveryMs` behind. */
  readonly state: AppState;
  /** The state as last published. */
  snapshot(): Snapshot;
  /** Replaces the state; what did not change must be the same object, or the patch says more than it must. */
  update(change: (state: AppState) => AppState): void;
  /** From now on the connection gets patches, until it ends or unsubscribes. */
  subscribe(connection: Connection): Snapshot;
  unsubscribe(connection: Connection): void;
  /** Tells a listener inside this process of every published patch; the result stops it. */
  onPatch(listener: (patch: Patch, state: AppState) => void): () => void;
  /** Publishes what is waiting, now. */
  flush(): void;
}

/** What a subscriber has. */
interface Seen {
  revision: number;
  state: AppState;
}

/** A store in its first state. `epoch` is different for every life of the core. */
export function createStateStore(initial: AppState, epoch: string, clock: Clock): StateStore {
  let state = initial;
  let published: Seen = { revision: 0, state: initial };
  let waiting = false;
  let lastPublish = 0;
  const subscribers = new Map<Connection, Seen>();
  const listeners = new Set<(patch: Patch, state: AppState) => void>();

  const patchFrom = (seen: Seen): Patch => ({
    epoch,
    from: seen.revision,
    to: published.revision,
    steps: diffStates(seen.state, published.state),
  });

  /** Each front end gets what it lacks: one that is behind gets less often, and then everything at once. */
  function send(connection: Connection, seen: Seen): void {
    if (seen.revision === published.revision || connection.congested()) return;
    if (!connection.emit('state.patch', patchFrom(seen))) {
      // Larger than a message may be. A patch that cannot follow makes the front end fetch the snapshot.
      connection.emit('state.patch', { epoch, from: published.revision, to: published.revision, steps: [] });
    }
    subscribers.set(connection, published);
  }

  function publish(): void {
    waiting = false;
    lastPublish = clock.now();
    if (state !== published.state) {
      const before = published;
      published = { revision: before.revision + 1, state };
      for (const listener of listeners) listener(patchFrom(before), state);
    }
    for (const [connection, seen] of subscribers) send(connection, seen);
    if ([...subscribers.values()].some((seen) => seen.revision !== published.revision)) later();
  }

  function later(): void {
    if (waiting) return;
    waiting = true;
    const sinceLast = clock.now() - lastPublish;
    const wait = Math.min(publishEveryMs, Math.max(0, publishEveryMs - sinceLast));
    clock.after(wait, () => {
      if (waiting) publish();
    });
  }

  const snapshot = (): Snapshot => ({ epoch, ...published });

  return {
    get state() {
      return state;
    },
    snapshot,
    update(change) {
      const next = change(state);
      if (next === state) return;
      state = next;
      later();
    },
    subscribe(connection) {
      if (!subscribers.has(connection)) connection.onClose(() => subscribers.delete(connection));
      subscribers.set(connection, published);
      return snapshot();
    },
    unsubscribe: (connection) => void subscribers.delete(connection),
    onPatch(listener) {
      listeners.add(listener);
      return () => listeners.delete(listener);
    },
    flush: publish,
  };
}
