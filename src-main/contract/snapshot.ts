/**
 * The state that a front end shows, and how it stays the same at both ends: one snapshot, then numbered patches.
 * A patch says from which revision to which it leads; a front end that has another revision has a gap and fetches
 * the snapshot again. `applyPatch` and `diffStates` are pure and used by the core, the renderer and the tests.
 */
import { benchSchema } from './groups/bench.ts';
import { driveSchema } from './groups/drives.ts';
import { driveIdSchema, jobIdSchema } from './groups/common.ts';
import { jobSchema } from './groups/jobs.ts';
import { probeSchema } from './groups/probes.ts';
import { settingsSchema } from './groups/settings.ts';
import { feedSchema, handOutSchema } from './groups/stations.ts';
import { systemSchema } from './groups/system.ts';
import { z } from './zod.ts';

/** Everything that is shown. Records are keyed by identity; the `...Order` lists say in which order to show them. */
export const appStateSchema = z.strictObject({
  system: systemSchema,
  settings: settingsSchema,
  drives: z.record(driveIdSchema, driveSchema),
  driveOrder: z.array(driveIdSchema),
  jobs: z.record(jobIdSchema, jobSchema),
  jobOrder: z.array(jobIdSchema),
  /** Tests of capacity, by drive, the newest last. */
  probes: z.record(driveIdSchema, probeSchema),
  /** Jobs that other computers ride on, or did. */
  handOuts: z.record(jobIdSchema, handOutSchema),
  /** Sources whose blocks come from another computer. */
  feeds: z.record(driveIdSchema, feedSchema),
  bench: benchSchema,
});
export type AppState = z.infer<typeof appStateSchema>;

/** `epoch` names one life of the core: after a restart its revisions begin again. */
export const snapshotSchema = z.strictObject({
  epoch: z.string().max(64),
  revision: z.number().int().nonnegative(),
  state: appStateSchema,
});
export type Snapshot = z.infer<typeof snapshotSchema>;

/** Keys that reach into what every object inherits; never part of a path. */
const reserved = new Set(['__proto__', 'constructor', 'prototype']);
const pathSchema = z
  .array(
    z
      .string()
      .min(1)
      .max(64)
      .refine((key) => !reserved.has(key)),
  )
  .max(8);

/** `set` and `remove` a key, or take `drop` elements from the front of a list and `push` new ones at its end. */
export const patchStepSchema = z.union([
  z.strictObject({ path: pathSchema, set: z.unknown() }),
  z.strictObject({ path: pathSchema.min(1), remove: z.literal(true) }),
  z.strictObject({ path: pathSchema.min(1), drop: z.int().nonnegative(), push: z.array(z.unknown()) }),
]);
export type PatchStep = z.infer<typeof patchStepSchema>;

export const patchSchema = z.strictObject({
  epoch: z.string().max(64),
  from: z.number().int().nonnegative(),
  to: z.number().int().positive(),
  steps: z.array(patchStepSchema),
});
export type Patch = z.infer<typeof patchSchema>;

type Json = Record<string, unknown>;
const isRecord = (value: unknown): value is Json =>
  typeof value === 'object' && value !== null && !Array.isArray(value);

function applyStep(node: unknown, path: readonly string[], step: PatchStep): unknown {
  const [key, ...rest] = path;
  if (key === undefined) {
    if ('push' in step) {
      if (!Array.isArray(node) || step.drop > node.length)
        throw new Error('patch does not fit: not such a list');
      return [...(node as unknown[]).slice(step.drop), ...step.push];
    }
    if ('set' in step) return step.set;
    throw new Error('patch does not fit: nothing to remove from');
  }
  if (!isRecord(node) || reserved.has(key)) throw new Error('patch does not fit: no such place');
  if (rest.length === 0 && 'remove' in step) {
    if (!Object.hasOwn(node, key)) throw new Error('patch does not fit: nothing to remove');
    const { [key]: _gone, ...others } = node;
    return others;
  }
  const mayBeNew = rest.length === 0 && 'set' in step;
  if (!mayBeNew && !Object.hasOwn(node, key)) throw new Error('patch does not fit: no such place');
  return { ...node, [key]: applyStep(node[key], rest, step) };
}

/** Applies the steps of a patch to a state. What did not change is shared with the old state. Throws if it does not fit. */
export function applyPatch<T>(state: T, steps: readonly PatchStep[]): T {
  return steps.reduce<unknown>((node, step) => applyStep(node, step.path, step), state) as T;
}

/** The way from one list to another by dropping from the front and pushing at the end, if that is shorter. */
function slide(
  before: readonly unknown[],
  after: readonly unknown[],
): { drop: number; push: unknown[] } | null {
  if (before.length === 0 || after.length === 0) return null;
  const drop = before.indexOf(after[0]);
  const kept = before.length - drop;
  if (drop < 0 || kept > after.length) return null;
  for (let index = 0; index < kept; index += 1) {
    if (before[drop + index] !== after[index]) return null;
  }
  return { drop, push: after.slice(kept) };
}

function same(a: unknown, b: unknown): boolean {
  if (a === b) return true;
  if (Array.isArray(a) && Array.isArray(b)) {
    return a.length === b.length && a.every((value, index) => same(value, b[index]));
  }
  if (!isRecord(a) || !isRecord(b)) return false;
  const keys = Object.keys(a);
  return (
    keys.length === Object.keys(b).length &&
    keys.every((key) => Object.hasOwn(b, key) && same(a[key], b[key]))
  );
}

function collect(before: unknown, after: unknown, path: string[], steps: PatchStep[]): void {
  if (before === after) return;
  if (isRecord(before) && isRecord(after) && path.length < 8) {
    for (const key of Object.keys(before)) {
      if (!Object.hasOwn(after, key)) steps.push({ path: [...path, key], remove: true });
    }
    for (const key of Object.keys(after)) {
      if (Object.hasOwn(before, key)) collect(before[key], after[key], [...path, key], steps);
      else steps.push({ path: [...path, key], set: after[key] });
    }
    return;
  }
  if (same(before, after)) return;
  const moved =
    Array.isArray(before) && Array.isArray(after) && path.length > 0 ? slide(before, after) : null;
  steps.push(moved ? { path, ...moved } : { path, set: after });
}

/** The steps from one state to another. Parts that both share are skipped without being looked at. */
export function diffStates(before: unknown, after: unknown): PatchStep[] {
  const steps: PatchStep[] = [];
  collect(before, after, [], steps);
  return steps;
}
