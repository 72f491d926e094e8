/** The settings as the core keeps them. */
import { defineStore } from 'pinia';
import { shallowRef } from 'vue';
import { defaultSettings, type Settings, type SettingsChange } from '@contract/groups/settings.ts';
import { useConnection } from './connection.ts';

export const useSettings = defineStore('settings', () => {
  const connection = useConnection();
  const current = shallowRef<Settings>(defaultSettings);

  connection.onState((state) => {
    current.value = state.settings;
  });

  async function change(what: SettingsChange): Promise<void> {
    current.value = await connection.call('settings.set', what);
  }

  return { current, change };
});
