// Fuzzes the helper's readers under AddressSanitizer and UndefinedBehaviorSanitizer with clang's libFuzzer.
//   node native-helpers/fuzz/run.mjs [SECONDS]      60 if not said; finds worth keeping go into fuzz/corpus
import { spawnSync } from 'node:child_process';
import { mkdtempSync, rmSync } from 'node:fs';
import { createRequire } from 'node:module';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { fileURLToPath } from 'node:url';

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
  'engine/session/orders.cpp',
  'engine/session/verbs.cpp',
  'fuzz/lines_fuzz.cpp',
];

function run(command, args) {
  const { status, error } = spawnSync(command, args, { cwd: root, stdio: 'inherit' });
  if (error) throw error;
  return status ?? 1;
}

try {
  const built = run('clang++', [
    ...[
      '-std=c++20',
      '-g',
      '-O1',
      '-fsanitize=fuzzer,address,undefined',
      '-fno-sanitize-recover=all',
      '-D_GNU_SOURCE',
      '-D_FILE_OFFSET_BITS=64',
    ],
    ...['-I.', '-Iplatform', '-Iplatform/include', `-I${xxhash}`, '-o', program, ...sources],
  ]);
  const crashes = `-artifact_prefix=${folder}/`;
  process.exitCode =
    built ||
    run(program, [
      `-max_total_time=${process.argv[2] ?? 60}`,
      '-max_len=70000',
      '-print_final_stats=1',
      crashes,
      path.join(here, 'corpus'),
    ]);
} finally {
  if (!process.exitCode) rmSync(folder, { recursive: true, force: true });
}
