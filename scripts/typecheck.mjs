// Checks the types of every folder with what that folder may see, and of the unit tests. A folder without sources is left out.

import process from 'node:process';
import { filesBelow, runNode, tool } from './lib.mjs';

const isSource = (file) =>
  /\.(ts|vue)$/.test(file) && !/\.test\.ts$/.test(file) && !file.includes('/testing/');
const projects = [
  { config: 'src-main/contract', compiler: tool.tsc },
  { config: 'src-main', compiler: tool.tsc },
  { config: 'src-preload', compiler: tool.tsc },
  { config: 'src-renderer', compiler: tool.vueTsc },
  { config: 'e2e', compiler: tool.tsc },
  { config: 'tsconfig.json', compiler: tool.vueTsc }, // tests import components
];

const wanted = projects.filter(
  ({ config }) => config.endsWith('.json') || filesBelow(config, isSource).length > 0,
);
const results = await Promise.all(
  wanted.map(async ({ config, compiler }) => ({
    config,
    ...(await runNode([compiler(), '--noEmit', '-p', config], { quiet: true })),
  })),
);
for (const { config, ok, output } of results) {
  process.stdout.write(`${ok ? 'ok  ' : 'FAIL'} ${config}\n${output}`);
}
process.exitCode = results.every((result) => result.ok) ? 0 : 1;
