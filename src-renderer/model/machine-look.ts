/** How a target of another machine looks, by the same rules as one of this machine. Pure. */
import { isFinal, isGood } from '@contract/groups/jobs.ts';
import type { MachineJob, MachineTarget } from '@contract/groups/machines.ts';
import type { Look } from './look.ts';

const plain: Readonly<Record<MachineTarget['state'], Look>> = {
  waiting: 'waiting',
  copying: 'copy',
  aside: 'aside',
  flushing: 'flush',
  verifying: 'verify',
  healing: 'heal',
  done: 'done',
  verified: 'verified',
  sampled: 'sampled',
  failed: 'failed',
  removed: 'removed',
  cancelled: 'stopped',
  refused: 'locked',
};

/** The look; a copy that holds zeros for unread parts of the source is never shown as a whole one, and a sample always as one. */
export const machineLook = (
  { state }: Pick<MachineTarget, 'state'>,
  { unreadableBytes }: Pick<MachineJob, 'unreadableBytes'>,
): Look => (isGood(state) && state !== 'sampled' && unreadableBytes > 0 ? 'gaps' : plain[state]);

/** Whole percent of the present phase; 100 only for what is done. */
export function machinePercent(target: MachineTarget, { size }: MachineJob): number {
  if (isGood(target.state)) return 100;
  const bytes = target.state === 'verifying' ? (target.bytesVerified ?? 0) : target.bytesCopied;
  return size > 0 ? Math.max(0, Math.min(99, Math.floor((bytes / size) * 100))) : 0;
}

/** What needs a hand comes first, then what runs, then what is done. */
export function byUrgency(targets: readonly MachineTarget[]): MachineTarget[] {
  const rank = ({ state }: MachineTarget): number => (isGood(state) ? 2 : isFinal(state) ? 0 : 1);
  return [...targets].sort((a, b) => rank(a) - rank(b));
}
