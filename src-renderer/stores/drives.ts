/** The drives of this computer, and what can be done with the catalogue. */
import { defineStore } from 'pinia';
import { computed, shallowRef } from 'vue';
import type { DriveId } from '@contract/groups/common.ts';
import type { FilePurpose } from '@contract/groups/system.ts';
import type { Drive } from '@contract/groups/drives.ts';
import type { AppState } from '@contract/snapshot.ts';
import { useConnection } from './connection.ts';

/** What "try it" makes: small enough for any disk, large enough to watch. */
const practiceSticks = 4;
const practiceSize = 268_435_456;

export const useDrives = defineStore('drives', () => {
  const connection = useConnection();
  const byId = shallowRef<AppState['drives']>({});
  const order = shallowRef<readonly DriveId[]>([]);

  connection.onState((state) => {
    byId.value = state.drives;
    order.value = state.driveOrder;
  });

  const all = computed(() => order.value.flatMap((id) => byId.value[id] ?? []));
  const known = computed(() => connection.system?.drivesKnown ?? false);
  const get = (id: DriveId | null): Drive | null => (id === null ? null : (byId.value[id] ?? null));

  return {
    byId,
    order,
    all,
    known,
    get,
    rescan: () => connection.call('drives.rescan', {}),
    unmount: (drive: DriveId, typed?: string) =>
      connection.call('drives.unmount', { drive, ...(typed ? { typed } : {}) }),
    eject: (drive: DriveId, unmount: boolean) => connection.call('drives.eject', { drive, unmount }),
    identify: (drive: DriveId) => connection.call('drives.identify', { drive }),
    stopIdentify: (drive: DriveId) => connection.call('drives.stopIdentify', { drive }),
    addPractice() {
      const size = all.value.find(({ kind }) => kind === 'practice')?.size ?? practiceSize;
      return connection.call('drives.addPractice', { count: practiceSticks, size });
    },
    removePractice: () => connection.call('drives.removePractice', {}),
    addImage: (path: string) => connection.call('drives.addImage', { path }),
    readMap: (drive: DriveId, path: string) => connection.call('drives.readMap', { drive, path }),
    addImageTarget: (path: string, overwrite: boolean) =>
      connection.call('drives.addImageTarget', { path, overwrite }),
    forgetImage: (drive: DriveId) => connection.call('drives.forgetImage', { drive }),
    pickFile: (purpose: FilePurpose) => connection.call('system.pickFile', { purpose }),
  };
});
