// Fuzzes the helper's readers under AddressSanitizer and UndefinedBehaviorSanitizer with clang's libFuzzer.
//   node native-helpers/fuzz/run.mjs [SECONDS]           60 if not said; finds worth keeping go into fuzz/corpus
//   node native-helpers/fuzz/run.mjs --short [SECONDS]   the kept corpus once, then so long (10) without keeping anything: a test
import { spawnSync } from 'node:child_process';
import { mkdirSync, mkdtempSync, rmSync } from 'node:fs';
import { createRequire } from 'node:module';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { fileURLToPath } from 'node:url';
import { parseArgs } from 'node:util';

const { values, positionals } = parseArgs({
  options: { short: { type: 'boolean' } },
  allowPositionals: true,
});
const seconds = positionals[0] ?? (values.short ? '10' : '60');

const here = path.dirname(fileURLToPath(import.meta.url));
const root = path.join(here, '..');
const xxhash = path.join(
  path.dirname(createRequire(import.meta.url).resolve('xxhash-addon/package.json')),
  'xxHash',
);
const folder = mkdtempSync(path.join(tmpdir(), 'carousel-fuzz-'));
const program = path.join(folder, 'fuzz');
const sources = [
  'base/json.cpp',
  'engine/safety/contents.cpp',
  'engine/safety/fat.cpp',
  'engine/safety/file_systems.cpp',
  'engine/safety/heavy.cpp',
  'engine/safety/ntfs.cpp',
  'engine/session/order_fields.cpp',
  'engine/session/orders.cpp',
  'engine/session/verbs.cpp',
  'fuzz/lines_fuzz.cpp',
];

function run(command, args, options = {}) {
  const { status, error } = spawnSync(command, args, { cwd: root, stdio: 'inherit', ...options });
  if (error) throw error;
  return status ?? 1;
}

const sanitizers = '-fsanitize=fuzzer,address,undefined';

/** clang without its run-time libraries (Debian: libclang-rt-N-dev) can build nothing that fuzzes. */
function canFuzz() {
  const input = 'extern "C" int LLVMFuzzerTestOneInput(const char*, unsigned long) { return 0; }';
  const args = [sanitizers, '-x', 'c++', '-', '-o', program];
  return run('clang++', args, { input, stdio: ['pipe', 'ignore', 'ignore'] }) === 0;
}

const build = () =>
  run('clang++', [
    '-std=c++20',
    '-g',
    '-O1',
    sanitizers,
    '-fno-sanitize-recover=all',
    '-D_GNU_SOURCE',
    '-D_FILE_OFFSET_BITS=64',
    ...['-I.', '-Iplatform', '-Iplatform/include', `-I${xxhash}`, '-o', program, ...sources],
  ]);

/** The corpus, then new inputs for a while; both must go well. */
function short(crashes) {
  const corpus = path.join(here, 'corpus');
  const fresh = path.join(folder, 'fresh');
  mkdirSync(fresh);
  const runs = [
    ['-runs=0', crashes, corpus],
    [
      `-max_total_time=${seconds}`,
      '-max_len=70000',
      '-verbosity=0',
      '-print_final_stats=1',
      crashes,
      fresh,
      corpus,
    ],
  ];
  const bad = runs.filter((args) => run(program, args) !== 0).length;
  console.log(`${runs.length - bad} passed, ${bad} failed`);
  return bad;
}

try {
  const crashes = `-artifact_prefix=${folder}/`;
  if (values.short && !canFuzz())
    console.log('clang has no fuzzer here (libclang-rt): not run\n0 passed, 0 failed, 2 skipped');
  else if (build() !== 0) process.exitCode = 1;
  else if (values.short) process.exitCode = short(crashes) === 0 ? 0 : 1;
  else
    process.exitCode = run(program, [
      `-max_total_time=${seconds}`,
      '-max_len=70000',
      '-print_final_stats=1',
      crashes,
      path.join(here, 'corpus'),
    ]);
} finally {
  if (!process.exitCode) rmSync(folder, { recursive: true, force: true });
}
