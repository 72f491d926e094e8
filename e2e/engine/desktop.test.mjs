// The packaged program, as a person of a desktop has it: real polkit with our own policy file, `sudo-prompt` where there is only kdesudo, real
// udisks. All of it in a system of its own (support/desktop.mjs); only the users are the machine's, and they go again.

import assert from 'node:assert/strict';
import { execFileSync, spawn, spawnSync } from 'node:child_process';
import { randomBytes } from 'node:crypto';
import fs from 'node:fs';
import path from 'node:path';
import { after, before, describe } from 'node:test';
import { copyInApp } from './support/app-copies.mjs';
import { connect } from './support/core-client.mjs';
import { APP, noDesktop, PACKAGED_HELPER, startDesktop } from './support/desktop.mjs';
import { assertGood, assertUntouched, endOf } from './support/expect.mjs';
import { ROOT, Run, until } from './support/run.mjs';
import { onPath } from './support/tools.mjs';
import { MiB, scenario } from './support/world.mjs';

const SIZE = 2 * MiB + 5;
const here = noDesktop();
const udisksHere = noDesktop({ udisks: true });
const noSudo = !onPath('sudo') && 'sudo is missing';
const dana = `dana${randomBytes(3).toString('hex')}`;
let uid;

before(() => {
  if (here) return;
  execFileSync('useradd', ['--no-create-home', '--shell', '/bin/sh', dana]);
  uid = Number(execFileSync('id', ['-u', dana], { encoding: 'utf8' }));
});
after(() => {
  if (!here) spawnSync('userdel', [dana]);
});

function home(w) {
  const folder = w.path('home');
  fs.mkdirSync(folder, { recursive: true });
  fs.chownSync(folder, uid, uid);
  return folder;
}

async function sourceOf(w) {
  const source = await w.source('source.img', SIZE);
  fs.chownSync(source, uid, uid);
  return source;
}

/** Sticks that only `owner` may open. */
async function sticksOf(w, names, owner = 0, options = { size: '4M' }) {
  const sticks = await w.sticks(names, options);
  for (const { dev } of sticks) {
    fs.chownSync(dev, owner, 0);
    fs.chmodSync(dev, 0o600);
  }
  for (const stick of sticks) await stick.stat({ reset: true });
  return sticks;
}

/** Runs a program as the user, in the desktop's system. */
function asDana(w, desktop, command, env = {}) {
  const folder = home(w);
  const [name, value] = w.mark.split('=');
  const all = {
    HOME: folder,
    CAROUSEL_HOME: folder,
    TMPDIR: folder,
    PATH: process.env.PATH,
    [name]: value,
    ...env,
  };
  const words = Object.entries(all).map(([key, text]) => `${key}=${text}`);
  const [program, ...args] = desktop.inside(
    ...['setpriv', `--reuid=${dana}`, `--regid=${dana}`, '--init-groups', 'env', '-i', ...words, ...command],
  );
  // One of these is an app that stays for three jobs, on a machine that may be busy.
  return new Run(program, args, { env: process.env, mark: w.mark, cwd: '/', hang: 170_000 });
}

const program = (...args) => [process.execPath, `${APP}/bin/carousel`, ...args];

/** Elevated brokers of the packaged helper. */
const brokers = () =>
  fs
    .readdirSync('/proc')
    .filter((name) => /^\d+$/.test(name))
    .filter((pid) => {
      try {
        const words = fs.readFileSync(`/proc/${pid}/cmdline`, 'utf8').split('\0');
        return words[1] === 'broker' && fs.readlinkSync(`/proc/${pid}/exe`).endsWith(PACKAGED_HELPER);
      } catch {
        return false;
      }
    });

/** One app copies to three sticks, one after the other; gives the brokers that were seen. */
async function threeJobs(w, desktop, env = {}) {
  const source = await sourceOf(w);
  const sticks = await sticksOf(w, ['one', 'two', 'three'], 0, { size: '4M', plain: false });
  const PATH = `${path.join(ROOT, 'testlab/shim')}:${process.env.PATH}`;
  const serve = asDana(w, desktop, program('serve', '--json'), { PATH, CAROUSEL_SHOW_LOOP: '1', ...env });
  const { url } = await serve.seen(({ event }) => event === 'listening', 'its address');
  const app = await connect(url);
  const seen = new Set();
  await copyInApp(w, app, source, sticks, SIZE, () => {
    for (const pid of brokers()) seen.add(pid);
  });
  const { state } = await app.call('state.get', {});
  assert.equal(state.system.elevation, 'granted');
  app.close();
  serve.child.kill('SIGTERM');
  await serve.exit;
  await until(() => brokers().length === 0, 'the elevated helper to go', 15_000);
  return seen;
}

/** A copy to a stick of root's that is refused: its end. */
async function refusedCopy(w, desktop, env) {
  const source = await sourceOf(w);
  const [stick] = await sticksOf(w, ['locked']);
  const end = await asDana(w, desktop, program('copy', source, stick.dev, '--yes', '--json'), env).exit;
  assert.equal(end.code, 5, end.stderr);
  assert.equal(endOf(end.summary, stick.dev), 'refused no-permission', end.stderr);
  await assertUntouched(stick);
  assert.equal(brokers().length, 0);
  return end;
}

const ruleFor = (user) => `
polkit.addRule(function(action, subject) {
  if (action.id == "org.carousel.write" && subject.user == "${user}") {
    polkit.log("carousel was asked for");
    return polkit.Result.YES;
  }
});
`;
const timesAsked = (desktop) => desktop.logOf('polkit').split('carousel was asked for').length - 1;

describe('polkit, with the policy file of the package', { concurrency: 1 }, () => {
  scenario('three jobs of one app ask once', { sticks: true, when: here }, async (w) => {
    const desktop = await startDesktop(w, { rules: ruleFor(dana) });
    assert.equal((await threeJobs(w, desktop)).size, 1);
    assert.equal(timesAsked(desktop), 1, desktop.logOf('polkit'));
  });

  scenario(
    'without a rule, and with one for somebody else: a clear message, exit 5, not a byte',
    { sticks: true, when: here },
    async (w) => {
      const desktop = await startDesktop(w, { rules: ruleFor('somebody') });
      const { stderr } = await refusedCopy(w, desktop);
      assert.match(stderr, /neither sudo nor pkexec/);
      const other = asDana(w, desktop, ['pkexec', '--disable-internal-agent', '/usr/bin/id']);
      assert.equal((await other.exit).code, 127, 'the rule is for nothing else');
    },
  );

  scenario('a rule for our helper gives no other program rights', { sticks: true, when: here }, async (w) => {
    const desktop = await startDesktop(w, { rules: ruleFor(dana) });
    for (const command of [['/usr/bin/id'], ['/bin/sh', '-c', PACKAGED_HELPER]])
      assert.equal(
        (await asDana(w, desktop, ['pkexec', '--disable-internal-agent', ...command]).exit).code,
        127,
      );
    assert.equal(timesAsked(desktop), 0);
  });

  for (const [name, weaken] of [
    ['its folder is open to its group', ['chmod', '775', '/opt/Carousel/resources/helpers']],
    ['the app’s folder is the user’s', ['chown', dana, '/opt/Carousel']],
    ['the helper is the user’s', ['chown', dana, PACKAGED_HELPER]],
    ['an access list lets somebody write to it', ['setfacl', '-m', 'u:nobody:rw', PACKAGED_HELPER]],
  ])
    scenario(
      `a packaged helper that others could change gets no rights: ${name}`,
      { sticks: true, when: here || (weaken[0] === 'setfacl' && !onPath('setfacl') && 'setfacl is missing') },
      async (w) => {
        const desktop = await startDesktop(w, { rules: ruleFor(dana) });
        assert.equal(desktop.run(...weaken).status, 0);
        const { stderr } = await refusedCopy(w, desktop);
        assert.match(stderr, /can be changed by others than root/);
        assert.equal(timesAsked(desktop), 0);
      },
    );
});

describe('sudo-prompt, where there is kdesudo and no pkexec', { concurrency: 1 }, () => {
  /** Plays the program that shows the prompt; what it is given is what the package makes. */
  const kdesudo = (does) => `#!/bin/sh
echo asked >> "$HOME/asked"
while [ "$1" != -- ]; do shift; done
shift
${does}
`;
  const start = (w, does, allowed) =>
    startDesktop(w, {
      programs: { kdesudo: kdesudo(does), pkexec: null },
      sudoers: `${dana} ALL=(root) NOPASSWD: ${allowed}\n`,
    });
  const env = { DISPLAY: ':0' };
  const asked = (w) => fs.readFileSync(path.join(home(w), 'asked'), 'utf8');

  scenario('three jobs of one app ask once', { sticks: true, when: here || noSudo }, async (w) => {
    const desktop = await start(w, 'exec /usr/bin/sudo -n -- "$@"', '/bin/bash -c *');
    assert.equal((await threeJobs(w, desktop, env)).size, 1);
    assert.equal(asked(w), 'asked\n');
  });

  for (const [name, does, words] of [
    ['a closed prompt', 'exit 1', /were not given/],
    ['a helper that does not start', 'echo SUDOPROMPT; exit 127', /did not start/],
    [
      'a helper that is not told who asked',
      'exec /usr/bin/sudo -n -- /usr/bin/env -u SUDO_UID "$@"',
      /did not start/,
    ],
  ])
    scenario(`${name} is told as what it is`, { sticks: true, when: here || noSudo }, async (w) => {
      const desktop = await start(w, does, '/usr/bin/env -u SUDO_UID /bin/bash -c *');
      const { stderr } = await refusedCopy(w, desktop, env);
      assert.match(stderr, words);
      assert.equal(asked(w), 'asked\n');
    });
});

describe('udisks', { concurrency: 1 }, () => {
  const mayMount = `
polkit.addRule(function(action, subject) {
  if (/^org\\.freedesktop\\.udisks2\\.filesystem-(mount|unmount)/.test(action.id) && subject.user == "${dana}")
    return polkit.Result.YES;
});
`;
  /** A stick of the user's with a file system on it, in a system with udisks; there is no udevd, so what that would say is written down. */
  async function mountedStick(w, rules) {
    const [stick] = await sticksOf(w, ['mounted'], uid, { size: '8M' });
    execFileSync('mkfs.ext4', ['-q', '-F', stick.dev]);
    const { rdev } = fs.statSync(stick.dev);
    const number = `${String((rdev >> 8) & 0xfff)}:${String((rdev & 0xff) | ((rdev >> 12) & 0xfff00))}`;
    const data = 'I:1\nE:ID_FS_USAGE=filesystem\nE:ID_FS_TYPE=ext4\nE:ID_FS_VERSION=1.0\nG:systemd\nV:1\n';
    const desktop = await startDesktop(w, { rules, udisks: true, udev: { [number]: data } });
    const isMounted = () => desktop.run('cat', '/proc/mounts').stdout.includes(`${stick.dev} `);
    return { stick, desktop, isMounted };
  }
  const noMkfs = !onPath('mkfs.ext4') && 'mkfs.ext4 is missing';
  const needs = { sticks: true, when: udisksHere || noMkfs };

  scenario('copy --unmount lets it take a stick out of use', needs, async (w) => {
    const source = await sourceOf(w);
    const { stick, desktop, isMounted } = await mountedStick(w, mayMount);
    const mounted = await asDana(w, desktop, ['udisksctl', 'mount', '-b', stick.dev]).exit;
    assert.equal(mounted.code, 0, mounted.stderr);
    assert.ok(isMounted());
    const copy = (...more) =>
      asDana(w, desktop, program('copy', source, stick.dev, '--yes', '--json', ...more)).exit;
    const without = await copy();
    assert.equal(endOf(without.summary, stick.dev), 'refused mounted', without.stderr);
    assert.ok(isMounted(), 'nothing is unmounted that nobody asked to');
    assertGood(await copy('--unmount'), [stick.dev]);
    assert.ok(!isMounted());
    await w.equal(source, stick.dev, SIZE);
  });

  scenario('a stick in use stays as it is', needs, async (w) => {
    const source = await sourceOf(w);
    const { stick, desktop, isMounted } = await mountedStick(w, mayMount);
    await asDana(w, desktop, ['udisksctl', 'mount', '-b', stick.dev]).exit;
    const place = desktop.run('findmnt', '-no', 'TARGET', stick.dev).stdout.trim();
    const [name, ...args] = desktop.inside('sh', '-c', `cd '${place}' && exec sleep 60`);
    const user = spawn(name, args, { stdio: 'ignore' });
    w.after(() => user.kill('SIGKILL'));
    await until(() => fs.readlinkSync(`/proc/${String(user.pid)}/cwd`) === place, 'somebody in it');
    const copy = () =>
      asDana(w, desktop, program('copy', source, stick.dev, '--yes', '--json', '--unmount')).exit;
    const busy = await copy();
    assert.equal(endOf(busy.summary, stick.dev), 'refused mounted', busy.stderr);
    assert.match(busy.stderr, /still uses files in/);
    assert.ok(isMounted());
    user.kill('SIGKILL');
    await until(() => user.exitCode !== null || user.signalCode !== null, 'it to go');
    assert.equal(desktop.run('umount', stick.dev).status, 0);
  });

  scenario('one that polkit does not let this user unmount stays as it is', needs, async (w) => {
    const source = await sourceOf(w);
    const { stick, desktop, isMounted } = await mountedStick(w, '');
    assert.equal(desktop.run('udisksctl', 'mount', '-b', stick.dev).status, 0);
    const end = await asDana(w, desktop, program('copy', source, stick.dev, '--yes', '--json', '--unmount'))
      .exit;
    assert.equal(endOf(end.summary, stick.dev), 'refused mounted', end.stderr);
    assert.match(end.stderr, /this user may not unmount/);
    assert.ok(isMounted());
    assert.equal(desktop.run('umount', stick.dev).status, 0);
  });
});
