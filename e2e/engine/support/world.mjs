// A place of its own for each test: a folder, simulated sticks, a mark by which its processes are known, and in the end the check that
// nothing is left behind.

import assert from 'node:assert/strict';
import { randomBytes } from 'node:crypto';
import { spawnSync } from 'node:child_process';
import fs from 'node:fs';
import os from 'node:os';
import path from 'node:path';
import { test } from 'node:test';
import { canMakeSticks, compareBytes, Lab, makeSource } from '../../../testlab/sticks.mjs';
import { describe, listeningJobs, marked, roleOf, stateOf } from './proc.mjs';
import { RingView } from './ring.mjs';
import { COMMAND, EVENT_MS, HELPER, Run, until } from './run.mjs';

export const MiB = 1 << 20;
export const sticksHere = canMakeSticks();
/** Processes that were told to end may take so long; the helper itself waits up to 3 s for a device. */
const LEAVE_MS = 15_000;

/** Why a test cannot run here, or false. */
function missing({ sticks, root, linux, when }) {
  if (linux && process.platform !== 'linux') return 'needs Linux';
  if (sticks && !sticksHere.ok) return sticksHere.reason;
  if (root && process.getuid?.() !== 0) return 'needs root';
  return when ?? false;
}

/**
 * A test in a world of its own.
 * @param {string} title
 * @param {{ sticks?: boolean, root?: boolean, linux?: boolean, when?: string | false, timeout?: number, leaves?: boolean }} needs
 *   `when`: a reason to skip; `leaves`: the test checks by itself what is left
 * @param {(w: World, t: import('node:test').TestContext) => Promise<void>} body
 */
export function scenario(title, needs, body) {
  test(title, { skip: missing(needs), timeout: needs.timeout ?? 180_000 }, async (t) => {
    const world = new World();
    t.after(() => world.close());
    await body(world, t);
    await world.nothingLeft();
  });
}

export class World {
  mark = `CAROUSEL_TEST_MARK=${randomBytes(8).toString('hex')}`;
  dir = fs.mkdtempSync(path.join(os.tmpdir(), 'carousel-engine-'));
  #tmp = path.join(this.dir, 'tmp');
  /** What interrupted copies leave lies in here. */
  state = path.join(this.dir, 'state');
  /** The record of jobs lies in here. */
  data = path.join(this.dir, 'data');
  #known = new Set(['tmp', 'state', 'data']);
  #lab;
  #jobs = new Set();
  #runs = [];
  #rings = [];
  #cleanups = [];
  #sharedBefore = sharedMemory();

  constructor() {
    fs.mkdirSync(this.#tmp);
  }

  get lab() {
    this.#lab ??= new Lab();
    return this.#lab;
  }

  get env() {
    const [name, value] = this.mark.split('=');
    return {
      ...process.env,
      [name]: value,
      TMPDIR: this.#tmp,
      XDG_STATE_HOME: this.state,
      XDG_DATA_HOME: this.data,
    };
  }

  /** Done at the end, last first, whatever becomes of the test. */
  after(cleanup) {
    this.#cleanups.unshift(cleanup);
  }

  /** A path in this world's folder that may exist in the end. */
  path(name) {
    this.#known.add(name);
    return path.join(this.dir, name);
  }

  /** A file with content that follows from the seed. */
  async source(name, size, seed = 1) {
    const file = this.path(name);
    await makeSource(file, size, seed);
    return file;
  }

  sticks(names, options) {
    return this.lab.newSticks(names, options);
  }

  /** Targets of either kind: sticks where they can be made (unless files are asked for), else new files. Gives their paths. */
  async targets(names, { size, writeBps, files = false }) {
    if (files || !sticksHere.ok) return names.map((name) => this.path(`${name}.img`));
    const whole = Math.ceil(size / 4096) * 4096;
    return (await this.sticks(names, { size: whole, writeBps })).map(({ dev }) => dev);
  }

  /** `carousel copy ... --json --yes`. */
  copy(source, targets, args = [], { hang, env, cwd = this.dir, yes = true } = {}) {
    const words = [
      COMMAND,
      'copy',
      source,
      ...targets,
      '--json',
      ...(yes ? ['--yes'] : []),
      ...args.map(String),
    ];
    return this.#track(
      new Run(process.execPath, words, { env: { ...this.env, ...env }, mark: this.mark, cwd, hang }),
    );
  }

  /** The same by the helper itself, over its protocol. */
  job(source, targets, options = {}, { hang } = {}) {
    return this.rawJob(source, asked(targets), options, { hang });
  }

  /** The same with targets as they go over the wire. */
  rawJob(source, targets, options = {}, { hang } = {}) {
    return this.#ask({ verb: 'start', source: { path: source }, targets, options }, hang);
  }

  /** Targets, as they go over the wire or just their paths, held against a manifest by the helper itself. `source`: heals from it. */
  verification(targets, manifest, options = {}, { hang, source } = {}) {
    const riders = targets.map((at) => (typeof at === 'string' ? { path: at } : at));
    const from = source === undefined ? {} : { source: { path: source } };
    return this.#ask({ verb: 'verify', manifest, ...from, targets: riders, options }, hang);
  }

  /** Any first line of a job. */
  raw(verb) {
    return this.#ask(verb);
  }

  #ask(verb, hang) {
    const run = new Run(HELPER, ['job'], {
      env: this.env,
      mark: this.mark,
      cwd: this.dir,
      hang,
      stdin: true,
    });
    run.say({ ...verb, version: 1 });
    return this.#track(run);
  }

  /** The helper's one-shot commands: `{ status, stdout, stderr }`. */
  sync(args) {
    return spawnSync(HELPER, args, { encoding: 'utf8', env: this.env });
  }

  /** `carousel-helper attach JOB`, to speak with a running job. */
  attach(job) {
    return this.#track(new Run(HELPER, ['attach', job], { env: this.env, mark: this.mark, stdin: true }));
  }

  /** `carousel-helper probe`; `asks`: the target as it goes over the wire, where it was looked at before. */
  probe(target, options = {}, { hang, asks = asked([target])[0] } = {}) {
    const run = new Run(HELPER, ['probe'], {
      env: this.env,
      mark: this.mark,
      cwd: this.dir,
      hang,
      stdin: true,
    });
    run.say({ verb: 'probe', version: 1, target: asks, options });
    this.#runs.push(run);
    return run;
  }

  /** The command line with any arguments; not JSON lines only. */
  command(args, options = {}) {
    return this.#track(
      new Run(process.execPath, [COMMAND, ...args], {
        env: this.env,
        mark: this.mark,
        cwd: this.dir,
        ...options,
      }),
    );
  }

  #track(run) {
    this.#runs.push(run);
    run.job().then(
      ({ job }) => this.#jobs.add(job),
      () => undefined,
    );
    return run;
  }

  /** Looks into the ring of a running job. */
  async ring(run) {
    const { pids } = await run.job();
    const view = await until(() => ringOf(pids.supervisor), 'the ring');
    this.#rings.push(view);
    return view;
  }

  /** This world's living processes, by role if one is named. */
  processes(role) {
    return marked(this.mark).filter((one) => role === undefined || roleOf(one) === role);
  }

  signal(pid, name) {
    try {
      process.kill(pid, name);
      return true;
    } catch {
      return false; // it is gone already
    }
  }

  /** Stops a process and waits until it stands still. */
  async hold(pid) {
    this.after(() => this.signal(pid, 'SIGCONT'));
    this.signal(pid, 'SIGSTOP');
    await until(() => ['T', 't', ''].includes(stateOf(pid)), `process ${pid} to stop`);
  }

  release(pid) {
    this.signal(pid, 'SIGCONT');
  }

  /** Asserts that a target holds the source, byte for byte. */
  async equal(source, target, size) {
    const at = await compareBytes(source, target, size);
    assert.equal(at, -1, `${target} differs from ${source} from byte ${at} on`);
  }

  async allEqual(source, targets, size) {
    for (const target of targets) await this.equal(source, target, size);
  }

  /** No process, no listening name, no shared memory, no file but those the test knows; every stick can be had exclusively. */
  async nothingLeft() {
    await until(() => marked(this.mark).length === 0, 'the processes to end', LEAVE_MS).catch(
      () => undefined,
    );
    const left = marked(this.mark);
    assert.equal(left.length, 0, `processes left behind:\n${describe(left)}`);
    const names = listeningJobs().filter((key) => this.#jobs.has(key));
    assert.deepEqual(names, [], 'names of jobs left behind');
    assert.deepEqual(
      sharedMemory().filter((name) => !this.#sharedBefore.includes(name)),
      [],
      'shared memory left behind',
    );
    assert.deepEqual(fs.readdirSync(this.#tmp), [], 'temporary files left behind');
    assert.deepEqual(
      fs.readdirSync(this.dir).filter((name) => !this.#known.has(name)),
      [],
      'files left behind',
    );
    // A process that ends loses the memory by which it is known here a moment before its open devices.
    for (const { dev } of this.#lab?.sticks.values() ?? [])
      await until(() => !isHeld(dev), `${dev} to be let go`, LEAVE_MS);
  }

  async close() {
    for (const cleanup of this.#cleanups) await cleanup();
    for (const view of this.#rings) view.close();
    for (const { pid } of marked(this.mark)) this.signal(pid, 'SIGKILL');
    await until(() => marked(this.mark).length === 0, 'killed processes to end', EVENT_MS).catch(
      () => undefined,
    );
    await this.#lab?.close();
    fs.rmSync(this.dir, { recursive: true, force: true });
  }
}

/** Targets for the helper's own verbs, drives with the approval of this moment. */
export function asked(targets) {
  const { stdout } = spawnSync(HELPER, ['survey', ...targets], { encoding: 'utf8' });
  const approvals = stdout
    .split('\n')
    .filter(Boolean)
    .map((line) => JSON.parse(line).survey?.approval);
  return targets.map((at, index) =>
    approvals[index] ? { path: at, approval: approvals[index] } : { path: at },
  );
}

/** Does anybody have the device exclusively? */
function isHeld(device) {
  if (!fs.existsSync(device)) return false;
  try {
    fs.closeSync(fs.openSync(device, fs.constants.O_RDONLY | fs.constants.O_EXCL));
    return false;
  } catch (error) {
    return error.code === 'EBUSY';
  }
}

/** Named rings and semaphores, should there ever be any. */
function sharedMemory() {
  const names = fs.existsSync('/dev/shm') ? fs.readdirSync('/dev/shm') : [];
  return names.filter((name) => /^(sem\.|carousel-ring)/.test(name));
}

function ringOf(pid) {
  try {
    return new RingView(pid);
  } catch (error) {
    if (error.code === 'ENOENT' || /holds no ring/.test(error.message)) return undefined; // not yet, or a copy of the handle that was closed again
    throw error;
  }
}
