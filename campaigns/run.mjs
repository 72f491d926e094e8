// node campaigns/run.mjs matrix [WORD...] [--lanes N] [--minutes N]   every fault in every phase through every front end; WORDs choose
// node campaigns/run.mjs kills [--runs N] [--seed S] [--minutes N]   a random process dies at a random moment
// node campaigns/run.mjs torn                                our own files, damaged at every byte
// node campaigns/run.mjs soak [--sticks N] [--seed S]        a shift at the bench in fast motion
// node campaigns/run.mjs fast                                the part of all campaigns that `npm test` runs
// docs/reliability.md says what they attack. Root and Linux only: they work on simulated sticks.

import process from 'node:process';
import { parseArgs } from 'node:util';
import { sticksHere } from '../e2e/engine/support/world.mjs';
import { playKills } from './kills.mjs';
import { allCells, asTable, chosen, fewCells, playMatrix } from './matrix/matrix.mjs';
import { playSoak } from './soak.mjs';
import { DAMAGES, playTorn } from './torn/torn.mjs';
import { readSection, writeSection } from './support/doc.mjs';

const { values, positionals } = parseArgs({
  allowPositionals: true,
  options: {
    lanes: { type: 'string', default: '3' },
    minutes: { type: 'string', default: 'Infinity' },
    sticks: { type: 'string', default: '1000' },
    runs: { type: 'string', default: '200' },
    seed: { type: 'string', default: '1' },
  },
});
const [campaign, ...words] = positionals;
const bounds = { lanes: Number(values.lanes), minutes: Number(values.minutes) };
const tell = (line) => console.log(line);

function countOf(results) {
  const failed = results.filter(({ problem }) => problem).length;
  return { passed: results.length - failed, failed };
}

const campaigns = {
  async matrix() {
    const results = await playMatrix(chosen(allCells(), words), { ...bounds, tell });
    writeSection('matrix', asTable(results, readSection('matrix')));
    return countOf(results);
  },

  async kills() {
    const [runs, seed] = [Number(values.runs), Number(values.seed)];
    const { played, hits, phases, problems } = await playKills({ ...bounds, runs, seed, tell });
    const list = (map) =>
      [...map]
        .sort(([a], [b]) => a.localeCompare(b))
        .map(([name, n]) => `${name} ${n}`)
        .join(', ');
    if (played >= 100)
      writeSection('kills', [
        `\`node campaigns/run.mjs kills --runs ${values.runs} --seed ${values.seed}\`: ${played + problems.length} runs, ${problems.length} of them wrong.`,
        '',
        `Hit: ${list(hits)}.`,
        '',
        `In: ${list(phases)}.`,
      ]);
    return { passed: played, failed: problems.length };
  },

  async torn() {
    const results = await playTorn({ tell });
    const failed = results.reduce((sum, { problems }) => sum + problems.length, 0);
    const tried = results.reduce((sum, one) => sum + one.tried, 0);
    writeSection('torn', [
      `\`node campaigns/run.mjs torn\`: ${Object.keys(DAMAGES).length} kinds of damage at each byte.`,
      '',
      '| file | bytes | damages | read wrong |',
      '| --- | --- | --- | --- |',
      ...results.map((one) => `| ${one.name} | ${one.bytes} | ${one.tried} | ${one.problems.length} |`),
    ]);
    return { passed: tried - failed, failed };
  },

  async soak() {
    const { sticks, ends, growth, problem } = await playSoak({
      sticks: Number(values.sticks),
      seed: Number(values.seed),
      tell,
    });
    const told = [...ends]
      .map(([state, n]) => `${state} ${n}`)
      .sort()
      .join(', ');
    const rows = growth.map(
      ({ role, bytes, files, last }) =>
        `| ${role} | ${(last[1] / 1e6).toFixed(1)} MB | ${Math.round(bytes)} | ${last[2]} | ${files.toFixed(4)} |`,
    );
    const lines = [
      `\`node campaigns/run.mjs soak --sticks ${values.sticks} --seed ${values.seed}\`: ${sticks} sticks (${told}), ${problem ? 'stopped: a record or a process was wrong' : 'every record right'}.`,
      '',
      '| process | memory in the end | bytes more a stick | descriptors in the end | more a stick |',
      '| --- | --- | --- | --- | --- |',
      ...rows,
    ];
    tell(lines.join('\n'));
    if (sticks >= 200) writeSection('soak', lines);
    return { passed: problem ? 0 : 1, failed: problem ? 1 : 0 };
  },

  async fast() {
    const cells = await playMatrix(fewCells(), { ...bounds, tell });
    const kills = await playKills({ runs: 12, seed: 1, lanes: 2, tell });
    const torn = await playTorn({ stride: 29, nativeStride: 97, tell });
    const soak = await playSoak({ sticks: 60, seed: 1, tell });
    const parts = [
      countOf(cells),
      { passed: kills.played, failed: kills.problems.length },
      ...torn.map(({ problems }) => ({
        passed: problems.length > 0 ? 0 : 1,
        failed: problems.length > 0 ? 1 : 0,
      })),
      { passed: soak.problem ? 0 : 1, failed: soak.problem ? 1 : 0 },
    ];
    const sum = (name) => parts.reduce((all, part) => all + part[name], 0);
    return { passed: sum('passed'), failed: sum('failed') };
  },
};

if (!Object.hasOwn(campaigns, campaign ?? '')) {
  console.error(`Campaigns: ${Object.keys(campaigns).join(', ')}.`);
  process.exit(2);
}
if (!sticksHere.ok) {
  console.log(`Skipped: ${sticksHere.reason}\n0 passed, 0 failed, 1 skipped`);
} else {
  const { passed, failed } = await campaigns[campaign]();
  console.log(`${passed} passed, ${failed} failed`);
  process.exitCode = failed > 0 ? 1 : 0;
}
