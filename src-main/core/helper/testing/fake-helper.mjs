// Speaks the helper protocol without copying anything. First argument: the scenario; then what the real helper would get.

import { createInterface } from 'node:readline';

const [scenario = 'good', command, ...rest] = process.argv.slice(2);
const SIZE = 10_485_760;
const BLOCK = 1_048_576;
let t = 0;

function say(event) {
  t += 0.1;
  process.stdout.write(JSON.stringify({ event: event.event, t: Number(t.toFixed(3)), ...event }) + '\n');
}

function fitness(path) {
  const ok = !path.includes('refused');
  return { ok, reasons: ok ? [] : [{ code: 'mounted', message: 'a file system on it is mounted' }] };
}

function verdict(path) {
  const exists = !path.includes('new');
  const kind = path.startsWith('/dev/') ? 'device' : 'file';
  return {
    path,
    exists,
    kind,
    size: exists ? SIZE : 0,
    removable: true,
    source: fitness(path),
    target: fitness(path),
    ...(kind === 'device'
      ? {
          survey: {
            level: path.includes('fixed') ? 2 : 1,
            approval: `A1-${path}`,
            readable: true,
            blank: false,
            table: 'mbr',
            volumes: [],
          },
        }
      : {}),
  };
}

const targetOf = (path, i) => ({ id: i + 1, target: path, mine: true });

function begin({ source, targets, options }) {
  const joiner = scenario === 'joiner';
  say({
    event: 'job',
    job: 'k1',
    role: joiner ? 'consumer' : 'producer',
    source: { path: source.path, size: SIZE, kind: 'file', sectorSize: 512, mountedWritable: false },
    blockSize: BLOCK,
    blockCount: SIZE / BLOCK,
    slots: options.slots ?? 64,
    slow: options.slow ?? 'together',
    pids: { supervisor: process.pid, producer: process.pid },
    future: { unknown: 'field' },
  });
  targets.forEach(({ path }, i) =>
    say({ event: 'target', ...targetOf(path, i), state: 'waiting', size: SIZE, pid: 1 }),
  );
  targets.forEach(({ path }, i) => {
    say({ event: 'target', ...targetOf(path, i), state: 'copying', size: SIZE, pid: 1 });
    say({ event: 'joined', ...targetOf(path, i), block: joiner ? 4 : 0, sequence: joiner ? 14 : 0 });
  });
}

function progress(targets, bytes, bytesRead = bytes) {
  say({ event: 'head', sequence: bytesRead / BLOCK, block: 0, lap: 1, bytesRead, bytesPerSecond: 5e6 });
  targets.forEach(({ path }, i) =>
    say({ event: 'progress', ...targetOf(path, i), phase: 'copying', bytes, bytesPerSecond: 5e6 }),
  );
}

function finish(source, targets, change = {}) {
  const results = targets.map(({ path }, i) => ({
    id: i + 1,
    path,
    state: 'done',
    joinedAtBlock: scenario === 'joiner' ? 4 : 0,
    bytesWritten: SIZE,
    badBlocks: 0,
    healedBlocks: 0,
    seconds: 1.5,
    ...change.target,
  }));
  for (const result of results) {
    const { path, id, ...shared } = result;
    say({ event: 'target', ...shared, id, target: path, mine: true });
  }
  say({
    event: 'summary',
    ok: true,
    role: scenario === 'joiner' ? 'consumer' : 'producer',
    outcome: 'complete',
    source: {
      path: source.path,
      size: SIZE,
      bytesRead: SIZE,
      laps: 1,
      rootDigest: 'ab',
      unreadable: [],
      ...change.source,
    },
    targets: results,
    others: [],
    seconds: 1.6,
    ...change.summary,
  });
}

function run(start) {
  const { source, targets } = start;
  switch (scenario) {
    case 'die-after-start':
      return process.exit(7);
    case 'source-missing':
      say({ event: 'error', request: start.request, code: 'not-found', message: 'no such file' });
      return process.exit(0);
  }
  begin(start);
  progress(targets, SIZE * 0.4);
  switch (scenario) {
    case 'die-midway':
      // The last of several targets has ended well by now; that stays true.
      if (targets.length > 1) {
        const last = targets.length - 1;
        say({
          event: 'target',
          ...targetOf(targets[last].path, last),
          state: 'done',
          bytesWritten: SIZE,
          joinedAtBlock: 0,
        });
      }
      return void process.stdout.write('', () => process.kill(process.pid, 'SIGKILL'));
    case 'cut-off':
      return void process.stdout.write('{"event":"summary","ok":true', () => process.exit(0));
    case 'close-stdout':
      process.stdout.end();
      return void setTimeout(() => process.exit(0), 300);
    case 'garbage':
      process.stdout.write(
        'not json\n[1,2]\n{"event":"progress","id":"x"}\n{"event":"from-the-future","t":1}\n\n',
      );
      process.stdout.write(Buffer.from([0x7b, 0xff, 0xfe, 0x0a]));
      process.stdout.write(`{"event":"warning","message":"${'x'.repeat(2_000_000)}"}\n`);
      return finish(source, targets);
    case 'wait-for-cancel':
      return process.stderr.write('waiting\n');
    case 'forget-target':
      return finish(source, targets.slice(1));
    case 'boast':
      return finish(source, targets, {
        target: {
          state: 'failed',
          error: { code: 'write-error', message: 'EIO', offset: 5 * BLOCK, errno: 'EIO' },
        },
      });
    case 'unreadable':
      say({ event: 'bad-source', offset: 512, length: 512 });
      return finish(source, targets, {
        source: { unreadable: [{ offset: 512, length: 512 }] },
        summary: { ok: false },
      });
    case 'linger':
      finish(source, targets);
      return void setInterval(() => undefined, 1000);
    default:
      progress(targets, SIZE);
      finish(source, targets);
  }
}

function cancelled(start) {
  finish(start.source, start.targets, {
    target: { state: 'cancelled', bytesWritten: SIZE * 0.4 },
    summary: { ok: false, outcome: 'cancelled' },
  });
}

function job() {
  say({ event: 'hello', version: scenario === 'old' ? 99 : 1, helper: '0.1.0', pid: process.pid });
  if (scenario === 'die-at-once') process.exit(3);
  if (scenario === 'deaf') {
    process.stdin.destroy();
    return void setTimeout(() => process.exit(1), 200);
  }
  let start;
  const lines = createInterface({ input: process.stdin });
  lines.on('line', (line) => {
    const verb = JSON.parse(line);
    if (verb.verb === 'start') run((start = verb));
    else if (verb.verb === 'cancel' && start) {
      cancelled(start);
      lines.close();
    } else say({ event: 'error', code: 'protocol', message: `got ${line}`, request: verb.request });
  });
}

function oneShot() {
  switch (scenario) {
    case 'silent':
      return void setInterval(() => undefined, 1000);
    case 'fails':
      process.stderr.write('no can do\n');
      return void (process.exitCode = 9);
    case 'nonsense':
      return void process.stdout.write('nonsense\n');
  }
  if (command === 'check' || command === 'survey')
    for (const path of rest) process.stdout.write(JSON.stringify(verdict(path)) + '\n');
  if (command === 'resumable')
    for (const path of rest.slice(3))
      process.stdout.write(`${JSON.stringify({ path, blocks: path.includes('left') ? 4 : 0, of: 10 })}\n`);
  if (command === 'jobs') process.stdout.write('{"job":"k1","pid":42,"source":"/a","more":1}\n');
  if (command === '--version') process.stdout.write('{"version":1,"helper":"0.1.0"}\n');
}

if (command === 'job' || command === 'attach') job();
else oneShot();
