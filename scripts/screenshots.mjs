// node scripts/screenshots.mjs [NAME...]   pictures of every screen into docs/screenshots, by driving the built app
// Simulated sticks where there is root and Linux, else practice drives only (then the pictures that need faults are left out).

import process from 'node:process';
import { fileURLToPath } from 'node:url';
import { runnerImport } from 'vite';

const at = (path) => fileURLToPath(new URL(path, import.meta.url));
const { module } = await runnerImport(at('../e2e/app/screenshots.ts'), {
  configFile: false,
  logLevel: 'error',
  resolve: { alias: { '@contract': at('../src-main/contract') } },
});
await module.takeScreenshots(at('../docs/screenshots'), process.argv.slice(2));
