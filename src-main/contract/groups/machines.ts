/** Other machines, watched from here: compact pictures of what they copy. Nothing can be changed on them from here. */
import { appErrorSchema } from '../errors.ts';
import { z } from '../zod.ts';
import {
  byteCount,
  foreignText,
  jobIdSchema,
  nothing,
  rate,
  targetIdSchema,
  type CallDefinition,
  type JobId,
} from './common.ts';
import { isGood, jobSchema, outcomeSchema, targetStateSchema, type Job } from './jobs.ts';
import {
  handOutSchema,
  listTargets,
  maxShownStations,
  maxShownStationTargets,
  type HandOut,
} from './stations.ts';

/**
 * A machine shows so many jobs and targets at most, and of all its jobs together as many stations as one job does; how many
 * there are is said beside them.
 */
const maxShownJobs = 8;
export const maxShownTargets = 256;

export const machineTargetSchema = z.strictObject({
  id: targetIdSchema,
  title: foreignText,
  port: z.string().max(64).nullable(),
  state: targetStateSchema,
  bytesCopied: byteCount,
  bytesVerified: byteCount.nullable(),
  bytesPerSecond: rate,
  etaSeconds: z.number().nonnegative().nullable(),
  stalledSeconds: z.number().nonnegative().nullable(),
  error: appErrorSchema.nullable(),
});
export type MachineTarget = z.infer<typeof machineTargetSchema>;

/** Stations that ride on a job, and how many there are; not how to join them. */
export const machineHandOutSchema = handOutSchema.pick({
  state: true,
  link: true,
  stations: true,
  counts: true,
});
export type MachineHandOut = z.infer<typeof machineHandOutSchema>;

export const machineJobSchema = z.strictObject({
  id: jobIdSchema,
  state: jobSchema.shape.state,
  outcome: outcomeSchema.nullable(),
  title: foreignText,
  size: byteCount,
  lap: z.int().positive(),
  bytesPerSecond: rate,
  /** Zeros stand for so many bytes of the source: no copy of it is whole. */
  unreadableBytes: byteCount,
  error: appErrorSchema.nullable(),
  targets: z.array(machineTargetSchema).max(maxShownTargets),
  targetCount: z.int().nonnegative(),
  /** Null: it is and was handed out to nobody. */
  handOut: machineHandOutSchema.nullable(),
  /** Other programs hand it out as well: of those stations nothing is known there. */
  stationsElsewhere: z.boolean(),
});
export type MachineJob = z.infer<typeof machineJobSchema>;

const machineId = z.string().regex(/^[0-9a-f]{16}$/);

/** `refused`: trying again cannot help before somebody acts; `problem` says why. */
export const machineLinkSchema = z.enum(['connecting', 'live', 'offline', 'refused']);
export type MachineLink = z.infer<typeof machineLinkSchema>;

export const machineSchema = z.strictObject({
  id: machineId,
  /** Its host name, or its address while that is not known. */
  name: foreignText,
  url: z.string().max(512),
  link: machineLinkSchema,
  problem: appErrorSchema.nullable(),
  /** Milliseconds since 1970: since when `link` is what it is. */
  since: z.number(),
  /** As last seen, newest first; what an offline machine showed is kept. */
  jobs: z.array(machineJobSchema).max(maxShownJobs),
  jobCount: z.int().nonnegative(),
});
export type Machine = z.infer<typeof machineSchema>;

export const machineCalls = {
  /** Every machine as it is now, and from here on `machines.changed` and `machines.gone`. */
  'machines.watch': {
    role: 'viewer',
    input: nothing,
    output: z.strictObject({ machines: z.array(machineSchema).max(32) }),
  },
  /** Pairs with another machine: its address and the code that it shows. */
  'machines.add': {
    role: 'operator',
    input: z.strictObject({ url: z.string().min(1).max(512), code: z.string().min(1).max(32) }),
    output: z.strictObject({ machine: machineId }),
    patient: true,
  },
  'machines.remove': { role: 'operator', input: z.strictObject({ machine: machineId }), output: nothing },
} as const satisfies Record<string, CallDefinition>;

export const machineEvents = {
  'machines.changed': machineSchema,
  'machines.gone': z.strictObject({ machine: machineId }),
} as const;

/** What a machine can still show. */
interface Room {
  targets: number;
  stations: number;
  stationTargets: number;
}

/** Takes what it shows out of the room. */
function compactHandOut({ state, link, stations, counts }: HandOut, room: Room): MachineHandOut {
  const shown = stations.slice(0, room.stations).map((station) => {
    const one = listTargets(station, room.stationTargets);
    room.stationTargets -= one.targets.length;
    return one;
  });
  room.stations -= shown.length;
  return { state, link, stations: shown, counts };
}

/** A job made small enough to show many side by side. Takes what it shows out of the room. */
function compactJob(job: Job, handOut: HandOut | undefined, room: Room): MachineJob {
  const targets = job.targetOrder.flatMap((id) => job.targets[id] ?? []);
  const shown = targets.slice(0, room.targets);
  room.targets -= shown.length;
  return {
    id: job.id,
    state: job.state,
    outcome: job.outcome,
    title: job.source.card.title,
    size: job.source.size,
    lap: job.source.lap,
    bytesPerSecond: job.source.bytesPerSecond,
    unreadableBytes: job.source.unreadableBytes,
    error: job.source.error,
    targetCount: targets.length,
    targets: shown.map(({ card, ...target }) => ({
      id: target.id,
      title: card.title,
      port: card.port,
      state: target.state,
      bytesCopied: target.bytesCopied,
      bytesVerified: target.bytesVerified,
      bytesPerSecond: target.bytesPerSecond,
      etaSeconds: target.etaSeconds,
      stalledSeconds: target.stalledSeconds,
      error: target.error,
    })),
    handOut: handOut ? compactHandOut(handOut, room) : null,
    stationsElsewhere: job.stationsElsewhere,
  };
}

/** How many of the targets that are shown hold the whole source: a sample says too little, and a copy with gaps is none. */
export const wholeTargets = ({
  targets,
  unreadableBytes,
}: Pick<MachineJob, 'targets' | 'unreadableBytes'>): number =>
  unreadableBytes > 0 ? 0 : targets.filter(({ state }) => isGood(state) && state !== 'sampled').length;

/**
 * The newest jobs of a machine with the stations that ride on them, made small; a machine's picture stays well below the size
 * of a message.
 */
export function compactJobs(
  jobs: readonly Job[],
  handOuts: Readonly<Record<JobId, HandOut>>,
): { jobs: MachineJob[]; jobCount: number } {
  const newest = [...jobs].reverse().slice(0, maxShownJobs);
  const room: Room = {
    targets: maxShownTargets,
    stations: maxShownStations,
    stationTargets: maxShownStationTargets,
  };
  return { jobs: newest.map((job) => compactJob(job, handOuts[job.id], room)), jobCount: jobs.length };
}
