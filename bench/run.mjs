// npm run bench [-- --quick] [--only memory,sticks,slow,late,verify] [--rounds N] [--out FILE.md]
// Measures the engine beside other programs in one run and prints ratios: machines are noisy, ratios of one run are less so.
import { spawnSync } from 'node:child_process';
import { writeFileSync } from 'node:fs';
import { cpus } from 'node:os';
import path from 'node:path';
import { fileURLToPath } from 'node:url';
import { parseArgs } from 'node:util';
import { ensureInstalled } from '../scripts/lib.mjs';
import * as workloads from './workloads.mjs';

const { values } = parseArgs({
  options: {
    quick: { type: 'boolean' },
    only: { type: 'string' },
    rounds: { type: 'string' },
    out: { type: 'string' },
  },
});
const root = path.join(path.dirname(fileURLToPath(import.meta.url)), '..');
await ensureInstalled();
const built = spawnSync(process.execPath, [path.join(root, 'native-helpers/build.mjs'), '--bench'], {
  stdio: ['ignore', 'ignore', 'inherit'],
});
if (built.status !== 0) process.exit(1);

const names = values.only ? values.only.split(',') : ['memory', 'sticks', 'slow', 'late', 'verify'];
const rows = [];
for (const name of names) {
  if (!Object.hasOwn(workloads, name)) throw new Error(`no workload ${name}`);
  console.error(`${name} ...`);
  rows.push(...(await workloads[name]({ quick: values.quick === true, rounds: Number(values.rounds ?? 5) })));
}
const columns = [
  'workload',
  'n',
  'unit',
  ...new Set(
    rows.flatMap((row) => Object.keys(row).filter((key) => !['workload', 'n', 'unit'].includes(key))),
  ),
];
const line = (cells) => `| ${cells.join(' | ')} |`;
const table = [
  line(columns),
  line(columns.map(() => '---')),
  ...rows.map((row) => line(columns.map((column) => row[column] ?? ''))),
].join('\n');
console.log(table);
if (values.out)
  writeFileSync(
    values.out,
    `Made by \`npm run bench\` on ${cpus().length} x ${cpus()[0]?.model ?? 'unknown processor'}.\n\n${table}\n`,
  );
