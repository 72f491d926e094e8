/** Which cells a matrix has and in which order. A cell never moves while its job is on the screen. Pure. */
import type { AppError } from '@contract/errors.ts';
import type { DriveId, TargetId } from '@contract/groups/common.ts';
import type { Drive } from '@contract/groups/drives.ts';
import { isFinal, type Job, type Target } from '@contract/groups/jobs.ts';
import type { Bay } from '@contract/groups/settings.ts';

export type Cell = { key: string; name: string } & (
  | { kind: 'target'; target: Target; earlier: readonly TargetId[] }
  | { kind: 'staged'; drive: Drive }
  | { kind: 'empty' }
);

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

function cellOf(key: string, name: string, riders: readonly Rider[]): Cell {
  const chosen = choose(riders);
  if (chosen?.target) {
    const earlier = riders.flatMap(({ target }) => (target && target !== chosen.target ? target.id : []));
    return { kind: 'target', key, name, target: chosen.target, earlier };
  }
  if (chosen?.drive) return { kind: 'staged', key, name, drive: chosen.drive };
  return { kind: 'empty', key, name };
}

/** Taught ports first, in their order, empty or not; then everything else in the order of its arrival. */
export function layoutCells(job: Job | null, staged: readonly Drive[], bays: readonly Bay[]): Cell[] {
  const riders = ridersOf(job, staged);
  const taught = new Set(bays.map(({ port }) => port));
  const inBays = bays.map((bay) =>
    cellOf(
      `bay ${bay.port}`,
      bay.name,
      riders.filter(({ port }) => port === bay.port),
    ),
  );
  const others = riders
    .filter(({ port }) => port === null || !taught.has(port))
    .map((rider, index) => cellOf(rider.key, String(bays.length + index + 1), [rider]));
  return [...inBays, ...others];
}

/** The name on the cell of a target: the taught port's, else its number. */
export function nameOfTarget(job: Job, target: TargetId, bays: readonly Bay[]): string {
  const cells = layoutCells(job, [], bays);
  const cell = cells.find(
    (one) => one.kind === 'target' && (one.target.id === target || one.earlier.includes(target)),
  );
  return cell?.name ?? target;
}

/** Beyond this many cells the cards become small. */
const mostCards = 8;

export type Density = 'card' | 'bench';

/** The density a person chose, or the one that fits. */
export function densityFor(choice: 'auto' | Density, cells: number): Density {
  if (choice !== 'auto') return choice;
  return cells <= mostCards ? 'card' : 'bench';
}

/** Enough of a source to hold a drive against it. The identity is null for a source that is not in the catalogue. */
export interface SourceLike {
  id: DriveId | null;
  size: number;
}

/** The source of a job. */
export const sourceOf = (job: Job): SourceLike => ({ id: job.source.card.drive, size: job.source.size });

/** By how many bytes this drive is too small for that source, or null. */
export function tooSmallBy(drive: Drive, source: SourceLike | null): number | null {
  if (!source || drive.kind === 'image' || drive.size >= source.size) return null;
  return source.size - drive.size;
}

/** True if this drive may be put on a job of this source. */
export function mayJoin(drive: Drive, source: SourceLike | null): boolean {
  const free = drive.asTarget.ok && drive.job === null;
  return free && drive.id !== source?.id && tooSmallBy(drive, source) === null;
}

/** True if a person can take many of them at once: no typed approval is needed. */
export const mayJoinInBatch = (drive: Drive, source: SourceLike | null): boolean =>
  mayJoin(drive, source) && drive.asTarget.level <= 1;

/** Why it cannot join, in the words of the contract; null when it can. */
export function whyNotJoin(drive: Drive, source: SourceLike | null): AppError | null {
  const [reason] = drive.asTarget.reasons;
  if (reason) return reason;
  if (drive.job !== null) return { code: 'in-job', params: { job: drive.job } };
  if (drive.id === source?.id) return { code: 'is-source', params: {} };
  const missingBytes = tooSmallBy(drive, source);
  return missingBytes === null ? null : { code: 'too-small', params: { missingBytes } };
}

/** Bytes of files that would be lost. */
export const usedOf = (drives: Iterable<Pick<Drive, 'usedBytes'>>): number =>
  [...drives].reduce((sum, { usedBytes }) => sum + (usedBytes ?? 0), 0);

/** The drives that staged identities stand for; those that are gone or busy are left out. */
export const stagedDrives = (ids: readonly DriveId[], byId: Readonly<Record<DriveId, Drive>>): Drive[] =>
  ids.flatMap((id) => byId[id] ?? []).filter(({ job }) => job === null);
