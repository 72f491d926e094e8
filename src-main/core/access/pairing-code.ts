/**
 * One-time codes, and how a program proves that it knows one without showing it.
 *
 * A program proves the code together with the server's public key as it sees it, and the server proves the same back. Somebody in the middle
 * has another key, so neither proof is worth anything to him, and guessing codes against a recorded proof costs one
 * scrypt (32 MiB) each of 2^39: far longer than a code lives. So the code alone tells a program that it reached the right machine.
 */
import { createHash, createHmac, randomInt, scrypt, timingSafeEqual } from 'node:crypto';

/** Without 0 O, 1 I L, 8 B, U V. */
const alphabet = '2345679ACDEFGHJKMNPQRSTWXYZ';
const length = 8;
const scryptOptions = { N: 32_768, r: 8, p: 1, maxmem: 64 * 1024 * 1024 };

/** A new code: 8 of 27 characters, 38 bits. */
export const newCode = (): string =>
  Array.from({ length }, () => alphabet.charAt(randomInt(alphabet.length))).join('');

/** As it is shown: `ABCD-EFGH`. */
export const shownCode = (code: string): string => `${code.slice(0, 4)}-${code.slice(4)}`;

/** What a person typed, without blanks and dashes, in capitals; null if it cannot be a code. */
export function readCode(typed: string): string | null {
  const code = typed
    .slice(0, 64)
    .replace(/[\s‐-―-]/g, '')
    .toUpperCase();
  return code.length === length && [...code].every((one) => alphabet.includes(one)) ? code : null;
}

/** What both ends derive from the code and the server's public key (`pinOf`). */
export function codeSecret(code: string, pin: string): Promise<Buffer> {
  return new Promise((resolve, reject) => {
    scrypt(code, `carousel-pairing-1:${pin}`, 32, scryptOptions, (error, secret) => {
      if (error) reject(error);
      else resolve(secret);
    });
  });
}

/** One end's proof: hex, 64 digits. `nonce` is the program's, new for each attempt. */
export const proofOf = (secret: Buffer, end: 'program' | 'server', nonce: string): string =>
  createHmac('sha256', secret).update(`${end}:${nonce}`).digest('hex');

/** Compares in a time that does not depend on where two texts differ. */
export function sameText(a: string, b: string): boolean {
  const digest = (text: string): Buffer => createHash('sha256').update(text).digest();
  return timingSafeEqual(digest(a), digest(b));
}
