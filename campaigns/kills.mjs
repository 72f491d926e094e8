// Random blows: one process of a job, any of them, is killed or stopped at a random moment of copy, verify, heal or resume. Afterwards nothing may be called
// good that is not, nothing may be left, and the same copy must work. Every choice follows from the seed and the number of the run; the moment is real time.

import fs from 'node:fs';
import { compareBytes } from '../testlab/sticks.mjs';
import { describe, roleOf } from '../e2e/engine/support/proc.mjs';
import { Random } from '../e2e/engine/support/random.mjs';
import { sleep } from '../e2e/engine/support/run.mjs';
import { asked, MiB, World } from '../e2e/engine/support/world.mjs';
import { App } from './support/app.mjs';
import { isGood } from './support/fronts.mjs';

const BLOCK = 65_536;
const STICK = 2 * MiB;
/** Everything of one run must be over by then. */
const RUN_MS = 60_000;
const PHASES = ['copying', 'verifying', 'healing', 'resuming'];
/** Which front end begins the copy; the helper alone is the cheapest by far. */
const FRONTS = ['helper', 'helper', 'helper', 'helper', 'command', 'app'];

const demand = (holds, what) => {
  if (!holds) throw new Error(what);
};

/** Sources, sticks and the core, which last for all runs. */
class Ground {
  w = new World();
  app = null;
  #files = 0;

  async open() {
    const sizes = [MiB + 700, MiB + 300_000, 2 * MiB - 512];
    this.sources = await Promise.all(
      sizes.map(async (size, i) => ({
        path: await this.w.source(`source${i}.img`, size, `kills ${i}`),
        size,
      })),
    );
    this.sticks = await this.w.sticks(['a', 'b'], { size: STICK, writeBps: '6MB', readBps: '12MB' });
    this.resume = `${this.w.state}/carousel/resume`;
    fs.mkdirSync(this.resume, { recursive: true, mode: 0o700 });
  }

  file() {
    this.#files += 1;
    return this.w.path(`target${this.#files}.img`);
  }

  async core() {
    if (this.app?.closed !== false) {
      this.app = await App.start(this.w, { hang: 24 * 3600_000 });
      this.app.closed = false;
      this.app.client.onClose(() => (this.app.closed = true));
    }
    return this.app;
  }

  /** Processes of jobs: not the core, and not its watch over drives. */
  jobProcesses() {
    return this.w
      .processes()
      .map((one) => ({ ...one, role: one.pid === this.app?.pid ? 'core' : roleOf(one) }))
      .filter(({ role }) => role !== 'watch' && role !== '');
  }
}

/** What a front end says of targets: Map of path to state, once it is over. */
const statesOf = (summary) => new Map((summary?.targets ?? []).map(({ path, state }) => [path, state]));

/** One copy through one front end: `seen(state)` resolves when any target is that far, `over` when the front end has gone or is content. */
async function begin(ground, front, { source, targets, options, takeUp }) {
  const { w } = ground;
  if (front === 'app') return beginInApp(ground, { source, targets, options });
  const { verify, heal, slots, stallTimeout } = options;
  const run =
    front === 'helper'
      ? w.job(source.path, targets, { block: BLOCK, ...options, resume: ground.resume, takeUp })
      : w.copy(source.path, targets, [
          ...['--block', BLOCK, '--slots', slots, '--stall-timeout', stallTimeout],
          ...(heal ? ['--heal'] : verify ? ['--verify'] : []),
          ...(takeUp ? ['--resume'] : []),
        ]);
  return {
    seen: (state) => run.seen((e) => e.event === 'target' && e.state === state, state).catch(() => undefined),
    over: run.exit.then(({ summary, code }) => ({
      states: statesOf(summary),
      ok: summary?.ok === true,
      code,
    })),
  };
}

async function beginInApp(ground, { source, targets, options }) {
  const app = await ground.core();
  const { drive: from } = await app.call('drives.addImage', { path: source.path });
  const drives = [];
  for (const at of targets)
    drives.push(
      at.startsWith('/dev/')
        ? await app.drive(at)
        : (await app.call('drives.addImageTarget', { path: at, overwrite: true })).drive,
    );
  await app.until((state) => [from, ...drives].every((id) => state.drives[id]), 'the drives');
  const approvals = await app.approve(from, drives);
  const chosen = {
    verify: options.verify,
    heal: options.heal,
    slots: options.slots,
    stallTimeout: options.stallTimeout,
  };
  const { job } = await app.call('jobs.start', {
    source: from,
    targets: approvals,
    options: { ...chosen, blockSize: BLOCK },
  });
  const of = (state) => state.jobs[job];
  const look = (core) => {
    const now = of(core.state);
    const states = new Map(Object.values(now.targets).map(({ card, state }) => [card.path, state]));
    return { states, ok: [...states.values()].every(isGood), code: 0 };
  };
  const end = async () => {
    // A core that is killed says nothing more; the next one must find the job again, and what became of it.
    for (;;) {
      const core = await ground.core();
      try {
        await core.until((state) => of(state)?.state === 'ended', 'the end of the job');
        return look(core);
      } catch (error) {
        if (!core.closed) throw error;
      }
    }
  };
  return {
    seen: (wanted) =>
      app
        .until(
          (state) =>
            of(state) &&
            (of(state).state === 'ended' ||
              Object.values(of(state).targets).some(({ state: s }) => s === wanted)),
          wanted,
        )
        .catch(() => undefined),
    over: end(),
  };
}

/** Everything called good holds the source. */
async function judge(source, targets, states) {
  for (const at of targets) {
    if (!isGood(states.get(at) ?? '')) continue;
    const differs = await compareBytes(source.path, at, source.size);
    demand(differs === -1, `WRONG GOOD: ${at} is ${states.get(at)} and differs from byte ${differs} on`);
  }
}

/** Nobody of the job lives on; the next one can begin. */
async function quiet(ground) {
  const alive = () => ground.jobProcesses().filter(({ role }) => role !== 'core');
  for (const end = Date.now() + RUN_MS; alive().length > 0; await sleep(100))
    demand(Date.now() < end, `left behind:\n${describe(alive())}`);
  const open = asked(ground.sticks.map(({ dev }) => dev));
  demand(
    open.every(({ approval }) => approval),
    'a stick cannot be looked at: somebody holds it',
  );
}

async function strike(ground, random, part) {
  const there = ground.jobProcesses();
  const roles = [...new Set(there.map(({ role }) => role))];
  const wanted = part && roles.includes(part) ? part : random.pick(roles.length > 0 ? roles : ['']);
  const victims = there.filter(({ role }) => role === wanted);
  if (victims.length === 0) return 'nobody';
  const victim = random.pick(victims);
  const stops = random.next() < 0.2;
  ground.w.signal(victim.pid, stops ? 'SIGSTOP' : 'SIGKILL');
  if (!stops) return wanted;
  await sleep(random.below(1500));
  ground.w.signal(victim.pid, 'SIGCONT');
  return `${wanted} (stopped)`;
}

/** One run. Returns what was hit, and when. */
async function round(ground, random) {
  const front = random.pick(FRONTS);
  const phase = random.pick(PHASES);
  const source = random.pick(ground.sources);
  const onSticks = front === 'app' || phase === 'healing' || random.next() < 0.4;
  const targets = onSticks ? ground.sticks.map(({ dev }) => dev) : [ground.file(), ground.file()];
  const options = {
    slots: 2 + random.below(6),
    stallTimeout: 1 + random.below(2),
    verify: phase === 'verifying' || phase === 'healing' || random.next() < 0.3,
    heal: phase === 'healing',
    ...(front === 'helper' ? { limit: (1 + random.below(4)) * MiB } : {}),
  };
  const copy = { source, targets, options, takeUp: false };
  if (options.heal)
    await ground.sticks[0].fault({
      drop: [
        [BLOCK * 5, 4096],
        [BLOCK * 9, 4096],
      ],
      times: 1,
    });
  if (phase === 'resuming' && front !== 'app') {
    const first = await begin(ground, front, copy);
    await first.seen('copying');
    await sleep(random.below(500));
    await strike(ground, random, 'job');
    await judge(source, targets, (await first.over).states);
    await quiet(ground);
    copy.takeUp = true;
  }
  const ride = await begin(ground, front, copy);
  await Promise.race([ride.seen(phase === 'resuming' ? 'copying' : phase), ride.over]);
  await sleep(random.below(150));
  const hit = await strike(ground, random);
  const { states } = await ride.over;
  await quiet(ground);
  await judge(source, targets, states);
  if (options.heal) await ground.sticks[0].fault({ clear: true });
  const again = await begin(ground, front, {
    ...copy,
    options: { ...options, limit: undefined, stallTimeout: 30 },
    takeUp: random.next() < 0.6,
  });
  const second = await again.over;
  demand(
    second.ok && second.code === 0,
    `the second run was not good: ${JSON.stringify([...second.states])}`,
  );
  await judge(source, targets, second.states);
  await quiet(ground);
  for (const at of targets) if (!at.startsWith('/dev/')) fs.rmSync(at, { force: true });
  return { front, phase, hit };
}

/**
 * Plays `runs` of them from `seed` on, `lanes` at a time; a lane stops at the first one that is wrong, which `--runs 1 --seed` of it plays again.
 * @returns {Promise<{ played: number, hits: Map<string, number>, phases: Map<string, number>, problems: string[] }>}
 */
export async function playKills({ runs, seed, lanes = 1, minutes = Infinity, tell }) {
  const count = (map, key) => map.set(key, (map.get(key) ?? 0) + 1);
  const [hits, phases, problems] = [new Map(), new Map(), []];
  const stop = Date.now() + minutes * 60_000;
  let played = 0;
  async function lane(first) {
    const ground = new Ground();
    let now = first;
    try {
      await ground.open();
      for (; now < seed + runs && Date.now() < stop; now += lanes) {
        const { front, phase, hit } = await round(ground, new Random(now));
        played += 1;
        count(hits, hit);
        count(phases, `${phase} (${front})`);
        tell(`seed ${now}: ${front}, ${phase}, ${hit}`);
      }
      await ground.app?.end();
      await ground.w.nothingLeft();
    } catch (error) {
      problems.push(`seed ${now}: ${error.stack}`);
      tell(problems.at(-1));
    } finally {
      await ground.w.close();
    }
  }
  await Promise.all(Array.from({ length: lanes }, (_, i) => lane(seed + i)));
  return { played, hits, phases, problems };
}
