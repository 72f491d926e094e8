// Plays cells of the matrix, some at a time, and shows how each ended.

import { FRONTS, playCell } from './cell.mjs';
import { FAULTS, PHASES } from './tables.mjs';

/** A drive that is not there any more cannot be named. */
const isPossible = ({ fault, phase }) => !(fault.gone && phase.names);

/** Every fault in every phase, through one front end after the other. */
export const allCells = () =>
  Object.keys(FRONTS).flatMap((front) =>
    FAULTS.flatMap((fault) => PHASES.map((phase) => ({ fault, phase, front }))).filter(isPossible),
  );

/** Each fault once, each phase at least twice, both front ends by turns: the same cells every time. */
export function fewCells() {
  const fronts = Object.keys(FRONTS);
  let turn = 0;
  return FAULTS.map((fault, i) => {
    while (!isPossible({ fault, phase: PHASES[turn % PHASES.length] })) ++turn;
    return { fault, phase: PHASES[turn++ % PHASES.length], front: fronts[(i >> 1) % fronts.length] };
  });
}

/** Those whose `fault / phase / front` contains all of the words. */
export const chosen = (cells, words) =>
  cells.filter((cell) => words.every((word) => nameOf(cell).includes(word)));

export const nameOf = ({ fault, phase, front }) => `${fault.name} / ${phase.name} / ${front}`;

/**
 * Plays them, `lanes` at a time; none is begun any more after so many minutes.
 * @returns {Promise<{ cell: object, end?: string, problem?: string, seconds: number }[]>} in the order of `cells`
 */
export async function playMatrix(cells, { lanes, minutes = Infinity, tell }) {
  const results = [];
  const until = Date.now() + minutes * 60_000;
  let next = 0;
  async function lane() {
    while (next < cells.length && Date.now() < until) {
      const index = next++;
      const began = performance.now();
      const outcome = await playCell(cells[index]);
      results[index] = { cell: cells[index], ...outcome, seconds: (performance.now() - began) / 1000 };
      tell(
        `${outcome.problem ? 'FAILED' : 'ok    '} ${nameOf(cells[index])}: ${outcome.problem ?? outcome.end}`,
      );
    }
  }
  await Promise.all(Array.from({ length: lanes }, lane));
  return results.filter(Boolean);
}

const keyOf = ({ fault, phase, front }) => [fault.name, phase.name, front].join(' / ');
const WRONG = '**WRONG**';
const NOT_PLAYED = 'not played';

/** How each cell ended by an earlier table: `Map` of its name to its end. */
function readTable(text) {
  const ends = new Map();
  for (const line of text.split('\n')) {
    const [name, ...shown] = line
      .split('|')
      .slice(1, -1)
      .map((cell) => cell.trim());
    const fault = FAULTS.find((one) => one.name === name);
    for (const [i, phase] of fault ? PHASES.entries() : [])
      for (const front of Object.keys(FRONTS)) {
        const own = shown[i]?.split('<br>').find((part) => part.startsWith(`${front}: `));
        const end = own ? own.slice(front.length + 2) : shown[i];
        if (end && end !== NOT_PLAYED && isPossible({ fault, phase }))
          ends.set(keyOf({ fault, phase, front }), end);
      }
  }
  return ends;
}

/**
 * The results as lines of Markdown: a row for each fault, a column for each phase; both front ends where they ended differently. Cells that were not played
 * now stay as they are in the table `before`.
 */
export function asTable(results, before) {
  const ends = readTable(before);
  for (const { cell, end, problem } of results) ends.set(keyOf(cell), problem ? WRONG : end);
  const shown = (fault, phase) => {
    if (!isPossible({ fault, phase })) return '-';
    const words = Object.keys(FRONTS).map((front) => [
      front,
      ends.get(keyOf({ fault, phase, front })) ?? NOT_PLAYED,
    ]);
    const [[, first]] = words;
    return words.every(([, end]) => end === first)
      ? first
      : words.map(([front, end]) => `${front}: ${end}`).join('<br>');
  };
  const rows = [
    ['fault', ...PHASES.map(({ name }) => name)],
    ['---', ...PHASES.map(() => '---')],
    ...FAULTS.map((fault) => [fault.name, ...PHASES.map((phase) => shown(fault, phase))]),
  ];
  const wrong = [...ends.values()].filter((end) => end === WRONG).length;
  return [
    `\`node campaigns/run.mjs matrix\`: ${FAULTS.length} faults x ${PHASES.length} phases x 2 front ends. Of ${allCells().length} possible cells ${ends.size} were played, ${wrong} of them wrong.`,
    '',
    ...rows.map((cells) => `| ${cells.join(' | ')} |`),
  ];
}
