// npm run bench [-- --quick] [--only memory,files,small,sticks,slow,late,verify,list,stations] [--stations 1,2,4] [--rounds N] [--out FILE.md]
// npm run bench -- --peers [--quick] [--only memory,files,sticks,from-drive,slow,arrivals,verify] [--rounds N]
//   beside more programs, into docs/performance.md (not with --quick)
// Measures the engine beside other programs in one run and prints ratios: machines are noisy, ratios of one run are less so.
import { spawnSync } from 'node:child_process';
import { writeFileSync } from 'node:fs';
import path from 'node:path';
import { fileURLToPath } from 'node:url';
import { parseArgs } from 'node:util';
import { ensureInstalled } from '../scripts/lib.mjs';
import { against } from './against.mjs';
import { etcherFolder } from './others.mjs';
import { document, machine, tableOf } from './report.mjs';
import { stations } from './stations.mjs';
import { files, late, list, memory, slow, small, sticks, verify } from './workloads.mjs';

const ownWorkloads = { memory, files, small, sticks, slow, late, verify, list };

const { values } = parseArgs({
  options: {
    quick: { type: 'boolean' },
    peers: { type: 'boolean' },
    only: { type: 'string' },
    stations: { type: 'string', default: '1,2,4' },
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

const workloads = values.peers ? against : { ...ownWorkloads, stations };
const names = values.only?.split(',') ?? Object.keys(values.peers ? against : ownWorkloads);
const options = {
  quick: values.quick === true,
  rounds: Number(values.rounds ?? 5),
  numbers: values.stations.split(',').map(Number),
  folder: values.peers ? etcherFolder() : undefined,
};
const rows = [];
for (const name of names) {
  if (!Object.hasOwn(workloads, name)) throw new Error(`no workload ${name}`);
  console.error(`${name} ...`);
  const found = await workloads[name](options);
  if (values.peers && !options.quick) document(name, found);
  rows.push(...found);
}
console.log(tableOf(rows));
if (values.out) writeFileSync(values.out, `Made by \`npm run bench\` on ${machine()}.\n\n${tableOf(rows)}\n`);
