// Joins, removals, kills and pauses at random for a while: what is reported done is equal, the source is read by one process, nothing is left.
// CAROUSEL_STRESS_SECONDS for longer, CAROUSEL_SEED to repeat the same choices.

import assert from 'node:assert/strict';
import fs from 'node:fs';
import { Random } from './support/random.mjs';
import { stateOf } from './support/proc.mjs';
import { sleep, until } from './support/run.mjs';
import { MiB, scenario, sticksHere } from './support/world.mjs';

const seconds = Number(process.env.CAROUSEL_STRESS_SECONDS ?? 40);
const seed = Number(process.env.CAROUSEL_SEED ?? Date.now() % 1_000_000);
const SIZE = 8 * MiB + 321;
/** Commands that run at the same time, at most. */
const CROWD = 6;

class Stress {
  counts = { joined: 0, done: 0, cancelled: 0, failed: 0, refused: 0, removes: 0, kills: 0, pauses: 0 };
  #active = new Set();
  #free = [];
  #files = 0;

  constructor(w, source, sticks, random) {
    Object.assign(this, { w, source, random });
    this.#free = sticks;
  }

  #target() {
    const stick = this.random.below(2) === 0 ? this.#free.shift() : undefined;
    return stick ?? this.w.path(`file${++this.#files}.img`);
  }

  /** A command of its own with one or two targets; what it calls done is compared when it ends. */
  join() {
    if (this.#active.size >= CROWD) return;
    const targets = Array.from({ length: 1 + this.random.below(2) }, () => this.#target());
    const run = this.w.copy(this.source, targets);
    this.counts.joined += targets.length;
    const over = run.exit.then((end) => this.#judge(end, targets));
    this.#active.add(over);
    over.catch((error) => (this.error ??= error)).finally(() => this.#active.delete(over));
  }

  async #judge({ code, summary, stderr }, targets) {
    assert.ok(summary, `no summary, exit ${code}: ${stderr}`);
    assert.deepEqual(summary.targets.map(({ path }) => path).sort(), [...targets].sort());
    for (const { path, state, error } of summary.targets) {
      this.counts[state] = (this.counts[state] ?? 0) + 1;
      if (state === 'done') await this.w.equal(this.source, path, SIZE);
      else
        assert.ok(
          ['consumer-died', undefined].includes(error?.code),
          `${path} ${state} ${JSON.stringify(error)}`,
        );
      if (path.startsWith('/dev/')) this.#free.push(path);
      else fs.rmSync(path, { force: true });
    }
    assert.equal(code === 0, summary.ok);
  }

  remove(front) {
    const riding = new Map();
    for (const e of front.events) if (e.event === 'target') riding.set(e.id, e.state);
    const ids = [...riding]
      .filter(([, state]) => state === 'copying' || state === 'waiting')
      .map(([id]) => id);
    if (ids.length === 0) return;
    front.say({ verb: 'remove', id: this.random.pick(ids) });
    ++this.counts.removes;
  }

  kill() {
    const consumers = this.w.processes('consume');
    if (consumers.length > 1 && this.w.signal(this.random.pick(consumers).pid, 'SIGKILL'))
      ++this.counts.kills;
  }

  async pause() {
    const [one] = this.w.processes('consume').filter(({ pid }) => stateOf(pid) !== 'T');
    if (!one) return;
    this.w.signal(one.pid, 'SIGSTOP');
    await sleep(this.random.below(200));
    this.w.signal(one.pid, 'SIGCONT');
    ++this.counts.pauses;
  }

  async end() {
    await until(() => this.#active.size === 0, 'all commands to end', 60_000);
    if (this.error) throw this.error;
  }
}

scenario(
  `random joins, removals, kills and pauses for ${seconds} s, seed ${seed}`,
  { linux: true, timeout: (seconds + 180) * 1000 },
  async (w, t) => {
    const random = new Random(seed);
    const source = await w.source('source.img', SIZE, seed);
    const sticks = sticksHere.ok
      ? await w.sticks(['a', 'b', 'c', 'd', 'e'], { size: '9M', writeBps: '12MB' })
      : [];
    const base = w.copy(
      source,
      [w.path('base.img')],
      ['--wait-for-join', 3, '--block', '64K', '--slots', 8],
      {
        hang: (seconds + 120) * 1000,
      },
    );
    const { job } = await base.job();
    const front = w.attach(job);
    const stress = new Stress(
      w,
      source,
      sticks.map(({ dev }) => dev),
      random,
    );
    for (const stop = Date.now() + seconds * 1000; Date.now() < stop && !stress.error;) {
      const dice = random.next();
      if (dice < 0.55) stress.join();
      else if (dice < 0.7) stress.remove(front);
      else if (dice < 0.85) stress.kill();
      else await stress.pause();
      const producers = w.processes('produce');
      assert.ok(producers.length <= 1, `${producers.length} processes read one source`);
      await sleep(random.below(250));
    }
    await stress.end();
    const end = await base.exit;
    assert.equal(end.summary.role, 'producer');
    const base1 = end.summary.targets[0];
    if (base1.state === 'done') await w.equal(source, base1.path, SIZE);
    await front.exit;
    t.diagnostic(`seed ${seed}: ${JSON.stringify(stress.counts)}, ${end.summary.source.laps} laps`);
    assert.ok(stress.counts.joined > 5 && stress.counts.done > 0, JSON.stringify(stress.counts));
  },
);
