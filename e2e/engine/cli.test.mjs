// What scripts rely on: the shape of the JSON lines, exit status, help; and rights.

import assert from 'node:assert/strict';
import fs from 'node:fs';
import { describe } from 'node:test';
import { assertGood, endOf } from './support/expect.mjs';
import { COMMAND, HELPER, Run } from './support/run.mjs';
import { onPath } from './support/tools.mjs';
import { MiB, scenario, sticksHere } from './support/world.mjs';

const SIZE = 3 * MiB + 9;
const EVENTS = [
  'job',
  'joined',
  'progress',
  'head',
  'lap',
  'pace',
  'policy',
  'bad-source',
  'target',
  'stalled',
  'warning',
  'error',
  'summary',
];
const STATES = ['done', 'verified', 'failed', 'removed', 'cancelled', 'refused'];
const TARGET_KEYS = [
  'path',
  'state',
  'joinedAtBlock',
  'bytesWritten',
  'badBlocks',
  'healedBlocks',
  'seconds',
];

function assertSummary(summary) {
  for (const key of ['event', 't', 'ok', 'role', 'source', 'targets', 'seconds'])
    assert.ok(key in summary, `summary.${key}`);
  assert.ok(['producer', 'consumer'].includes(summary.role));
  for (const key of ['path', 'size', 'bytesRead', 'laps', 'rootDigest', 'unreadable'])
    assert.ok(key in summary.source, `summary.source.${key}`);
  for (const target of summary.targets) {
    for (const key of TARGET_KEYS) assert.ok(key in target, `summary.targets[].${key}`);
    assert.ok(STATES.includes(target.state), target.state);
    if (target.state === 'done') assert.equal(target.error, undefined);
    else if (target.state !== 'cancelled')
      for (const key of ['code', 'message']) assert.equal(typeof target.error[key], 'string');
  }
}

describe('the command line', { concurrency: 2 }, () => {
  scenario('--json: one object a line, known events, times that grow, the summary last', {}, async (w) => {
    const source = await w.source('source.img', SIZE);
    const targets = await w.targets(['a', 'b'], { size: SIZE, writeBps: '4MB' });
    const end = await w.copy(source, targets).exit;
    assertGood(end, targets);
    assert.deepEqual(
      [...new Set(end.events.map(({ event }) => event))].filter((name) => !EVENTS.includes(name)),
      [],
    );
    assert.equal(end.events[0].event, 'job');
    assert.equal(end.events.at(-1).event, 'summary');
    assert.equal(end.events.filter(({ event }) => event === 'summary').length, 1);
    end.events.reduce((last, { t, event }) => {
      assert.ok(typeof t === 'number' && t >= last, `${event} at ${t} after ${last}`);
      return t;
    }, 0);
    for (const target of targets) {
      const joined = end.events.filter((e) => e.event === 'joined' && e.target === target);
      assert.deepEqual(
        joined.map(({ block }) => block),
        [0],
      );
      const states = end.events
        .filter((e) => e.event === 'target' && e.target === target)
        .map(({ state }) => state);
      // A quick one may be through with a state before anybody looks; none comes back.
      const order = ['waiting', 'copying', 'flushing', 'done'];
      assert.deepEqual(
        states,
        order.filter((state) => states.includes(state)),
      );
      assert.deepEqual([states[0], states.at(-1)], ['waiting', 'done']);
      const bytes = end.events.filter((e) => e.event === 'progress' && e.target === target);
      for (const e of bytes) assert.ok('phase' in e && 'bytesPerSecond' in e && e.bytes <= SIZE);
      const early = bytes.filter((e) => e.phase !== 'done');
      assert.ok(
        early.every((e) => e.bytes < SIZE),
        'nothing is complete before it is flushed',
      );
    }
    assertSummary(end.summary);
    assert.equal(end.summary.source.path, source);
    assert.match(end.summary.source.rootDigest, /^[0-9a-f]{64}$/);
    assert.deepEqual(Object.keys(end.summary).slice(0, 2), ['event', 't']);
  });

  scenario('the root digest follows from the content alone, for one block size', {}, async (w) => {
    const one = await w.source('one.img', SIZE, 'same');
    const two = await w.source('two.img', SIZE, 'same');
    const three = await w.source('three.img', SIZE, 'other');
    const digest = async (source, name) =>
      (await w.copy(source, [w.path(name)]).exit).summary.source.rootDigest;
    const [x, y, z] = [await digest(one, 'x'), await digest(two, 'y'), await digest(three, 'z')];
    assert.equal(x, y);
    assert.notEqual(x, z);
  });

  scenario('the summary of a failure has the same shape', {}, async (w) => {
    const source = await w.source('source.img', SIZE);
    const small = w.path('small.img');
    fs.writeFileSync(small, 'small');
    const good = w.path('good.img');
    const end = await w.copy(source, [small, good]).exit;
    assertSummary(end.summary);
    assert.equal(endOf(end.summary, small), 'refused too-small');
    assert.equal(fs.readFileSync(small, 'utf8'), 'small');
    assert.equal(end.summary.ok, false);
    await w.equal(source, good, SIZE);
  });

  scenario(
    'a target file is created exactly as large as the source, not readable by others than before',
    {},
    async (w) => {
      const source = await w.source('source.img', 12_345);
      const target = w.path('new.img');
      assertGood(await w.copy(source, [target]).exit, [target]);
      assert.equal(fs.statSync(target).size, 12_345);
      assert.equal(fs.statSync(target).mode & 0o022, 0, 'others may not write it');
    },
  );

  scenario('relative paths count from where the command is started', {}, async (w) => {
    const source = await w.source('source.img', SIZE);
    const target = w.path('target.img');
    const end = await w.copy('source.img', ['./target.img']).exit;
    assert.equal(end.code, 0);
    assert.equal(end.summary.targets[0].path, target);
    await w.equal(source, target, SIZE);
  });

  scenario('without --yes nothing that exists is overwritten', {}, async (w) => {
    const source = await w.source('source.img', SIZE);
    const old = await w.source('old.img', SIZE, 'old');
    const before = fs.readFileSync(old);
    const end = await w.command(['copy', source, old, '--json']).exit;
    assert.equal(end.code, 3);
    assert.equal(endOf(end.summary, old), 'refused not-approved');
    assert.deepEqual(fs.readFileSync(old), before);
  });

  scenario('wrong use: exit 2, a word on standard error, nothing on standard output', {}, async (w) => {
    const source = await w.source('source.img', SIZE);
    for (const args of [
      ['copy'],
      ['copy', source],
      ['copy', source, 'x.img', '--bogus'],
      ['copy', source, 'x.img', '--block', '100000'],
      ['copy', source, 'x.img', '--block', '32K'],
      ['copy', source, 'x.img', '--slots', '1'],
      ['copy', source, 'x.img', '--slots', '1025'],
      ['copy', source, 'x.img', '--slow', 'sometimes'],
      ['copy', source, 'x.img', '--on-read-error', 'cry'],
      ['copy', source, 'x.img', '--wait-for-join', 'long'],
      ['copy', source, 'x.img', '--stall-timeout', '0'],
      ['copy', source, ''],
      ['dance'],
      ['--bogus'],
    ]) {
      const end = await w.command(args).exit;
      assert.equal(end.code, 2, `${args.join(' ')}: exit ${end.code}`);
      assert.notEqual(end.stderr, '', args.join(' '));
      assert.deepEqual(end.events, [], args.join(' '));
    }
  });

  scenario(
    'a name that is no UTF-8 is refused: no other file takes its place',
    { linux: true },
    async (w) => {
      const source = await w.source('source.img', SIZE);
      const run = new Run(
        '/bin/sh',
        [
          '-c',
          `exec "$0" "$1" copy "$2" "$(printf '\\377.img')" --yes --json`,
          process.execPath,
          COMMAND,
          source,
        ],
        {
          env: w.env,
          mark: w.mark,
          cwd: w.dir,
        },
      );
      const { code, stderr, events } = await run.exit;
      assert.deepEqual([code, events], [2, []]);
      assert.match(stderr, /UTF-8/);
    },
  );

  scenario('output that cannot be written is no good end, and is said', { linux: true }, async (w) => {
    for (const [into, exit, words] of [
      ['/dev/full', 1, /could not be written/],
      ['/dev/null', 0, /^$/],
    ]) {
      const command = `exec "$0" "$1" list --json > ${into}`;
      const run = new Run('/bin/sh', ['-c', command, process.execPath, COMMAND], {
        env: w.env,
        mark: w.mark,
      });
      const { code, stderr } = await run.exit;
      assert.equal(code, exit, into);
      assert.match(stderr, words, into);
    }
  });

  scenario('--help and --version: exit 0, on standard output', {}, async (w) => {
    for (const [args, word] of [
      [['--help'], /copy/],
      [['copy', '--help'], /--slow/],
      [['list', '--help'], /list/],
      [['practice', '--help'], /practice/],
      [['--version'], /^\d+\.\d+/],
    ]) {
      const end = await w.command(args).exit;
      assert.equal(end.code, 0, args.join(' '));
      assert.match(end.events.map(({ line }) => line).join('\n'), word);
      if (args.at(-1) === '--help')
        assert.match(end.events.map(({ line }) => line).join('\n'), /Examples|carousel/);
    }
  });

  scenario('without --json people get text, and standard output stays empty', {}, async (w) => {
    const source = await w.source('source.img', SIZE);
    const target = w.path('target.img');
    const end = await w.command(['copy', source, target, '--yes']).exit;
    assert.equal(end.code, 0, end.stderr);
    assert.deepEqual(end.events, []);
    assert.match(end.stderr, /target\.img/);
    assert.ok(!end.stderr.includes('\u001b'), 'no colours where there is no terminal');
    await w.equal(source, target, SIZE);
  });

  scenario('--wait-for-join without targets serves who comes later', {}, async (w) => {
    const source = await w.source('source.img', SIZE);
    const targets = await w.targets(['a', 'b'], { size: SIZE });
    const base = w.copy(source, [], ['--wait-for-join', 20]);
    await base.job();
    const ends = await Promise.all(targets.map((target) => w.copy(source, [target]).exit));
    ends.forEach((end, i) => assertGood(end, [targets[i]]));
    assert.deepEqual(
      ends.map(({ summary }) => summary.role),
      ['consumer', 'consumer'],
    );
    const end = await base.exit;
    assert.equal(end.code, 0);
    assert.deepEqual(
      end.summary.others.map(({ state }) => state),
      ['done', 'done'],
    );
    await w.allEqual(source, targets, SIZE);
  });

  scenario('practice makes drives that copy takes', {}, async (w) => {
    const folder = w.path('practice');
    assert.equal((await w.command(['practice', folder, '--sticks', '2', '--size', '4M']).exit).code, 0);
    const drives = fs
      .readdirSync(folder, { recursive: true })
      .map(String)
      .filter((name) => fs.statSync(`${folder}/${name}`).size >= 4 * MiB);
    assert.ok(drives.length >= 2, drives.join());
    const source = await w.source('source.img', SIZE);
    const targets = drives.map((name) => `${folder}/${name}`);
    assertGood(await w.copy(source, targets).exit, targets);
    await w.allEqual(source, targets, SIZE);
  });

  scenario('list --json: one object a line', { linux: true }, async (w) => {
    const end = await w.command(['list', '--json']).exit;
    assert.equal(end.code, 0, end.stderr);
    for (const line of end.events) assert.equal(line.event, 'drive', JSON.stringify(line));
  });

  const noUser = !onPath('setpriv') && 'setpriv is missing';
  scenario(
    'exit 5 where this user may not write, or read',
    { root: true, linux: true, when: noUser },
    async (w, t) => {
      fs.chmodSync(w.dir, 0o755);
      const source = await w.source('source.img', SIZE);
      const secret = await w.source('secret.img', SIZE);
      fs.chmodSync(secret, 0o600);
      const shut = w.path('shut');
      fs.mkdirSync(shut, { mode: 0o755 });
      const open = w.path('open');
      fs.mkdirSync(open);
      const home = w.path('home');
      fs.mkdirSync(home);
      for (const folder of [open, home]) fs.chmodSync(folder, 0o777);
      const asNobody = (args) =>
        new Run(
          'setpriv',
          ['--reuid=65534', '--regid=65534', '--clear-groups', process.execPath, COMMAND, ...args],
          {
            // Somebody whose own settings cannot be read writes to no drive: that would be another refusal.
            env: { ...w.env, CAROUSEL_HOME: home },
            mark: w.mark,
            cwd: w.dir,
          },
        ).exit;
      const able = await asNobody(['copy', source, `${open}/fine.img`, '--json', '--yes']);
      if (!able.summary)
        return t.skip(`another user cannot start the program here: ${able.stderr.trim().slice(0, 200)}`);
      assert.equal(able.code, 0, able.stderr);
      const device = sticksHere.ok ? (await w.sticks(['a'], { size: '4M' }))[0] : undefined;
      if (device) fs.chmodSync(device.dev, 0o600);
      for (const target of [...(device ? [device.dev] : []), `${shut}/no.img`, secret]) {
        const end = await asNobody(['copy', source, target, '--json', '--yes']);
        assert.equal(end.code, 5, `${target}: ${JSON.stringify(end.summary)}`);
        assert.equal(endOf(end.summary, target), 'refused no-permission');
      }
      const unread = await asNobody(['copy', secret, `${open}/other.img`, '--json', '--yes']);
      assert.equal(unread.code, 5, JSON.stringify(unread.summary));
      assert.deepEqual(fs.readdirSync(open), ['fine.img']);
      if (device) assert.equal((await device.stat()).written_bytes, 0);
      return undefined;
    },
  );

  scenario('the helper: versions, jobs, check, and nothing else', { linux: true }, async (w) => {
    const source = await w.source('source.img', SIZE);
    const helper = (args) => new Run(HELPER, args, { env: w.env, mark: w.mark }).exit;
    assert.equal((await helper(['--version'])).events[0].version, 1);
    const [verdict] = (await helper(['check', source])).events;
    assert.deepEqual([verdict.kind, verdict.size, verdict.source.ok], ['file', SIZE, true]);
    for (const args of [[], ['bogus'], ['produce', source], ['consume', source]])
      assert.equal((await helper(args)).code, 2);
    const base = w.copy(source, [], ['--wait-for-join', 1]);
    const { job } = await base.job();
    const jobs = (await helper(['jobs'])).events;
    assert.ok(
      jobs.some((one) => one.job === job && one.source === source),
      JSON.stringify(jobs),
    );
    await base.exit;
  });

  scenario(
    'the helper takes no verb it does not know, and no line that is none',
    { linux: true },
    async (w) => {
      const source = await w.source('source.img', SIZE);
      for (const line of [
        'nonsense',
        '{"verb":"dance"}',
        '{"verb":"cancel"}',
        '{"verb":"start","version":2,"source":{"path":"/x"},"targets":[]}',
        '{"verb":"start","version":1,"source":{"path":"relative"},"targets":[]}',
        '{"verb":"start","version":1,"source":{"path":"/x"},"targets":[],"surprise":1}',
        `{"verb":"start","version":1,"source":{"path":"/${'x'.repeat(70_000)}"},"targets":[]}`,
      ]) {
        const run = new Run(HELPER, ['job'], { env: w.env, mark: w.mark, stdin: true });
        run.child.stdin.end(`${line}\n`);
        const end = await run.exit;
        assert.ok([1, 2].includes(end.code), `${line.slice(0, 80)}: exit ${end.code}`);
        assert.ok(
          end.events.every(({ event }) => event === 'error' || event === 'summary'),
          JSON.stringify(end.events),
        );
      }
      // A verb that a running job does not understand harms nobody.
      const target = w.path('target.img');
      const run = w.job(source, [target]);
      run.say({ verb: 'dance' });
      run.say({ verb: 'remove', id: 999, request: 'x' });
      const end = await run.exit;
      assert.equal(endOf(end.summary, target), 'done');
      await w.equal(source, target, SIZE);
    },
  );
});
