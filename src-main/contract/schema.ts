/** The one table of calls and events. Both ends' types, the validators, fakes and the reference page follow from it. */
import { nothing, type CallDefinition, type RemoteGrant, type Role } from './groups/common.ts';
import { accessCalls, accessEvents } from './groups/access.ts';
import { benchCalls } from './groups/bench.ts';
import { copyCalls, copyEvents } from './groups/copy.ts';
import { driveCalls } from './groups/drives.ts';
import { historyCalls } from './groups/history.ts';
import { jobCalls } from './groups/jobs.ts';
import { machineCalls, machineEvents } from './groups/machines.ts';
import { probeCalls } from './groups/probes.ts';
import { settingsCalls } from './groups/settings.ts';
import { stationCalls } from './groups/stations.ts';
import { systemCalls } from './groups/system.ts';
import { verifyCalls } from './groups/verify.ts';
import { patchSchema, snapshotSchema } from './snapshot.ts';
import type { z } from './zod.ts';

/** Goes up with every change that an older end could not follow. */
export const contractVersion = 5;

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
  ...benchCalls,
  ...probeCalls,
  ...verifyCalls,
  ...historyCalls,
  ...copyCalls,
  ...stationCalls,
  ...settingsCalls,
  ...systemCalls,
  ...accessCalls,
  ...machineCalls,
} as const;

export const events = {
  'state.patch': patchSchema,
  ...copyEvents,
  ...accessEvents,
  ...machineEvents,
} as const;

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

const rank: Record<Role, number> = { viewer: 0, operator: 1, local: 2 };

/** What is missing for a call; null when it may be made. `remote` is null for whoever is at the machine itself. */
export function missingFor(
  { role: needs, remote: way }: CallDefinition,
  role: Role,
  remote: RemoteGrant | null,
): Role | 'approve' | 'here' | null {
  if (rank[role] < rank[needs]) return needs;
  if (!remote || needs === 'viewer') return null;
  if (!way) return 'here';
  return way === 'approve' && !remote.approve ? 'approve' : null;
}
