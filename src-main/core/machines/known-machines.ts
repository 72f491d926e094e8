/** Machines that this user has paired with: for the app's page of machines and for `carousel monitor`. */
import { createHash } from 'node:crypto';
import { join } from 'node:path';
import { ContractError, appError, fail } from '@contract/errors.ts';
import { z } from '@contract/zod.ts';
import { jsonFolder } from '../access/json-folder.ts';
import { cleanText } from '../devices/clean-text.ts';
import { readAddress, type MachineAddress } from '../remote/machine-address.ts';
import type { Pairing } from '../remote/dial.ts';

const storedSchema = z.strictObject({
  origin: z.string().max(512),
  /** What it calls itself; null before it has said so. */
  name: z.string().max(128).nullable(),
  pin: z.string().max(64),
  key: z.string().max(128),
});

export interface KnownMachine {
  readonly id: string;
  readonly address: MachineAddress;
  readonly name: string | null;
  readonly pairing: Pairing;
  /** When it was last seen, in milliseconds since 1970. */
  readonly seenAt: number;
}

export interface KnownMachines {
  list(): Promise<KnownMachine[]>;
  find(address: MachineAddress): Promise<KnownMachine | null>;
  /** Stores a pairing, instead of an earlier one with the same address. */
  add(address: MachineAddress, pairing: { pin: string | null; key: string }): Promise<string>;
  /** True if there was one. */
  remove(id: string): Promise<boolean>;
  /** It answered just now, under this name. */
  seen(id: string, name: string, now: number): Promise<void>;
}

/** As many as may be watched. */
const maxMachines = 32;

const idOf = ({ origin }: MachineAddress): string =>
  createHash('sha256').update(origin).digest('hex').slice(0, 16);

/** The machines in an access folder. */
export function knownMachines(accessFolder: string): KnownMachines {
  const folder = jsonFolder(join(accessFolder, 'machines'), storedSchema);

  /** One change after the other: what was removed must not come back by a name that was just learned. */
  let queue: Promise<unknown> = Promise.resolve();
  function inTurn<T>(change: () => Promise<T>): Promise<T> {
    const done = queue.then(change);
    queue = done.catch(() => undefined);
    return done;
  }

  async function list(): Promise<KnownMachine[]> {
    const all = await folder.list();
    const known: KnownMachine[] = [];
    for (const [id, { origin, name, pin, key }] of all) {
      const address = readAddress(origin);
      known.push({ id, address, name, pairing: { pin, key }, seenAt: await folder.touchedAt(id) });
    }
    return known;
  }

  return {
    list,
    async find(address) {
      const id = idOf(address);
      return (await list()).find((machine) => machine.id === id) ?? null;
    },
    add: (address, { pin, key }) =>
      inTurn(async () => {
        if (pin === null) return fail('bad-address');
        const id = idOf(address);
        const all = await folder.list();
        if (!all.has(id) && all.size >= maxMachines) fail('too-many-devices');
        try {
          await folder.add(id, { origin: address.origin, name: all.get(id)?.name ?? null, pin, key });
        } catch {
          throw new ContractError(appError('settings-not-saved'));
        }
        return id;
      }),
    remove: (id) => inTurn(() => folder.remove(id)),
    seen: (id, told, now) =>
      inTurn(async () => {
        const stored = await folder.get(id);
        if (!stored) return;
        const name = cleanText(told);
        if (name !== stored.name) await folder.add(id, { ...stored, name });
        await folder.touch(id, now);
      }),
  };
}
