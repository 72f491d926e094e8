// Attacks on the one thing that must never happen: a byte on the wrong drive. Each is a test by name (docs/security.md lists them).

import assert from 'node:assert/strict';
import { execFileSync } from 'node:child_process';
import fs from 'node:fs';
import { describe } from 'node:test';
import { readDirect } from '../../testlab/sticks.mjs';
import { serveCore } from './support/core-client.mjs';
import { assertGood, assertUntouched, endOf } from './support/expect.mjs';
import { advance, asHelper, setting, startHeld } from './support/ride.mjs';
import { HELPER, until } from './support/run.mjs';
import { asked, MiB, scenario } from './support/world.mjs';

const SIZE = 3 * MiB + 5;

/** The token of a drive, as a person gets it. */
async function approvalOf(w, drive, args = ['--yes']) {
  const run = w.command(['approve', drive, '--json', ...args]);
  const { code, stderr } = await run.exit;
  assert.equal(code, 0, stderr);
  return run.events.find(({ event }) => event === 'approval').token;
}

/** Two sticks of one size, and a link that names the first. */
async function twoSticks(w) {
  const sticks = await w.sticks(['right', 'wrong'], { size: '4M' });
  for (const stick of sticks) await mark(stick);
  const link = w.path('stick');
  fs.symlinkSync(sticks[0].dev, link);
  return { right: sticks[0], wrong: sticks[1], link };
}

/** Something on it, so that blankness does not make two sticks alike. */
async function mark(stick) {
  await put(stick, Buffer.alloc(4096, stick.dev.length), 0);
}

/** Writes past the program, and forgets that it was written. */
async function put(stick, bytes, at) {
  const fd = fs.openSync(stick.dev, 'r+');
  fs.writeSync(fd, bytes, 0, bytes.length, at);
  fs.fsyncSync(fd);
  fs.closeSync(fd);
  await stick.stat({ reset: true });
}

function point(link, at) {
  fs.rmSync(link);
  fs.symlinkSync(at, link);
}

/** A second name for a device, outside /dev. */
function node(w, name, dev) {
  const path = w.path(name);
  const { rdev } = fs.statSync(dev);
  execFileSync('mknod', [
    path,
    'b',
    String((rdev >> 8) & 0xfff),
    String((rdev & 0xff) | ((rdev >> 12) & 0xfff00)),
  ]);
  return path;
}

async function assertStopped(w, end, target, sticks) {
  assert.equal(endOf(end.summary, target), 'refused other-than-approved', end.stderr);
  assert.equal(end.code, 3);
  for (const stick of sticks) await assertUntouched(stick);
}

describe('another drive than the one that was approved', { concurrency: 1 }, () => {
  scenario('a link that leads elsewhere by the time of the copy', { sticks: true }, async (w) => {
    const source = await w.source('source.img', SIZE);
    const { right, wrong, link } = await twoSticks(w);
    const token = await approvalOf(w, link);
    point(link, wrong.dev);
    const end = await w.copy(source, [link], ['--approve', token], { yes: false }).exit;
    await assertStopped(w, end, link, [right, wrong]);
    point(link, right.dev);
    assertGood(await w.copy(source, [link], ['--approve', token], { yes: false }).exit, [link]);
    await w.equal(source, right.dev, SIZE);
    await assertUntouched(wrong);
  });

  scenario('two device nodes that have changed places', { sticks: true }, async (w) => {
    const source = await w.source('source.img', SIZE);
    const { right, wrong } = await twoSticks(w);
    const [a, b] = [node(w, 'a', right.dev), node(w, 'b', wrong.dev)];
    const token = await approvalOf(w, a);
    fs.renameSync(a, `${a}-`);
    fs.renameSync(b, a);
    fs.renameSync(`${a}-`, b);
    const end = await w.copy(source, [a], ['--approve', token], { yes: false }).exit;
    await assertStopped(w, end, a, [right, wrong]);
  });

  scenario('a loop device that is made of another file by then', { root: true, linux: true }, async (w) => {
    const source = await w.source('source.img', SIZE);
    const [first, second] = ['first', 'second'].map((name) => {
      const file = w.path(`${name}.img`);
      fs.writeFileSync(file, Buffer.alloc(4 * MiB, 7)); // alike to the last byte
      return file;
    });
    const dev = execFileSync('losetup', ['--find', '--show', first], { encoding: 'utf8' }).trim();
    w.after(() => execFileSync('losetup', ['-d', dev]));
    const token = await approvalOf(w, dev);
    execFileSync('losetup', ['-d', dev]);
    await until(() => !fs.existsSync(`/sys/block/${dev.slice(5)}/loop`), 'the loop device to be free');
    execFileSync('losetup', [dev, second]);
    const end = await w.copy(source, [dev], ['--approve', token], { yes: false }).exit;
    assert.equal(endOf(end.summary, dev), 'refused other-than-approved');
    for (const file of [first, second])
      assert.deepEqual(fs.readFileSync(file), Buffer.alloc(4 * MiB, 7), file);
  });

  for (const [what, size] of [
    ['larger', 5 * MiB],
    ['smaller', 4 * MiB - 4096],
  ])
    scenario(
      `the same device, ${what} than it was when it was approved`,
      { root: true, linux: true },
      async (w) => {
        const source = await w.source('source.img', SIZE);
        const file = w.path('resized.img');
        fs.writeFileSync(file, Buffer.alloc(4 * MiB, 7));
        const dev = execFileSync('losetup', ['--find', '--show', file], { encoding: 'utf8' }).trim();
        w.after(() => execFileSync('losetup', ['-d', dev]));
        const sequence = () => fs.readFileSync(`/sys/block/${dev.slice(5)}/diskseq`, 'utf8');
        const before = sequence();
        const token = await approvalOf(w, dev);
        fs.truncateSync(file, size);
        execFileSync('losetup', ['-c', dev]);
        assert.equal(sequence(), before, 'the size alone has to tell');
        const end = await w.copy(source, [dev], ['--approve', token], { yes: false }).exit;
        assert.equal(endOf(end.summary, dev), 'refused other-than-approved', end.stderr);
        assert.equal(end.code, 3);
        assert.deepEqual(fs.readFileSync(file).subarray(0, 4 * MiB - 4096), Buffer.alloc(4 * MiB - 4096, 7));
      },
    );

  scenario('the first MiB is approved to its last byte, and not a byte more', { sticks: true }, async (w) => {
    const source = await w.source('source.img', SIZE);
    const { right } = await twoSticks(w);
    const token = await approvalOf(w, right.dev);
    await put(right, Buffer.from('!'), MiB - 1);
    const end = await w.copy(source, [right.dev], ['--approve', token], { yes: false }).exit;
    await assertStopped(w, end, right.dev, [right]);
    await put(right, Buffer.from('\0'), MiB - 1);
    await put(right, Buffer.from('!'), MiB);
    assertGood(await w.copy(source, [right.dev], ['--approve', token], { yes: false }).exit, [right.dev]);
  });

  scenario('the same stick with other content than was shown', { sticks: true }, async (w) => {
    const source = await w.source('source.img', SIZE);
    const { right } = await twoSticks(w);
    const token = await approvalOf(w, right.dev);
    await put(right, Buffer.from('my thesis'), 900_000);
    const end = await w.copy(source, [right.dev], ['--approve', token], { yes: false }).exit;
    await assertStopped(w, end, right.dev, [right]);
  });

  scenario('pulled out and plugged in again: the approval is gone', { sticks: true }, async (w) => {
    const source = await w.source('source.img', SIZE);
    const { right } = await twoSticks(w);
    const token = await approvalOf(w, right.dev);
    await right.yank({ gone: true });
    await right.plug();
    await right.stat({ reset: true });
    const end = await w.copy(source, [right.dev], ['--approve', token], { yes: false }).exit;
    await assertStopped(w, end, right.dev, [right]);
  });

  scenario('the token of one stick given for another, in start and in add', { sticks: true }, async (w) => {
    const set = await setting(w, asHelper, ['a'], { size: SIZE });
    const { right, wrong } = await twoSticks(w);
    const [{ approval }] = asked([right.dev]);
    const held = await startHeld(w, asHelper, set);
    await advance(w, held, held.ring.blockCount / 3);
    held.run.say({ verb: 'add', targets: [{ path: wrong.dev, approval }] });
    const added = await held.run.state(wrong.dev, 'refused', 'copying', 'done');
    assert.equal(added.error?.code, 'other-than-approved');
    held.run.say({ verb: 'add', targets: [{ path: right.dev }] });
    assert.equal((await held.run.state(right.dev, 'refused', 'copying', 'done')).error?.code, 'not-approved');
    w.release(held.pid);
    assertGood(
      {
        ...(await held.run.exit),
        code: 0,
        summary: { ...held.run.summary, targets: held.run.summary.targets.slice(0, 1), ok: true },
      },
      set.targets,
    );
    for (const stick of [right, wrong]) await assertUntouched(stick);
    const other = w.job(set.source, [], {});
    await other.exit;
    const alone = w.rawJob(set.source, [{ path: wrong.dev, approval }]);
    await alone.exit;
    assert.equal(endOf(alone.summary, wrong.dev), 'refused other-than-approved');
    await assertUntouched(wrong);
  });

  scenario('joining by presence with a link that leads elsewhere by then', { sticks: true }, async (w) => {
    const set = await setting(w, asHelper, ['a'], { size: SIZE });
    const { right, wrong, link } = await twoSticks(w);
    const token = await approvalOf(w, link);
    const held = await startHeld(w, asHelper, set);
    await advance(w, held, held.ring.blockCount / 3);
    point(link, wrong.dev);
    const end = await w.copy(set.source, [link], ['--approve', token], { yes: false }).exit;
    assert.equal(end.summary.role, 'consumer');
    await assertStopped(w, end, link, [right, wrong]);
    w.release(held.pid);
    assertGood(await held.run.exit, set.targets);
  });

  scenario(
    'while it is copied, verified and healed: the device that was opened is the one that is written',
    { sticks: true },
    async (w) => {
      const source = await w.source('source.img', SIZE);
      const { right, wrong, link } = await twoSticks(w);
      await right.fault({ drop: [1 * MiB, 64 * 1024], times: 1 });
      const run = w.copy(source, [link], ['--heal', '--yes']);
      await run.joined(link);
      point(link, wrong.dev);
      const end = await run.exit;
      assert.match(endOf(end.summary, link), /^(verified|removed|failed)/);
      await assertUntouched(wrong);
      if (end.code === 0) await w.equal(source, right.dev, SIZE);
    },
  );
});

describe('trying again in the app', { concurrency: 1 }, () => {
  for (const [when, settles] of [
    ['a moment before', false],
    ['and the catalogue has seen it', true],
  ])
    scenario(
      `the stick was exchanged between the yes and the retry, ${when}`,
      { sticks: true },
      async (w) => {
        const [source] = await w.sticks(['slow'], { size: '4M', readBps: '1MB' });
        const [first, second] = ['first', 'second'].map((name, index) => {
          const file = w.path(`${name}.img`);
          fs.writeFileSync(file, Buffer.alloc(4 * MiB, 7 + index));
          return file;
        });
        const dev = execFileSync('losetup', ['--find', '--show', first], { encoding: 'utf8' }).trim();
        w.after(() => execFileSync('losetup', ['-d', dev]));
        const core = await serveCore(w, { CAROUSEL_SHOW_LOOP: '1' });
        const driveAt = ({ drives }, at) => Object.values(drives).find(({ path }) => path === at)?.id;
        const state = await core.until((now) => driveAt(now, source.dev) && driveAt(now, dev), 'both drives');
        const [from, to] = [driveAt(state, source.dev), driveAt(state, dev)];
        // A loop device has no serial number: its name is typed.
        const yes = ([check]) => [{ drive: to, token: check.token, typed: state.drives[to].title }];
        const seen = await core.call('jobs.checkTargets', { source: from, targets: [to] });
        const { job } = await core.call('jobs.start', {
          source: from,
          targets: yes(seen.targets),
          options: { blockSize: 65536, slots: 4, verify: false },
        });
        const targetOf = ({ jobs }) => Object.values(jobs[job].targets)[0];
        await core.until((now) => targetOf(now)?.state === 'copying', 'the copy to run');
        await core.call('jobs.cancel', { job });
        const { id } = targetOf(await core.until(({ jobs }) => jobs[job].state === 'ended', 'its end'));
        const again = await core.call('jobs.checkRetry', { job, targets: [id] });
        assert.equal(again.targets[0].ok, true, JSON.stringify(again));

        execFileSync('losetup', ['-d', dev]);
        await until(() => !fs.existsSync(`/sys/block/${dev.slice(5)}/loop`), 'the loop device to be free');
        execFileSync('losetup', [dev, second]);
        if (settles) await core.until(({ drives }) => !drives[to], 'the exchange');
        const refusal = await core.call('jobs.retryTargets', { job, targets: yes(again.targets) }).then(
          () => undefined,
          ({ error }) => error.code,
        );
        if (refusal === undefined) {
          const isOver = (now) => now.jobs[job].state === 'ended' && targetOf(now).state !== 'cancelled';
          const { state: end, error } = targetOf(await core.until(isOver, 'the end of the retry'));
          assert.deepEqual([end, error.code], ['refused', 'other-than-approved']);
        } else assert.match(refusal, /^(no-such-drive|not-found|changed-device|approval-void)$/);
        await core.end();
        assert.deepEqual(fs.readFileSync(second), Buffer.alloc(4 * MiB, 8), 'not one byte');
      },
    );
});

describe('a yes that is not enough', { concurrency: 1 }, () => {
  scenario('the token of a stick is no yes to a file beside it', { sticks: true }, async (w) => {
    const source = await w.source('source.img', SIZE);
    const { right } = await twoSticks(w);
    const [file, fresh] = [w.path('thesis.img'), w.path('fresh.img')];
    fs.writeFileSync(file, Buffer.alloc(4 * MiB, 9));
    const token = await approvalOf(w, right.dev);
    const targets = [right.dev, file, fresh];
    const end = await w.copy(source, targets, ['--approve', token], { yes: false }).exit;
    assert.deepEqual(
      targets.map((target) => endOf(end.summary, target)),
      ['done', 'refused not-approved', 'done'],
      end.stderr,
    );
    assert.equal(end.code, 3);
    assert.deepEqual(fs.readFileSync(file), Buffer.alloc(4 * MiB, 9));
  });

  scenario(
    '--yes is level 1, never 2: an encrypted stick is left alone, the other one is copied',
    { sticks: true },
    async (w) => {
      const source = await w.source('source.img', SIZE);
      const { right, wrong } = await twoSticks(w);
      await put(wrong, Buffer.concat([Buffer.from('LUKS\xba\xbe', 'latin1'), Buffer.alloc(4090)]), 0);
      const end = await w.copy(source, [right.dev, wrong.dev]).exit;
      assert.equal(endOf(end.summary, right.dev), 'done');
      assert.equal(endOf(end.summary, wrong.dev), 'refused not-approved');
      assert.equal(end.code, 3);
      await assertUntouched(wrong);
      const no = w.command(['approve', wrong.dev, '--yes', '--json']);
      assert.equal((await no.exit).code, 3, 'approve --yes gave a token of level 2');
      const name = wrong.dev.slice('/dev/'.length);
      assert.equal((await w.command(['approve', wrong.dev, '--typed', 'sda']).exit).code, 3);
      const token = await approvalOf(w, wrong.dev, ['--typed', name]);
      assert.match(token, /^A1-2-[0-9a-f]{64}$/);
      assertGood(await w.copy(source, [wrong.dev], ['--approve', token], { yes: false }).exit, [wrong.dev]);
      await w.equal(source, wrong.dev, SIZE);
    },
  );

  scenario('no token at all, a forged one, and one of a lower level', { sticks: true }, async (w) => {
    const source = await w.source('source.img', SIZE);
    const { right } = await twoSticks(w);
    const [{ approval }] = asked([right.dev]);
    for (const [token, code] of [
      [undefined, 'not-approved'],
      ['', 'not-approved'],
      [`A1-1-${'0'.repeat(64)}`, 'other-than-approved'],
      [approval.replace('A1-1', 'A1-0'), 'other-than-approved'],
      [approval.slice(0, -1), 'other-than-approved'],
    ]) {
      const run = w.rawJob(source, [
        { path: right.dev, ...(token === undefined ? {} : { approval: token }) },
      ]);
      await run.exit;
      assert.equal(endOf(run.summary, right.dev), `refused ${code}`);
      await assertUntouched(right);
    }
  });

  scenario('a blank stick needs no yes, a written one does', { sticks: true }, async (w) => {
    const source = await w.source('source.img', SIZE);
    const [stick] = await w.sticks(['blank'], { size: '4M' });
    assertGood(await w.copy(source, [stick.dev], [], { yes: false }).exit, [stick.dev]);
    await stick.stat({ reset: true });
    const again = await w.copy(source, [stick.dev], [], { yes: false }).exit;
    assert.equal(endOf(again.summary, stick.dev), 'refused not-approved');
    await assertUntouched(stick);
  });

  scenario(
    'the system disk has no token, with or without anything typed',
    { root: true, linux: true },
    async (w) => {
      const { stdout } = w.sync(['survey', ...fs.readdirSync('/sys/block').map((name) => `/dev/${name}`)]);
      const system = stdout
        .split('\n')
        .filter(Boolean)
        .map((line) => JSON.parse(line))
        .filter(({ target }) => target.reasons.some(({ code }) => code === 'system-disk'));
      for (const { path } of system)
        for (const args of [['--yes'], ['--typed', path.slice(5)]]) {
          const before = await readDirect(path, 0, 4096).catch(() => 'may not be read');
          const end = await w.command(['approve', path, ...args]).exit;
          assert.equal(end.code, 3);
          assert.deepEqual(await readDirect(path, 0, 4096).catch(() => 'may not be read'), before);
        }
    },
  );
});

describe('what writes besides a copy', { concurrency: 1 }, () => {
  scenario('a probe writes to exactly the drive that was approved', { sticks: true }, async (w) => {
    const { right, wrong, link } = await twoSticks(w);
    const token = await approvalOf(w, link);
    point(link, wrong.dev);
    for (const [approval, code] of [
      [undefined, 'not-approved'],
      ['', 'not-approved'],
      [token, 'other-than-approved'],
      [token.replace('A1-1', 'A1-0'), 'other-than-approved'],
    ])
      for (const full of [false, true]) {
        const asks = { path: link, ...(approval === undefined ? {} : { approval }) };
        const probe = w.probe(link, { full }, { asks });
        const end = await probe.exit;
        const { outcome, left, error } = probe.verdict;
        assert.deepEqual([outcome, left, error?.code, end.code], ['refused', 'as-before', code, 1]);
      }
    const program = await w.command(['probe', link, '--approve', token, '--json']).exit;
    assert.equal(program.code, 3, program.stderr);
    for (const stick of [right, wrong]) await assertUntouched(stick);
    point(link, right.dev);
    const good = await w.command(['probe', link, '--approve', token, '--json']).exit;
    assert.deepEqual([good.code, good.events.at(-1).verdict], [0, 'genuine'], good.stderr);
    await assertUntouched(wrong);
  });

  scenario('--yes is not enough for a probe of an encrypted stick', { sticks: true }, async (w) => {
    const { wrong } = await twoSticks(w);
    await put(wrong, Buffer.concat([Buffer.from('LUKS\xba\xbe', 'latin1'), Buffer.alloc(4090)]), 0);
    const no = await w.command(['probe', wrong.dev, '--yes']).exit;
    assert.equal(no.code, 3, no.stderr);
    assert.match(no.stderr, /carousel approve/);
    await assertUntouched(wrong);
    const token = await approvalOf(w, wrong.dev, ['--typed', wrong.dev.slice('/dev/'.length)]);
    assert.equal((await w.command(['probe', wrong.dev, '--approve', token]).exit).code, 0);
  });

  scenario('healing needs an approval, comparing needs none', { sticks: true }, async (w) => {
    const source = await w.source('source.img', SIZE);
    const manifest = w.path('manifest');
    const { right, wrong, link } = await twoSticks(w);
    const targets = [right.dev, wrong.dev];
    assert.equal((await w.copy(source, targets, ['--manifest', manifest]).exit).code, 0);
    for (const stick of [right, wrong]) await put(stick, Buffer.from('rot'), 2 * MiB);
    const token = await approvalOf(w, link);
    point(link, wrong.dev);
    const heal = (approval) =>
      w.verification(
        [{ path: link, ...(approval === undefined ? {} : { approval }) }],
        manifest,
        { heal: true },
        { source },
      );
    for (const [approval, code] of [
      [undefined, 'not-approved'],
      [token, 'other-than-approved'],
    ]) {
      const run = heal(approval);
      await run.exit;
      assert.equal(endOf(run.summary, link), `refused ${code}`, JSON.stringify(run.summary));
    }
    const compared = w.verification(targets, manifest);
    await compared.exit;
    for (const target of targets)
      assert.equal(endOf(compared.summary, target), `failed verify-mismatch ${2 * MiB}`);
    for (const stick of [right, wrong]) await assertUntouched(stick);
    const healed = await w.command([
      ...['verify', right.dev, '--manifest', manifest, '--heal', '--source', source],
      ...['--approve', token, '--json'],
    ]).exit;
    assert.equal(healed.code, 0, healed.stderr);
    await w.equal(source, right.dev, SIZE);
    await assertUntouched(wrong);
  });
});

describe('another drive than the one that was looked at, where it is only read', { concurrency: 1 }, () => {
  const identityOf = (w, path) => JSON.parse(w.sync(['check', path]).stdout).identity;

  scenario(
    'an identity is of one drive as it is plugged in, whatever it holds; files have none',
    { sticks: true },
    async (w) => {
      const { right, wrong, link } = await twoSticks(w);
      const before = identityOf(w, right.dev);
      assert.match(before, /^I1-[0-9a-f]{64}$/);
      assert.equal(identityOf(w, link), before);
      assert.notEqual(identityOf(w, wrong.dev), before);
      assert.equal(identityOf(w, await w.source('source.img', SIZE)), '');
      await put(right, Buffer.from('other content'), 0);
      assert.equal(identityOf(w, right.dev), before);
      await right.yank({ gone: true });
      await right.plug();
      assert.notEqual(identityOf(w, right.dev), before);
    },
  );

  scenario('comparing: a link and a node that lead elsewhere by then', { sticks: true }, async (w) => {
    const source = await w.source('source.img', SIZE);
    const manifest = w.path('manifest');
    const { right, wrong, link } = await twoSticks(w);
    const copied = await w.copy(source, [right.dev, wrong.dev], ['--manifest', manifest]).exit;
    assert.equal(copied.code, 0, copied.stderr);
    const [a, b] = [node(w, 'a', right.dev), node(w, 'b', wrong.dev)];
    const targets = [link, a].map((path) => ({ path, identity: identityOf(w, path) }));
    const same = w.verification(targets.slice(1), manifest);
    assert.equal(endOf((await same.exit).summary, a), 'verified');
    point(link, wrong.dev);
    fs.renameSync(b, a);
    for (const target of targets) {
      const run = w.verification([target], manifest);
      assert.equal(endOf((await run.exit).summary, target.path), 'refused changed-device');
    }
  });

  scenario(
    'a source that is another drive by then is not copied, nor healed from, nor joined',
    { sticks: true },
    async (w) => {
      const manifest = w.path('manifest');
      const { right, wrong, link } = await twoSticks(w);
      const [target] = await w.sticks(['target'], { size: '4M' });
      const identity = identityOf(w, link);
      const ask = (verb) => {
        const run = w.raw({ verb, source: { path: link, identity }, ...more[verb] });
        return run.exit;
      };
      const more = {
        start: { targets: asked([target.dev]), options: {} },
        verify: { targets: asked([target.dev]), manifest, options: { heal: true } },
      };
      const made = await w.copy(right.dev, [w.path('out.img')], ['--manifest', manifest]).exit;
      assert.equal(made.code, 0, made.stderr);
      point(link, wrong.dev);
      for (const verb of ['start', 'verify']) {
        const { summary } = await ask(verb);
        assert.equal(endOf(summary, target.dev), 'refused changed-device', verb);
        assert.equal(summary.outcome, 'refused');
      }
      await assertUntouched(target);
      point(link, right.dev);
      assert.equal(endOf((await ask('start')).summary, target.dev), 'done');
    },
  );
});

describe('a helper of another version', { concurrency: 1 }, () => {
  /** A helper that is ours but for what it understands or says of the protocol. */
  function other(w, job) {
    const file = w.path('other-helper');
    fs.writeFileSync(file, `#!/bin/sh\n[ "$1" = job ] || exec '${HELPER}' "$@"\n${job}\n`, { mode: 0o755 });
    return { CAROUSEL_HELPER: file };
  }

  for (const [what, job] of [
    [
      'that does not speak ours',
      `read -r line; printf '%s\\n' "$line" | sed 's/"version":1/"version":2/' | '${HELPER}' job`,
    ],
    [
      'that says so itself',
      `printf '%s\\n' '{"event":"hello","version":2,"helper":"9","pid":1}'; read -r line`,
    ],
  ])
    scenario(`one ${what} is refused in words, before a byte`, { sticks: true }, async (w) => {
      const source = await w.source('source.img', SIZE);
      const { right } = await twoSticks(w);
      const env = other(w, job);
      const end = await w.copy(source, [right.dev], [], { env }).exit;
      assert.equal(endOf(end.summary, right.dev), 'refused version-mismatch', JSON.stringify(end));
      assert.equal(end.code, 2);
      const text = await w.command(['copy', source, right.dev, '--yes'], { env: { ...w.env, ...env } }).exit;
      assert.match(
        text.stderr,
        /the two halves of Carousel are of different versions \[version-mismatch\]\. Install/,
      );
      await assertUntouched(right);
    });
});
