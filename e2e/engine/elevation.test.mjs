// An unprivileged user, a rule for exactly our helper, and everybody who would like to misuse it. Makes its own users and sudo rule, and
// removes them. The program is tested from a copy that every user may read.

import assert from 'node:assert/strict';
import { execFileSync, spawnSync } from 'node:child_process';
import { randomBytes } from 'node:crypto';
import fs from 'node:fs';
import os from 'node:os';
import path from 'node:path';
import { after, before, describe } from 'node:test';
import { copyInApp } from './support/app-copies.mjs';
import { connect } from './support/core-client.mjs';
import { assertUntouched, endOf } from './support/expect.mjs';
import { HELPER, ROOT, Run, until } from './support/run.mjs';
import { atTerminal, noTerminal } from './support/terminal.mjs';
import { onPath } from './support/tools.mjs';
import { MiB, scenario } from './support/world.mjs';
import { inWorldWith, withSerial } from './support/worlds.mjs';

const SIZE = 2 * MiB + 5;
const isRoot = process.getuid?.() === 0 && process.platform === 'linux';
const suffix = randomBytes(3).toString('hex');
const carol = `carol${suffix}`;
const mallory = `mallory${suffix}`;
const rule = `/etc/sudoers.d/carousel-test-${suffix}`;

let copy;
let uid;
let helper;
let noUser = !isRoot && 'needs root on Linux';
const noSudo = !onPath('sudo') && 'sudo is missing';

before(() => {
  if (!isRoot) return;
  copy = fs.mkdtempSync(path.join(os.tmpdir(), 'carousel-elevation-'));
  fs.chmodSync(copy, 0o755);
  for (const what of ['bin', 'dist', 'package.json'])
    fs.cpSync(path.join(ROOT, what), path.join(copy, what), { recursive: true });
  helper = path.join(copy, 'native-helpers/build/Release/carousel-helper');
  fs.mkdirSync(path.dirname(helper), { recursive: true });
  fs.copyFileSync(HELPER, helper);
  fs.chmodSync(helper, 0o755);
  for (const user of [carol, mallory])
    execFileSync('useradd', ['--no-create-home', '--shell', '/bin/sh', user]);
  uid = Number(execFileSync('id', ['-u', carol], { encoding: 'utf8' }));
});

after(() => {
  if (!isRoot) return;
  fs.rmSync(rule, { force: true });
  for (const user of [carol, mallory]) spawnSync('userdel', [user]);
  fs.rmSync(copy, { recursive: true, force: true });
});

/** A folder of the user's in the test's world. */
function home(w, user, name = user) {
  const folder = w.path(name);
  fs.chmodSync(w.dir, 0o755);
  fs.mkdirSync(folder);
  execFileSync('chown', [user, folder]);
  return folder;
}

/** The words that run a program as a user, with nothing of our own surroundings but what is given. */
function wordsAs(w, user, command, { folder, PATH = process.env.PATH, more = [] }) {
  const [name, value] = w.mark.split('=');
  const env = [
    `HOME=${folder}`,
    `CAROUSEL_HOME=${folder}`,
    `TMPDIR=${folder}`,
    `PATH=${PATH}`,
    `${name}=${value}`,
  ];
  const who = [`--reuid=${user}`, `--regid=${user}`, '--init-groups'];
  return ['setpriv', ...who, 'env', '-i', ...env, ...more, ...command];
}

/** Runs a program as a user. `mounts`: in a world that looks otherwise. */
function as(w, user, command, { folder, PATH, mounts = [], ...more }) {
  const [first, ...rest] = [...inWorldWith(mounts), ...wordsAs(w, user, command, { folder, PATH })];
  return new Run(first, rest, {
    env: process.env,
    mark: w.mark,
    cwd: '/',
    ...more,
  });
}

const program = (...args) => [process.execPath, path.join(copy, 'bin/carousel'), ...args];

/** Lets a user run exactly our helper's broker, and counts how often that is done. */
function allow(w, folder, user = carol) {
  fs.writeFileSync(rule, `${user} ALL=(root) NOPASSWD: ${helper} broker *\n`, { mode: 0o440 });
  w.after(() => fs.rmSync(rule, { force: true }));
  const bin = path.join(folder, 'bin');
  const log = path.join(folder, 'asked');
  fs.mkdirSync(bin);
  fs.writeFileSync(path.join(bin, 'sudo'), `#!/bin/sh\necho asked >> ${log}\nexec ${realSudo()} "$@"\n`, {
    mode: 0o755,
  });
  fs.writeFileSync(log, '');
  execFileSync('chown', [user, log]);
  return {
    PATH: `${bin}:${process.env.PATH}`,
    times: () => fs.readFileSync(log, 'utf8').split('\n').length - 1,
  };
}

const realSudo = () => execFileSync('sh', ['-c', 'command -v sudo'], { encoding: 'utf8' }).trim();

async function sourceOf(w, folder, user = carol, size = SIZE) {
  const source = await w.source('source.img', size);
  execFileSync('chown', [user, source]);
  return source;
}

/** Sticks that only root may open. */
async function lockedSticks(w, names, options = { size: '4M' }) {
  const sticks = await w.sticks(names, options);
  for (const { dev } of sticks) {
    fs.chownSync(dev, 0, 0);
    fs.chmodSync(dev, 0o600);
  }
  for (const stick of sticks) await stick.stat({ reset: true });
  return sticks;
}

/** Processes of the copied helper, by arguments. */
const helpers = () =>
  fs
    .readdirSync('/proc')
    .filter((name) => /^\d+$/.test(name))
    .flatMap((pid) => {
      try {
        const exe = fs.readlinkSync(`/proc/${pid}/exe`);
        return exe === helper
          ? [{ pid: Number(pid), args: fs.readFileSync(`/proc/${pid}/cmdline`, 'utf8') }]
          : [];
      } catch {
        return [];
      }
    });

const nobodyLeft = () => until(() => helpers().length === 0, 'the elevated processes to end', 15_000);

/** Meets an elevated helper the way the given player does. */
async function meet(w, what, { user = carol, callerUid = uid, before: prepare = () => undefined } = {}) {
  const folder = home(w, user);
  const place = path.join(folder, 'meeting');
  const player = as(
    w,
    user,
    [process.execPath, path.join(copy, 'core-player.mjs'), JSON.stringify({ folder: place, ...what })],
    { folder, hang: 40_000 },
  );
  fs.copyFileSync(path.join(ROOT, 'e2e/engine/support/core-player.mjs'), path.join(copy, 'core-player.mjs'));
  await player.seen(({ ready }) => ready, 'the player');
  prepare(place);
  const broker = new Run(helper, ['broker', place], {
    env: { PATH: process.env.PATH, SUDO_UID: String(callerUid) },
    mark: w.mark,
    cwd: '/',
    hang: 40_000,
  });
  return {
    player,
    broker,
    place,
    async end() {
      player.child.kill();
      await player.exit;
      await broker.exit;
      await nobodyLeft();
    },
  };
}

describe('rights', { concurrency: 1 }, () => {
  scenario(
    'without a rule: a clear message, exit 5, not a byte',
    { sticks: true, when: noUser || noSudo },
    async (w) => {
      const folder = home(w, carol);
      const source = await sourceOf(w, folder);
      const [stick] = await lockedSticks(w, ['a']);
      const run = as(w, carol, program('copy', source, stick.dev, '--yes', '--json'), { folder });
      const end = await run.exit;
      assert.equal(end.code, 5, end.stderr);
      assert.match(end.stderr, /may not open these drives/);
      assert.equal(endOf(end.summary, stick.dev), 'refused no-permission');
      await assertUntouched(stick);
    },
  );

  scenario(
    'with a rule for exactly the helper a copy works, and what a person may write needs no rights',
    { sticks: true, when: noUser || noSudo },
    async (w) => {
      const folder = home(w, carol);
      const source = await sourceOf(w, folder);
      const [locked, open] = await lockedSticks(w, ['locked', 'open']);
      fs.chownSync(open.dev, uid, 0);
      const { PATH, times } = allow(w, folder);
      const image = path.join(folder, 'out.img');
      const plain = await as(
        w,
        carol,
        program('copy', source, open.dev, image, '--yes', '--verify', '--json'),
        { folder, PATH },
      ).exit;
      assert.equal(plain.code, 0, plain.stderr);
      assert.equal(times(), 0, 'asked for rights that were not needed');
      const end = await as(w, carol, program('copy', source, locked.dev, '--yes', '--verify', '--json'), {
        folder,
        PATH,
      }).exit;
      assert.equal(end.code, 0, end.stderr);
      assert.equal(endOf(end.summary, locked.dev), 'verified');
      assert.equal(times(), 1);
      await w.equal(source, locked.dev, SIZE);
      await nobodyLeft();
    },
  );

  scenario(
    'comparing, healing and probing get rights the same way; manifest and maps belong to who asked',
    { sticks: true, when: noUser || noSudo },
    async (w) => {
      const folder = home(w, carol);
      const source = await sourceOf(w, folder);
      const [stick] = await lockedSticks(w, ['a']);
      const { PATH, times } = allow(w, folder);
      const manifest = path.join(folder, 'manifest');
      const run = async (...args) => {
        const end = await as(w, carol, program(...args, '--json'), { folder, PATH }).exit;
        await nobodyLeft();
        return end;
      };
      const copied = await run('copy', source, stick.dev, '--yes', '--manifest', manifest);
      assert.equal(copied.code, 0, copied.stderr);
      assert.equal(fs.statSync(manifest).uid, uid);
      const maps = path.join(folder, 'resume');
      assert.equal(fs.statSync(maps).uid, uid);
      fs.writeFileSync(stick.dev, 'rot', { flag: 'r+' });
      const heal = ['--heal', '--source', source];
      const unasked = await run('verify', stick.dev, '--manifest', manifest, ...heal);
      assert.equal(endOf(unasked.summary, stick.dev), 'refused not-approved', unasked.stderr);
      const bad = await run('verify', stick.dev, '--manifest', manifest);
      assert.equal(endOf(bad.summary, stick.dev), 'failed verify-mismatch 0', bad.stderr);
      const healed = await run('verify', stick.dev, '--manifest', manifest, ...heal, '--yes');
      assert.equal(endOf(healed.summary, stick.dev), 'verified', healed.stderr);
      await w.equal(source, stick.dev, SIZE);
      const probed = await run('probe', stick.dev, '--yes');
      assert.deepEqual([probed.code, probed.events.at(-1).verdict], [0, 'genuine'], probed.stderr);
      await w.equal(source, stick.dev, SIZE);
      assert.equal(times(), 5);
    },
  );

  scenario(
    'what the person protects is no target of the elevated helper either',
    { sticks: true, when: noUser || noSudo },
    async (w) => {
      const folder = home(w, carol);
      const source = await sourceOf(w, folder);
      const [stick] = await lockedSticks(w, ['archive']);
      const mounts = [withSerial(w, stick, 'ARCHIVE-0042')];
      const { PATH, times } = allow(w, folder);
      const copyWith = async (...protectedSerials) => {
        const settings = JSON.stringify({ version: 0, settings: { protectedSerials } });
        fs.writeFileSync(path.join(folder, 'settings.json'), settings);
        const words = program('copy', source, stick.dev, '--yes', '--json');
        const end = await as(w, carol, words, { folder, PATH, mounts }).exit;
        await nobodyLeft();
        return endOf(end.summary, stick.dev);
      };
      assert.equal(await copyWith('ARCHIVE-0042'), 'refused protected-drive');
      assert.equal(times(), 1, 'the drive was to be looked at with the rights');
      await assertUntouched(stick);
      assert.equal(await copyWith('ARCHIVE-0041'), 'done');
    },
  );

  scenario('three jobs of one app ask once', { sticks: true, when: noUser || noSudo }, async (w) => {
    const folder = home(w, carol);
    const source = await sourceOf(w, folder);
    const sticks = await lockedSticks(w, ['one', 'two', 'three'], { size: '4M', plain: false });
    const { PATH, times } = allow(w, folder);
    const shim = `${path.join(ROOT, 'testlab/shim')}:${PATH}`;
    const serve = as(w, carol, ['env', 'CAROUSEL_SHOW_LOOP=1', ...program('serve', '--json')], {
      folder,
      PATH: shim,
    });
    const { url } = await serve.seen(({ event }) => event === 'listening', 'its address');
    const app = await connect(url);
    await copyInApp(w, app, source, sticks, SIZE);
    assert.equal(times(), 1, 'a person was asked more than once');
    const { state } = await app.call('state.get', {});
    assert.equal(state.system.elevation, 'granted');
    app.close();
    serve.child.kill('SIGTERM');
    await serve.exit;
    await nobodyLeft();
  });

  scenario(
    'the app shows what is on a drive before anybody agrees, and tells a no from a failure',
    { sticks: true, when: noUser || noSudo },
    async (w) => {
      const folder = home(w, carol);
      const source = await sourceOf(w, folder);
      const [stick] = await lockedSticks(w, ['a'], { size: '4M', plain: false });
      const { PATH, times } = allow(w, folder);
      const sudo = path.join(folder, 'bin/sudo');
      const real = fs.readFileSync(sudo, 'utf8');
      const pkexec = path.join(folder, 'bin/pkexec');
      const answer = (status) => {
        fs.writeFileSync(sudo, '#!/bin/sh\nexit 1\n', { mode: 0o755 });
        fs.writeFileSync(pkexec, `#!/bin/sh\nexit ${status}\n`, { mode: 0o755 });
      };
      answer(126);
      const shim = `${path.join(ROOT, 'testlab/shim')}:${PATH}`;
      const words = ['env', 'CAROUSEL_SHOW_LOOP=1', ...program('serve', '--json')];
      const serve = as(w, carol, words, { folder, PATH: shim });
      const { url } = await serve.seen(({ event }) => event === 'listening', 'its address');
      const app = await connect(url);
      const { drive: from } = await app.call('drives.addImage', { path: source });
      const { id } = await until(async () => {
        await app.call('drives.rescan', {});
        const { state } = await app.call('state.get', {});
        return Object.values(state.drives).find(({ path: at }) => at === stick.dev);
      }, `${stick.dev} in the catalogue`);
      const look = async () =>
        (await app.call('jobs.checkTargets', { source: from, targets: [id] })).targets[0];
      for (const [status, code] of [
        [126, 'elevation-declined'],
        [3, 'elevation-failed'],
      ]) {
        answer(status);
        await assert.rejects(app.call('system.obtainRights', {}), { message: code });
        const { ok, token, reasons } = await look();
        assert.deepEqual([ok, token, reasons[0].code], [false, '', 'no-permission']);
        await assert.rejects(app.call('jobs.start', { source: from, targets: [{ drive: id, token }] }));
      }
      await assertUntouched(stick);
      fs.writeFileSync(sudo, real);
      await app.call('system.obtainRights', {});
      await app.call('system.obtainRights', {});
      const seen = await look();
      assert.deepEqual([seen.ok, seen.reasons], [true, []]);
      assert.match(seen.token, /\.A1-\d-[0-9a-f]{64}$/, 'the token is of that look');
      assert.equal(times(), 1, 'a person was asked more than once');
      app.close();
      serve.child.kill('SIGTERM');
      await serve.exit;
      await nobodyLeft();
    },
  );

  scenario(
    'a closed prompt and nobody to ask are told apart (pkexec played by a stand-in)',
    { sticks: true, when: noUser },
    async (w) => {
      const folder = home(w, carol);
      const source = await sourceOf(w, folder);
      const [stick] = await lockedSticks(w, ['a']);
      const bin = path.join(folder, 'bin');
      fs.mkdirSync(bin);
      for (const [status, words] of [
        [126, /were not given/],
        [127, /neither sudo nor pkexec/],
      ]) {
        fs.writeFileSync(path.join(bin, 'pkexec'), `#!/bin/sh\nexit ${status}\n`, { mode: 0o755 });
        const end = await as(w, carol, program('copy', source, stick.dev, '--yes', '--json'), {
          folder,
          PATH: bin,
        }).exit;
        assert.equal(end.code, 5, end.stderr);
        assert.match(end.stderr, words);
      }
      await assertUntouched(stick);
    },
  );
});

describe('a password at a terminal', { concurrency: 1 }, () => {
  const password = `right-${suffix}`;
  const prompt = /password for [a-z0-9]+: $/;

  /** A copy by a user whose rule asks for a password; `broken`: the helper ends by itself once it has the rights. */
  async function copyAsking(w, answers, { broken = false } = {}) {
    const folder = home(w, carol);
    const source = await sourceOf(w, folder);
    const [stick] = await lockedSticks(w, ['a']);
    execFileSync('chpasswd', { input: `${carol}:${password}\n` });
    const asked = broken ? path.join(folder, 'helper') : helper;
    if (broken)
      fs.writeFileSync(asked, `#!/bin/sh\n[ "$1" = broker ] && exit 3\nexec ${helper} "$@"\n`, {
        mode: 0o755,
      });
    const allowed = `${carol} ALL=(root) PASSWD: ${asked} broker *\nDefaults:${carol} timestamp_timeout=0\n`;
    fs.writeFileSync(rule, allowed, { mode: 0o440 });
    w.after(() => fs.rmSync(rule, { force: true }));
    const command = program('copy', source, stick.dev, '--yes');
    const words = wordsAs(w, carol, command, { folder, more: [`CAROUSEL_HELPER=${asked}`, 'TERM=dumb'] });
    const end = await atTerminal(w, words, answers, { cwd: '/' });
    await nobodyLeft();
    return { ...end, source, stick };
  }
  const needs = { sticks: true, when: noUser || noSudo || noTerminal };

  scenario('the right one: it is asked for once, and the copy is made', needs, async (w) => {
    const { code, text, source, stick } = await copyAsking(w, [[prompt, `${password}\r`]]);
    assert.equal(code, 0, text);
    await w.equal(source, stick.dev, SIZE);
  });

  for (const [what, answers] of [
    ['three wrong ones', Array.from({ length: 3 }, () => [prompt, 'wrong\r'])],
    ['none: the end of input', [[prompt, '\x04']]],
  ])
    scenario(`${what}: the rights were not given`, needs, async (w) => {
      const { code, text, stick } = await copyAsking(w, answers);
      assert.equal(code, 5, text);
      assert.match(text, /The rights to open these drives were not given\./);
      await assertUntouched(stick);
    });

  scenario('the right one, and a helper that fails: they were given', needs, async (w) => {
    const { code, text, stick } = await copyAsking(w, [[prompt, `${password}\r`]], { broken: true });
    assert.equal(code, 5, text);
    assert.match(text, /The rights were given, but the helper did not start with them\./);
    await assertUntouched(stick);
  });
});

describe('the elevated helper and those who would misuse it', { concurrency: 1 }, () => {
  const job = (source, ...targets) => ({
    args: ['job'],
    lines: [{ verb: 'start', version: 1, source: { path: source }, targets, options: {} }],
  });

  scenario(
    'files are opened as the caller: /etc/shadow is no source, and nothing is written where the caller may not',
    { root: true, when: noUser },
    async (w) => {
      const out = w.path('out.img');
      const mine = await sourceOf(w, w.dir, carol, 512); // smaller than anything it could replace
      const secret = w.path('secret.img');
      fs.writeFileSync(secret, Buffer.alloc(4096, 1), { mode: 0o600 });
      const link = w.path('link.img');
      fs.symlinkSync('/etc/shadow', link);
      const dark = w.path('dark');
      fs.mkdirSync(dark, { mode: 0o700 });
      const cases = [
        ['/etc/shadow', path.join(w.dir, carol, 'out.img')],
        [secret, path.join(w.dir, carol, 'out.img')],
        [link, path.join(w.dir, carol, 'out.img')],
        [mine, out],
        [mine, secret],
        [mine, path.join(dark, 'out.img')],
        [mine, link],
      ];
      const meeting = await meet(w, {
        launches: cases.map(([source, target]) => job(source, { path: target })),
      });
      const summaries = await until(() => {
        const found = meeting.player.events.filter(({ said }) => said?.event === 'summary');
        return found.length === cases.length && found.map(({ said }) => said);
      }, 'all summaries');
      for (const summary of summaries) {
        assert.equal(summary.ok, false, JSON.stringify(summary));
        assert.match(summary.targets[0].error.code, /^(no-permission|not-a-drive)$/, JSON.stringify(summary));
      }
      assert.equal(fs.existsSync(out), false);
      assert.deepEqual(fs.readFileSync(secret), Buffer.alloc(4096, 1));
      assert.deepEqual(fs.readdirSync(dark), []);
      await meeting.end();
    },
  );

  for (const [name, what] of [
    ['a folder that others may enter', { folderMode: 0o755 }],
    ['a secret that others may read', { secretMode: 0o644 }],
    ['a secret that is a link to /etc/shadow', { secretLink: '/etc/shadow' }],
    ['a secret of another length', { secretText: 'a'.repeat(127) }],
    ['a core that does not know the secret (token swapped)', { wrongProof: true }],
  ])
    scenario(`${name}: the helper goes`, { root: true, when: noUser }, async (w) => {
      const meeting = await meet(w, { ...what, launches: [{ args: ['check', '/dev/null'] }] });
      const { code } = await meeting.broker.exit;
      assert.equal(code, 3);
      assert.equal(
        meeting.player.events.some(({ said }) => said?.launch),
        false,
      );
      await meeting.end();
    });

  scenario("another user's folder and socket: the helper goes", { root: true, when: noUser }, async (w) => {
    const meeting = await meet(w, { launches: [{ args: ['check', '/dev/null'] }] }, { user: mallory });
    assert.equal((await meeting.broker.exit).code, 3);
    await meeting.end();
  });

  scenario('the core may start jobs and looks, nothing else', { root: true, when: noUser }, async (w) => {
    const meeting = await meet(w, {
      launches: [
        { args: ['consume', '/dev/null'] },
        { args: ['broker', '/tmp'] },
        { args: ['job', 'more'] },
        { args: ['probe', 'more'] },
        { args: ['examine', '/dev/null'] },
        { args: [] },
        { args: ['check', '/dev/null'] },
      ],
    });
    const ends = await until(() => {
      const found = meeting.player.events.filter(({ said }) => said?.ended);
      return found.length === 7 && found.map(({ said }) => said);
    }, 'all answers');
    assert.equal(ends.filter(({ problem }) => problem === 'refused').length, 6);
    assert.equal(ends.filter(({ code }) => code === 0).length, 1);
    await meeting.end();
  });

  scenario(
    "garbage at a job's socket ends that conversation, not another, and not the helper",
    { sticks: true, when: noUser },
    async (w) => {
      const source = await sourceOf(w, w.dir);
      const sticks = await lockedSticks(w, ['good', 'other'], { size: '4M', writeBps: '1MB' });
      const [good, bad] = sticks.map(({ dev }) => ({
        path: dev,
        approval: JSON.parse(w.sync(['survey', dev]).stdout).survey.approval,
      }));
      const start = Buffer.from(`${JSON.stringify(job(source, bad).lines[0])}\n`);
      const garbage = {
        noise: Buffer.concat([randomBytes(4096), Buffer.from('\n')]),
        'no line end': Buffer.alloc(70_000, 'a'),
        nothing: Buffer.from('\n'),
        'half a verb': start.subarray(0, 40),
        'a verb of another role': Buffer.from('{"verb":"order","version":1}\n'),
        'a verb behind noise': Buffer.concat([Buffer.from('\xff\xfe{\n', 'latin1'), start]),
      };
      const bytes = Object.values(garbage).map((one) => one.toString('base64'));
      const meeting = await meet(w, {
        launches: [
          job(source, good),
          ...bytes.map((one) => ({ args: ['job'], bytes: one, ends: true })),
          { args: ['probe'], bytes: bytes[0], ends: true },
        ],
      });
      const { events } = meeting.player;
      const { said } = await meeting.player.seen(
        ({ said: { event } = {} }) => event === 'summary',
        'the job',
      );
      assert.equal(said.ok, true, JSON.stringify(said));
      await w.equal(source, good.path, SIZE);
      const ends = () => events.filter(({ said: { ended } = {} }) => ended);
      await until(() => ends().length === bytes.length + 2, `all ends: ${JSON.stringify(events)}`);
      assert.ok(
        ends().every(({ said: { problem, signal } }) => problem === undefined && signal === 0),
        JSON.stringify(ends()),
      );
      assert.equal(events.filter(({ said: { event } = {} }) => event === 'joined').length, 1);
      await assertUntouched(sticks[1]);
      assert.ok(helpers().some(({ pid }) => pid === meeting.broker.pid));
      await meeting.end();
    },
  );

  scenario(
    'garbage at its own socket ends the elevated helper; nothing more is started, and what runs runs on',
    { sticks: true, when: noUser },
    async (w) => {
      const source = await sourceOf(w, w.dir);
      const [stick] = await lockedSticks(w, ['slow'], { size: '4M', writeBps: '1MB' });
      const { approval } = JSON.parse(w.sync(['survey', stick.dev]).stdout).survey;
      const meeting = await meet(w, {
        launches: [job(source, { path: stick.dev, approval })],
        later: {
          after: 'joined',
          say: ['{"launch":7}', JSON.stringify({ launch: 'a'.repeat(64), args: ['check', '/'] })],
        },
      });
      const { said } = await meeting.player.seen(
        ({ said: { event } = {} }) => event === 'summary',
        'the job',
      );
      assert.equal(said.ok, true, JSON.stringify(said));
      await w.equal(source, stick.dev, SIZE);
      await until(() => !helpers().some(({ pid }) => pid === meeting.broker.pid), 'the helper to go');
      const told = meeting.player.events.filter(({ said: { ended, launch } = {} }) => ended ?? launch);
      assert.equal(told.length, 1, `only the first was started: ${JSON.stringify(told)}`);
      await meeting.end();
    },
  );

  scenario('a socket of another user in a folder that is right', { root: true, when: noUser }, async (w) => {
    const number = (user) => Number(execFileSync('id', ['-u', user], { encoding: 'utf8' }));
    const meeting = await meet(
      w,
      { launches: [{ args: ['check', '/dev/null'] }] },
      { before: (place) => fs.lchownSync(path.join(place, 's'), number(mallory), 0) },
    );
    assert.equal((await meeting.broker.exit).code, 3);
    assert.match(meeting.broker.stderr, /the socket is not as it must be/);
    assert.ok(!meeting.player.events.some(({ said }) => said), 'not a word');
    await meeting.end();
  });

  scenario('another user listens at a socket that looks right', { root: true, when: noUser }, async (w) => {
    const meeting = await meet(
      w,
      { launches: [{ args: ['check', '/dev/null'] }] },
      { user: 'root', before: (place) => execFileSync('chown', ['-R', carol, path.dirname(place)]) },
    );
    assert.equal((await meeting.broker.exit).code, 3);
    assert.match(meeting.broker.stderr, /the socket belongs to another user/);
    assert.ok(!meeting.player.events.some(({ said }) => said), 'not a word');
    await meeting.end();
  });

  scenario(
    'a stranger who connects first is told nothing, and the helper still gets in',
    { root: true, when: noUser || noSudo },
    async (w) => {
      const folder = home(w, carol);
      const source = await sourceOf(w, folder);
      const [stick] = await lockedSticks(w, ['a']);
      const { PATH } = allow(w, folder);
      // sudo waits until the stranger, who is the same user, has spoken.
      const stranger = path.join(folder, 'stranger.mjs');
      const heard = path.join(folder, 'heard');
      fs.writeFileSync(
        stranger,
        `import net from 'node:net'; import fs from 'node:fs';
const socket = net.connect(process.argv[2] + '/s');
socket.write(JSON.stringify({ broker: 1, proof: 'f'.repeat(64) }) + '\\n');
let text = ''; socket.on('data', (chunk) => (text += chunk)); socket.on('error', () => undefined);
socket.on('close', () => fs.writeFileSync(${JSON.stringify(heard)}, 'heard:' + text));`,
      );
      fs.writeFileSync(
        path.join(folder, 'bin/sudo'),
        `#!/bin/sh\nfor last; do :; done\n${process.execPath} ${stranger} "$last"\nexec ${realSudo()} "$@"\n`,
      );
      const end = await as(w, carol, program('copy', source, stick.dev, '--yes', '--json'), { folder, PATH })
        .exit;
      assert.equal(fs.readFileSync(heard, 'utf8'), 'heard:');
      assert.equal(end.code, 0, end.stderr);
      await nobodyLeft();
    },
  );

  scenario(
    'the elevated helper is killed in the middle of a copy: the copy goes on and is told to its end',
    { sticks: true, when: noUser || noSudo },
    async (w) => {
      const folder = home(w, carol);
      const source = await sourceOf(w, folder, carol, 6 * MiB);
      const [stick] = await lockedSticks(w, ['slow'], { size: '8M', writeBps: '1MB' });
      const { PATH } = allow(w, folder);
      const words = program('copy', source, stick.dev, '--yes', '--verify', '--json');
      const run = as(w, carol, words, { folder, PATH });
      await run.joined(stick.dev);
      const broker = helpers().find(({ args }) => args.includes('\0broker\0'));
      process.kill(broker.pid, 'SIGKILL');
      const end = await run.exit;
      assert.equal(end.code, 0, end.stderr);
      assert.equal(endOf(end.summary, stick.dev), 'verified');
      await w.equal(source, stick.dev, 6 * MiB);
      await nobodyLeft();
    },
  );

  scenario(
    'a job of one user: seen and joined by that user, attached to again when the app is gone, closed to another',
    { sticks: true, when: noUser },
    async (w) => {
      const source = await sourceOf(w, w.dir, carol, 6 * MiB);
      const [stick] = await lockedSticks(w, ['slow'], { size: '8M', writeBps: '1MB' });
      const [{ approval }] = [JSON.parse(w.sync(['survey', stick.dev]).stdout).survey];
      const meeting = await meet(w, { launches: [job(source, { path: stick.dev, approval })] });
      const started = await meeting.player.seen(({ said }) => said?.event === 'job', 'the job');
      await meeting.player.seen(({ said }) => said?.event === 'joined', 'the ride');
      const key = started.said.job;
      // Everybody who only holds a device has put all rights away.
      const consumer = helpers().find(({ args }) => args.includes('\0consume\0'));
      const status = fs.readFileSync(`/proc/${consumer.pid}/status`, 'utf8');
      assert.match(status, new RegExp(`Uid:\\s+${uid}\\s+${uid}\\s+${uid}\\s+${uid}`));
      assert.match(status, /CapPrm:\s+0+\n/);
      assert.match(status, /NoNewPrivs:\s+1/);
      assert.match(status, /Seccomp:\s+2/);
      const devices = fs
        .readdirSync(`/proc/${consumer.pid}/fd`)
        .map((fd) => fs.readlinkSync(`/proc/${consumer.pid}/fd/${fd}`))
        .filter((at) => at.startsWith('/dev/') && at !== '/dev/null');
      assert.deepEqual(devices, [stick.dev]);
      const supervisor = helpers().find(({ args }) => args.includes('\0job\0'));
      const caps = /CapPrm:\s+([0-9a-f]+)/.exec(fs.readFileSync(`/proc/${supervisor.pid}/status`, 'utf8'))[1];
      assert.equal(
        BigInt(`0x${caps}`).toString(2).replaceAll('0', '').length,
        6,
        'capabilities of the supervisor',
      );
      // The app goes away.
      meeting.player.child.kill('SIGKILL');
      // The job holds the broker's standard error open, so its pipes tell nothing.
      await until(() => !helpers().some(({ pid }) => pid === meeting.broker.pid), 'the broker to go');
      const back = as(w, carol, [helper, 'attach', key], { folder: w.dir });
      await back.seen(({ event, source: at }) => event === 'job' && at.path === source, 'the same job');
      const stranger = as(w, mallory, [helper, 'attach', key], { folder: w.dir });
      assert.equal((await stranger.exit).code, 1);
      assert.deepEqual(
        stranger.events.map(({ code }) => code),
        ['other-user'],
      );
      assert.equal((await as(w, mallory, [helper, 'jobs'], { folder: w.dir }).exit).events.length, 0);
      const mine = await as(w, carol, [helper, 'jobs'], { folder: w.dir }).exit;
      assert.deepEqual(
        mine.events.map(({ job: at }) => at),
        [key],
      );
      await back.seen(({ event, ok }) => event === 'summary' && ok, 'a good end');
      await w.equal(source, stick.dev, 6 * MiB);
      await nobodyLeft();
    },
  );
});
