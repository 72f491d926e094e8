// Two ways to start the same copy, and a way to stop one exactly where a test wants it, without counting on any speed.

import { argumentsOf } from './proc.mjs';
import { sleep } from './run.mjs';
import { sticksHere } from './world.mjs';

/** The helper over its protocol, on files: needs no rights. */
export const asHelper = {
  first: 1,
  files: true,
  how: 'the helper, on files',
  start: (w, source, targets, options, more) => w.job(source, targets, options, more),
};

/** The program as it is delivered, on block devices where they can be made. */
export const asProgram = {
  first: 11,
  files: false,
  how: `the program, on ${sticksHere.ok ? 'sticks' : `files (${sticksHere.reason})`}`,
  start: (w, source, targets, options, more) => w.copy(source, targets, flags(options), more),
};

const flags = (options = {}) =>
  Object.entries(options).flatMap(([name, value]) => [
    `--${name.replace(/[A-Z]/g, (c) => `-${c.toLowerCase()}`)}`,
    value,
  ]);

/** Small blocks and two slots: the processes meet at every block. */
export const TIGHT = { block: 65536, slots: 2 };
const MIB = 1 << 20;

/** A source and targets of a size that takes a while: sticks have a rate, files are larger. */
export async function setting(w, driver, names, { size } = {}) {
  const files = driver.files || !sticksHere.ok;
  const bytes = size ?? (files ? 64 * MIB : 24 * MIB) + 12_345;
  const source = await w.source('source.img', bytes, names.join());
  return { source, size: bytes, targets: await w.targets(names, { size: bytes, writeBps: '20MB', files }) };
}

/** Starts a copy whose first target is held right at its beginning; `ring` shows what happens. */
export async function startHeld(w, driver, { source, targets }, options = TIGHT, more = {}) {
  const run = driver.start(w, source, targets, options, more);
  const pid = await run.consumer(targets[0]);
  await w.hold(pid);
  // One that was forked a moment ago still has its parent's name, and would keep it while it is held.
  while (argumentsOf(pid)[1] === 'job') {
    w.release(pid);
    await sleep(1);
    await w.hold(pid);
  }
  return { run, pid, ring: await w.ring(run) };
}

/** Lets the held process go on until so many blocks are published, and holds it again. */
export async function advance(w, { pid, ring }, blocks) {
  w.release(pid);
  const pause = new Int32Array(new SharedArrayBuffer(4));
  for (const end = Date.now() + 30_000; ring.head < blocks; Atomics.wait(pause, 0, 0, 0.3)) {
    if (Date.now() > end) throw new Error(`the head stands at ${ring.head}, short of ${blocks}`);
    // Another test of this process may have something to stop in time, too.
    await new Promise((resolve) => setImmediate(resolve));
  }
  await w.hold(pid);
}

/** The head no longer moves: its value. */
export async function standstill(ring, ms = 700) {
  for (let head = ring.head, since = Date.now(); ;) {
    await new Promise((resolve) => setTimeout(resolve, 20));
    if (ring.head !== head) [head, since] = [ring.head, Date.now()];
    else if (Date.now() - since >= ms) return head;
  }
}
