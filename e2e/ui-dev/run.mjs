// node e2e/ui-dev/run.mjs look OUT [SCENE...]   screenshots of scenes, with axe and the console watched
// node e2e/ui-dev/run.mjs cost                  what 32 moving targets cost the page
// Needs a built page (npm run build).

import process from 'node:process';
import { fileURLToPath } from 'node:url';
import { runnerImport } from 'vite';

const at = (path) => fileURLToPath(new URL(path, import.meta.url));
const [task = 'look', ...rest] = process.argv.slice(2);
const { module } = await runnerImport(at('tasks.ts'), {
  configFile: false,
  logLevel: 'error',
  resolve: { alias: { '@contract': at('../../src-main/contract') } },
});
process.exitCode = await module.run(task, rest, at('../../dist/renderer'));
