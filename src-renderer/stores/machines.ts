/** Other machines, as the core sees them: followed while their page is open. */
import { defineStore } from 'pinia';
import { computed, shallowRef } from 'vue';
import type { Machine } from '@contract/groups/machines.ts';
import { useConnection } from './connection.ts';

export const useMachines = defineStore('machines', () => {
  const connection = useConnection();
  const known = shallowRef<ReadonlyMap<string, Machine>>(new Map());

  connection.on('machines.changed', (machine) => {
    known.value = new Map(known.value).set(machine.id, machine);
  });
  connection.on('machines.gone', ({ machine }) => {
    known.value = new Map([...known.value].filter(([id]) => id !== machine));
  });

  async function watch(): Promise<void> {
    const { machines } = await connection.call('machines.watch', {});
    known.value = new Map(machines.map((machine) => [machine.id, machine]));
  }

  return {
    /** In an order that does not change while one looks. */
    all: computed(() => [...known.value.values()].sort((a, b) => a.url.localeCompare(b.url))),
    watch,
    add: (url: string, code: string) => connection.call('machines.add', { url, code }),
    remove: (machine: string) => connection.call('machines.remove', { machine }),
  };
});
