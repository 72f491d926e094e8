// Checks who may include whom in the helper, that only platform/ knows an operating system, that every header compiles
// alone, and that only the desktop host and its bridge know Electron. (The layers of the TypeScript side are a lint rule:
// scripts/eslint/layers.mjs.)

import { spawn, spawnSync } from 'node:child_process';
import fs from 'node:fs';
import path from 'node:path';
import process from 'node:process';
import { exists, filesBelow, inRoot, onPath } from './lib.mjs';

const native = 'native-helpers';

/**
 * One row per folder of the helper; the first whose folder holds a file decides. `may` are the folders besides its own
 * that it may include. In data-flow order, a thing never knows what comes after it.
 */
const rows = [
  {
    in: 'base',
    may: [],
    foreign: ['cpuid.h', 'immintrin.h', 'intrin.h', 'stddef.h', 'xxhash.h', 'xxh_x86dispatch.c'],
  },
  { in: 'platform/include', may: ['base'] },
  { in: 'platform/posix', may: ['base', 'platform/include'], os: true },
  { in: 'platform/linux', may: ['base', 'platform/include', 'platform/posix'], os: true },
  { in: 'platform/darwin', may: ['base', 'platform/include', 'platform/posix'], os: true },
  { in: 'platform/win32', may: ['base', 'platform/include'], os: true },
  { in: 'platform', may: ['base', 'platform/include'] },
  { in: 'engine/ring', may: ['base', 'platform/include'] },
  { in: 'engine/source', may: ['base', 'platform/include'] },
  // The last look before the first write is on the target itself.
  { in: 'engine/target', may: ['base', 'platform/include', 'engine/safety'] },
  { in: 'engine/verify', may: ['base', 'platform/include', 'engine/ring', 'engine/target'] },
  { in: 'engine/safety', may: ['base', 'platform/include'] },
  { in: 'engine/manifest', may: ['base', 'platform/include'] },
  { in: 'engine/resume', may: ['base', 'platform/include'] },
  // What is said between the processes; it takes its limits from the ring's layout.
  { in: 'engine/session', may: ['base', 'platform/include', 'engine/ring'] },
  {
    in: 'engine/producer',
    may: ['base', 'platform/include', 'engine/ring', 'engine/source', 'engine/session'],
  },
  // Blocks that leave for other machines, and come from them.
  {
    in: 'engine/feed',
    may: ['base', 'platform/include', 'engine/ring', 'engine/session', 'engine/manifest'],
  },
  {
    in: 'engine/consumer',
    may: [
      'base',
      'platform/include',
      'engine/ring',
      'engine/target',
      'engine/verify',
      'engine/session',
      'engine/resume',
    ],
  },
  // The supervisor starts the roles as processes and never does their work itself.
  {
    in: 'engine/job',
    may: [
      'base',
      'platform/include',
      'engine/ring',
      'engine/session',
      'engine/safety',
      'engine/manifest',
      'engine/resume',
    ],
  },
  { in: 'engine/broker', may: ['base', 'platform/include', 'engine/session'] },
  // A probe has a supervisor and a worker of its own; it knows nothing of jobs and rings.
  { in: 'engine/probe', may: ['base', 'platform/include', 'engine/session', 'engine/safety'] },
  // Making a drive's light blink knows nothing of jobs and rings either.
  { in: 'engine/identify', may: ['base', 'platform/include', 'engine/session', 'engine/safety'] },
  { in: 'engine', may: ['base', 'platform/include'] },
  { in: 'apps', may: ['base', 'platform/include', 'engine'] },
  // Tools and tests that are about one system's own ways stand in a folder with its name.
  { in: 'tools/linux', may: ['base', 'platform', 'engine', 'tools'], os: true },
  { in: 'tools/posix', may: ['base', 'platform', 'engine', 'tools'], os: true },
  { in: 'tools', may: ['base', 'platform/include', 'engine', 'tests'] },
  { in: 'tests/linux', may: ['base', 'platform', 'engine', 'tests'], os: true },
  { in: 'tests/posix', may: ['base', 'platform', 'engine', 'tests'], os: true },
  { in: 'fuzz', may: ['base', 'platform/include', 'engine'] },
  { in: 'tests', may: ['base', 'platform/include', 'platform/fake', 'engine'] },
];

const osName =
  /\b(__linux__|__linux|linux|__gnu_linux__|__APPLE__|__MACH__|TARGET_OS_\w+|_WIN32|_WIN64|WIN32|__WIN32__|__unix__|__unix|unix|__FreeBSD__|__NetBSD__|__OpenBSD__|__ANDROID__|__CYGWIN__|__MINGW32__|_POSIX_\w+)\b/;

const standardHeaders = new Set(
  `algorithm any array atomic barrier bit bitset charconv chrono codecvt compare complex concepts condition_variable
  coroutine deque exception execution filesystem format forward_list fstream functional future initializer_list iomanip
  ios iosfwd iostream istream iterator latch limits list locale map memory memory_resource mutex new numbers numeric
  optional ostream queue random ranges ratio regex scoped_allocator semaphore set shared_mutex source_location span
  sstream stack stdexcept stop_token streambuf string string_view syncstream system_error thread tuple type_traits
  typeindex typeinfo unordered_map unordered_set utility valarray variant vector version
  cassert cctype cerrno cfenv cfloat cinttypes climits clocale cmath csetjmp csignal cstdarg cstddef cstdint cstdio
  cstdlib cstring ctime cuchar cwchar cwctype`.split(/\s+/),
);

const inside = (file, folder) => file === folder || file.startsWith(`${folder}/`);
const rowOf = (file) => rows.find((row) => inside(file, row.in));

/** What an include means, looked for where binding.gyp's `include_dirs` let the compiler look. */
function resolveInclude(file, name, isFile) {
  const places = [path.posix.dirname(file), '.', 'platform', 'platform/include'];
  return places.map((place) => path.posix.join(place, name)).find(isFile);
}

/** What is wrong with one source file of the helper, line by line. */
function problemsOf(file, text, isFile) {
  const row = rowOf(file);
  if (!row) return [`${file}: this folder has no row in scripts/check-layers.mjs`];
  const problems = [];
  text.split('\n').forEach((line, index) => {
    const at = `${native}/${file}:${index + 1}: `;
    const condition = /^\s*#\s*(?:if|ifdef|ifndef|elif|elifdef|elifndef)\b(.*)/.exec(line)?.[1];
    const name = condition && osName.exec(condition)?.[1];
    if (name && !row.os) problems.push(`${at}asks for the operating system (${name}); only platform/ may`);
    const include = /^\s*#\s*include\s*([<"])([^>"]+)[>"]/.exec(line);
    if (!include) return;
    const [, kind, header] = include;
    if (kind === '<') {
      if (!row.os && !standardHeaders.has(header) && !row.foreign?.includes(header))
        problems.push(`${at}<${header}> is not the standard library's; only platform/ may include it`);
      return;
    }
    const found = resolveInclude(file, header, isFile);
    if (found === undefined) {
      if (!row.foreign?.includes(header)) problems.push(`${at}"${header}" is not a header of ours`);
    } else if (rowOf(found) !== row && !row.may.some((folder) => inside(found, folder))) {
      problems.push(`${at}${row.in} may not include ${found}`);
    }
  });
  return problems;
}

// ---- counting ---------------------------------------------------------------------------------

let passed = 0;
let failed = 0;
function count(problems) {
  if (problems.length === 0) passed += 1;
  else failed += 1;
  for (const problem of problems) console.log(`FAIL  ${problem}`);
}

/** The rules themselves, on files made up for it: [file, line, is it wrong?]. */
const examples = [
  ['engine/ring/x.cpp', '#include "base/a.hpp"', false],
  ['engine/ring/x.cpp', '#include "engine/ring/a.hpp"', false],
  ['engine/ring/x.cpp', '#include "engine/target/a.hpp"', true],
  ['engine/producer/x.cpp', '#include "engine/target/a.hpp"', true],
  ['engine/producer/x.cpp', '#include "engine/job/a.hpp"', true],
  ['engine/consumer/x.cpp', '#include "engine/source/a.hpp"', true],
  ['engine/job/x.hpp', '  #  include "engine/source/a.hpp"', true],
  ['engine/job/x.cpp', '#include "platform/a.hpp"', false],
  ['engine/job/x.cpp', '#include "linux/a.hpp"', true],
  ['engine/job/x.cpp', '#include <unistd.h>', true],
  ['engine/job/x.cpp', '#include "stranger.h"', true],
  ['platform/linux/x.cpp', '#include <unistd.h>', false],
  ['platform/linux/x.cpp', '#include "engine/ring/a.hpp"', true],
  ['platform/linux/x.cpp', '#include "win32/a.hpp"', true],
  ['platform/include/platform/x.hpp', '#include <sys/types.h>', true],
  ['engine/ring/x.cpp', '#ifdef __linux__', true],
  ['engine/ring/x.cpp', '#if defined(_WIN32) || 1', true],
  ['base/x.cpp', '#if defined(__GNUC__)', false],
  ['elsewhere/x.cpp', '', true],
];
const exampleFiles = [
  'base',
  'engine/ring',
  'engine/target',
  'engine/source',
  'engine/job',
  'platform/include/platform',
  'platform/linux',
  'platform/win32',
].map((folder) => `${folder}/a.hpp`);

function checkRules() {
  for (const [file, text, wrong] of examples) {
    const found = problemsOf(file, text, (name) => exampleFiles.includes(name)).length > 0;
    count(
      found === wrong
        ? []
        : [`scripts/check-layers.mjs: '${text}' in ${file} is ${wrong ? 'not ' : ''}reported`],
    );
  }
}

// ---- the sources ------------------------------------------------------------------------------

function nativeFiles() {
  const all = filesBelow(native, (file) => /\.(c|cc|cpp|h|hpp|m|mm)$/.test(file));
  return all
    .map((file) => file.slice(native.length + 1))
    .filter((file) => !file.startsWith('build/') && !file.startsWith('gyp/'));
}

function checkIncludes(files) {
  for (const file of files)
    count(problemsOf(file, fs.readFileSync(inRoot(native, file), 'utf8'), (name) => files.includes(name)));
}

function checkElectron() {
  const fence = /^(src-main\/electron|src-preload)\//;
  const files = filesBelow('.', (file) =>
    /^(src-main|src-preload|src-renderer|scripts|e2e|bench)\/.*\.(ts|vue|mjs|js)$/.test(file),
  );
  const imports =
    /\bfrom\s*['"]electron(?:\/\w+)?['"]|\b(?:import|require)\s*\(?\s*['"]electron(?:\/\w+)?['"]/;
  for (const file of files) {
    if (fence.test(file) || file === 'scripts/check-layers.mjs') continue;
    const line = fs
      .readFileSync(inRoot(file), 'utf8')
      .split('\n')
      .findIndex((text) => imports.test(text) && !/^\s*(\/\/|\*)/.test(text));
    count(
      line < 0 ? [] : [`${file}:${line + 1}: imports electron; only src-main/electron and src-preload may`],
    );
  }
}

// ---- headers alone ----------------------------------------------------------------------------

/** Include folders and defines as binding.gyp has them; it is a Python literal. */
function compilerFlags() {
  const program = 'import ast, json, sys; print(json.dumps(ast.literal_eval(open(sys.argv[1]).read())))';
  const read = spawnSync('python3', ['-c', program, inRoot(native, 'binding.gyp')], { encoding: 'utf8' });
  if (read.status !== 0) throw new Error(`binding.gyp could not be read: ${read.stderr}`);
  const { include_dirs: folders } = JSON.parse(read.stdout).target_defaults;
  const xxhash = inRoot('node_modules/xxhash-addon/xxHash');
  return [
    '-std=c++20',
    '-fsyntax-only',
    '-Wall',
    '-Wextra',
    '-D_FILE_OFFSET_BITS=64',
    '-D_GNU_SOURCE',
    ...folders.map((folder) => `-I${folder.startsWith('<') ? xxhash : inRoot(native, folder)}`),
  ];
}

/** Systems whose headers cannot be compiled here. */
const others = {
  linux: ['darwin', 'win32'],
  darwin: ['linux', 'win32'],
  win32: ['linux', 'darwin', 'posix'],
};

/** Compiles a file that holds nothing but the include. */
function compileAlone(compiler, flags, header) {
  return new Promise((resolve) => {
    const child = spawn(compiler, [...flags, '-x', 'c++', '-'], { stdio: ['pipe', 'ignore', 'pipe'] });
    let output = '';
    child.stderr.setEncoding('utf8').on('data', (text) => (output += text));
    child.on('error', (error) => resolve([`${header}: ${error.message}`]));
    child.on('close', (code) =>
      resolve(code === 0 ? [] : [`${native}/${header} does not compile alone:\n${output.trim()}`]),
    );
    child.stdin.end(`#include "${inRoot(native, header)}"\n`);
  });
}

/** Headers that a source of the helper includes before anything else: the build, which compiles each source by itself, has shown that they compile alone. */
function shownByTheBuild(files) {
  const sources = files.filter((file) => /^(base|engine|platform|apps)\/.*\.cpp$/.test(file));
  return new Set(
    sources.map((file) => {
      const first = /^\s*#\s*include\s*"([^"]+)"/m.exec(fs.readFileSync(inRoot(native, file), 'utf8'));
      const before = first && /^\s*#\s*include\s*</m.test(first.input.slice(0, first.index));
      return first && !before ? resolveInclude(file, first[1], (name) => files.includes(name)) : undefined;
    }),
  );
}

async function checkHeaders(files) {
  const compiler = ['g++', 'c++', 'clang++'].find(onPath);
  if (compiler === undefined || !onPath('python3')) {
    console.log('skip  headers alone: a C++ compiler and Python 3 are needed');
    return;
  }
  const strange = others[process.platform] ?? [];
  const here = files.filter((file) => !strange.some((name) => file.includes(`/${name}/`)));
  const shown = shownByTheBuild(here);
  const headers = here.filter((file) => /\.(h|hpp)$/.test(file) && !shown.has(file));
  const flags = compilerFlags();
  const lane = async () => {
    for (let header = headers.shift(); header !== undefined; header = headers.shift())
      count(await compileAlone(compiler, flags, header));
  };
  await Promise.all([lane(), lane()]);
}

checkRules();
checkElectron();
if (exists(native)) {
  const files = nativeFiles();
  checkIncludes(files);
  await checkHeaders(files);
}
process.exitCode = failed > 0 ? 1 : 0;
console.log(`${passed} passed, ${failed} failed`);
