import { describe, expect, it } from 'vitest';
import { createReplica } from '@contract/replica.ts';
import type { Connection } from '@contract/server.ts';
import type { Patch } from '@contract/snapshot.ts';
import { sampleDrive, sampleState } from '@contract/testing/samples.ts';
import { manualClock } from '../testing/manual-clock.ts';
import { createStateStore } from './state-store.ts';

function fakeConnection(): Connection & { patches: Patch[]; slow: boolean; tooLarge: boolean; end(): void } {
  const enders: (() => void)[] = [];
  return {
    role: 'viewer',
    remote: null,
    patches: [],
    slow: false,
    tooLarge: false,
    emit(_name, data) {
      const patch = data as Patch;
      if (this.tooLarge && patch.steps.length > 0) return false;
      this.patches.push(patch);
      return true;
    },
    congested() {
      return this.slow;
    },
    onClose: (listener) => void enders.push(listener),
    end: () => enders.forEach((listener) => listener()),
  };
}

describe('state store', () => {
  const sounds = (value: boolean) => (state: ReturnType<typeof sampleState>) => ({
    ...state,
    settings: { ...state.settings, sounds: value },
  });
  const setup = (): { clock: ReturnType<typeof manualClock>; store: ReturnType<typeof createStateStore> } => {
    const clock = manualClock();
    return { clock, store: createStateStore(sampleState(), 'epoch', clock) };
  };

  it('publishes at most five times a second, and always the last state', () => {
    const { clock, store } = setup();
    const front = fakeConnection();
    const replica = createReplica();
    replica.reset(store.subscribe(front));
    for (let index = 0; index < 1000; index += 1) {
      const id = `drv-${String(index % 7)}`;
      store.update((state) => ({
        ...state,
        drives: { ...state.drives, [id]: sampleDrive({ id, size: index }) },
      }));
      clock.advance(1);
    }
    clock.advance(200);
    expect(front.patches.length).toBeLessThanOrEqual(12);
    for (const patch of front.patches) expect(replica.apply(patch)).toBe('applied');
    expect(replica.current?.state).toEqual(store.state);
  });

  it('says nothing when nothing changed', () => {
    const { clock, store } = setup();
    const front = fakeConnection();
    store.subscribe(front);
    store.update((state) => state);
    clock.advance(1000);
    expect(front.patches).toEqual([]);
  });

  it('lets a slow front end skip, and gives it everything at once later', () => {
    const { clock, store } = setup();
    const [slow, quick] = [fakeConnection(), fakeConnection()];
    const replica = createReplica();
    replica.reset(store.subscribe(slow));
    store.subscribe(quick);
    slow.slow = true;
    for (const value of [false, true, false]) {
      store.update(sounds(value));
      clock.advance(150);
    }
    expect(slow.patches).toEqual([]);
    expect(quick.patches).toHaveLength(3);
    slow.slow = false;
    clock.advance(150);
    expect(slow.patches).toHaveLength(1);
    slow.patches.forEach((patch) => expect(replica.apply(patch)).toBe('applied'));
    expect(replica.current?.state.settings.sounds).toBe(false);
    expect(replica.current?.revision).toBe(3);
  });

  it('makes a front end fetch the snapshot when a patch would be too large', () => {
    const { clock, store } = setup();
    const front = fakeConnection();
    const replica = createReplica();
    replica.reset(store.subscribe(front));
    front.tooLarge = true;
    store.update(sounds(false));
    clock.advance(150);
    expect(front.patches.map((patch) => replica.apply(patch))).toEqual(['gap']);
    replica.reset(store.subscribe(front));
    expect(replica.current?.state.settings.sounds).toBe(false);
  });

  it('forgets front ends that have gone', () => {
    const { clock, store } = setup();
    const front = fakeConnection();
    store.subscribe(front);
    front.end();
    store.update(sounds(false));
    clock.advance(150);
    expect(front.patches).toEqual([]);
  });
});
