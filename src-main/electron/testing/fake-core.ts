/** A core of which a test says what it shows. */
import { vi } from 'vitest';
import type { Channel } from '@contract/channel.ts';
import { sampleState } from '@contract/testing/samples.ts';
import type { AppState } from '@contract/snapshot.ts';
import type { ShellCore } from '../parts.ts';

export function fakeCore(first: AppState = sampleState()) {
  const listeners: ((state: AppState) => void)[] = [];
  let state = first;
  const core = {
    get state() {
      return state;
    },
    connect: vi.fn<(channel: Channel, role: string) => void>(),
    onState: (listener: (state: AppState) => void) => {
      listeners.push(listener);
      return () => undefined;
    },
    start: vi.fn(() => Promise.resolve()),
    stop: vi.fn(() => Promise.resolve()),
  } satisfies ShellCore;
  return {
    core,
    show(next: AppState): void {
      state = next;
      for (const listener of listeners) listener(next);
    },
  };
}
