/** The bench: taught ports, and whether they are armed. */
import { defineStore } from 'pinia';
import { computed, shallowRef } from 'vue';
import { noBench, type ArmRequest, type BenchState } from '@contract/groups/bench.ts';
import type { DriveId } from '@contract/groups/common.ts';
import type { Bay } from '@contract/groups/settings.ts';
import type { BayNow } from '../model/cells.ts';
import { useConnection } from './connection.ts';
import { useDrives } from './drives.ts';
import { useJobs } from './jobs.ts';
import { useSettings } from './settings.ts';

export const useBench = defineStore('bench', () => {
  const connection = useConnection();
  const settings = useSettings();
  const drives = useDrives();
  const jobs = useJobs();
  const state = shallowRef<BenchState>(noBench);
  connection.onState((next) => (state.value = next.bench));

  const bays = computed<readonly Bay[]>(() => settings.current.bays);
  const armed = computed(() => state.value.armed);
  /** Cells never move while a job runs. */
  const isLocked = computed(() => armed.value !== null || jobs.all.some((job) => job.state !== 'ended'));
  const byPort = computed(
    () => new Map(drives.all.flatMap((drive) => (drive.port === null ? [] : [[drive.port, drive] as const]))),
  );

  /** What is in the bay at a port now. */
  const at = (port: string): BayNow => ({
    drive: byPort.value.get(port) ?? null,
    notice: armed.value?.notices.find((notice) => notice.port === port) ?? null,
    armed: armed.value?.bays.includes(port) ?? false,
  });

  return {
    state,
    bays,
    armed,
    isLocked,
    at,
    setBays: (next: readonly Bay[]) => settings.change({ bays: [...next] }),
    arm: (request: ArmRequest) => connection.call('bench.arm', request),
    disarm: () => connection.call('bench.disarm', {}),
    dismiss: () => connection.call('bench.dismiss', {}),
    plugPractice: (drive: DriveId, plugged: boolean) =>
      connection.call('drives.plugPractice', { drive, plugged }),
  };
});
