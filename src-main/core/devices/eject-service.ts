/** Ejecting: only a stick that nothing uses, and it counts as out only once it is gone or has no medium any more. */
import { setTimeout as sleep } from 'node:timers/promises';
import { ContractError, appError, fail } from '@contract/errors.ts';
import type { Verdict } from '@contract/helper-verdicts.ts';
import { demandShown, unmountShown, type Shown, type UnmountOptions } from './unmount-service.ts';

export interface EjectOptions extends UnmountOptions {
  switchOff: (path: string) => Promise<void>;
  /** Waits so many milliseconds; a command that waits is not over. */
  pause?: (ms: number) => Promise<unknown>;
}

/** So long it may take until a drive that was switched off is gone. */
const goneWithinMs = 5000;
const lookEveryMs = 100;

/** A drive that is made to be pulled out; what is built in is never switched off. Pure. */
export const isPluggable = ({ removable, busPath }: Pick<Verdict, 'removable' | 'busPath'>): boolean =>
  removable === true || /(^|-)(usb|mmc)/.test(busPath);

/** Rejects with a `ContractError` unless the drive can be pulled out afterwards. `unmount`: what is mounted is unmounted first. */
export async function ejectShown(shown: Shown, unmount: boolean, options: EjectOptions): Promise<void> {
  const before = await demandShown(shown, options.check);
  const { reasons } = before.target;
  const hard = reasons.find(
    ({ code }) => code === 'system-disk' || code === 'partition' || code === 'in-use',
  );
  if (hard) throw new ContractError(appError(hard.code, { detail: hard.message.slice(0, 1024) }));
  if (before.kind !== 'device') fail('not-a-drive', {});
  if (!isPluggable(before)) fail('eject-fixed');
  const mounted = reasons.find(({ code }) => code === 'mounted');
  if (mounted && !unmount) fail('eject-mounted', { detail: mounted.message.slice(0, 1024) });
  if (mounted) await unmountShown(shown, options);
  await options.switchOff(shown.path);
  for (let waited = 0; ; waited += lookEveryMs) {
    if (await isOut(shown, options)) return;
    if (waited >= goneWithinMs) fail('eject-failed', { detail: 'it is still there' });
    await (options.pause ?? sleep)(lookEveryMs);
  }
}

/** Gone, without a medium, or another one by now. */
async function isOut({ path, diskseq }: Shown, { check }: EjectOptions): Promise<boolean> {
  const [now] = await check([path]);
  if (!now?.exists || (now.size ?? 0) === 0) return true;
  return diskseq !== null && (now.diskseq ?? 0) > 0 && now.diskseq !== diskseq;
}
