// Targets that are mounted: taken out of use only when that is asked for, as this user, and looked at again afterwards.

import assert from 'node:assert/strict';
import { execFileSync, spawn, spawnSync } from 'node:child_process';
import { once } from 'node:events';
import fs from 'node:fs';
import path from 'node:path';
import { describe } from 'node:test';
import { serveCore } from './support/core-client.mjs';
import { assertGood, endOf } from './support/expect.mjs';
import { COMMAND } from './support/run.mjs';
import { atTerminal, noTerminal } from './support/terminal.mjs';
import { onPath } from './support/tools.mjs';
import { MiB, scenario } from './support/world.mjs';

const SIZE = 2 * MiB + 5;
const noMkfs = !onPath('mkfs.ext4') && 'mkfs.ext4 is missing';

/** A stick with a file system, mounted; and a second mount of it inside the first. */
async function mountedStick(w, name = 'mounted', size = '8M') {
  const [stick] = await w.sticks([name], { size });
  const place = w.path(`place-${name}`);
  fs.mkdirSync(place);
  execFileSync('mkfs.ext4', ['-q', '-F', stick.dev]);
  execFileSync('mount', [stick.dev, place]);
  w.after(() => {
    while (spawnSync('umount', [place], { stdio: 'ignore' }).status === 0);
  });
  fs.writeFileSync(path.join(place, 'thesis.txt'), 'two years of work');
  return { stick, place };
}

const isMounted = (place) => fs.readFileSync('/proc/self/mountinfo', 'utf8').includes(` ${place} `);

describe('mounted targets', { concurrency: 1 }, () => {
  scenario('copy --unmount takes them out of use and copies', { sticks: true, when: noMkfs }, async (w) => {
    const source = await w.source('source.img', SIZE);
    const { stick, place } = await mountedStick(w);
    fs.mkdirSync(path.join(place, 'inner'));
    execFileSync('mount', ['--bind', place, path.join(place, 'inner')]);
    const without = await w.copy(source, [stick.dev]).exit;
    assert.equal(endOf(without.summary, stick.dev), 'refused mounted');
    assert.ok(isMounted(place), 'nothing is unmounted that nobody asked to');
    assertGood(await w.copy(source, [stick.dev], ['--unmount']).exit, [stick.dev]);
    assert.ok(!isMounted(place));
    await w.equal(source, stick.dev, SIZE);
    fs.rmdirSync(place);
  });

  scenario(
    'nothing is unmounted before somebody has agreed to erasing it',
    { sticks: true, when: noMkfs || noTerminal },
    async (w) => {
      const source = await w.source('source.img', SIZE);
      const { stick, place } = await mountedStick(w);
      const words = ['copy', source, stick.dev, '--unmount'];
      const silent = await w.command([...words, '--json']).exit;
      assert.equal(silent.code, 3, silent.stderr);
      assert.equal(endOf(silent.summary, stick.dev), 'refused not-approved');
      assert.match(silent.stderr, /would be overwritten: add --yes/);
      const stray = await w.command([...words, '--approve', `A1-1-${'0'.repeat(64)}`, '--json']).exit;
      assert.equal(stray.code, 3, stray.stderr);
      assert.equal(endOf(stray.summary, stick.dev), 'refused not-approved', 'a token is of no mounted drive');
      const asks = async (answer) => {
        const question = /Type yes to erase 1 drive: /;
        return atTerminal(w, [process.execPath, COMMAND, ...words], [[question, answer]]);
      };
      const no = await asks('no\r');
      assert.equal(no.code, 3, no.text);
      assert.ok(isMounted(place), 'a no, or no answer at all, leaves it as it was');
      assert.equal(fs.readFileSync(path.join(place, 'thesis.txt'), 'utf8'), 'two years of work');
      const yes = await asks('yes\r');
      assert.equal(yes.code, 0, yes.text);
      assert.ok(!isMounted(place));
      await w.equal(source, stick.dev, SIZE);
      fs.rmdirSync(place);
    },
  );

  scenario(
    'one that needs a typed word stays mounted with --yes, and is unmounted once it was typed',
    { sticks: true, when: noMkfs || noTerminal },
    async (w) => {
      const source = await w.source('source.img', SIZE);
      const [a, b] = await w.sticks(['a', 'b'], { size: '4M' });
      // More than twice as large as the others.
      const { stick, place } = await mountedStick(w, 'large', '16M');
      const words = ['copy', source, a.dev, b.dev, stick.dev, '--unmount'];
      const end = await w.command([...words, '--yes', '--json']).exit;
      assert.equal(end.code, 3, end.stderr);
      assert.equal(endOf(end.summary, stick.dev), 'refused not-approved');
      assert.match(JSON.stringify(end.summary), /it is mounted, and no token for it as it is was given/);
      assert.deepEqual([endOf(end.summary, a.dev), endOf(end.summary, b.dev)], ['done', 'done']);
      assert.ok(isMounted(place));
      const run = [process.execPath, COMMAND, ...words];
      const question = new RegExp(`To erase ${stick.dev}, type its name: `);
      const wrong = await atTerminal(w, run, [[question, 'sda\r']]);
      assert.equal(wrong.code, 3, wrong.text);
      assert.ok(isMounted(place));
      const right = await atTerminal(w, run, [
        [question, `${path.basename(stick.dev)}\r`],
        [/Type yes to erase/, 'yes\r'],
      ]);
      assert.equal(right.code, 0, right.text);
      assert.ok(!isMounted(place));
      await w.equal(source, stick.dev, SIZE);
      fs.rmdirSync(place);
    },
  );

  scenario(
    'a token of approve --unmount lets the copy unmount exactly that drive as it was shown, and no other token does',
    { sticks: true, when: noMkfs },
    async (w) => {
      const source = await w.source('source.img', SIZE);
      const { stick, place } = await mountedStick(w);
      execFileSync('sync', ['-f', place]);
      const tokenOf = async (...args) => {
        const end = await w.command(['approve', ...args, '--yes', '--json']).exit;
        const found = end.events.find(({ event }) => event === 'approval');
        return { ...found, code: end.code, stderr: end.stderr };
      };
      const without = await tokenOf(stick.dev);
      assert.equal(without.code, 3, 'a mounted drive is approved only with --unmount');
      assert.match(without.stderr, /mounted at .*\(to let the copy unmount it: --unmount\)/);
      const silent = await w.command(['approve', stick.dev, '--unmount']).exit;
      assert.equal(silent.code, 3, 'no answer is no yes');
      assert.match(silent.stderr, /This erases:/);
      const { token, unmount } = await tokenOf(stick.dev, '--unmount');
      assert.equal(unmount, true);
      assert.match(token, /^A1-1-unmount-[0-9a-f]{64}$/);

      const copy = (given, ...more) =>
        w.command(['copy', source, stick.dev, '--approve', given, ...more, '--json']).exit;
      const forged = [
        token.replace('-unmount', ''),
        token.replace(/.$/, (last) => (last === '0' ? '1' : '0')),
        token.replace('A1-1', 'A1-0'),
      ];
      for (const given of forged)
        for (const more of [[], ['--unmount']]) {
          const end = await copy(given, ...more);
          assert.equal(end.code, 3, `${given}: ${end.stderr}`);
          assert.match(endOf(end.summary, stick.dev), /^refused (mounted|not-approved)$/, given);
          assert.ok(isMounted(place), `${given} unmounted it`);
        }
      const [other] = await w.sticks(['other'], { size: '8M' });
      const { token: plain } = await tokenOf(other.dev);
      assert.ok(!plain.includes('unmount'));
      const end = await copy(plain);
      assert.equal(endOf(end.summary, stick.dev), 'refused mounted', 'the token of another drive');
      assert.ok(isMounted(place));

      // What is on it is not any more what was shown.
      fs.writeFileSync(path.join(place, 'more.txt'), Buffer.alloc(200_000, 7));
      execFileSync('sync', ['-f', place]);
      const late = await copy(token);
      assert.match(endOf(late.summary, stick.dev), /^refused (mounted|not-approved)$/, late.stderr);
      assert.ok(isMounted(place), 'it is as it was');
      assert.equal(fs.readFileSync(path.join(place, 'thesis.txt'), 'utf8'), 'two years of work');

      const { token: now } = await tokenOf(stick.dev, '--unmount');
      const done = await copy(now);
      assert.equal(done.code, 0, done.stderr);
      assert.ok(!isMounted(place));
      await w.equal(source, stick.dev, SIZE);
      fs.rmdirSync(place);
    },
  );

  scenario(
    'a token of approve --unmount is a yes to erasing what is not mounted',
    { sticks: true },
    async (w) => {
      const source = await w.source('source.img', SIZE);
      const [stick] = await w.sticks(['free'], { size: '4M' });
      fs.writeFileSync(stick.dev, 'something', { flag: 'r+' });
      const approved = await w.command(['approve', stick.dev, '--unmount', '--yes', '--json']).exit;
      const { token } = approved.events.find(({ event }) => event === 'approval');
      assert.match(token, /^A1-1-unmount-/);
      const end = await w.command(['copy', source, stick.dev, '--approve', token, '--json']).exit;
      assert.equal(end.code, 0, end.stderr);
      await w.equal(source, stick.dev, SIZE);
    },
  );

  scenario(
    'one that holds the report, the manifest, the source or the record is never unmounted for a copy',
    { sticks: true, when: noMkfs },
    async (w) => {
      const source = await w.source('source.img', SIZE);
      const { stick, place } = await mountedStick(w);
      fs.copyFileSync(source, path.join(place, 'source.img'));
      fs.mkdirSync(path.join(place, 'inner'));
      const inner = path.join(place, 'inner');
      const link = w.path('link');
      fs.symlinkSync(inner, link);
      const cases = [
        ['holds-files', source, ['--report', path.join(place, 'report.html')]],
        ['holds-files', source, ['--report', path.join(link, 'report.json')]],
        ['holds-files', source, ['--manifest', path.join(inner, 'manifest')]],
        ['holds-source', path.join(place, 'source.img'), []],
        ['holds-files', source, [], { XDG_DATA_HOME: inner }],
        ['holds-files', source, [], { XDG_STATE_HOME: path.join(inner, 'not/there/yet') }],
        ['holds-files', source, [], { XDG_CONFIG_HOME: place }],
      ];
      for (const [code, from, args, env] of cases)
        for (const more of [['--unmount'], []]) {
          const end = await w.copy(from, [stick.dev], [...args, ...more], { env }).exit;
          const what = `${args.join(' ')} ${JSON.stringify(env)}: ${end.stderr}`;
          assert.equal(endOf(end.summary, stick.dev), `refused ${code}`, what);
          assert.equal(end.code, 3, what);
          assert.ok(isMounted(place), what);
        }
      const core = await serveCore(w, { CAROUSEL_SHOW_LOOP: '1', CAROUSEL_HOME: inner });
      const { id, title, asTarget } = Object.values((await core.state()).drives).find(
        ({ path: at }) => at === stick.dev,
      );
      assert.equal(asTarget.reasons[0].code, 'holds-files');
      await assert.rejects(core.call('drives.unmount', { drive: id, typed: title }), ({ error }) => {
        assert.equal(error.code, 'holds-files');
        return true;
      });
      await core.end();
      assert.equal(fs.readFileSync(path.join(place, 'thesis.txt'), 'utf8'), 'two years of work');
      execFileSync('umount', [place]);
      fs.rmdirSync(place);
    },
  );

  scenario(
    'one that is busy stays as it is, and the program that uses it is named',
    { sticks: true, when: noMkfs },
    async (w) => {
      const source = await w.source('source.img', SIZE);
      const { stick, place } = await mountedStick(w);
      const user = spawn('sleep', ['60'], { cwd: place, stdio: 'ignore' });
      w.after(() => user.kill('SIGKILL'));
      const [good] = await w.sticks(['good'], { size: '8M' });
      const end = await w.copy(source, [stick.dev, good.dev], ['--unmount']).exit;
      assert.equal(endOf(end.summary, stick.dev), 'refused mounted', end.stderr);
      assert.match(end.stderr, /was not unmounted: sleep still uses files in .*place-mounted\. Close them/);
      assert.equal(endOf(end.summary, good.dev), 'done', 'the other one goes on');
      assert.ok(isMounted(place));
      assert.equal(fs.readFileSync(path.join(place, 'thesis.txt'), 'utf8'), 'two years of work');
      user.kill('SIGKILL');
      await once(user, 'exit');
      execFileSync('umount', [place]);
      fs.rmdirSync(place);
    },
  );

  scenario(
    'the app unmounts a drive of its catalogue, and looks again',
    { sticks: true, when: noMkfs },
    async (w) => {
      const { stick, place } = await mountedStick(w);
      const core = await serveCore(w, { CAROUSEL_SHOW_LOOP: '1' });
      const driveNow = async () =>
        Object.values((await core.state()).drives).find(({ path: at }) => at === stick.dev);
      const mounted = await driveNow();
      assert.deepEqual(
        mounted.asTarget.reasons.map(({ code }) => code),
        ['mounted'],
      );
      const user = spawn('sleep', ['60'], { cwd: place, stdio: 'ignore' });
      w.after(() => user.kill('SIGKILL'));
      await assert.rejects(
        core.call('drives.unmount', { drive: mounted.id, typed: mounted.title }),
        ({ error }) => {
          assert.deepEqual(error, {
            code: 'unmount-busy',
            params: { mountPoint: place, programs: ['sleep'] },
          });
          return true;
        },
      );
      user.kill('SIGKILL');
      await once(user, 'exit');
      await core.call('drives.unmount', { drive: mounted.id, typed: mounted.title });
      assert.ok(!isMounted(place));
      assert.equal((await driveNow()).asTarget.ok, true, 'the catalogue has looked again');
      await core.end();
      fs.rmdirSync(place);
    },
  );

  scenario('a disk that the system needs is never unmounted', { sticks: true, when: noMkfs }, async (w) => {
    // In a world of its own where the stick is somebody's home: the rules refuse, and umount is not even tried.
    const { stick, place } = await mountedStick(w);
    const script = `mount --bind '${place}' /home && exec "$0" "$@"`;
    const source = await w.source('source.img', SIZE);
    const end = spawnSync(
      'unshare',
      [
        '-m',
        'sh',
        '-c',
        script,
        process.execPath,
        COMMAND,
        'copy',
        source,
        stick.dev,
        '--unmount',
        '--yes',
        '--json',
      ],
      { encoding: 'utf8', env: w.env },
    );
    assert.equal(end.status, 3, end.stderr);
    assert.match(end.stdout, /"code":"system-disk"/);
    assert.ok(isMounted(place));
    execFileSync('umount', [place]);
    fs.rmdirSync(place);
  });
});
