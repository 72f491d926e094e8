/** Plays a recording: the same state at the same times, over the same contract. Nothing can be changed. */
import type { Channel } from '@contract/channel.ts';
import { fail } from '@contract/errors.ts';
import type { Role } from '@contract/groups/common.ts';
import { callNames } from '@contract/schema.ts';
import { serveContract, type Handlers } from '@contract/server.ts';
import { applyPatch } from '@contract/snapshot.ts';
import type { Clock } from '../ports.ts';
import { createStateStore } from '../state/state-store.ts';
import type { Recording } from './recording.ts';

export interface Replay {
  connect(channel: Channel, role: Role): void;
  /** Begins to play; resolves at the end, which stays on show. */
  play(): Promise<void>;
  stop(): void;
}

/** A replay that stands at the beginning. */
export function createReplay(recording: Recording, app: string, clock: Clock): Replay {
  const { state, epoch } = recording.snapshot;
  const store = createStateStore(
    { ...state, system: { ...state.system, host: 'replay' } },
    `replay-${epoch}`.slice(0, 64),
    clock,
  );
  let cancel: (() => void) | null = null;

  const refused = Object.fromEntries(callNames.map((name) => [name, () => fail('replay-only')]));
  const handlers: Handlers = {
    ...(refused as unknown as Handlers),
    'state.get': () => store.snapshot(),
    'state.subscribe': (_input, connection) => store.subscribe(connection),
    'state.unsubscribe': (_input, connection) => {
      store.unsubscribe(connection);
      return {};
    },
    'settings.get': () => store.state.settings,
  };

  return {
    connect: (channel, role) =>
      void serveContract(channel, { role, app, handlers, onInternalError: () => undefined }),
    play() {
      const began = clock.now();
      return new Promise((resolve) => {
        const next = (index: number): void => {
          const entry = recording.patches[index];
          if (!entry) return resolve();
          cancel = clock.after(Math.max(0, began + entry.t - clock.now()), () => {
            store.update((now) => applyPatch(now, entry.patch.steps));
            next(index + 1);
          });
        };
        next(0);
      });
    },
    stop: () => cancel?.(),
  };
}
