/** Makes self-signed certificates (X.509 v3, RFC 5280; ECDSA P-256 with SHA-256). */
import { createPrivateKey, createPublicKey, randomBytes, sign, X509Certificate } from 'node:crypto';
import { isIP } from 'node:net';
import { AsnConvert, OctetString } from '@peculiar/asn1-schema';
import {
  AlgorithmIdentifier,
  AttributeTypeAndValue,
  AttributeValue,
  BasicConstraints,
  Certificate,
  ExtendedKeyUsage,
  Extension,
  Extensions,
  GeneralName,
  id_ce_basicConstraints,
  id_ce_extKeyUsage,
  id_ce_subjectAltName,
  id_kp_serverAuth,
  Name,
  RelativeDistinguishedName,
  SubjectAlternativeName,
  SubjectPublicKeyInfo,
  TBSCertificate,
  Validity,
  Version,
} from '@peculiar/asn1-x509';

const ecdsaWithSha256 = '1.2.840.10045.4.3.2';
const commonName = '2.5.4.3';
/** Some systems take no certificate that is good for longer than 825 days. */
const validDays = 730;
const dayMs = 86_400_000;

const extension = (extnID: string, critical: boolean, value: unknown): Extension =>
  new Extension({ extnID, critical, extnValue: new OctetString(AsnConvert.serialize(value)) });

const bytes = (buffer: Buffer): ArrayBuffer => new Uint8Array(buffer).buffer;

/**
 * A certificate in PEM for a private key in PEM, from yesterday (clocks differ) for two years. `names` are host names and IP
 * addresses; not all of them need to be reachable.
 */
export function makeCertificate(
  keyPem: string,
  subject: string,
  names: readonly string[],
  now: number,
): string {
  const key = createPrivateKey(keyPem);
  const spki = createPublicKey(key).export({ type: 'spki', format: 'der' });
  const algorithm = new AlgorithmIdentifier({ algorithm: ecdsaWithSha256 });
  const common = new AttributeTypeAndValue({
    type: commonName,
    value: new AttributeValue({ utf8String: subject.slice(0, 64) }),
  });
  const name = new Name([new RelativeDistinguishedName([common])]);
  const alternatives = names.map((one) => new GeneralName(isIP(one) ? { iPAddress: one } : { dNSName: one }));
  const serial = randomBytes(16);
  serial[0] = ((serial[0] ?? 0) & 0x7f) | 0x40; // positive, and of full length
  const tbsCertificate = new TBSCertificate({
    version: Version.v3,
    serialNumber: bytes(serial),
    signature: algorithm,
    issuer: name,
    validity: new Validity({ notBefore: new Date(now - dayMs), notAfter: new Date(now + validDays * dayMs) }),
    subject: name,
    subjectPublicKeyInfo: AsnConvert.parse(spki, SubjectPublicKeyInfo),
    extensions: new Extensions([
      extension(id_ce_basicConstraints, true, new BasicConstraints()),
      extension(id_ce_extKeyUsage, false, new ExtendedKeyUsage([id_kp_serverAuth])),
      extension(id_ce_subjectAltName, false, new SubjectAlternativeName(alternatives)),
    ]),
  });
  const signature = sign('sha256', Buffer.from(AsnConvert.serialize(tbsCertificate)), key);
  const certificate = new Certificate({
    tbsCertificate,
    signatureAlgorithm: algorithm,
    signatureValue: bytes(signature),
  });
  return new X509Certificate(Buffer.from(AsnConvert.serialize(certificate))).toString();
}
