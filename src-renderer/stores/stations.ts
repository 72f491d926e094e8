/** Other computers: what is handed out to them, what is copied from them, and what can be done about it. */
import { defineStore } from 'pinia';
import { ref, shallowRef } from 'vue';
import type { DriveId, JobId } from '@contract/groups/common.ts';
import type { Feed, HandOut } from '@contract/groups/stations.ts';
import type { CallInput } from '@contract/schema.ts';
import type { AppState } from '@contract/snapshot.ts';
import { useConnection } from './connection.ts';
import { draft, type SectionId } from './staging.ts';

/** What a person has typed of the server; kept while the page is open, so that nobody types it twice. */
export interface ServerForm {
  url: string;
  credentials: string;
  ca: string;
}

export const useStations = defineStore('stations', () => {
  const connection = useConnection();
  const handOuts = shallowRef<AppState['handOuts']>({});
  const feeds = shallowRef<AppState['feeds']>({});
  /** The section whose job is to be handed out by the open sheet. */
  const section = ref<SectionId>(draft);
  const server = ref<ServerForm>({ url: '', credentials: '', ca: '' });

  connection.onState((state) => {
    handOuts.value = state.handOuts;
    feeds.value = state.feeds;
  });

  return {
    handOuts,
    feeds,
    section,
    server,
    handOutOf: (job: JobId): HandOut | null => handOuts.value[job] ?? null,
    feedOf: (drive: DriveId | null): Feed | null => (drive === null ? null : (feeds.value[drive] ?? null)),
    handOut: async (request: CallInput<'stations.handOut'>) =>
      (await connection.call('stations.handOut', request)).job,
    stop: (job: JobId) => connection.call('stations.stop', { job }),
    connect: async (request: CallInput<'stations.connect'>) =>
      (await connection.call('stations.connect', request)).drive,
    forget: (drive: DriveId) => connection.call('stations.forget', { drive }),
  };
});
