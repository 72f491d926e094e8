/** Who else may look in over the network: devices that were paired with a one-time code, and where they reach us. */
import { appErrorSchema } from '../errors.ts';
import { z } from '../zod.ts';
import { nothing, type CallDefinition } from './common.ts';

/** What a paired device is called: one line, cleaned by the core. */
export const deviceName = z.string().min(1).max(48);
const deviceId = z.string().regex(/^[0-9a-f]{16}$/);

/** What a device is paired for. `approve`: it may also agree to drives being erased. */
export const deviceGrantSchema = z.strictObject({
  role: z.enum(['viewer', 'operator']),
  approve: z.boolean(),
});
export type DeviceGrant = z.infer<typeof deviceGrantSchema>;

export const pairedDeviceSchema = deviceGrantSchema.extend({
  id: deviceId,
  name: deviceName,
  /** Milliseconds since 1970. */
  pairedAt: z.number().nonnegative(),
  seenAt: z.number().nonnegative(),
  /** It is connected now, to this program. */
  connected: z.boolean(),
});
export type PairedDevice = z.infer<typeof pairedDeviceSchema>;

/** The whole of it, as the settings show it. */
export const accessStateSchema = z.strictObject({
  /** Addresses that other devices open; empty while nobody is listened to. */
  urls: z.array(z.string().max(512)).max(32),
  /** SHA-256 of the certificate, `AB:CD:...`; null while nobody is listened to. */
  fingerprint: z.string().max(95).nullable(),
  /** This host can listen at all. */
  canListen: z.boolean(),
  /** Why listening, which was wanted, did not begin. */
  problem: appErrorSchema.nullable(),
  devices: z.array(pairedDeviceSchema).max(256),
});
export type AccessState = z.infer<typeof accessStateSchema>;

export const accessCalls = {
  /** What is so now, and from here on `access.changed`. */
  'access.watch': { role: 'operator', input: nothing, output: accessStateSchema },
  /** Makes a one-time code for one device. */
  'access.offer': {
    role: 'operator',
    input: deviceGrantSchema.extend({ name: deviceName.optional() }),
    output: z.strictObject({
      /** `ABCD-EFGH` */
      code: z.string().max(16),
      /** Milliseconds since 1970. */
      until: z.number(),
    }),
  },
  /** Takes a device's key away; its connections end at once. */
  'access.revoke': { role: 'operator', input: z.strictObject({ device: deviceId }), output: nothing },
} as const satisfies Record<string, CallDefinition>;

export const accessEvents = { 'access.changed': accessStateSchema } as const;
