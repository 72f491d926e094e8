/** The one table of calls and events. Both ends' types, the validators, fakes and the reference page follow from it. */
import { nothing, type CallDefinition } from './groups/common.ts';
import { copyCalls, copyEvents } from './groups/copy.ts';
import { driveCalls } from './groups/drives.ts';
import { jobCalls } from './groups/jobs.ts';
import { probeCalls } from './groups/probes.ts';
import { settingsCalls } from './groups/settings.ts';
import { systemCalls } from './groups/system.ts';
import { patchSchema, snapshotSchema } from './snapshot.ts';
import type { z } from './zod.ts';

/** Goes up with every change that an older end could not follow. */
export const contractVersion = 1;

const stateCalls = {
  /** The whole state now. */
  'state.get': { role: 'viewer', input: nothing, output: snapshotSchema },
  /** The whole state now, and from here on its patches as `state.patch` events, 10 a second at most. */
  'state.subscribe': { role: 'viewer', input: nothing, output: snapshotSchema },
  /** No more patches. */
  'state.unsubscribe': { role: 'viewer', input: nothing, output: nothing },
} as const satisfies Record<string, CallDefinition>;

export const calls = {
  ...stateCalls,
  ...driveCalls,
  ...jobCalls,
  ...probeCalls,
  ...copyCalls,
  ...settingsCalls,
  ...systemCalls,
} as const;

export const events = { 'state.patch': patchSchema, ...copyEvents } as const;

type Calls = typeof calls;
type Events = typeof events;
export type CallName = keyof Calls;
export type EventName = keyof Events;
export type CallInput<K extends CallName> = z.infer<Calls[K]['input']>;
export type CallOutput<K extends CallName> = z.infer<Calls[K]['output']>;
export type EventData<K extends EventName> = z.infer<Events[K]>;

export const callNames = Object.keys(calls) as readonly CallName[];

/** What the table says about a call; undefined for anything that is not in it, `constructor` included. */
export function findCall(name: string): CallDefinition | undefined {
  return Object.hasOwn(calls, name) ? calls[name as CallName] : undefined;
}
