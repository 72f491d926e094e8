// Drives that are never a target: the person's own list (settings) and the administrator's, on every way to a byte.

import assert from 'node:assert/strict';
import fs from 'node:fs';
import path from 'node:path';
import { describe } from 'node:test';
import { assertUntouched, endOf } from './support/expect.mjs';
import { COMMAND, HELPER, Run } from './support/run.mjs';
import { asked, MiB, scenario } from './support/world.mjs';
import { etcWith, inWorldWith, withSerial } from './support/worlds.mjs';

const SIZE = 2 * MiB + 5;
const WORDS = /is on the list of protected drives/;

/** A stick with a serial number and something on it, the token that was good for it, and programs that see both. */
async function marked(w) {
  const [stick] = await w.sticks(['archive'], { size: '4M' });
  fs.writeFileSync(stick.dev, 'the only copy', { flag: 'r+' });
  await stick.stat({ reset: true });
  const serial = withSerial(w, stick, 'ARCHIVE 0042');
  const config = w.path('config');
  const env = { ...w.env, XDG_CONFIG_HOME: config, CAROUSEL_SHOW_LOOP: '1' };
  const start = (words, { mounts = [], stdin = false } = {}) => {
    const [program, ...args] = [...inWorldWith([serial, ...mounts]), ...words];
    return new Run(program, args, { env, mark: w.mark, cwd: w.dir, stdin });
  };
  const carousel = (args, more) => start([process.execPath, COMMAND, ...args], more);
  const approved = await carousel(['approve', stick.dev, '--yes', '--json']).exit;
  assert.equal(approved.code, 0, approved.stderr);
  return {
    stick,
    start,
    carousel,
    token: approved.events.find(({ event }) => event === 'approval').token,
    file: path.join(config, 'carousel/settings.json'),
    protect(...protectedSerials) {
      const { file } = this;
      fs.mkdirSync(path.dirname(file), { recursive: true });
      fs.writeFileSync(file, JSON.stringify({ version: 0, settings: { protectedSerials } }));
    },
  };
}

/** Every command that would write, and the one that only lists. */
async function assertRefused(w, { stick, token, carousel }, more, reason = 'protected-drive', words = WORDS) {
  const source = w.path('source.img');
  const manifest = w.path('manifest');
  if (!fs.existsSync(manifest)) {
    await w.source('source.img', SIZE);
    const made = await w.copy(source, [w.path('made.img')], ['--manifest', manifest]).exit;
    assert.equal(made.code, 0, made.stderr);
  }
  const heal = ['verify', stick.dev, '--manifest', manifest, '--heal', '--source', source];
  const station = ['station', 'nats://127.0.0.1:1', '--job', 'abcd1234', stick.dev, '--patience', '3'];
  for (const args of [
    ['copy', source, stick.dev, '--yes', '--json'],
    ['copy', source, stick.dev, '--approve', token, '--json'],
    ['approve', stick.dev, '--yes'],
    ['approve', stick.dev, '--typed', '0042'],
    [...heal, '--yes', '--json'],
    [...heal, '--approve', token, '--json'],
    ['probe', stick.dev, '--yes'],
    ['probe', stick.dev, '--full', '--yes'],
    ['probe', stick.dev, '--approve', token],
    [...station, '--yes', '--json'],
  ]) {
    const what = args.join(' ');
    const { code, stderr, events, summary } = await carousel(args, more).exit;
    assert.equal(code, 3, `${what}: ${stderr}`);
    if (args.includes('--json')) assert.equal(endOf(summary, stick.dev), `refused ${reason}`, what);
    assert.match(stderr + JSON.stringify(events), words, what);
  }
  const { events } = await carousel(['list', '--json'], more).exit;
  const { asTarget } = events.find(({ path: at }) => at === stick.dev);
  assert.deepEqual([asTarget.ok, asTarget.level, asTarget.reasons[0].code], [false, 3, reason]);
  const list = await carousel(['list'], more).exit;
  const line = list.events.map(({ line: text }) => text).find((text) => text?.startsWith(`${stick.dev} `));
  assert.match(line, /no: (its serial number is on the list of protected|which) drives/);
  await assertUntouched(stick);
}

describe('protected drives', { concurrency: 1 }, () => {
  scenario('those of the settings are no target of any command', { sticks: true }, async (w) => {
    const world = await marked(w);
    world.protect('other', 'ARCHIVE_0042'); // as udev writes it
    await assertRefused(w, world);
    world.protect('other');
    const source = w.path('source.img');
    const end = await world.carousel(['copy', source, world.stick.dev, '--approve', world.token, '--json'])
      .exit;
    assert.equal(end.code, 0, `not protected, and so a target: ${end.stderr}`);
  });

  scenario(
    'settings that cannot be read protect every drive, and it is said which file is to be mended',
    { sticks: true },
    async (w) => {
      const world = await marked(w);
      const NOT_KNOWN =
        /which drives are protected cannot be known|a list of protected drives cannot be read/;
      world.protect('other');
      for (const damage of [
        '',
        '{"version":0,"settings":{"protectedSerials":["ARCH',
        '{"version":0,"settings":{"protectedSerials":"x"}}',
      ]) {
        fs.writeFileSync(world.file, damage);
        await assertRefused(w, world, {}, 'protection-not-known', NOT_KNOWN);
        const list = await world.carousel(['list']).exit;
        assert.ok(list.stderr.includes(`The settings in ${world.file} cannot be read`), list.stderr);
        assert.match(list.stderr, /no drive is written to.* rename that file/);
        assert.equal(fs.readFileSync(world.file, 'utf8'), damage, 'it stays where it is');
      }
      fs.renameSync(world.file, `${world.file}.old`);
      const source = w.path('source.img');
      const end = await world.carousel(['copy', source, world.stick.dev, '--approve', world.token, '--json'])
        .exit;
      assert.equal(end.code, 0, `mended, and so a target: ${end.stderr}`);
      assert.doesNotMatch(end.stderr, /settings/);
    },
  );

  scenario('damaged settings are taken from their copy, and that is said', { sticks: true }, async (w) => {
    const world = await marked(w);
    world.protect('ARCHIVE 0042');
    fs.copyFileSync(world.file, `${world.file}.copy`);
    fs.writeFileSync(world.file, 'torn');
    const end = await world.carousel(['approve', world.stick.dev, '--yes']).exit;
    assert.equal(end.code, 3, end.stderr);
    assert.match(end.stderr, WORDS);
    assert.match(end.stderr, /were damaged or gone\. Their copy is in use now/);
    await assertRefused(w, world);
  });

  scenario('those of /etc/carousel/protected neither', { sticks: true }, async (w) => {
    const world = await marked(w);
    const mounts = [etcWith(w, 'carousel/protected', '# the archive\nARCHIVE 0042\n')];
    await assertRefused(w, world, { mounts });
    const list = path.join(mounts[0][0], 'carousel/protected');
    fs.rmSync(list);
    fs.mkdirSync(list); // which cannot be read as a list
    const words = /carousel\/protected cannot be read|a list of protected drives cannot be read/;
    await assertRefused(w, world, { mounts }, 'protection-not-known', words);
  });

  scenario(
    'the helper refuses one in its last look before the first write, whatever was approved',
    { sticks: true },
    async (w) => {
      const source = await w.source('source.img', SIZE);
      const { stick, token, start } = await marked(w);
      const [{ approval }] = asked([stick.dev]);
      assert.notEqual(approval, token, 'the serial number is part of the token');
      for (const [verb, args] of [
        ['start', ['job']],
        ['probe', ['probe']],
      ]) {
        const run = start(['env', 'CAROUSEL_PROTECTED=x\nARCHIVE 0042\n', HELPER, ...args], { stdin: true });
        const target = { path: stick.dev, approval: token };
        run.say(
          verb === 'start'
            ? { verb, version: 1, source: { path: source }, targets: [target], options: {} }
            : { verb, version: 1, target, options: {} },
        );
        assert.match(JSON.stringify((await run.exit).events), /"code":"protected-drive"/);
      }
      await assertUntouched(stick);
    },
  );
});
