// Who may in at the server, by each kind of credentials that is offered; and what only the station itself may allow.

import assert from 'node:assert/strict';
import fs from 'node:fs';
import { endOf } from '../engine/support/expect.mjs';
import { MiB, scenario } from '../engine/support/world.mjs';
import { ended, network, sticks, when } from './support/stations.mjs';
import { certificate, nkey, operator } from './support/nats-keys.mjs';

const JOIN = ['--wait-for-join', 12];

function secret(w, name, text) {
  const file = w.path(name);
  fs.writeFileSync(file, text, { mode: 0o600 });
  return file;
}

/** Both ends come in with their own credentials, and one is turned away with those of a stranger. */
async function copies(w, net, first, station, stranger) {
  const source = await w.source('source.img', 3 * MiB);
  const a = net.copy('a', source, [], ['--job', 'let', ...JOIN, '--credentials', first]);
  await a.job();
  const target = w.path('b.img');
  const denied = await net.station('b', 'let', [target], ['--credentials', stranger]).exit;
  assert.equal(denied.code, 5, denied.stderr);
  assert.match(denied.stderr, /does not let us in/);
  assert.equal(fs.existsSync(target), false);
  ended(await net.station('b', 'let', [target], ['--credentials', station]).exit, 0, 'the station');
  ended(await a.exit, 0, 'the first node');
  await w.equal(source, target, 3 * MiB);
}

scenario('credentials: nkey seeds', { when }, async (w) => {
  const [first, station] = [nkey(), nkey()];
  const users = [first, station].map((one) => `{ nkey: ${one.public} }`).join(', ');
  const net = await network(w, ['a', 'b'], ['jetstream { }', `authorization { users: [ ${users} ] }`]);
  const file = (name, { seed }) => secret(w, name, `${seed}\n`);
  await copies(w, net, file('first', first), file('station', station), file('stranger', nkey()));
});

scenario('credentials: .creds files of an operator', { when }, async (w) => {
  const own = operator();
  const net = await network(w, ['a', 'b'], ['jetstream { }', ...own.config]);
  const file = (name, text) => secret(w, `${name}.creds`, text);
  await copies(w, net, file('first', own.creds()), file('b', own.creds()), file('c', operator().creds()));
});

scenario(
  'credentials: certificates of both ends, of an authority that the server names',
  { when },
  async (w) => {
    const source = await w.source('source.img', 3 * MiB);
    const net = await network(w, ['a', 'b'], null);
    const hub = certificate(w, 'hub', { address: net.address });
    const own = certificate(w, 'own', { by: hub });
    const stranger = certificate(w, 'stranger');
    const tls = `tls { cert_file: "${hub.cert}", key_file: "${hub.key}", ca_file: "${hub.cert}", verify: true }`;
    await net.server(['jetstream { }', tls]);
    const url = net.url.replace('nats:', 'tls:');
    const shown = ({ cert, key }) => ['--tls-ca', hub.cert, '--tls-cert', cert, '--tls-key', key];
    const copy = ['copy', source, '--json', '--yes', '--publish', url, '--job', 'both', ...JOIN];
    for (const none of [['--tls-ca', hub.cert], shown(stranger)]) {
      const end = await net.run('a', [...copy, ...none]).exit;
      assert.equal(end.code, 4, end.stderr);
      assert.match(end.stderr, /could not be made safe/);
    }
    const a = net.run('a', [...copy, ...shown(own)]);
    await a.job();
    const target = w.path('b.img');
    const b = net.run('b', ['station', url, '--job', 'both', target, '--json', '--yes', ...shown(own)]);
    ended(await b.exit, 0, 'the station');
    ended(await a.exit, 0, 'the first node');
    await w.equal(source, target, 3 * MiB);
  },
);

scenario(
  'a station writes to no drive that holds something before somebody there has agreed',
  { when },
  async (w) => {
    const source = await w.source('source.img', 3 * MiB);
    const net = await network(w, ['a', 'b']);
    const [b1] = await sticks(w, ['b1']);
    fs.writeFileSync(b1, 'somebody wants this', { flag: 'r+' });
    const before = fs.readFileSync(b1);
    const a = net.copy('a', source, [], ['--job', 'own', ...JOIN]);
    await a.job();
    const b = await net.run('b', ['station', net.url, '--job', 'own', b1, '--json']).exit;
    assert.equal(b.code, 3, b.stderr);
    assert.equal(endOf(b.summary, b1), 'refused not-approved');
    assert.ok(fs.readFileSync(b1).equals(before), 'something was written');
    ended(await net.station('b', 'own', [b1]).exit, 0, 'the station, once somebody has agreed');
    ended(await a.exit, 0, 'the first node');
    await w.equal(source, b1, 3 * MiB);
  },
);
