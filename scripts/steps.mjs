// The steps of `npm test`, in order. A step whose `input` is not there (yet) is not listed.
//
//   lane     steps beside each other with this run at the same time as those of another lane, one after the other within one; what they print
//            comes when they end
//   input    what must exist: a path, or a function that says so
//   packages Debian packages whose program the step uses: [program, package]; installed where we may
//   needs    a program without which the step is skipped
//   commands run one after the other until one fails
//   counts   how to read the number of tests from the last command's output or from its report
//   report   the file, inside a temporary folder, that `counts` reads instead of the output
//   limit    seconds after which a command is stopped and the step has failed

import { spawnSync } from 'node:child_process';
import path from 'node:path';
import process from 'node:process';
import { findBrowser } from '../e2e/find-browser.mjs';
import { fromPlaywright, fromTap, fromText, fromVitest } from './counts.mjs';
import { exists, filesBelow, inRoot, onPath, tool } from './lib.mjs';

const node = (...args) => ({ command: process.execPath, args });
const nativeBuild = (...args) => node(inRoot('native-helpers/build.mjs'), ...args);
const nativeTests = (configuration, ...args) => ({
  command: inRoot('native-helpers/build', configuration, 'carousel-helper-tests'),
  args,
  env: { UBSAN_OPTIONS: 'print_stacktrace=1' },
});

/** The same command at fixed addresses, without which older thread sanitizers do not start on newer kernels. */
function atFixedAddresses({ command, args, ...rest }) {
  const machine = { x64: 'x86_64', arm64: 'aarch64' }[process.arch];
  const works =
    machine !== undefined && onPath('setarch') && spawnSync('setarch', [machine, '-R', 'true']).status === 0;
  return works
    ? { command: 'setarch', args: [machine, '-R', command, ...args], ...rest }
    : { command, args, ...rest };
}

const nativeInput = () => exists('native-helpers/build.mjs') && exists('native-helpers/tests');
const unitTests = () =>
  filesBelow('.', (file) => /^(src-main|src-preload|src-renderer|scripts)\/.*\.test\.ts$/.test(file));
const engineTests = () => filesBelow('e2e/engine', (file) => file.endsWith('.test.mjs'));
const reportFile = (name) => (folder) => path.join(folder, name);

export const steps = [
  { name: 'helper', input: 'native-helpers/build.mjs', commands: () => [nativeBuild()] },
  { name: 'build', input: 'scripts/build.mjs', commands: () => [node(inRoot('scripts/build.mjs'))] },
  {
    name: 'typecheck',
    lane: 'scripts',
    input: 'tsconfig.json',
    commands: () => [node(inRoot('scripts/typecheck.mjs'))],
  },
  {
    name: 'lint',
    lane: 'scripts',
    input: 'eslint.config.js',
    commands: () => [node(tool.eslint(), '.', '--max-warnings', '0')],
  },
  {
    name: 'format',
    lane: 'scripts',
    input: '.prettierrc',
    commands: () => [node(tool.prettier(), '--check', '--log-level', 'warn', '.')],
  },
  {
    name: 'layers',
    lane: 'scripts',
    input: 'scripts/check-layers.mjs',
    commands: () => [node(inRoot('scripts/check-layers.mjs'))],
    counts: fromText,
  },
  {
    name: 'unit',
    lane: 'scripts',
    input: () => unitTests().length > 0,
    commands: (report) => [
      node(tool.vitest(), 'run', '--reporter=default', '--reporter=json', `--outputFile.json=${report}`),
    ],
    report: reportFile('vitest.json'),
    counts: fromVitest,
  },
  {
    name: 'native',
    lane: 'native',
    input: nativeInput,
    commands: () => [nativeBuild('--debug', '--tests'), nativeTests('Debug')],
    counts: fromText,
    limit: 20 * 60,
  },
  {
    name: 'races',
    lane: 'native',
    input: nativeInput,
    commands: () => [nativeBuild('--tsan', '--tests'), atFixedAddresses(nativeTests('Tsan', 'races'))],
    counts: fromText,
    limit: 20 * 60,
  },
  {
    name: 'model',
    lane: 'native',
    input: 'model/check.mjs',
    packages: [['spin', 'spin']],
    needs: 'spin',
    commands: () => [node(inRoot('model/check.mjs'))],
    counts: fromText,
  },
  {
    name: 'engine',
    input: () => engineTests().length > 0,
    packages: [
      ['dcfldd', 'dcfldd'],
      ['sudo', 'sudo'],
      ['f3write', 'f3'],
    ],
    commands: (report) => [
      node(
        '--test',
        '--test-concurrency=1',
        '--test-reporter=spec',
        '--test-reporter-destination=stdout',
        '--test-reporter=tap',
        `--test-reporter-destination=${report}`,
        ...engineTests(),
      ),
    ],
    report: reportFile('engine.tap'),
    counts: fromTap,
    limit: 30 * 60,
  },
  {
    name: 'packaging',
    input: 'scripts/check-packaging.mjs',
    commands: () => [node(inRoot('scripts/check-packaging.mjs'))],
    counts: fromText,
  },
  {
    name: 'e2e',
    input: 'playwright.config.ts',
    // A browser named or found anywhere will do; only where there is none is Debian's asked for.
    packages: async () =>
      process.env.CAROUSEL_BROWSER || (await findBrowser()) ? [] : [['chromium', 'chromium']],
    commands: (report) => [
      {
        ...node(tool.playwright(), 'test', '--reporter=list,json'),
        env: { PLAYWRIGHT_JSON_OUTPUT_NAME: report },
      },
    ],
    report: reportFile('playwright.json'),
    counts: fromPlaywright,
    limit: 30 * 60,
  },
];

export const isThere = ({ input }) => (typeof input === 'function' ? input() : exists(input));
