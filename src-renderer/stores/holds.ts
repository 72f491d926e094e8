/**
 * The moment between a yes and the first byte: what was agreed to waits here and can be taken back. Nothing of it has
 * reached the core yet, so a page that is closed or loses its link erases nothing.
 */
import { defineStore } from 'pinia';
import { ref, shallowRef } from 'vue';
import { errorOf, type AppError } from '@contract/errors.ts';
import type { Approval, ByteRange, JobOptions } from '@contract/groups/jobs.ts';
import { useJobs } from './jobs.ts';
import { useShell, type ApprovalRequest } from './shell.ts';
import { draft, useStaging } from './staging.ts';

/** A yes, with everything it needs to be carried out. */
export interface Agreed {
  what: ApprovalRequest;
  approvals: readonly Approval[];
  /** Of a new job, as they were when the yes was said. */
  options: JobOptions;
  skipRanges: readonly ByteRange[];
}

export interface Hold extends Agreed {
  id: number;
  /** Null: waits until it is told to start. */
  secondsLeft: number | null;
}

export const useHolds = defineStore('holds', () => {
  const jobs = useJobs();
  const shell = useShell();
  const staging = useStaging();
  const all = shallowRef<readonly Hold[]>([]);
  /** Why a yes could not be carried out; the sheet is open again and shows it. */
  const problem = ref<AppError | null>(null);
  const timers = new Map<number, ReturnType<typeof setInterval>>();
  let next = 1;

  /** What of it still stands: a drive that was taken out of the matrix since is not erased. */
  function standing({ what, approvals }: Agreed): readonly Approval[] {
    if (what.kind === 'retry' || what.kind === 'task') return approvals;
    if (what.kind === 'start' && staging.sourceId !== what.source) return [];
    const staged = new Set(staging.stagedIn(what.kind === 'start' ? draft : what.job).map(({ id }) => id));
    return approvals.filter(({ drive }) => staged.has(drive));
  }

  /** Asks the core for it. Rejects as the core does. */
  async function carryOut(agreed: Agreed): Promise<void> {
    const { what, options, skipRanges } = agreed;
    const approvals = [...standing(agreed)];
    if (approvals.length === 0) return;
    switch (what.kind) {
      case 'start': {
        const { job } = await jobs.start(what.source, approvals, options, skipRanges);
        staging.closeDraft();
        shell.section = job;
        return;
      }
      case 'join':
        await jobs.addTargets(what.job, approvals);
        return staging.unstage(what.drives);
      case 'retry':
        await jobs.retry(what.job, approvals);
        return;
      case 'task':
        await what.begin(approvals);
    }
  }

  function take(id: number): Hold | undefined {
    const hold = all.value.find((one) => one.id === id);
    clearInterval(timers.get(id));
    timers.delete(id);
    all.value = all.value.filter((one) => one.id !== id);
    return hold;
  }

  async function start(id: number): Promise<void> {
    const hold = take(id);
    if (!hold) return;
    try {
      await carryOut(hold);
    } catch (error) {
      // The drives may have changed meanwhile: what is agreed to must be what is shown.
      problem.value = errorOf(error);
      shell.approval = hold.what;
    }
  }

  function tick(id: number): void {
    const hold = all.value.find((one) => one.id === id);
    if (!hold || hold.secondsLeft === null) return;
    const secondsLeft = hold.secondsLeft - 1;
    if (secondsLeft <= 0) return void start(id);
    all.value = all.value.map((one) => (one.id === id ? { ...one, secondsLeft } : one));
  }

  /** Lets it wait so long; null: until `start`. */
  function hold(agreed: Agreed, seconds: number | null): void {
    const id = next;
    next += 1;
    all.value = [...all.value, { ...agreed, id, secondsLeft: seconds }];
    if (seconds !== null)
      timers.set(
        id,
        setInterval(() => tick(id), 1000),
      );
  }

  /** Takes the yes back. What was chosen stays chosen, but for a drive that went straight from the tray to the sheet. */
  function undo(id: number): void {
    const hold = take(id);
    if (hold?.what.kind === 'join' && hold.what.fromTray) staging.unstage(hold.what.drives);
  }

  return { all, problem, carryOut, hold, start, undo };
});
