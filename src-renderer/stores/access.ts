/** Who else may look in: followed while the settings are open. */
import { defineStore } from 'pinia';
import { shallowRef } from 'vue';
import type { AccessState, DeviceGrant } from '@contract/groups/access.ts';
import { useConnection } from './connection.ts';

export const useAccess = defineStore('access', () => {
  const connection = useConnection();
  const state = shallowRef<AccessState | null>(null);

  connection.on('access.changed', (now) => {
    state.value = now;
  });

  async function watch(): Promise<void> {
    state.value = await connection.call('access.watch', {});
  }

  return {
    state,
    watch,
    offer: (grant: DeviceGrant) => connection.call('access.offer', grant),
    revoke: (device: string) => connection.call('access.revoke', { device }),
  };
});
