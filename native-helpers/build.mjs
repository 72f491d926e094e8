// Builds carousel-helper with node-gyp: no questions, nothing downloaded.
//   node native-helpers/build.mjs            build/Release/carousel-helper
//   ... --debug                              with AddressSanitizer and UndefinedBehaviorSanitizer, in build/Debug
//   ... --tsan                               with ThreadSanitizer, in build/Tsan
//   ... --tests                              the native tests as well
//   ... --bench                              the bench's measure of what the machine can do
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
  for (const dir of (process.env.PATH ?? '').split(path.delimiter))
    npmRoots.push(path.join(dir, '../lib/node_modules/npm'), path.join(dir, 'node_modules/npm'));
  const found = npmRoots.map((root) => path.join(root, inside)).find((file) => existsSync(file));
  return found ?? createRequire(import.meta.url).resolve('node-gyp/bin/node-gyp.js');
}

const gyp = findNodeGyp();
const configuration = process.argv.includes('--tsan')
  ? 'Tsan'
  : process.argv.includes('--debug')
    ? 'Debug'
    : 'Release';
const targets = ['carousel-helper'];
if (process.argv.includes('--tests')) targets.push('carousel-helper-tests');
if (process.argv.includes('--bench')) targets.push('carousel-bench-limit');

// npm hands its own settings to scripts as npm_config_*, and node-gyp lets them win over its arguments: a nodedir among them would bring in
// Node's compiler flags.
const environment = Object.fromEntries(
  Object.entries(process.env).filter(([name]) => !/^npm_config_/i.test(name)),
);

function run(command, ...args) {
  // The private nodedir keeps Node's headers and compiler flags out of it.
  const result = spawnSync(
    process.execPath,
    [gyp, command, '-C', here, `--nodedir=${path.join(here, 'gyp')}`, '--loglevel=warn', ...args],
    {
      stdio: 'inherit',
      env: { ...environment, JOBS: process.env.JOBS ?? 'max' },
    },
  );
  if (result.status === 0) return;
  console.error(
    'Carousel could not build its disk helper: it needs Python 3, make and a C++20 compiler (Debian: apt-get install -y python3 make g++).',
  );
  process.exit(result.status ?? 1);
}

// Few large compilations, which read the headers they share once, where that has been tried.
if (process.platform === 'linux') run('configure', '--', '-Djumbo=1');
else run('configure');
if (configuration === 'Tsan') {
  // node-gyp knows only Release and Debug; the Makefile it writes knows every configuration of common.gypi.
  const made = spawnSync('make', ['-C', path.join(here, 'build'), '-j2', 'BUILDTYPE=Tsan', ...targets], {
    stdio: 'inherit',
  });
  process.exit(made.status ?? 1);
}
run('build', ...targets, configuration === 'Debug' ? '--debug' : '--release');
