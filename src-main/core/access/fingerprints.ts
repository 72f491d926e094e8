/** How certificates are recognised. */
import { createHash, type X509Certificate } from 'node:crypto';

/** SHA-256 over the certificate, `AB:CD:...`, as browsers show it: for people. */
export const fingerprintOf = (certificate: X509Certificate): string => certificate.fingerprint256;

/**
 * SHA-256 over the public key (SubjectPublicKeyInfo), in base64url: what programs remember a machine by. It stays the
 * same when the certificate is renewed.
 */
export const pinOf = (certificate: X509Certificate): string =>
  createHash('sha256')
    .update(certificate.publicKey.export({ type: 'spki', format: 'der' }))
    .digest('base64url');
