/** The key and certificate that this machine shows: its own, made when first needed and renewed in time, or given ones. */
import { createPrivateKey, generateKeyPairSync, X509Certificate } from 'node:crypto';
import { readFile } from 'node:fs/promises';
import { isIP } from 'node:net';
import { join } from 'node:path';
import { z } from '@contract/zod.ts';
import { writeFileSafely } from '../write-file-safely.ts';
import { fingerprintOf, pinOf } from './fingerprints.ts';

export interface Credentials {
  /** PEM. */
  readonly key: string;
  readonly certificate: string;
  /** For people: see `fingerprintOf`. */
  readonly fingerprint: string;
  /** For programs: see `pinOf`. */
  readonly pin: string;
  /** Fingerprints of this machine's earlier certificates, newest first. */
  readonly earlier: readonly string[];
}

const renewBeforeMs = 30 * 86_400_000;
const keptFingerprints = 8;
const earlierSchema = z.array(z.string().max(95)).max(keptFingerprints);

const readOr = (path: string, otherwise: string): Promise<string> =>
  readFile(path, 'utf8').catch((error: NodeJS.ErrnoException) => {
    if (error.code === 'ENOENT') return otherwise;
    throw error;
  });

function credentials(key: string, certificate: string, earlier: readonly string[]): Credentials {
  const parsed = new X509Certificate(certificate);
  if (!parsed.checkPrivateKey(createPrivateKey(key)))
    throw new Error('the key is not that of the certificate');
  return { key, certificate, fingerprint: fingerprintOf(parsed), pin: pinOf(parsed), earlier };
}

function covers(certificate: X509Certificate, name: string): boolean {
  return (isIP(name) ? certificate.checkIP(name) : certificate.checkHost(name)) !== undefined;
}

function stillGood(certificate: string, key: string, names: readonly string[], now: number): boolean {
  if (certificate === '') return false;
  const parsed = new X509Certificate(certificate);
  const ends = Date.parse(parsed.validTo);
  const begins = Date.parse(parsed.validFrom);
  return (
    parsed.checkPrivateKey(createPrivateKey(key)) &&
    begins <= now &&
    ends - now > renewBeforeMs &&
    names.every((name) => covers(parsed, name))
  );
}

function parseEarlier(text: string): string[] {
  try {
    return earlierSchema.parse(JSON.parse(text));
  } catch {
    return []; // only for showing
  }
}

/**
 * This machine's own, from a folder; made if there are none. A certificate that ends within 30 days, or lacks one of the
 * names, is renewed with the same key: who has paired goes on, and a browser asks once more. Throws if the folder
 * cannot be used, or holds a damaged key: that is never replaced by itself, since every paired program would be cut off.
 */
export async function ownCredentials(
  folder: string,
  subject: string,
  names: readonly string[],
  now: number,
): Promise<Credentials> {
  const [keyFile, certificateFile, earlierFile] = ['key.pem', 'certificate.pem', 'earlier.json'].map((name) =>
    join(folder, name),
  ) as [string, string, string];
  let key = await readOr(keyFile, '');
  if (key === '') {
    const pair = generateKeyPairSync('ec', { namedCurve: 'P-256' });
    key = pair.privateKey.export({ type: 'pkcs8', format: 'pem' }).toString();
    await writeFileSafely(keyFile, key);
  }
  const old = await readOr(certificateFile, '');
  const earlier = parseEarlier(await readOr(earlierFile, '[]'));
  if (stillGood(old, key, names, now)) return credentials(key, old, earlier);
  const { makeCertificate } = await import('./certificate.ts'); // only where one is made: its packages take long to load
  const certificate = makeCertificate(key, subject, names, now);
  const known = old === '' ? earlier : [fingerprintOf(new X509Certificate(old)), ...earlier];
  await writeFileSafely(earlierFile, JSON.stringify(known.slice(0, keptFingerprints)));
  await writeFileSafely(certificateFile, certificate);
  return credentials(key, certificate, known.slice(0, keptFingerprints));
}

/** Given ones. Throws if they cannot be read or do not belong together. */
export async function givenCredentials(certificateFile: string, keyFile: string): Promise<Credentials> {
  const [certificate, key] = await Promise.all([
    readFile(certificateFile, 'utf8'),
    readFile(keyFile, 'utf8'),
  ]);
  return credentials(key, certificate, []);
}
