// `npm start`: installs and builds what is missing, then opens the app on practice drives.

import { spawn } from 'node:child_process';
import process from 'node:process';
import { ensureInstalled, exists, fail, inRoot, root, runNode } from './lib.mjs';

ensureInstalled();
console.error('Building Carousel ...');
for (const script of ['native-helpers/build.mjs', 'scripts/build.mjs']) {
  if (!exists(script)) continue;
  const built = await runNode([inRoot(script)], { quiet: true });
  if (!built.ok) fail(`${built.output}\n${script} did not finish; what it said stands above.`);
}

const child = spawn(process.execPath, [inRoot('bin/carousel'), 'demo', ...process.argv.slice(2)], {
  cwd: root,
  stdio: 'inherit',
});
// In a terminal Ctrl-C reaches the child by itself; passing it on as well would count as a second one.
for (const signal of ['SIGINT', 'SIGTERM', 'SIGHUP'])
  process.on(signal, () => {
    if (signal !== 'SIGINT' || !process.stdin.isTTY) child.kill(signal);
  });
child.on('error', (error) => fail(`Carousel could not be started: ${error.message}`));
child.on('exit', (code, signal) => {
  process.exitCode = code ?? (signal === 'SIGINT' ? 130 : 1);
});
