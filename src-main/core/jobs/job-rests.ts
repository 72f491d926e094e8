/** What interrupted copies have left on targets that did not end well, and that a copy could go on with. */
import type { DriveId, TargetId } from '@contract/groups/common.ts';
import type { Drive } from '@contract/groups/drives.ts';
import { isFinal, isGood, type Job, type Target } from '@contract/groups/jobs.ts';
import type { Engine } from './engine.ts';

export interface RestsOptions {
  /** The catalogue as it is now. */
  drive: (id: DriveId) => Drive | undefined;
  engine: () => Pick<Engine, 'resumable'>;
  /** Where the maps of unfinished copies are. */
  folder: string;
}

/** Targets that may hold something, by the path at which their drives are now. */
function interrupted(job: Job, driveOf: RestsOptions['drive']): Map<string, TargetId> {
  const open = Object.values(job.targets).filter(
    ({ state, mine }) => mine && isFinal(state) && !isGood(state),
  );
  return new Map(
    open.flatMap(({ id, card }) => {
      const drive = card.drive === null ? undefined : driveOf(card.drive);
      return drive?.exists && drive.job === null ? [[drive.path, id] as const] : [];
    }),
  );
}

/** Asks the helper; answers for every target that is to be shown otherwise than before. */
export async function restsOf(
  job: Job,
  { drive, engine, folder }: RestsOptions,
): Promise<Map<TargetId, Target['resumable']>> {
  const rests = new Map<TargetId, Target['resumable']>(
    Object.values(job.targets).flatMap(({ id, resumable }) => (resumable ? [[id, null]] : [])),
  );
  const source = job.source.card.drive === null ? undefined : drive(job.source.card.drive);
  const places = interrupted(job, drive);
  if (!source || places.size === 0) return rests;
  const found = await engine().resumable(folder, job.options.blockSize, source.path, [...places.keys()]);
  for (const { path, blocks, of } of found) {
    const id = places.get(path);
    if (id !== undefined) rests.set(id, blocks > 0 && blocks <= of ? { blocks, of } : null);
  }
  return rests;
}
