// One cell of the matrix: one fault in one phase through one front end, and whether all invariants held.

import { readDirect, sourceBytes } from '../../testlab/sticks.mjs';
import { until } from '../../e2e/engine/support/run.mjs';
import { World } from '../../e2e/engine/support/world.mjs';
import { AppFront, CommandFront, isGood } from '../support/fronts.mjs';
import { SIZE } from './tables.mjs';

export const FRONTS = { cli: CommandFront, app: AppFront };
/** A cell that takes longer hangs, however busy the machine is. */
const CELL_MS = 150_000;
const BLOCK = 65_536;
const WHOLE = 4 * (1 << 20);

const demand = (holds, what) => {
  if (!holds) throw new Error(what);
};

/** Offsets of the bytes in which two buffers differ. */
function differences(a, b) {
  const at = [];
  for (let i = 0; i < a.length; ++i) if (a[i] !== b[i]) at.push(i);
  return at;
}

/** What every good copy holds, but for places that the source itself does not give twice alike, and those that were reported unreadable. */
function isSource(bytes, { fault, wanted, end }) {
  const [from, length] = fault.both ?? [0, 0];
  const wrong = differences(bytes, wanted).filter((at) => at < from || at >= from + length);
  if (wrong.length === 0) return '';
  const zeros = fault.on === 'source' && end.unreadable && wrong.every((at) => bytes[at] === 0);
  return zeros ? '' : `byte ${wrong[0]} and ${wrong.length - 1} more are wrong`;
}

/** How a stick is read back by the test: as it is at the end, and if that is wrong only because of a fault that no request of the job has met, without it. */
async function judge(stick, end, context) {
  if (!isGood(end.state)) return '';
  const met = (await stick.stat()).faults.some(({ kind, fired }) => kind === 'corrupt' && fired > 0);
  if (!met) await stick.fault({ clear: true });
  const problem = isSource(await readDirect(stick.dev, 0, SIZE), { ...context, end });
  return problem && `${stick.name} is ${end.state}, but ${problem}`;
}

/** Ends what would keep the test from reading a stick back; a lost write, a fake and rot stay as they are. */
async function calm(stick, fault) {
  if (fault.pulled) await stick.plug();
  const { faults } = await stick.stat();
  if (faults.every(({ kind }) => kind !== 'corrupt')) await stick.fault({ clear: true });
}

async function play(w, front, fault, phase) {
  const wanted = sourceBytes('matrix', 0, SIZE);
  const made = (on) => ({
    size: WHOLE,
    ...(on === 'source' ? {} : phase.stick),
    ...(fault.on === on ? fault.stick : {}),
  });
  const content = await w.source('content', SIZE, 'matrix');
  const [[source], [good], [bad]] = await Promise.all([
    w.sticks(['source'], { ...made('source'), size: SIZE, fill: content }),
    w.sticks(['good'], { size: WHOLE, ...phase.stick }),
    w.sticks(['bad'], made('target')),
  ]);
  // A short or read-only one cannot lose writes before it has taken any.
  if (phase.before && !fault.never) await phase.before(bad);
  const struck = fault.on === 'source' ? source : bad;
  const options = {
    block: BLOCK,
    slots: 4,
    stallTimeout: 30,
    verify: true,
    ...phase.options,
    ...fault.options,
  };
  let armed = false;
  const ride = await phase.run({
    front,
    source: source.dev,
    good: good.dev,
    bad: bad.dev,
    options,
    arm: async () => {
      await fault.arm?.(struck);
      armed = true;
    },
  });
  demand(armed, 'the phase was never reached');
  const ends = await ride.end();
  const none = { state: ride.said ? 'refused' : 'unknown', code: ride.said ?? null, unreadable: false };
  const [ofGood, ofBad] = [good, bad].map(({ dev }) => ends.get(dev) ?? none);
  await calm(struck, fault);
  const problems = [
    await judge(good, ofGood, { fault, wanted }),
    await judge(bad, ofBad, { fault, wanted }),
    ...(fault.on === 'target' && !isGood(ofGood.state)
      ? [`the other target was harmed: ${word(ofGood)}`]
      : []),
    ...(fault.never?.test(word(ofBad)) ? [`ended as ${word(ofBad)}`] : []),
  ].filter(Boolean);
  demand(problems.length === 0, problems.join('; '));
  return fault.on === 'source' ? `${word(ofGood)}, ${word(ofBad)}` : word(ofBad);
}

const word = ({ state, code, unreadable }) =>
  [state, code, unreadable && 'with holes'].filter(Boolean).join(' ');

/**
 * Plays one cell: `{ end }`, or `{ problem }`.
 * @param {{ fault: object, phase: object, front: 'cli' | 'app' }} cell
 */
export async function playCell({ fault, phase, front: name }) {
  const w = new World();
  const front = new FRONTS[name](w);
  let timer;
  try {
    const late = new Promise((_, reject) => {
      timer = setTimeout(() => reject(new Error(`HANG: not over after ${CELL_MS} ms`)), CELL_MS);
    });
    const end = await Promise.race([play(w, front, fault, phase), late]);
    await front.close();
    await w.nothingLeft();
    return { end };
  } catch (error) {
    return { problem: `${error.stack}\n` };
  } finally {
    clearTimeout(timer);
    await w.close();
    await until(() => w.processes().length === 0, 'nothing of the cell to live');
  }
}
