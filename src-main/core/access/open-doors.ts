/** Where programs of this user listen to the network just now, so that `carousel pair` can say which address to open. */
import { randomBytes } from 'node:crypto';
import { join } from 'node:path';
import { z } from '@contract/zod.ts';
import { isAlive } from '../is-alive.ts';
import { jsonFolder } from './json-folder.ts';

const openDoorSchema = z.strictObject({
  pid: z.int().positive(),
  urls: z.array(z.string().max(512)).max(32),
  fingerprint: z.string().max(95),
});
/** One program that listens. */
export type OpenDoor = z.infer<typeof openDoorSchema>;

export interface OpenDoors {
  /** Notes one down; the result crosses it out. */
  note(door: OpenDoor): Promise<() => Promise<void>>;
  /** Those whose programs are still there. */
  list(): Promise<OpenDoor[]>;
}

/** The notes in an access folder. */
export function openDoors(accessFolder: string): OpenDoors {
  const folder = jsonFolder(join(accessFolder, 'open'), openDoorSchema);
  return {
    async note(door) {
      const id = randomBytes(8).toString('hex');
      await folder.add(id, door);
      return async () => void (await folder.remove(id));
    },
    async list() {
      const all = [...(await folder.list())];
      for (const [id, { pid }] of all) if (!isAlive(pid)) await folder.remove(id);
      return all.map(([, door]) => door).filter(({ pid }) => isAlive(pid));
    },
  };
}
