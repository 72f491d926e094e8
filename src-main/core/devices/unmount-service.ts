/** Unmounting drives of the catalogue: only one that nothing but its mounts keeps from being a target, as it is just now. */
import { ContractError, appError, fail } from '@contract/errors.ts';
import type { Verdict } from '@contract/helper-verdicts.ts';
import { levelWhileMounted } from './device-rules.ts';

export interface UnmountOptions {
  /** Asks the engine about paths. */
  check: (paths: readonly string[]) => Promise<Verdict[]>;
  unmount: (path: string) => Promise<void>;
}

/** What tells the drive that was shown from another at its path. */
export interface Shown {
  readonly path: string;
  readonly size: number;
  readonly diskseq: number | null;
}

/** True if a drive would be a target but for its mounts. Pure. */
export const isOnlyMounted = (reasons: readonly { code: string }[]): boolean =>
  reasons.some(({ code }) => code === 'mounted') &&
  reasons.every(({ code }) => code === 'mounted' || code === 'no-permission');

/** What a yes to unmounting and erasing a drive must be (1 or 2); null unless only its mounts keep it from being a target. */
export async function unmountLevel(
  { path, size, removable, target }: Verdict,
  fileSystems: (path: string) => Promise<string[]>,
): Promise<number | null> {
  if (!isOnlyMounted(target.reasons)) return null;
  try {
    const known = { size: size ?? Infinity, removable: removable ?? false };
    return levelWhileMounted({ ...known, fileSystems: await fileSystems(path) });
  } catch {
    return 2; // nobody knows what is on it
  }
}

/** What is at the path of the drive that was shown, if it still is that drive; rejects with a `ContractError` if not. */
export async function demandShown(
  { path, size, diskseq }: Shown,
  check: UnmountOptions['check'],
): Promise<Verdict> {
  const [verdict] = await check([path]);
  if (!verdict?.exists) fail('not-found', {});
  const other = diskseq !== null && (verdict.diskseq ?? 0) > 0 && diskseq !== verdict.diskseq;
  if (other || verdict.size !== size) fail('changed-device', {});
  return verdict;
}

/** Rejects with a `ContractError` unless the drive is free of mounts afterwards. Not mounted at all is well. */
export async function unmountShown(shown: Shown, { check, unmount }: UnmountOptions): Promise<void> {
  const reasonsNow = async (): Promise<Verdict['target']['reasons']> =>
    (await demandShown(shown, check)).target.reasons;
  const before = await reasonsNow();
  if (!before.some(({ code }) => code === 'mounted')) return;
  const [hard] = before.filter(({ code }) => code !== 'mounted' && code !== 'no-permission');
  if (hard) throw new ContractError(appError(hard.code, { detail: hard.message.slice(0, 1024) }));
  await unmount(shown.path);
  const still = (await reasonsNow()).find(({ code }) => code === 'mounted');
  if (still) fail('unmount-failed', { detail: still.message.slice(0, 1024) });
}
