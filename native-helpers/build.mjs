// Builds carousel-helper with node-gyp: no questions, nothing downloaded.
//   node native-helpers/build.mjs            build/Release/carousel-helper
//   ... --debug                              with AddressSanitizer and UndefinedBehaviorSanitizer, in build/Debug
//   ... --tsan                               with ThreadSanitizer, in build/Tsan
//   ... --tests                              the native tests as well
import { spawnSync } from 'node:child_process';
import { existsSync } from 'node:fs';
import { createRequire } from 'node:module';
import path from 'node:path';
import { fileURLToPath } from 'node:url';

const here = path.dirname(fileURLToPath(import.meta.url));

/** node-gyp comes with npm: npm names it for its scripts, otherwise it lies beside the npm on the PATH. */
function findNodeGyp() {
  if (process.env.npm_config_node_gyp) return process.env.npm_config_node_gyp;
  const inside = 'node_modules/node-gyp/bin/node-gyp.js';
  const npmRoots = [path.join(path.dirname(process.execPath), '../lib/node_modules/npm')];
  for (const dir of (process.env.PATH ?? '').split(path.delimiter)) npmRoots.push(path.join(dir, '../lib/node_modules/npm'), path.join(dir, 'node_modules/npm'));
  const found = npmRoots.map((root) => path.join(root, inside)).find((file) => existsSync(file));
  return found ?? createRequire(import.meta.url).resolve('node-gyp/bin/node-gyp.js');
}

const gyp = findNodeGyp();
const configuration = process.argv.includes('--tsan') ? 'Tsan' : process.argv.includes('--debug') ? 'Debug' : 'Release';
const targets = ['carousel-helper', ...(process.argv.includes('--tests') ? ['carousel-helper-tests'] : [])];

function run(...args) {
  // The private nodedir keeps Node's headers and compiler flags out of it. Make's own V= and BUILDTYPE= choose the configuration.
  const result = spawnSync(process.execPath, [gyp, ...args, '-C', here, `--nodedir=${path.join(here, 'gyp')}`, '--loglevel=warn'], {
    stdio: 'inherit',
    env: { ...process.env, JOBS: process.env.JOBS ?? 'max' },
  });
  if (result.status === 0) return;
  console.error(
    'Carousel could not build its disk helper: it needs Python 3, make and a C++20 compiler (Debian: apt-get install -y python3 make g++).',
  );
  process.exit(result.status ?? 1);
}

run('configure');
if (configuration === 'Tsan') {
  // node-gyp knows only Release and Debug; the Makefile it writes knows every configuration of common.gypi.
  const made = spawnSync('make', ['-C', path.join(here, 'build'), '-j2', 'BUILDTYPE=Tsan', ...targets], { stdio: 'inherit' });
  process.exit(made.status ?? 1);
}
run('build', ...targets, configuration === 'Debug' ? '--debug' : '--release');
