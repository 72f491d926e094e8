import { createPinia, setActivePinia } from 'pinia';
import { beforeEach, describe, expect, it, vi } from 'vitest';
import { ContractError, appError } from '@contract/errors.ts';
import { sampleDrive } from '@contract/testing/samples.ts';
import { useDrives } from './drives.ts';
import { useHolds, type Agreed } from './holds.ts';
import { useJobs } from './jobs.ts';
import { useShell } from './shell.ts';
import { draft, useStaging } from './staging.ts';

const approvals = [
  { drive: 'a', token: 'A' },
  { drive: 'b', token: 'B' },
];

function stores() {
  const all = {
    holds: useHolds(),
    jobs: useJobs(),
    shell: useShell(),
    staging: useStaging(),
    drives: useDrives(),
  };
  all.drives.byId = Object.fromEntries(['s', 'a', 'b'].map((id) => [id, sampleDrive({ id })]));
  all.staging.chooseSource('s');
  all.staging.stage(draft, ['a', 'b']);
  const start = vi.spyOn(all.jobs, 'start').mockResolvedValue({ job: 'job-1' });
  const agreed: Agreed = {
    what: { kind: 'start', source: 's', drives: ['a', 'b'] },
    approvals,
    options: all.staging.options,
    skipRanges: [{ offset: 512, length: 512 }],
  };
  return { ...all, start, agreed };
}

beforeEach(() => {
  vi.useFakeTimers();
  setActivePinia(createPinia());
});

describe('a yes', () => {
  it('waits, counts, and is carried out then', async () => {
    const { holds, start, agreed, shell } = stores();
    holds.hold(agreed, 3);
    await vi.advanceTimersByTimeAsync(2000);
    expect(holds.all[0]?.secondsLeft).toBe(1);
    expect(start).not.toHaveBeenCalled();
    await vi.advanceTimersByTimeAsync(1000);
    expect(start).toHaveBeenCalledExactlyOnceWith('s', approvals, agreed.options, agreed.skipRanges);
    expect([holds.all, shell.section]).toEqual([[], 'job-1']);
  });

  it('can be taken back, and then nothing ever happens', async () => {
    const { holds, start, agreed, staging } = stores();
    holds.hold(agreed, 3);
    await vi.advanceTimersByTimeAsync(2900);
    holds.undo(holds.all[0]?.id ?? 0);
    await vi.advanceTimersByTimeAsync(60_000);
    expect(start).not.toHaveBeenCalled();
    expect(staging.stagedIn(draft).map(({ id }) => id)).toEqual(['a', 'b']);
  });

  it('without a limit waits until it is told to start', async () => {
    const { holds, start, agreed } = stores();
    holds.hold(agreed, null);
    await vi.advanceTimersByTimeAsync(3_600_000);
    expect(start).not.toHaveBeenCalled();
    await holds.start(holds.all[0]?.id ?? 0);
    expect(start).toHaveBeenCalledOnce();
  });

  it('does not count for a drive that was taken out meanwhile, nor for another source', async () => {
    const { holds, start, agreed, staging } = stores();
    holds.hold(agreed, 3);
    staging.unstage(['a']);
    await vi.advanceTimersByTimeAsync(3000);
    expect(start).toHaveBeenCalledExactlyOnceWith('s', [approvals[1]], agreed.options, agreed.skipRanges);
    start.mockClear();
    staging.chooseSource('s');
    staging.stage(draft, ['a', 'b']);
    holds.hold(agreed, 3);
    staging.chooseSource(null);
    await vi.advanceTimersByTimeAsync(3000);
    expect(start).not.toHaveBeenCalled();
  });

  it('that the core refuses opens the sheet again, with the reason', async () => {
    const { holds, start, agreed, shell } = stores();
    start.mockRejectedValue(new ContractError(appError('approval-void', { drive: 'a' })));
    holds.hold(agreed, 3);
    await vi.advanceTimersByTimeAsync(3000);
    expect(shell.approval).toEqual(agreed.what);
    expect(holds.problem?.code).toBe('approval-void');
  });
});
