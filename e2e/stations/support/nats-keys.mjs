// Keys and certificates as administrators of a NATS server make them, with `nsc`, `nk` and `openssl`.

import assert from 'node:assert/strict';
import { spawnSync } from 'node:child_process';
import { nkeys } from '@nats-io/nats-core';

const seedOf = (pair) => Buffer.from(pair.getSeed()).toString();

/** An nkey: what the server is told of it, and what its owner keeps. */
export function nkey() {
  const pair = nkeys.createUser();
  return { public: pair.getPublicKey(), seed: seedOf(pair) };
}

const encoded = (value) => Buffer.from(JSON.stringify(value)).toString('base64url');

function token(issuer, subject, nats) {
  const head = encoded({ typ: 'JWT', alg: 'ed25519-nkey' });
  const iat = Math.floor(Date.now() / 1000);
  const [iss, sub] = [issuer.getPublicKey(), subject.getPublicKey()];
  const claims = encoded({
    jti: `${sub}${iat}`,
    iat,
    iss,
    sub,
    name: nats.type,
    nats: { version: 2, ...nats },
  });
  const signature = Buffer.from(issuer.sign(Buffer.from(`${head}.${claims}`))).toString('base64url');
  return `${head}.${claims}.${signature}`;
}

/** An operator with one account for users, as lines of the server's configuration, and a way to make users of it. */
export function operator() {
  const [own, system, account] = [nkeys.createOperator(), nkeys.createAccount(), nkeys.createAccount()];
  const free = {
    subs: -1,
    data: -1,
    payload: -1,
    conn: -1,
    leaf: -1,
    imports: -1,
    exports: -1,
    wildcards: true,
  };
  const storage = { mem_storage: -1, disk_storage: -1, streams: -1, consumer: -1 };
  const jwtOf = (one, limits) => token(own, one, { type: 'account', limits });
  return {
    config: [
      `operator: ${token(own, own, { type: 'operator' })}`,
      `system_account: ${system.getPublicKey()}`,
      'resolver: MEMORY',
      'resolver_preload: {',
      `  ${system.getPublicKey()}: ${jwtOf(system, free)}`,
      `  ${account.getPublicKey()}: ${jwtOf(account, { ...free, ...storage })}`,
      '}',
    ],
    /** A `.creds` file. */
    creds() {
      const user = nkeys.createUser();
      const jwt = token(account, user, { type: 'user', subs: -1, data: -1, payload: -1 });
      const framed = (what, text) => `-----BEGIN ${what}-----\n${text}\n------END ${what}------\n`;
      return `${framed('NATS USER JWT', jwt)}\n${framed('USER NKEY SEED', seedOf(user))}`;
    },
  };
}

/** A certificate for a name, made by another one or by itself: two files of the test's own. */
export function certificate(w, name, { address, by } = {}) {
  const [cert, key] = [w.path(`${name}.pem`), w.path(`${name}.key`)];
  const made = spawnSync(
    'openssl',
    [
      ...['req', '-x509', '-newkey', 'ec', '-pkeyopt', 'ec_paramgen_curve:P-256', '-nodes', '-days', '2'],
      ...['-subj', `/CN=${name}`, '-keyout', key, '-out', cert],
      ...(address ? ['-addext', `subjectAltName=IP:${address}`] : []),
      ...(by ? ['-CA', by.cert, '-CAkey', by.key] : []),
    ],
    { encoding: 'utf8' },
  );
  assert.equal(made.status, 0, made.stderr);
  return { cert, key };
}
