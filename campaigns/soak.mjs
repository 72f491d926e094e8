// A shift at the bench in fast motion: sticks step on, end, are pulled or taken off, are bad now and then, over one source and one job of the app. All the
// time memory and descriptors of the core, the supervisor and the producer are measured; in the end every record must be right and the totals add up.

import fs from 'node:fs';
import { compareBytes } from '../testlab/sticks.mjs';
import { openFilesOf, roleOf } from '../e2e/engine/support/proc.mjs';
import { Random } from '../e2e/engine/support/random.mjs';
import { sleep, until } from '../e2e/engine/support/run.mjs';
import { MiB, World } from '../e2e/engine/support/world.mjs';
import { App } from './support/app.mjs';
import { isGood } from './support/fronts.mjs';

const SIZE = 512 * 1024 + 321;
/** Riders at a time. */
const CROWD = 8;
/** What the core gets for its objects: what it keeps for good beside the records of its targets would soon be more, and end it. */
const CORE_HEAP_MB = 64;
/** How much more one sample may show than another, because more are riding then. Over a short shift that looks like growth. */
const NOISE = { bytes: CROWD * 16 * 1024, files: CROWD * 2 };
/**
 * What a stick more may cost, beside that noise. Of the core only descriptors count: its runtime gives memory back late, so what is resident
 * follows the garbage between two collections; the bound of its heap is what finds a leak.
 */
const BOUNDS = {
  core: { bytes: Number.POSITIVE_INFINITY, files: 0.02 },
  job: { bytes: 4096, files: 0.02 },
  produce: { bytes: 4096, files: 0.02 },
};

const demand = (holds, what) => {
  if (!holds) throw new Error(what);
};

/** Slope of the least squares line through points. */
export function slope(points) {
  const mean = (of) => points.reduce((sum, point) => sum + of(point), 0) / points.length;
  const [x, y] = [mean(([a]) => a), mean(([, b]) => b)];
  const spread = points.reduce((sum, [a]) => sum + (a - x) ** 2, 0);
  return points.reduce((sum, [a, b]) => sum + (a - x) * (b - y), 0) / spread;
}

const residentBytes = (pid) =>
  Number(/VmRSS:\s+(\d+)/.exec(fs.readFileSync(`/proc/${pid}/status`, 'latin1'))?.[1] ?? 0) * 1024;

class Shift {
  w = new World();
  /** How each record ended, as this test saw it, by path and number of the target. */
  expected = new Map();
  samples = { core: [], job: [], produce: [] };
  finished = 0;
  #files = 0;

  constructor(random) {
    this.random = random;
  }

  async open() {
    this.source = await this.w.source('source.img', SIZE, 'soak');
    this.app = await App.start(this.w, {
      hang: 24 * 3600_000,
      env: { NODE_OPTIONS: `--max-old-space-size=${CORE_HEAP_MB}` },
    });
    this.from = (await this.app.call('drives.addImage', { path: this.source })).drive;
    this.sticks = await this.w.sticks(['s1', 's2', 's3'], { size: MiB, writeBps: '4MB' });
    // The first rider holds the job open for the whole shift: a place that waits for more.
    const options = { verify: true, blockSize: 65_536, slots: 8, waitForJoin: 30, stallTimeout: 20 };
    const at = this.w.path('first.img');
    const approvals = await this.app.approve(this.from, [await this.#image(at)]);
    ({ job: this.job } = await this.app.call('jobs.start', {
      source: this.from,
      targets: approvals,
      options,
    }));
    await this.#judge(at, await this.#ended(at), 'good');
  }

  async #image(at) {
    const { drive } = await this.app.call('drives.addImageTarget', { path: at, overwrite: true });
    await this.app.until(({ drives }) => drives[drive], `${at} in the catalogue`);
    return drive;
  }

  #targets(at) {
    return Object.values(this.app.state.jobs[this.job].targets).filter(({ card }) => card.path === at);
  }

  /** The newest record of a path, once it is over. */
  #ended(at, before = 0) {
    return this.app.until(() => {
      const records = this.#targets(at);
      const last = records.at(-1);
      return records.length > before && last.seconds !== null && last;
    }, `the end of ${at}`);
  }

  async #board(drive, at) {
    const before = this.#targets(at).length;
    const approvals = await this.app.approve(this.from, [drive], this.job);
    await this.app.call('jobs.addTargets', { job: this.job, targets: approvals });
    return before;
  }

  /** A stick that is a file: right unless it is taken off. */
  async file() {
    const at = this.w.path(`file${++this.#files}.img`);
    const drive = await this.#image(at);
    await this.#board(drive, at);
    const leaves = this.random.next() < 0.1;
    if (leaves) {
      const [{ id }] = await this.app.until(() => this.#targets(at).length > 0 && this.#targets(at), at);
      await this.app.call('jobs.removeTarget', { job: this.job, target: id }).catch((error) => {
        if (error.error?.code !== 'job-ended') throw error;
      });
    }
    const end = await this.#ended(at);
    await this.#judge(at, end, leaves ? 'left' : 'good');
    fs.rmSync(at, { force: true });
    await this.app.call('drives.forgetImage', { drive });
  }

  /** A simulated stick: good, bad, or pulled half-way and put back. */
  async stick(stick) {
    const fate = this.random.pick(['good', 'rot', 'sector', 'pulled']);
    const middle = SIZE >> 1;
    if (fate === 'rot') await stick.fault({ corrupt: [middle, 3] });
    if (fate === 'sector') await stick.fault({ writeError: [middle - (middle % 512), 512] });
    const at = stick.dev;
    const before = await this.#board(await this.app.drive(at), at);
    if (fate === 'pulled') await stick.yank({ after: middle });
    const end = await this.#ended(at, before);
    if (fate === 'pulled') await stick.plug();
    await this.#judge(at, end, { good: 'good', pulled: 'left' }[fate] ?? 'bad');
    await stick.fault({ clear: true });
  }

  /** `wanted`: `good`, `bad`, or `left` for one that was taken off or pulled at a moment of its own: it may have been done by then. */
  async #judge(at, end, wanted) {
    if (isGood(end.state)) {
      demand(wanted !== 'bad', `WRONG GOOD: ${at} is ${end.state}`);
      demand((await compareBytes(this.source, at, SIZE)) === -1, `WRONG GOOD: ${at} differs`);
      demand(
        end.bytesCopied === SIZE && end.bytesVerified === SIZE,
        `${at}: ${end.bytesCopied} bytes recorded`,
      );
    } else {
      demand(wanted !== 'good', `${at} is ${end.state}: ${JSON.stringify(end.error)}`);
    }
    this.expected.set(`${at} ${end.id}`, end.state);
    this.finished += 1;
    if (this.finished % 5 === 0) this.measure();
  }

  measure() {
    const processes = this.w
      .processes()
      .map((one) => ({ ...one, role: one.pid === this.app.pid ? 'core' : roleOf(one) }));
    for (const role of Object.keys(this.samples)) {
      const one = processes.find((each) => each.role === role);
      if (one) this.samples[role].push([this.finished, residentBytes(one.pid), openFilesOf(one.pid).length]);
    }
  }

  /** The records that are shown are those that were seen, and no other. */
  async close() {
    const records = Object.values(this.app.state.jobs[this.job].targets);
    demand(records.length === this.finished, `${records.length} records of ${this.finished} sticks`);
    for (const { id, card, state } of records) {
      const seen = this.expected.get(`${card.path} ${id}`);
      demand(seen === state, `${card.path} was ${seen}, and the record says ${state}`);
    }
    await this.app.call('jobs.cancel', { job: this.job });
    await this.app.until(({ jobs }) => jobs[this.job].state === 'ended', 'the end of the shift');
    const { outcome } = this.app.state.jobs[this.job];
    demand(['complete', 'cancelled'].includes(outcome), `the job ended as ${outcome}`);
    await this.app.end();
    await until(() => this.w.processes().length === 0, 'all processes to end');
    await this.w.nothingLeft();
  }
}

/** Growth per stick of each process. The first quarter is warming up. */
function growth(samples) {
  return Object.entries(samples).map(([role, points]) => {
    const settled = points.slice(Math.floor(points.length / 4));
    const of = (index) => slope(settled.map((point) => [point[0], point[index]]));
    return {
      role,
      bytes: of(1),
      files: of(2),
      last: settled.at(-1),
      over: settled.at(-1)[0] - settled[0][0],
    };
  });
}

/**
 * So many sticks over one source.
 * @returns {Promise<{ sticks: number, ends: Map<string, number>, growth: object[], seconds: number, problem: string | null }>}
 */
export async function playSoak({ sticks, seed, tell }) {
  const shift = new Shift(new Random(seed));
  const began = performance.now();
  let problem = null;
  try {
    await shift.open();
    let begun = 0;
    const lane = async (one) => {
      while (begun < sticks) {
        begun += 1;
        await one();
        if (shift.finished % 50 === 0) tell(`${shift.finished} of ${sticks}`);
        await sleep(shift.random.below(20));
      }
    };
    const files = Array.from({ length: CROWD - shift.sticks.length }, () => lane(() => shift.file()));
    await Promise.all([...files, ...shift.sticks.map((stick) => lane(() => shift.stick(stick)))]);
    await shift.close();
    for (const { role, bytes, files: opened, over } of growth(shift.samples))
      if (bytes > BOUNDS[role].bytes + NOISE.bytes / over || opened > BOUNDS[role].files + NOISE.files / over)
        throw new Error(
          `${role} grows by ${Math.round(bytes)} bytes and ${opened.toFixed(3)} descriptors a stick`,
        );
  } catch (error) {
    problem = `${error.stack}`;
    tell(problem);
  } finally {
    await shift.w.close();
  }
  const ends = new Map();
  for (const state of shift.expected.values()) ends.set(state, (ends.get(state) ?? 0) + 1);
  const grown = shift.samples.core.length > 4 ? growth(shift.samples) : [];
  return {
    sticks: shift.finished,
    ends,
    growth: grown,
    seconds: (performance.now() - began) / 1000,
    problem,
  };
}
