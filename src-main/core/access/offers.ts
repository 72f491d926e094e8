/** Pairing codes that are open: each good for ten minutes, one device and ten wrong tries. */
import { randomBytes } from 'node:crypto';
import { fail } from '@contract/errors.ts';
import { deviceGrantSchema, deviceName, type DeviceGrant } from '@contract/groups/access.ts';
import { z } from '@contract/zod.ts';
import { jsonFolder } from './json-folder.ts';
import { newCode } from './pairing-code.ts';

/** Milliseconds that a code is good for. */
export const codeLifeMs = 10 * 60_000;
/** So many wrong codes, from whomever, and every open code is void. */
export const wrongTriesPerCode = 10;
/** As many codes as may be open. */
export const maxOffers = 8;

const offerSchema = deviceGrantSchema.extend({
  code: z.string().regex(/^[A-Z2-9]{8}$/),
  name: deviceName.nullable(),
  until: z.number(),
});
/** An open code and what it gives. */
export type Offer = z.infer<typeof offerSchema>;

export interface Offers {
  make(grant: DeviceGrant, name: string | null, now: number): Promise<Offer>;
  /** Those that are still good. What is too old is removed. */
  open(now: number): Promise<Map<string, Offer>>;
  /** True for the one attempt that uses it up. */
  use(id: string): Promise<boolean>;
  /** Counts a wrong code against all that are open. */
  countWrong(now: number): Promise<void>;
}

/** The codes in a folder. They are kept as they are: whoever reads the folder could as well add a device. */
export function createOffers(path: string): Offers {
  const folder = jsonFolder(path, offerSchema);
  const wrong = new Map<string, number>();

  async function open(now: number): Promise<Map<string, Offer>> {
    const found = await folder.list();
    for (const [id, { until }] of found) {
      // A clock that was set back must not keep a code alive.
      if (until > now && until <= now + codeLifeMs) continue;
      found.delete(id);
      await folder.remove(id);
    }
    for (const id of wrong.keys()) if (!found.has(id)) wrong.delete(id);
    return found;
  }

  return {
    open,
    async make(grant, name, now) {
      if ((await open(now)).size >= maxOffers) fail('too-many-devices');
      const { role, approve } = grant;
      const offer: Offer = { role, approve, name, code: newCode(), until: now + codeLifeMs };
      await folder.add(randomBytes(8).toString('hex'), offer);
      return offer;
    },
    use: (id) => folder.remove(id),
    async countWrong(now) {
      for (const id of (await open(now)).keys()) {
        const count = (wrong.get(id) ?? 0) + 1;
        wrong.set(id, count);
        if (count >= wrongTriesPerCode) await folder.remove(id);
      }
    },
  };
}
