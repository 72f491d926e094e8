/** Tests of capacity: what runs, what came of the last ones, and what can be done with them. */
import { defineStore } from 'pinia';
import { computed, shallowRef } from 'vue';
import type { DriveId } from '@contract/groups/common.ts';
import type { Approval } from '@contract/groups/jobs.ts';
import type { AppState } from '@contract/snapshot.ts';
import { useConnection } from './connection.ts';

export const useProbes = defineStore('probes', () => {
  const connection = useConnection();
  const byDrive = shallowRef<AppState['probes']>({});
  connection.onState((state) => (byDrive.value = state.probes));

  /** The newest first. */
  const all = computed(() =>
    Object.entries(byDrive.value)
      .map(([drive, probe]) => ({ drive, probe }))
      .reverse(),
  );

  return {
    all,
    check: async (drive: DriveId, full: boolean) =>
      (await connection.call('probe.check', { drive, full })).check,
    start: (target: Approval, full: boolean) => connection.call('probe.start', { target, full }),
    cancel: (drive: DriveId) => connection.call('probe.cancel', { drive }),
    dismiss: (drive: DriveId) => connection.call('probe.dismiss', { drive }),
  };
});
