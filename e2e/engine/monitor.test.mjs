// A second computer watches the first: two network namespaces with a cable between them, the built program at both ends. R23

import assert from 'node:assert/strict';
import { execFileSync, spawn } from 'node:child_process';
import fs from 'node:fs';
import { fileURLToPath } from 'node:url';
import { before, describe } from 'node:test';
import { openFilesOf } from './support/proc.mjs';
import { COMMAND, Run, sleep, until } from './support/run.mjs';
import { MiB, scenario } from './support/world.mjs';

const SIZE = 18 * MiB + 12_345;
/** A server that starts on a busy machine. */
const START_MS = 90_000;
const flood = fileURLToPath(new URL('support/flood.mjs', import.meta.url));
/** What strangers can hold open, beside what a running server has anyway. */
const MAX_FILES = 256 + 150;
const MAX_GROWTH = 200 * MiB;
const needs = { root: true, linux: true, timeout: 240_000 };

const ip = (...args) => execFileSync('ip', args, { stdio: ['ignore', 'ignore', 'pipe'] });

/** Why there is no second computer here, or false. */
let missing = false;
before(() => {
  if (process.getuid?.() !== 0) return;
  try {
    execFileSync('unshare', ['-n', 'true'], { stdio: 'ignore' });
    ip('-V');
  } catch {
    missing = 'needs unshare(1) and ip(8), and may make network namespaces';
  }
});

/** The cable, this end of it with the address `here`; the other computer has `there` and 120 more from `.100` on. */
async function secondComputer(w) {
  const net = `10.${77 + (process.pid % 50)}.${process.pid % 250}`;
  const [near, far] = [`crs${process.pid}a`, `crs${process.pid}b`];
  const holder = spawn('unshare', ['-n', 'sleep', '600'], { stdio: 'ignore' });
  w.after(() => holder.kill('SIGKILL'));
  const own = fs.readlinkSync('/proc/self/ns/net');
  await until(() => {
    try {
      return fs.readlinkSync(`/proc/${holder.pid}/ns/net`) !== own;
    } catch {
      return false;
    }
  }, 'the second namespace');
  ip('link', 'add', near, 'type', 'veth', 'peer', 'name', far, 'netns', String(holder.pid));
  w.after(() => ip('link', 'del', near));
  ip('addr', 'add', `${net}.1/24`, 'dev', near);
  ip('link', 'set', near, 'up');
  const inside = (...args) => execFileSync('nsenter', ['-t', String(holder.pid), '-n', ...args]);
  inside('ip', 'link', 'set', far, 'up');
  inside('ip', 'addr', 'add', `${net}.2/24`, 'dev', far);
  const more = Array.from({ length: 120 }, (_, at) => `addr add ${net}.${100 + at}/24 dev ${far}`);
  execFileSync('nsenter', ['-t', String(holder.pid), '-n', 'ip', '-batch', '-'], { input: more.join('\n') });
  /** Runs a program there, with a home of its own. */
  const run = (name, args) =>
    new Run('nsenter', ['-t', String(holder.pid), '-n', process.execPath, ...args], {
      env: { ...w.env, CAROUSEL_HOME: w.path(name) },
      mark: w.mark,
      cwd: w.dir,
      hang: needs.timeout,
    });
  return {
    net,
    here: `${net}.1`,
    run,
    cut: () => ip('link', 'set', near, 'down'),
    mend: () => ip('link', 'set', near, 'up'),
  };
}

/** `carousel serve` on this end of the cable. */
async function serveOn(w, address) {
  const env = { ...w.env, CAROUSEL_HOME: w.path('home') };
  const hang = needs.timeout;
  const run = w.command(['serve', '--json', '--listen', `${address}:8643`], { env, hang });
  const { network } = await run.seen(({ event }) => event === 'listening', 'listening', START_MS);
  const carousel = (...args) =>
    execFileSync(process.execPath, [COMMAND, ...args], {
      env,
      encoding: 'utf8',
      stdio: ['ignore', 'pipe', 'ignore'],
    });
  return { run, network, carousel };
}

const targetsOf = (event) => (event.jobs ?? []).flatMap(({ targets }) => targets);
const stateOf = (fits) => (event) => event.event === 'state' && targetsOf(event).some(fits);
const linkOf = (link) => (event) => event.event === 'machine' && event.link === link;
const memoryOf = (pid) =>
  Number(/VmRSS:\s+(\d+)/.exec(fs.readFileSync(`/proc/${pid}/status`, 'utf8'))?.[1]) * 1024;

describe('a second computer', () => {
  scenario(
    'R23 watches a copy live, survives a pulled cable, and is right afterwards',
    needs,
    async (w, t) => {
      if (missing) return t.skip(missing);
      const other = await secondComputer(w);
      const { run: server, network, carousel } = await serveOn(w, other.here);
      assert.deepEqual(network.urls, [`https://${other.here}:8643/`]);

      const wrong = await other.run('stranger', [
        COMMAND,
        'monitor',
        other.here,
        '--code',
        'AAAA-AAAA',
        '--once',
      ]).exit;
      assert.equal(wrong.code, 3, wrong.stderr);
      assert.match(wrong.stderr, /wrong, used up or too old/);
      const plain = await other.run('stranger', [COMMAND, 'monitor', `http://${other.here}:8643`, '--once'])
        .exit;
      assert.equal(plain.code, 2, plain.stderr);

      const monitor = other.run('bench', [COMMAND, 'monitor', other.here, '--code', network.code, '--json']);
      await monitor.seen(linkOf('live'), 'live');
      assert.match(carousel('devices'), /viewer/);
      assert.ok(monitor.stderr.includes(network.fingerprint), 'the fingerprint that the machine showed');

      const source = await w.source('source.img', SIZE);
      const [first, late] = await w.targets(['first', 'late'], { size: SIZE, writeBps: '1MB' });
      const copy = w.copy(source, [first], ['--verify'], { hang: needs.timeout });
      await monitor.seen(
        stateOf(({ state, bytesCopied }) => state === 'copying' && bytesCopied > 0),
        'the copy, live',
      );

      other.cut();
      const lost = await monitor.seen(linkOf('lost'), 'lost');
      // Meanwhile the world goes on.
      const joiner = w.copy(source, [late], ['--verify'], { hang: needs.timeout });
      await joiner.joined(late);
      other.mend();
      await monitor.seen((event) => linkOf('live')(event) && event.t > lost.t, 'live again');
      await monitor.seen(
        (event) => event.event === 'state' && event.t > lost.t && targetsOf(event).length === 2,
        'both targets',
      );

      const [one, two] = await Promise.all([copy.exit, joiner.exit]);
      assert.equal(one.code, 0, one.stderr);
      assert.equal(two.code, 0, two.stderr);
      await monitor.seen(
        (event) =>
          event.event === 'state' &&
          targetsOf(event).filter(({ state }) => state === 'verified').length === 2,
        'both verified',
      );
      await w.allEqual(source, [first, late], SIZE);

      const [{ id }] = carousel('devices', '--json')
        .trim()
        .split('\n')
        .map((line) => JSON.parse(line));
      carousel('revoke', id);
      const ended = await monitor.exit;
      assert.equal(ended.code, 3);
      assert.equal(ended.events.findLast(({ event }) => event === 'machine').problem.code, 'not-paired');

      server.child.kill('SIGTERM');
      assert.equal((await server.exit).code, 0);
    },
  );

  scenario(
    'R23 is served while 10 000 connections of nonsense come, and the copy goes on',
    needs,
    async (w, t) => {
      if (missing) return t.skip(missing);
      const other = await secondComputer(w);
      const { run: server, network, carousel } = await serveOn(w, other.here);
      const monitor = other.run('bench', [COMMAND, 'monitor', other.here, '--code', network.code, '--json']);
      await monitor.seen(linkOf('live'), 'live');
      const source = await w.source('source.img', SIZE);
      const targets = await w.targets(['first'], { size: SIZE, writeBps: '1MB' });
      const copy = w.copy(source, targets, [], { hang: needs.timeout });
      await monitor.seen(
        stateOf(({ bytesCopied }) => bytesCopied > 0),
        'the copy, live',
      );

      const before = memoryOf(server.pid);
      let [files, memory] = [0, 0];
      const strangers = other.run('stranger', [
        flood,
        other.here,
        '8643',
        '10000',
        `${other.net}.100`,
        '120',
      ]);
      let over = false;
      const flooded = strangers.exit.then((result) => {
        over = true;
        return result;
      });
      while (!over) {
        files = Math.max(files, openFilesOf(server.pid).length);
        memory = Math.max(memory, memoryOf(server.pid));
        await sleep(50);
      }
      const [{ made, answered }] = (await flooded).events;
      t.diagnostic(
        `${made} connections; at most ${files} files open, ${Math.round((memory - before) / MiB)} MiB more memory`,
      );
      assert.equal(made, 10_000);
      assert.equal(answered, 0, 'nobody was let in');
      assert.ok(files < MAX_FILES, `${files} files were open`);
      assert.ok(memory - before < MAX_GROWTH, `${memory - before} bytes more memory`);

      assert.equal(monitor.events.filter(linkOf('lost')).length, 0, 'who watched was not disturbed');
      const code = carousel('pair').trim();
      const late = await other.run('late', [
        COMMAND,
        'monitor',
        other.here,
        '--code',
        code,
        '--once',
        '--json',
      ]).exit;
      assert.equal(late.code, 0, late.stderr);
      const { code: exit, stderr } = await copy.exit;
      assert.equal(exit, 0, stderr);
      await w.allEqual(source, targets, SIZE);
      await monitor.seen(
        stateOf(({ state }) => state === 'done'),
        'the end of the copy',
      );
      monitor.child.kill('SIGTERM');
      server.child.kill('SIGTERM');
      await Promise.all([monitor.exit, server.exit]);
    },
  );
});
