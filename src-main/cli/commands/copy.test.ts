import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { expect, onTestFinished, test } from 'vitest';
import { fakeClient } from '../../core/helper/testing/fake-client.ts';
import { EXIT } from '../exit-codes.ts';
import { runCli } from '../program.ts';
import { testWorld, type TestSetting, type TestWorld } from '../testing/test-context.ts';
import { copyCommand } from './copy.ts';

async function run(args: string, scenario = 'good', setting: TestSetting = {}): Promise<TestWorld> {
  const world = testWorld({ helper: () => fakeClient(scenario), ...setting });
  await runCli(['copy', ...args.split(' ')], [copyCommand], world.context);
  return world;
}

test('--json: the fixed events on standard output, the summary last, nothing else', async () => {
  const world = await run('/a.img /new.img --json');
  const events = world.json();
  expect(new Set(events.map((event) => event.event))).toEqual(
    new Set(['job', 'target', 'joined', 'head', 'progress', 'summary']),
  );
  for (const event of events) expect(event.t).toBeTypeOf('number');
  expect(events.find((event) => event.event === 'joined')).toMatchObject({ target: '/new.img', block: 0 });
  expect(events.find((event) => event.event === 'progress')).toMatchObject({
    target: '/new.img',
    phase: 'copying',
    bytes: 4_194_304,
    bytesPerSecond: 5e6,
  });
  expect(events.at(-1)).toMatchObject({
    event: 'summary',
    ok: true,
    role: 'producer',
    outcome: 'complete',
    others: [],
  });
  expect(world.out()).not.toContain('future');
  expect(world.err()).toBe('');
  expect(world.exitCode()).toBe(EXIT.good);
});

test('text goes to standard error, plain where there is no terminal', async () => {
  const world = await run('/a.img /new.img');
  expect(world.out()).toBe('');
  expect(world.err()).not.toContain('\x1b');
  expect(world.err()).toContain('Copying /a.img (10.5 MB, 10 blocks of 1048576 bytes)');
  expect(world.err()).toContain('/new.img: COPY  40 %  5.0 MB/s  0:01 left');
  expect(world.err()).toContain('1 copy made, all good.');
});

test('on a terminal the picture is drawn over, in colour unless NO_COLOR says no', async () => {
  const painted = await run('/a.img /new.img', 'good', { terminal: true });
  expect(painted.err()).toContain('\x1b[32m/new.img  DONE      [####################]  100 %');
  const bare = await run('/a.img /new.img', 'good', { terminal: true, env: { NO_COLOR: '1' } });
  expect(bare.err()).not.toContain('\x1b[32m');
  expect(bare.err()).toContain('/new.img  DONE');
  const dumb = await run('/a.img /new.img', 'good', { terminal: true, env: { TERM: 'dumb' } });
  expect(dumb.err()).not.toContain('\x1b');
});

test('the joiner says so', async () => {
  const world = await run('a.img new.img', 'joiner');
  expect(world.err()).toContain(
    '/work folder/new.img joined the running copy of /work folder/a.img at block 4 (40 %)',
  );
});

test.each([
  ['die-midway', '/a /new', EXIT.someTargetIsNot],
  ['boast', '/a /new', EXIT.someTargetIsNot],
  ['unreadable', '/a /new', EXIT.source],
  ['source-missing', '/a /new', EXIT.refused],
])('%s ends with its exit status', async (scenario, args, code) => {
  const world = await run(`${args} --json`, scenario);
  expect(world.exitCode()).toBe(code);
  expect(world.json().at(-1)).toMatchObject({ event: 'summary', ok: false });
});

test('Ctrl-C cancels once, says so, and says how to force at the second', async () => {
  let times = 0;
  const setting: TestSetting = {
    onText: (text) => {
      if (text === 'waiting\n' && times++ === 0) {
        world.interrupt();
        world.interrupt();
      }
    },
  };
  const world = testWorld({ helper: () => fakeClient('wait-for-cancel'), ...setting });
  await runCli(['copy', '/a', '/new', '--json'], [copyCommand], world.context);
  expect(world.exitCode()).toBe(EXIT.interrupted);
  expect(world.err()).toMatch(/Stopping: .*\nStill stopping: .*kill -KILL \d+/);
  expect(world.json().at(-1)).toMatchObject({ outcome: 'cancelled', targets: [{ state: 'cancelled' }] });
});

test('without --yes and without a terminal existing targets are not touched', async () => {
  const world = await run('/a /old.img /new.img /dev/sdb --json');
  expect(world.exitCode()).toBe(EXIT.refused);
  expect(world.err()).toContain('2 targets would be overwritten: add --yes');
  expect(world.json()).toMatchObject([
    {
      event: 'summary',
      outcome: 'refused',
      targets: [
        { path: '/old.img', state: 'refused', error: { code: 'not-approved' } },
        { path: '/new.img', state: 'cancelled' },
        { path: '/dev/sdb', state: 'refused', error: { code: 'not-approved' } },
      ],
    },
  ]);
});

test('on a terminal it says what could be resumed, before anything is erased', async () => {
  const state = mkdtempSync(join(tmpdir(), 'carousel-state-'));
  onTestFinished(() => rmSync(state, { recursive: true }));
  const env = { XDG_STATE_HOME: state };
  const asked = await run('/a /dev/left /dev/sdb', 'good', { answer: 'no', env });
  expect(asked.err()).toMatch(
    /^\/dev\/left: an interrupted copy got to 40 %\. Stop and add --resume [^\n]+\n(?!\/dev\/sdb:)/,
  );
  const taken = await run('/a /dev/left --resume', 'good', { answer: 'no', env });
  expect(taken.err()).not.toContain('interrupted');
  const script = await run('/a /dev/left --yes', 'good', { env });
  expect(script.err()).not.toContain('interrupted');
});

test('--yes lets them be written', async () => {
  expect((await run('/a /old.img /dev/sdb --yes')).exitCode()).toBe(EXIT.good);
});

test('on a terminal it shows what will be lost and wants a whole "yes"', async () => {
  const yes = await run('/a /dev/sdb /refused --json', 'good', { answer: 'yes' });
  expect(yes.err()).toContain('Left out: /refused: a file system on it is mounted');
  expect(yes.err()).toContain('This erases:\n  /dev/sdb  drive, 10.5 MB\nType yes to erase 1 drive: ');
  const summary = yes.json().at(-1);
  expect(summary).toMatchObject({
    ok: false,
    targets: [
      { path: '/dev/sdb', state: 'done' },
      { path: '/refused', state: 'refused', error: { code: 'mounted' } },
    ],
  });
  expect(yes.exitCode()).toBe(EXIT.refused);
  for (const answer of ['y', 'YES', 'no', '']) {
    const no = await run('/a /dev/sdb', 'good', { answer });
    expect(no.err()).toContain('Not approved: nothing was written.');
    expect(no.exitCode()).toBe(EXIT.refused);
  }
});

test('when nothing is left to write, nothing is started', async () => {
  const world = await run('/a /refused --json');
  expect(world.json()).toMatchObject([
    { event: 'summary', outcome: 'refused', targets: [{ error: { code: 'mounted' } }] },
  ]);
  expect(world.exitCode()).toBe(EXIT.refused);
});

test.each([
  ['/a', /name at least one TARGET/],
  ['/a --wait-for-join 0', /name at least one TARGET/],
  ['/a /b --heal --no-verify', /cannot go with --no-verify/],
  ['/a /b --report /no-such-folder/r', /the folder of \/no-such-folder\/r is not there/],
  ['/a /b --report /etc/hostname', /is there already; a report goes into a new file/],
  ['/a /tmp/b --report /tmp/b', /\/tmp\/b is named twice/],
  ['/a /b --verifi', /unknown option '--verifi'\n\(Did you mean --verify\?\)/],
  ['/a /b --yse', /Did you mean --yes/],
  ['/a /b --block 3M', /power of two/],
  ['/a /b --slots 1', /from 2 to 1024/],
  ['/a /b --slow later', /together, catch-up/],
  ['/a /b --on-read-error wait', /skip, stop/],
  ['/a /b --wait-for-join -1', /whole number/],
  ['/a /b --stall-timeout 0', /from 1 to 3600/],
])('copy %s is wrong use', async (args, message) => {
  const world = await run(args, 'good', { helper: () => expect.unreachable() });
  expect(world.err()).toMatch(message);
  expect(world.exitCode()).toBe(EXIT.usage);
  expect(world.out()).toBe('');
});

test('an open copy needs no target; --no-verify is the default', async () => {
  expect((await run('/a --wait-for-join 60 --no-verify')).exitCode()).toBe(EXIT.good);
});

test('help has examples and exit statuses', async () => {
  const world = await run('--help');
  expect(world.out()).toMatch(/Examples:\n {2}carousel copy .*Exit status: 0 all good/s);
  expect(world.exitCode()).toBe(EXIT.good);
});

test('unknown commands and no command are wrong use', async () => {
  for (const args of [['cpoy', '/a'], []]) {
    const world = testWorld();
    await runCli(args, [copyCommand], world.context);
    expect(world.exitCode()).toBe(EXIT.usage);
  }
});

test('a helper that cannot check is an error, not a yes', async () => {
  const world = await run('/a /b', 'nonsense');
  expect(world.err()).toMatch(/^error: carousel-helper survey/);
  expect(world.exitCode()).toBe(EXIT.someTargetIsNot);
});
