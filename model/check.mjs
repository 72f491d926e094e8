#!/usr/bin/env node
// SPDX-License-Identifier: Apache-2.0
/**
 * Checks ring.pml with Spin: every configuration must hold, every mutant must fail.
 *
 *   node model/check.mjs [--only REGEXP] [--jobs N] [--long]
 *
 * Exit status: 0 all as it should be, 1 not, 77 Spin or gcc is not installed.
 */
import { spawn, spawnSync } from 'node:child_process';
import { copyFileSync, mkdtempSync, rmSync } from 'node:fs';
import { availableParallelism, tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { parseArgs } from 'node:util';

const MODEL = fileURLToPath(new URL('./ring.pml', import.meta.url));
const MEMORY_MB = 2950; // for each of at most two at a time
const SECONDS = 600;

/**
 * @typedef {object} Run
 * @property {string} name
 * @property {string} flags
 * @property {'cycles'} [also]  besides: no execution goes on for ever
 * @property {RegExp} [fails]  a mutant, and how Spin must find it
 * @property {boolean} [long]  only with --long
 */

/** @type {Run[]} */
const RUNS = [
  // longest first: two run side by side
  {
    name: '3 consumers, one late; the producer dies; 2 slots, 2 blocks',
    flags: 'NC=3 LATE=1 N=2 BC=2 KILL=3',
    long: true,
  },
  { name: '3 consumers, one late; 2 slots, 3 blocks', flags: 'NC=3 LATE=1 N=2 BC=3' },
  {
    name: '3 consumers, one late; the late one dies; 2 slots, 2 blocks',
    flags: 'NC=3 LATE=1 N=2 BC=2 KILL=2',
    long: true,
  },
  {
    name: '3 consumers, one late; one that was there dies; 2 slots, 2 blocks',
    flags: 'NC=3 LATE=1 N=2 BC=2 KILL=0',
    long: true,
  },
  {
    name: '2 consumers, one late; the other is detached, goes on, is killed; 2 slots, 3 blocks',
    flags: 'NC=2 LATE=1 N=2 BC=3 ZOMBIE=0',
  },
  {
    name: '2 consumers, one late; the late one is detached, goes on, is killed; 2 slots, 3 blocks',
    flags: 'NC=2 LATE=1 N=2 BC=3 ZOMBIE=1',
  },
  ...[0, 1, 2].flatMap((who) =>
    ['N=2 BC=3', 'N=3 BC=3', 'N=2 BC=4', 'N=3 BC=4'].map((size) => ({
      name: `2 consumers, one late; ${['one that was there', 'the late one', 'the producer'][who]} dies; ${words(size)}`,
      flags: `NC=2 LATE=1 ${size} KILL=${who}`,
      long: size === 'N=3 BC=3' || size === 'N=2 BC=4',
    })),
  ),
  { name: '2 consumers, both join at any moment; 2 slots, 3 blocks', flags: 'NC=2 LATE=2 N=2 BC=3' },
  { name: '2 consumers, one late; 3 slots, 4 blocks', flags: 'NC=2 LATE=1 N=3 BC=4' },
  {
    name: '2 consumers, one late; 2 slots, 3 blocks; every load and store a step, counting semaphores',
    flags: 'NC=2 LATE=1 N=2 BC=3 FINE BELLS=20',
  },
  {
    name: '2 consumers, one late; 2 slots, 3 blocks; no endless execution',
    flags: 'NC=2 LATE=1 N=2 BC=3',
    also: 'cycles',
  },
  { name: 'more slots than blocks: one pass', flags: 'NC=2 LATE=0 N=4 BC=3' },
  { name: 'a source of one block', flags: 'NC=2 LATE=1 N=2 BC=1' },
  {
    name: 'detached, goes on, is killed; no ring at the reaping',
    flags: 'NC=2 LATE=1 N=2 BC=2 ZOMBIE=0 M_NOREAPPOST',
  },
  { name: 'catch-up: 2 consumers; 2 slots, 2 blocks', flags: 'NC=2 LATE=0 N=2 BC=2 CATCHUP' },
  {
    name: 'catch-up: 2 consumers; 2 slots, 2 blocks; no endless execution',
    flags: 'NC=2 LATE=0 N=2 BC=2 CATCHUP',
    also: 'cycles',
  },
  {
    name: 'catch-up: 2 consumers; one dies; 2 slots, 2 blocks; no endless execution',
    flags: 'NC=2 LATE=0 N=2 BC=2 CATCHUP KILL=0',
    also: 'cycles',
    long: true,
  },
  { name: 'catch-up: 2 consumers, one late; 2 slots, 2 blocks', flags: 'NC=2 LATE=1 N=2 BC=2 CATCHUP' },
  {
    name: 'catch-up: 2 consumers; one dies; 2 slots, 2 blocks',
    flags: 'NC=2 LATE=0 N=2 BC=2 CATCHUP KILL=0',
  },
  { name: 'catch-up: 2 consumers; 2 slots, 3 blocks', flags: 'NC=2 LATE=0 N=2 BC=3 CATCHUP', long: true },
  {
    name: 'catch-up: 2 consumers; the producer dies; 2 slots, 2 blocks',
    flags: 'NC=2 LATE=0 N=2 BC=2 CATCHUP KILL=2',
    long: true,
  },
  {
    name: '3 consumers, one late; one that was there dies; 2 slots, 3 blocks',
    flags: 'NC=3 LATE=1 N=2 BC=3 KILL=0',
    long: true,
  },

  ...['LATE=0', 'LATE=1', 'LATE=1 KILL=0', 'LATE=0 CATCHUP M_NEEDBIT'].map((what) => ({
    name: `2 consumers; the window grows from 2 to 3 of 3 slots; ${what}`,
    flags: `NC=2 ${what} N=3 BC=${what.includes('CATCHUP') ? 2 : 4} GROW=2`,
    long: what.includes('KILL'),
  })),
  {
    name: '2 consumers, one late; the window grows from 2 to 4 of 4 slots',
    flags: 'NC=2 LATE=1 N=4 BC=5 GROW=2',
    long: true,
  },
  {
    name: 'a place is taken that is not free yet',
    flags: 'NC=2 LATE=0 N=3 BC=4 GROW=2 M_PLACE',
    fails: /assertion/,
  },
  {
    name: 'join() does not read the head again',
    flags: 'NC=2 LATE=1 N=2 BC=3 M_NOREREAD',
    fails: /assertion/,
  },
  {
    name: 'join() stores its state instead of compare-and-swap',
    flags: 'NC=2 LATE=1 N=2 BC=3 ZOMBIE=1 M_JOINSTORE',
    fails: /invalid end state/,
  },
  { name: 'gate() is off by one', flags: 'NC=2 LATE=0 N=2 BC=3 M_GATE', fails: /assertion/ },
  { name: 'one slot only', flags: 'NC=2 LATE=1 N=1 BC=3', fails: /assertion/ },
  {
    name: 'a block is counted without a look at the own state',
    flags: 'NC=2 LATE=1 N=2 BC=3 ZOMBIE=0 M_NORECHECK',
    fails: /assertion/,
  },
  {
    name: 'the producer sleeps without a second scan',
    flags: 'NC=2 LATE=0 N=2 BC=3 M_NORESCAN',
    fails: /invalid end state/,
  },
  {
    name: 'a consumer sleeps without a second look at the head',
    flags: 'NC=2 LATE=0 N=2 BC=3 M_NORECHECKHEAD',
    fails: /invalid end state/,
  },
  { name: 'leave() does not ring', flags: 'NC=2 LATE=1 N=2 BC=4 M_LEAVENOPOST', fails: /invalid end state/ },
  {
    name: 'detach() does not ring',
    flags: 'NC=2 LATE=0 N=2 BC=3 KILL=0 M_DETACHNOPOST',
    fails: /invalid end state/,
  },
  {
    name: 'detach() rings only a waiting producer',
    flags: 'NC=2 LATE=0 N=2 BC=3 KILL=0 RINGER_TAKES M_POSTIFWAITING',
    fails: /invalid end state/,
  },
  {
    name: 'producer gone: only waiting consumers are rung',
    flags: 'NC=2 LATE=0 N=2 BC=3 KILL=2 M_GONENOPOST',
    fails: /invalid end state/,
  },
  {
    name: 'whoever rings takes the flag; detached, then killed: no second ring',
    flags: 'NC=2 LATE=0 N=2 BC=3 ZOMBIE=0 RINGER_TAKES M_NOREAPPOST',
    fails: /invalid end state/,
  },
  {
    name: 'the entry of a detached process is used again while it lives',
    flags: 'NC=3 LATE=1 N=2 BC=3 ZOMBIE=0 M_REUSE',
    fails: /assertion/,
  },
  {
    name: 'together: skipped blocks are published',
    flags: 'NC=2 LATE=1 N=2 BC=3 M_SKIPAHEAD',
    fails: /assertion/,
  },
  {
    name: 'a block still in the ring is read again',
    flags: 'NC=2 LATE=0 N=4 BC=3 M_NEEDBIT',
    fails: /assertion/,
  },
  { name: 'the producer ends by itself', flags: 'NC=2 LATE=1 N=2 BC=3 M_FINISH', fails: /invalid end state/ },
  {
    name: 'catch-up: copy without validation',
    flags: 'NC=2 LATE=0 N=2 BC=3 CATCHUP M_ASIDENOVALID',
    fails: /assertion/,
  },
  {
    name: 'catch-up: the producer runs on with nobody attached',
    flags: 'NC=2 LATE=0 N=2 BC=2 CATCHUP M_NOPARK',
    fails: /assertion/,
  },
  {
    name: 'catch-up: a starving consumer does not look whether it was set aside',
    flags: 'NC=2 LATE=0 N=2 BC=3 CATCHUP KILL=0 M_STARVENOSTATE',
    also: 'cycles',
    fails: /non-progress cycle/,
  },
  {
    name: 'catch-up: an aside consumer does not look again who is attached',
    flags: 'NC=2 LATE=0 N=2 BC=3 CATCHUP M_ASIDENORECHECK',
    fails: /invalid end state/,
  },
];

/** @param {string} size */
function words(size) {
  const [, slots, blocks] = /N=(\d+) BC=(\d+)/.exec(size) ?? [];
  return `${slots} slots, ${blocks} blocks`;
}

/**
 * @param {string} command
 * @param {string[]} args
 * @param {string} cwd
 * @returns {Promise<string>}
 */
function output(command, args, cwd) {
  return new Promise((resolve, reject) => {
    const child = spawn(command, args, { cwd, stdio: ['ignore', 'pipe', 'pipe'] });
    const timer = setTimeout(() => child.kill('SIGKILL'), SECONDS * 1000);
    let text = '';
    for (const stream of [child.stdout, child.stderr])
      stream.on('data', (chunk) => {
        text += chunk;
      });
    child.on('error', reject);
    child.on('close', (code, signal) => {
      clearTimeout(timer);
      if (signal) text += `\n${command}: ended by ${signal}`;
      resolve(text);
    });
  });
}

/**
 * @param {Run} run
 * @returns {Promise<{ ok: boolean, line: string }>}
 */
async function check(run) {
  const dir = mkdtempSync(join(tmpdir(), 'ring-model-'));
  const started = Date.now();
  try {
    copyFileSync(MODEL, join(dir, 'ring.pml'));
    const defines = run.flags.split(' ').map((flag) => `-D${flag}`);
    const made = await output('spin', ['-a', ...defines, 'ring.pml'], dir);
    const how = run.also === 'cycles' ? ['-DNP'] : ['-DSAFETY', '-DNOCLAIM'];
    const built = await output(
      'gcc',
      // A mutant is found within few states, long before optimising has paid for itself.
      [run.fails ? '-O0' : '-O2', '-w', '-DCOLLAPSE', `-DMEMLIM=${MEMORY_MB}`, ...how, '-o', 'pan', 'pan.c'],
      dir,
    );
    // without progress labels every cycle is a non-progress cycle
    const text = await output('./pan', ['-m100000', ...(run.also === 'cycles' ? ['-l'] : [])], dir).catch(
      (e) => `${made}\n${built}\n${e.message}`,
    );
    const errors = Number(/errors: (\d+)/.exec(text)?.[1] ?? -1);
    const states = Number(/(\d+) states, stored/.exec(text)?.[1] ?? 0);
    const found = /pan:1: (.*?)\s*\(at depth/.exec(text)?.[1] ?? '';
    const whole =
      errors >= 0 &&
      !/max search depth too small|out of memory|MEMLIM|ended by|Search not completed/.test(text);
    const ok = run.fails ? errors > 0 && run.fails.test(found) : errors === 0 && whole;
    const seconds = ((Date.now() - started) / 1000).toFixed(1);
    const result =
      errors > 0
        ? `${run.fails && ok ? 'found' : 'ERROR'}: ${short(found)}`
        : !whole
          ? `NOT FINISHED ${text.trim().slice(-300)}`
          : run.fails
            ? 'NOT FOUND'
            : 'holds';
    const line = `${ok ? 'ok  ' : 'FAIL'} ${run.fails ? 'mutant: ' : ''}${run.name}  [${run.flags}]\n       ${result}; ${states.toLocaleString('en')} states, ${seconds} s`;
    return { ok, line };
  } finally {
    rmSync(dir, { recursive: true, force: true });
  }
}

/** @param {string} found */
const short = (found) => (found.startsWith('assertion') ? 'assertion violated' : found);

const { values } = parseArgs({
  options: { only: { type: 'string' }, jobs: { type: 'string' }, long: { type: 'boolean' } },
});
for (const tool of ['spin', 'gcc']) {
  if (spawnSync(tool, [tool === 'spin' ? '-V' : '--version'], { stdio: 'ignore' }).error) {
    console.log(`skipped: ${tool} is not installed`);
    process.exit(77);
  }
}
const only = new RegExp(values.only ?? '');
const todo = RUNS.filter(
  (run) => (values.long || !run.long) && only.test(`${run.fails ? 'mutant: ' : ''}${run.name} ${run.flags}`),
);
const jobs = Math.max(1, Math.min(Number(values.jobs ?? 2), availableParallelism()));
const queue = [...todo];
const started = Date.now();
let bad = todo.length === 0 ? 1 : 0;
await Promise.all(
  Array.from({ length: jobs }, async () => {
    for (let run = queue.shift(); run; run = queue.shift()) {
      const { ok, line } = await check(run);
      if (!ok) bad++;
      console.log(line);
    }
  }),
);
console.log(`${((Date.now() - started) / 1000).toFixed(0)} s`);
console.log(`${todo.length - bad} passed, ${bad} failed`);
process.exit(bad ? 1 : 0);
