/** Which cells a matrix has and in which order. A cell never moves while its job is on the screen. Pure. */
import type { AppError } from '@contract/errors.ts';
import type { InsertNotice } from '@contract/groups/bench.ts';
import type { DriveId, TargetId } from '@contract/groups/common.ts';
import type { Drive } from '@contract/groups/drives.ts';
import { isFinal, isGood, type Job, type Target, type TargetCheck } from '@contract/groups/jobs.ts';
import type { Bay } from '@contract/groups/settings.ts';

/** How a cell is called: by its bay's name, or by a number of its own. */
export interface Place {
  name: string;
  bay: boolean;
}

export type Cell = { key: string } & Place &
  (
    | { kind: 'target'; target: Target; earlier: readonly TargetId[] }
    | { kind: 'staged'; drive: Drive }
    /** A drive that is in this bay and on no job. */
    | { kind: 'present'; drive: Drive; armed: boolean }
    /** A stick that the armed bench did not begin. */
    | { kind: 'notice'; notice: InsertNotice }
    | { kind: 'empty'; armed: boolean }
  );

/** What is in a bay now, whatever the job says. */
export interface BayNow {
  drive: Drive | null;
  notice: InsertNotice | null;
  armed: boolean;
}
const nothingKnown: BayNow = { drive: null, notice: null, armed: false };

interface Rider {
  key: string;
  port: string | null;
  target: Target | null;
  drive: Drive | null;
}

function ridersOf(job: Job | null, staged: readonly Drive[]): Rider[] {
  const targets = job?.targetOrder.flatMap((id) => job.targets[id] ?? []) ?? [];
  return [
    ...targets.map((target) => ({ key: target.id, port: target.card.port, target, drive: null })),
    ...staged.map((drive) => ({ key: drive.id, port: drive.port, target: null, drive })),
  ];
}

/** The one whose cell it is: a rider that is still going, else the newest. */
function choose(riders: readonly Rider[]): Rider | null {
  return (
    riders.find(({ target }) => target && !isFinal(target.state)) ??
    riders.find(({ drive }) => drive !== null) ??
    riders.at(-1) ??
    null
  );
}

/** One that was plugged in anew may be another of the same name. */
function isDriveOf({ card }: Target, { id, identity }: Drive): boolean {
  const [was, is] = [card.identity.diskseq, identity.diskseq];
  return id === card.drive && (was === null || is === null || was === is);
}

type Content = Cell extends infer C ? (C extends Cell ? Omit<C, 'key' | keyof Place> : never) : never;

function contentOf(riders: readonly Rider[], now: BayNow): Content {
  const chosen = choose(riders);
  const target = chosen?.target ?? null;
  const earlier = riders.flatMap((one) => (one.target && one.target !== target ? one.target.id : []));
  const { drive, notice, armed } = now;
  if (target && !isFinal(target.state)) return { kind: 'target', target, earlier };
  if (chosen?.drive) return { kind: 'staged', drive: chosen.drive };
  if (notice) return { kind: 'notice', notice };
  // A result belongs to its stick: it is not shown where another one is now, nor is "pull" where there is nothing to pull.
  const other = drive !== null && drive.job === null && !(target && isDriveOf(target, drive));
  const taken = armed && drive === null && target !== null && isGood(target.state);
  if (target && !other && !taken) return { kind: 'target', target, earlier };
  return other ? { kind: 'present', drive, armed } : { kind: 'empty', armed };
}

/** Numbers of cells begin after those that bays are called by. */
const firstNumber = (bays: readonly Bay[]): number =>
  Math.max(bays.length, ...bays.flatMap(({ name }) => (/^\d{1,4}$/.test(name) ? Number(name) : []))) + 1;

/** Taught ports first, in their order, empty or not; then everything else in the order of its arrival. */
export function layoutCells(
  job: Job | null,
  staged: readonly Drive[],
  bays: readonly Bay[],
  at: (port: string) => BayNow = () => nothingKnown,
): Cell[] {
  const riders = ridersOf(job, staged);
  const taught = new Set(bays.map(({ port }) => port));
  const inBays = bays.map(({ port, name }): Cell => {
    const own = riders.filter((rider) => rider.port === port);
    return { key: `bay ${port}`, name, bay: true, ...contentOf(own, at(port)) };
  });
  const first = firstNumber(bays);
  const others = riders
    .filter(({ port }) => port === null || !taught.has(port))
    .map((rider, index): Cell => {
      const name = String(first + index);
      return { key: rider.key, name, bay: false, ...contentOf([rider], nothingKnown) };
    });
  return [...inBays, ...others];
}

/** How a target is called: as its bay, else by its number. */
export function placeOfTarget(job: Job, target: TargetId, bays: readonly Bay[]): Place {
  const cells = layoutCells(job, [], bays);
  const cell = cells.find(
    (one) => one.kind === 'target' && (one.target.id === target || one.earlier.includes(target)),
  );
  return cell ?? { name: target, bay: false };
}

/** Beyond this many cells the cards become small. */
const mostCards = 8;

export type Density = 'card' | 'bench';

/** The density a person chose, or the one that fits. */
export function densityFor(choice: 'auto' | Density, cells: number): Density {
  if (choice !== 'auto') return choice;
  return cells <= mostCards ? 'card' : 'bench';
}

/** True for a job that targets can step on now. */
export const takesRiders = (job: Job): boolean => job.state !== 'ended' && job.task === 'copy';

/** Enough of a source to hold a drive against it. The identity is null for a source that is not in the catalogue. */
export interface SourceLike {
  id: DriveId | null;
  size: number;
}

/** The source of a job. */
export const sourceOf = (job: Job): SourceLike => ({ id: job.source.card.drive, size: job.source.size });

/** By how many bytes this drive is too small for that source, or null. */
function tooSmallBy(drive: Drive, source: SourceLike | null): number | null {
  if (!source || drive.kind === 'image' || drive.size >= source.size) return null;
  return source.size - drive.size;
}

/** True if nothing but its mounts keeps a drive from being a target: the sheet offers to unmount it. */
export const canUnmount = (reasons: readonly AppError[]): boolean =>
  reasons.length > 0 && reasons.every(({ code }) => code === 'mounted');

/** True if this drive may be put on a job of this source. */
export function mayJoin(drive: Drive, source: SourceLike | null): boolean {
  const free = (drive.asTarget.ok || canUnmount(drive.asTarget.reasons)) && drive.job === null;
  return free && drive.id !== source?.id && tooSmallBy(drive, source) === null;
}

/** True if a person can take many of them at once: no typed approval is needed. */
export const mayJoinInBatch = (drive: Drive, source: SourceLike | null): boolean =>
  mayJoin(drive, source) && drive.asTarget.ok && drive.asTarget.level <= 1;

/** Why it cannot join, in the words of the contract; null when it can. */
export function whyNotJoin(drive: Drive, source: SourceLike | null): AppError | null {
  const [reason] = drive.asTarget.reasons;
  if (reason && !canUnmount(drive.asTarget.reasons)) return reason;
  if (drive.job !== null) return { code: 'in-job', params: { job: drive.job } };
  if (drive.id === source?.id) return { code: 'is-source', params: {} };
  const missingBytes = tooSmallBy(drive, source);
  return missingBytes === null ? null : { code: 'too-small', params: { missingBytes } };
}

/** Bytes of files that would be lost. */
export const usedOf = (drives: Iterable<Pick<Drive, 'usedBytes'>>): number =>
  [...drives].reduce((sum, { usedBytes }) => sum + (usedBytes ?? 0), 0);

/** Whether there may be more files on it than `usedBytes` says: what some of it holds nobody knows. */
export const holdsUncounted = ({
  level,
  usedBytes,
  volumes,
}: Pick<TargetCheck, 'level' | 'usedBytes' | 'volumes'>): boolean =>
  level > 0 && (usedBytes === null || volumes.some((volume) => volume.usedBytes === null));

/** The drives that staged identities stand for; those that are gone or busy are left out. */
export const stagedDrives = (ids: readonly DriveId[], byId: Readonly<Record<DriveId, Drive>>): Drive[] =>
  ids.flatMap((id) => byId[id] ?? []).filter(({ job }) => job === null);
