// The two ways in, behind one face: the command line, and the app's core over the contract. A ride is one job as its front end sees it.

import { HANG_MS, until } from '../../e2e/engine/support/run.mjs';
import { App } from './app.mjs';

const STATES = ['waiting', 'copying', 'aside', 'flushing', 'verifying', 'healing'];
/** How far a target is; final states come after all others. */
const rank = (state) => (STATES.includes(state) ? STATES.indexOf(state) : STATES.length);
export const isGood = (state) => ['done', 'verified', 'sampled'].includes(state);

/** @typedef {{ state: string, code: string | null, unreadable: boolean }} End  how a target ended, as its front end says it */

const flags = (options) =>
  Object.entries(options).flatMap(([name, value]) => {
    const flag = `--${name.replace(/[A-Z]/g, (c) => `-${c.toLowerCase()}`)}`;
    return value === true ? [flag] : value === false ? [] : [flag, value];
  });

class CommandRide {
  runs = [];

  constructor(front, source, options) {
    Object.assign(this, { front, source, options });
  }

  async add(targets) {
    this.runs.push(this.front.w.copy(this.source, targets, flags(this.options)));
  }

  #events() {
    return this.runs.flatMap((run) => run.events);
  }

  #seen(fits, what) {
    return until(() => this.#events().find(fits) ?? this.runs.every((run) => run.ended), what, HANG_MS);
  }

  /** Resolves when the target is in this state or further. */
  reached(target, state) {
    return this.#seen(
      (e) => e.event === 'target' && e.target === target && rank(e.state) >= rank(state),
      state,
    );
  }

  /** Resolves when so much of the target is written, or it is over. */
  progressed(target, bytes) {
    return this.#seen(
      (e) =>
        e.target === target &&
        ((e.event === 'progress' && e.bytes >= bytes) ||
          (e.event === 'target' && rank(e.state) > rank('aside'))),
      `${bytes} bytes of ${target}`,
    );
  }

  wrapped() {
    return this.#seen((e) => e.event === 'lap' || (e.event === 'head' && e.lap > 1), 'a second turn');
  }

  /** Kills the process that leads the job. */
  async breakOff() {
    const { pids } = await this.runs[0].job();
    this.front.w.signal(pids.supervisor, 'SIGKILL');
    await this.end();
  }

  /** The same copy again, where it was left. */
  async again(targets) {
    const ride = new CommandRide(this.front, this.source, { ...this.options, resume: true });
    await ride.add(targets);
    return ride;
  }

  /** Waits for the end: `Map` of path to End. A command that says nothing at all about a target has called nothing good. */
  async end() {
    const ends = new Map();
    for (const run of this.runs) {
      const { code, summary, stderr } = await run.exit;
      if (!summary) {
        if (code === 0) throw new Error(`exit 0 without a summary: ${stderr}`);
        this.said = stderr.trim().split('\n')[0];
      }
      if (summary && summary.ok !== (code === 0)) throw new Error(`exit ${code}, ok ${summary.ok}`);
      for (const { path, state, error, unreadable } of summary?.targets ?? [])
        ends.set(path, { state, code: error?.code ?? null, unreadable: (unreadable ?? 0) > 0 && code !== 0 });
    }
    return ends;
  }
}

/** `carousel copy`. */
export class CommandFront {
  name = 'command line';

  constructor(w) {
    this.w = w;
  }

  async begin(source, targets, options) {
    const ride = new CommandRide(this, source, options);
    await ride.add(targets);
    return ride;
  }

  async close() {}
}

class AppRide {
  #refused = new Map();

  constructor(front, source, options) {
    Object.assign(this, { front, source, options });
  }

  get #app() {
    return this.front.app;
  }

  get #job() {
    return this.#app.state.jobs[this.id];
  }

  #target(at) {
    return Object.values(this.#job?.targets ?? {}).find(({ card }) => card.path === at);
  }

  async add(targets) {
    const from = await this.#app.drive(this.source);
    const { block, ...rest } = this.options;
    const options = { ...rest, blockSize: block };
    for (const at of targets)
      await this.#orRefused(at, async () => {
        const [approval] = await this.#app.approve(from, [await this.#app.drive(at)], this.id);
        if (this.id) await this.#app.call('jobs.addTargets', { job: this.id, targets: [approval] });
        else
          ({ job: this.id } = await this.#app.call('jobs.start', {
            source: from,
            targets: [approval],
            options,
          }));
        await this.#app.until(() => this.#target(at), `${at} on the job`);
      });
  }

  /** What the sheet or the core refuses in words of its own is an end too. */
  async #orRefused(at, work) {
    try {
      await work();
    } catch (error) {
      const code = error.refused ?? error.error?.code;
      if (!code || code === 'internal') throw error;
      this.#refused.set(at, code);
    }
  }

  #over() {
    return !this.id || this.#job?.state === 'ended';
  }

  reached(target, state) {
    const there = () => rank(this.#target(target)?.state ?? 'waiting') >= rank(state);
    return this.#app.until(() => there() || this.#over(), `${target} ${state}`);
  }

  progressed(target, bytes) {
    const there = ({ state, bytesCopied }) => bytesCopied >= bytes || rank(state) > rank('aside');
    return this.#app.until(() => this.#over() || there(this.#target(target) ?? {}), `${bytes} of ${target}`);
  }

  wrapped() {
    return this.#app.until(() => this.#over() || this.#job.source.lap > 1, 'a second turn');
  }

  /** The app's own way to leave off: "stop all". */
  async breakOff() {
    await this.#app.call('jobs.cancel', { job: this.id }).catch((error) => {
      if (error.error?.code !== 'job-ended') throw error; // it was over by itself
    });
    await this.#app.until(() => this.#over(), 'the job to stop');
  }

  /** The app's own way to go on: try again, each in its place. */
  async again(targets) {
    const ids = targets.flatMap((at) => this.#target(at)?.id ?? []);
    const bad = ids.filter((id) => !isGood(this.#job.targets[id].state));
    for (const id of bad)
      await this.#orRefused(this.#job.targets[id].card.path, async () => {
        const [approval] = await this.#app.approveRetry(this.id, [id]);
        await this.#app.call('jobs.retryTargets', { job: this.id, targets: [approval] });
      });
    return this;
  }

  async end() {
    await this.#app.until(() => this.#over(), 'the end of the job');
    const ends = new Map(
      [...this.#refused].map(([at, code]) => [at, { state: 'refused', code, unreadable: false }]),
    );
    if (!this.id) return ends;
    for (const { card, state, error } of Object.values(this.#job.targets))
      if (!ends.has(card.path))
        ends.set(card.path, {
          state,
          code: error?.code ?? null,
          unreadable: this.#job.source.unreadableBytes > 0,
        });
    return ends;
  }
}

/** The app's core, by the contract. */
export class AppFront {
  name = 'app';

  constructor(w) {
    this.w = w;
  }

  async begin(source, targets, options) {
    this.app ??= await App.start(this.w);
    const ride = new AppRide(this, source, options);
    await ride.add(targets);
    return ride;
  }

  async close() {
    await this.app?.end();
  }
}
