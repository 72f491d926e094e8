/** Answers requests to pair: a browser says the code, a program proves it. Bounded in every direction. */
import { ContractError, appError, fail } from '@contract/errors.ts';
import type { DeviceGrant } from '@contract/groups/access.ts';
import { z } from '@contract/zod.ts';
import type { Attempts } from './attempts.ts';
import type { Devices } from './devices.ts';
import type { Offer, Offers } from './offers.ts';
import { codeSecret, proofOf, readCode, sameText } from './pairing-code.ts';

const hex64 = z.string().regex(/^[0-9a-f]{64}$/);
const name = z.string().max(256);

/** What is sent to be paired. */
const pairRequestSchema = z.union([
  z.strictObject({ code: z.string().max(64), name }),
  z.strictObject({ nonce: hex64, proof: hex64, name }),
]);
export type PairRequest = z.infer<typeof pairRequestSchema>;

/** What comes back when the code was right. `proof` is the server's, for a program. */
export interface PairAnswer extends DeviceGrant {
  key: string;
  name: string;
  proof: string | null;
}

/** The program's view of the answer. */
export const pairAnswerSchema = z.strictObject({
  key: z.string().max(128),
  proof: hex64,
  role: z.enum(['viewer', 'operator']),
  approve: z.boolean(),
  name: z.string().max(48),
});

export interface PairingOptions {
  devices: Devices;
  offers: Offers;
  attempts: Attempts;
  now: () => number;
  /** `pinOf` of the certificate that is shown. */
  pin(): string;
}

/** Makes the answering function. It throws `ContractError`s: `bad-request`, `too-many-attempts`, `wrong-code`. */
export function createPairing(
  options: PairingOptions,
): (request: unknown, address: string) => Promise<PairAnswer> {
  const { devices, offers, attempts, now } = options;
  const secrets = new Map<string, Promise<Buffer>>();

  /** Worked out once for each code and key: trying proofs costs the server next to nothing. */
  function secretOf(code: string, open: ReadonlySet<string>): Promise<Buffer> {
    const pin = options.pin();
    for (const known of secrets.keys()) if (!open.has(known.slice(0, code.length))) secrets.delete(known);
    const mark = `${code}:${pin}`;
    const secret = secrets.get(mark) ?? codeSecret(code, pin);
    secrets.set(mark, secret);
    return secret;
  }

  async function matching(
    request: PairRequest,
  ): Promise<{ id: string; offer: Offer; secret: Buffer | null } | null> {
    const open = [...(await offers.open(now()))];
    const codes = new Set(open.map(([, { code }]) => code));
    let found: { id: string; offer: Offer; secret: Buffer | null } | null = null;
    // All are looked at, whether one has been found or not.
    for (const [id, offer] of open) {
      if ('code' in request) {
        if (sameText(readCode(request.code) ?? '', offer.code)) found = { id, offer, secret: null };
      } else {
        const secret = await secretOf(offer.code, codes);
        if (sameText(request.proof, proofOf(secret, 'program', request.nonce))) found = { id, offer, secret };
      }
    }
    return found;
  }

  return async (raw, address) => {
    const parsed = pairRequestSchema.safeParse(raw);
    if (!parsed.success) return fail('bad-request', { at: 'pair' });
    const seconds = attempts.begin(address);
    if (seconds !== null) return fail('too-many-attempts', { seconds });
    const request = parsed.data;
    const match = await matching(request);
    if (!match || !(await offers.use(match.id))) {
      await offers.countWrong(now());
      throw new ContractError(appError('wrong-code'));
    }
    attempts.forgive(address);
    const { offer, secret } = match;
    const { key, device } = await devices.add(offer.name ?? request.name, offer, now());
    const proof = secret && 'nonce' in request ? proofOf(secret, 'server', request.nonce) : null;
    return { key, name: device.name, role: device.role, approve: device.approve, proof };
  };
}
