// Starts the program as a person or a script would, collects what it says, and never waits for ever.

import { spawn } from 'node:child_process';
import path from 'node:path';
import { fileURLToPath } from 'node:url';
import { describe, marked } from './proc.mjs';

export const ROOT = fileURLToPath(new URL('../../../', import.meta.url));
/** The command line and the helper under test; a packaged program can be named instead of the checkout's. */
export const COMMAND = process.env.CAROUSEL_BIN ?? path.join(ROOT, 'bin/carousel');
export const HELPER =
  process.env.CAROUSEL_HELPER ?? path.join(ROOT, 'native-helpers/build/Release/carousel-helper');

/** Every copy of the tests must be over by then, however busy the machine is; one that is not hangs. */
export const HANG_MS = 60_000;
/** Every single thing that is waited for must come by then. */
export const EVENT_MS = 30_000;

export const sleep = (ms) => new Promise((resolve) => setTimeout(resolve, ms));

/** Waits until `probe` gives something true; rejects after `limit` ms with `what`. */
export async function until(probe, what, limit = EVENT_MS) {
  const begun = Date.now();
  for (;;) {
    const value = await probe();
    if (value) return value;
    const passed = Date.now() - begun;
    if (passed > limit) throw new Error(`waited ${limit} ms in vain for: ${what}`);
    // What takes long may be seen a little later: looking takes the processor from what is waited for.
    await sleep(Math.min(5 + passed / 40, 30));
  }
}

/** A started program that speaks JSON lines. */
export class Run {
  events = [];
  stderr = '';
  #waiting = new Set();
  #rest = '';

  /**
   * @param {string} command
   * @param {string[]} args
   * @param {{ env: NodeJS.ProcessEnv, mark: string, cwd?: string, hang?: number, stdin?: boolean }} options
   */
  constructor(command, args, { env, mark, cwd, hang = HANG_MS, stdin = false }) {
    this.name = [path.basename(command), ...args].join(' ');
    this.child = spawn(command, args, {
      env,
      cwd,
      stdio: [stdin ? 'pipe' : 'ignore', 'pipe', 'pipe'],
      detached: stdin,
    });
    this.pid = this.child.pid;
    this.child.stdin?.on('error', () => undefined);
    this.child.stdout.setEncoding('utf8').on('data', (text) => this.#take(text));
    this.child.stderr.setEncoding('utf8').on('data', (text) => (this.stderr += text));
    this.#end(mark, hang);
  }

  #end(mark, hang) {
    /** How it ended: `{ code, signal, summary, events, stderr }`. Rejects if it had to be killed because it hung. */
    this.exit = new Promise((resolve, reject) => {
      const timer = setTimeout(() => {
        const still = marked(mark);
        for (const { pid } of still) process.kill(pid, 'SIGKILL');
        reject(
          new Error(
            `HANG: ${this.name}\nnot over after ${hang} ms; alive:\n${describe(still)}\n${this.tail()}`,
          ),
        );
      }, hang);
      this.child.once('error', reject);
      this.child.once('close', (code, signal) => {
        clearTimeout(timer);
        this.ended = true;
        for (const waiter of [...this.#waiting]) waiter();
        resolve({ code, signal, summary: this.summary, events: this.events, stderr: this.stderr });
      });
    });
    this.exit.catch(() => undefined); // whoever waits for it hears of it
  }

  #take(text) {
    const lines = (this.#rest + text).split('\n');
    this.#rest = lines.pop() ?? '';
    for (const line of lines) {
      let event;
      try {
        event = JSON.parse(line);
      } catch {
        event = { event: 'not-json', line };
      }
      this.events.push(event);
    }
    for (const waiter of [...this.#waiting]) waiter();
  }

  get summary() {
    return this.events.find(({ event }) => event === 'summary');
  }

  /** How a probe ended. */
  get verdict() {
    return this.events.find(({ event }) => event === 'verdict');
  }

  /** The first event, past or to come, that fits. */
  seen(fits, what, limit = EVENT_MS) {
    return new Promise((resolve, reject) => {
      const done = (settle, value) => {
        clearTimeout(timer);
        this.#waiting.delete(look);
        settle(value);
      };
      const look = () => {
        const event = this.events.find(fits);
        if (event) done(resolve, event);
        else if (this.ended) done(reject, new Error(`${this.name}: ended without ${what}\n${this.tail()}`));
      };
      const timer = setTimeout(
        () => done(reject, new Error(`${this.name}: no ${what} within ${limit} ms\n${this.tail()}`)),
        limit,
      );
      this.#waiting.add(look);
      look();
    });
  }

  /** The `job` event: who is who. */
  job() {
    return this.seen(({ event }) => event === 'job', 'job event');
  }

  /** The first `joined` of a target. */
  joined(target) {
    return this.seen((e) => e.event === 'joined' && e.target === target, `joined of ${target}`);
  }

  /** The process that writes a target. */
  async consumer(target) {
    const event = await this.seen(
      (e) => e.event === 'target' && e.target === target && e.pid,
      `process of ${target}`,
    );
    return event.pid;
  }

  /** The first time a target is in one of these states. */
  state(target, ...states) {
    return this.seen(
      (e) => e.event === 'target' && e.target === target && states.includes(e.state),
      `${target} ${states.join(' or ')}`,
    );
  }

  /** Says something to a helper. */
  say(verb) {
    this.child.stdin.write(`${JSON.stringify(verb)}\n`);
  }

  tail() {
    const events = this.events.slice(-8).map((event) => JSON.stringify(event).slice(0, 400));
    return [...events, this.stderr.slice(-1000)].join('\n');
  }
}
