// node scripts/screenshots.mjs [--png FOLDER] [STORY...]   pictures of every screen into docs/screenshots, by driving the
// built app; with --png also lossless ones into FOLDER, to be looked at closely.
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
const names = process.argv.slice(2);
const png = names.indexOf('--png');
const [, lossless = null] = png < 0 ? [] : names.splice(png, 2);
await module.takeScreenshots({ folder: at('../docs/screenshots'), lossless }, names);
