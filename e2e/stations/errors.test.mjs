// What can stand between two machines, each said in words that help; with the real server.

import assert from 'node:assert/strict';
import { spawnSync } from 'node:child_process';
import fs from 'node:fs';
import path from 'node:path';
import { Run } from '../engine/support/run.mjs';
import { MiB, scenario } from '../engine/support/world.mjs';
import { network, when } from './support/stations.mjs';

const USERS = [
  'jetstream { }',
  'authorization { users: [',
  '  { user: first, password: one }',
  '  { user: station, password: two, permissions: { publish: ["carousel.*.control", "$JS.API.CONSUMER.INFO.CAROUSEL_users.*",',
  '    "$JS.API.CONSUMER.MSG.NEXT.CAROUSEL_users.*", "$JS.ACK.CAROUSEL_users.>"], subscribe: "_INBOX.>" } }',
  '] }',
];

/** An account that may keep four million bytes. */
const SMALL = [
  'jetstream { }',
  'accounts: { SMALL: {',
  '  jetstream: { max_mem: 4194304, max_file: 4194304 }, users: [ { user: first, password: one } ]',
  '} }',
];

function secret(w, name, text) {
  const file = w.path(name);
  fs.writeFileSync(file, text, { mode: 0o600 });
  return file;
}

async function refused(run, code, words) {
  const end = await run.exit;
  assert.equal(end.code, code, end.stderr);
  assert.match(end.stderr, words);
  return end;
}

scenario(
  'no server, no JetStream, no job of that name: each is said, and nothing is begun',
  { when },
  async (w) => {
    const source = await w.source('source.img', 3 * MiB);
    const net = await network(w, ['a', 'b'], null);
    await refused(
      net.copy('a', source, [w.path('none.img')], ['--job', 'none']),
      4,
      /cannot be reached.*ECONNREFUSED/,
    );
    await refused(net.station('b', 'none', [w.path('b.img')]), 4, /cannot be reached/);
    await net.server([]);
    await refused(
      net.copy('a', source, [w.path('none.img')], ['--job', 'none']),
      4,
      /has no JetStream for us/,
    );
    const encrypted = net.run('a', [
      'copy',
      source,
      w.path('none.img'),
      '--publish',
      net.url.replace('nats:', 'tls:'),
    ]);
    await refused(encrypted, 4, /could not be made safe/);
    await refused(net.station('b', 'nobody', [w.path('b.img')]), 4, /Nobody hands out a job of this name/);
    assert.deepEqual(
      ['none.img', 'b.img'].filter((name) => fs.existsSync(path.join(w.dir, name))),
      [],
    );
  },
);

scenario(
  'wrong credentials are refused; a station needs no right but to ask, to fetch and to acknowledge',
  { when },
  async (w) => {
    const source = await w.source('source.img', 9 * MiB);
    const net = await network(w, ['a', 'b'], USERS);
    const wrong = secret(w, 'wrong', 'first:two\n');
    const [first, station] = [secret(w, 'first', 'first:one\n'), secret(w, 'station', 'station:two\n')];
    await refused(
      net.copy('a', source, [w.path('x.img')], ['--credentials', wrong]),
      5,
      /does not let us in/,
    );
    await refused(net.copy('a', source, [w.path('x.img')]), 5, /does not let us in/);
    await refused(net.copy('a', source, [w.path('x.img')], ['--credentials', source]), 4, /cannot be used/);
    const a = net.copy('a', source, [], ['--job', 'users', '--wait-for-join', 12, '--credentials', first]);
    await a.job();
    await refused(
      net.station('b', 'users', [w.path('b.img')], ['--credentials', wrong]),
      5,
      /does not let us in/,
    );
    const b = net.station('b', 'users', [w.path('b.img')], ['--credentials', station]);
    assert.equal((await b.exit).code, 0, b.stderr);
    assert.equal((await a.exit).code, 0, a.stderr);
    await w.equal(source, w.path('b.img'), 9 * MiB);
  },
);

scenario(
  'a server with too little room says so before anything begins, and so do we',
  { when },
  async (w) => {
    const source = await w.source('source.img', 9 * MiB);
    const net = await network(w, ['a'], SMALL);
    const first = ['--credentials', secret(w, 'first', 'first:one\n')];
    await refused(net.copy('a', source, [w.path('x.img')], first), 4, /no room for a few blocks/);
    const tiny = ['--stream-size', '2M', ...first];
    await refused(net.copy('a', source, [w.path('x.img')], tiny), 4, /no room for a few blocks/);
    assert.equal(fs.existsSync(w.path('x.img')), false);
  },
);

scenario(
  'TLS: a server that nobody vouches for is refused, with its authority named all goes encrypted',
  { when },
  async (w) => {
    const source = await w.source('source.img', 9 * MiB);
    const net = await network(w, ['a', 'b'], null);
    const [key, cert] = [w.path('key.pem'), w.path('cert.pem')];
    const made = spawnSync(
      'openssl',
      [
        'req',
        '-x509',
        '-newkey',
        'ec',
        '-pkeyopt',
        'ec_paramgen_curve:P-256',
        '-nodes',
        '-days',
        '2',
        '-subj',
        '/CN=hub',
      ].concat(['-addext', `subjectAltName=IP:${net.address}`, '-keyout', key, '-out', cert]),
      { encoding: 'utf8' },
    );
    assert.equal(made.status, 0, made.stderr);
    await net.server(['jetstream { }', `tls { cert_file: "${cert}", key_file: "${key}" }`]);
    const url = net.url.replace('nats:', 'tls:');
    const copy = ['copy', source, '--json', '--yes', '--publish', url, '--job', 'tls', '--wait-for-join', 6];
    await refused(net.run('a', copy), 4, /could not be made safe/);
    const a = net.run('a', [...copy, '--tls-ca', cert]);
    await a.job();
    const b = net.run('b', [
      'station',
      url,
      '--job',
      'tls',
      w.path('b.img'),
      '--tls-ca',
      cert,
      '--json',
      '--yes',
    ]);
    assert.equal((await b.exit).code, 0, b.stderr);
    assert.equal((await a.exit).code, 0, a.stderr);
    await w.equal(source, w.path('b.img'), 9 * MiB);
    const warned = (run) => run.events.some((e) => e.event === 'link' && e.problem?.code === 'not-encrypted');
    assert.equal(warned(a) || warned(b), false);
  },
);

scenario(
  'versions that do not fit are refused at both ends; a clock that is off is said and harms nobody',
  { when },
  async (w) => {
    const source = await w.source('source.img', 9 * MiB);
    const net = await network(w, ['a', 'b']);
    const a = net.copy('a', source, [], ['--job', 'real', '--wait-for-join', 8]);
    await a.job();
    const [program, ...on] = net.on('b');
    const other = path.join(
      import.meta.dirname ?? path.dirname(new URL(import.meta.url).pathname),
      'support/other-version.mjs',
    );
    const asking = new Run(program, [...on, process.execPath, other, net.url, 'ask', 'real'], {
      env: w.env,
      mark: w.mark,
    });
    assert.deepEqual((await asking.exit).events[0].error, 'version', asking.stderr);
    const answering = new Run(program, [...on, process.execPath, other, net.url, 'answer', 'other'], {
      env: w.env,
      mark: w.mark,
    });
    await answering.seen(({ event }) => event === 'ready', 'the other version');
    await refused(net.station('b', 'other', [w.path('x.img')]), 4, /do not understand each other/);
    w.signal(answering.pid, 'SIGKILL');
    const early = path.join(w.path('shim.mjs'));
    fs.writeFileSync(early, 'const now = Date.now; Date.now = () => now() + 3_600_000;\n');
    const b = net.station('b', 'real', [w.path('b.img')], [], { env: { NODE_OPTIONS: `--import ${early}` } });
    const { problem } = await b.seen(
      (e) => e.event === 'link' && e.problem?.code === 'clock-skew',
      'a word about the clock',
    );
    assert.match(problem.detail, /3600 s ahead/);
    assert.equal((await b.exit).code, 0, b.stderr);
    assert.equal((await a.exit).code, 0, a.stderr);
    await w.equal(source, w.path('b.img'), 9 * MiB);
  },
);
