/** The keys of paired devices: 256 random bits each, of which only a hash is kept. */
import { createHash, randomBytes, timingSafeEqual } from 'node:crypto';
import { ContractError, appError, fail } from '@contract/errors.ts';
import { deviceGrantSchema, deviceName, type DeviceGrant } from '@contract/groups/access.ts';
import { z } from '@contract/zod.ts';
import { cleanText } from '../devices/clean-text.ts';
import { jsonFolder } from './json-folder.ts';

const storedSchema = deviceGrantSchema.extend({
  name: deviceName,
  /** SHA-256 of the key's secret part, hex. */
  hash: z.string().regex(/^[0-9a-f]{64}$/),
  pairedAt: z.number().nonnegative(),
});

/** A device that was let in. */
export interface Device extends DeviceGrant {
  readonly id: string;
  readonly name: string;
  readonly pairedAt: number;
}

export interface Devices {
  readonly folder: string;
  make(): Promise<void>;
  list(): Promise<(Device & { seenAt: number })[]>;
  /** Stores a new device; the key is shown to it once. A name that is taken gets a number. */
  add(name: string, grant: DeviceGrant, now: number): Promise<{ key: string; device: Device }>;
  /** Whose key this is; null for nobody's. */
  admit(key: string): Promise<Device | null>;
  seen(id: string, now: number): Promise<void>;
  /** True if there was one. */
  revoke(id: string): Promise<boolean>;
}

/** As many devices as may be paired. */
export const maxDevices = 64;
const keyPattern = /^([0-9a-f]{16})\.([\w-]{43})$/;
const hashOf = (secret: string): Buffer => createHash('sha256').update(secret).digest();

/** A name as it is kept: one line of at most 20 characters; never empty. */
export const cleanName = (name: string): string => cleanText(name, 20) ?? 'device';

/** The devices in a folder. */
export function createDevices(path: string): Devices {
  const folder = jsonFolder(path, storedSchema);
  return {
    folder: path,
    make: () => folder.make(),
    async list() {
      const all = [...(await folder.list())];
      return Promise.all(
        all.map(async ([id, { hash: _secret, ...device }]) => ({
          ...device,
          id,
          seenAt: await folder.touchedAt(id),
        })),
      );
    },
    async add(wanted, grant, now) {
      const stored = [...(await folder.list()).values()];
      if (stored.length >= maxDevices) fail('too-many-devices');
      const taken = new Set(stored.map(({ name }) => name.toLowerCase()));
      const base = cleanName(wanted);
      let name = base;
      for (let number = 2; taken.has(name.toLowerCase()); number += 1) name = `${base} ${String(number)}`;
      const [id, secret] = [randomBytes(8).toString('hex'), randomBytes(32).toString('base64url')];
      const device = { name, role: grant.role, approve: grant.approve, pairedAt: now };
      try {
        await folder.add(id, { ...device, hash: hashOf(secret).toString('hex') });
      } catch {
        throw new ContractError(appError('settings-not-saved'));
      }
      return { key: `${id}.${secret}`, device: { ...device, id } };
    },
    async admit(key) {
      const [, id = '', secret = ''] = keyPattern.exec(key) ?? [];
      const stored = await folder.get(id);
      if (!stored || !timingSafeEqual(hashOf(secret), Buffer.from(stored.hash, 'hex'))) return null;
      const { hash: _secret, ...device } = stored;
      return { ...device, id };
    },
    seen: (id, now) => folder.touch(id, now),
    revoke: (id) => folder.remove(id),
  };
}
