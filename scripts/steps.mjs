// The steps of `npm test`, in order. A step whose `input` is not there (yet) is not listed.
//
//   stage    the steps of one stage run at the same time if they are of different lanes; what they print comes when they end
//   lane     within a stage: steps that run one after the other
//   background  gets the processor when nobody else wants it: nothing in it depends on time
//   apart    runs in a network of its own, because the jobs of one network find each other, and with mounts of its own, because a stick that one
//            step has mounted would stay in use in every system of mounts that another makes; where these cannot be had, one lane does for its stage
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

/** clang, and the run-time libraries of the same version, which Debian only recommends with it. */
function clangWithFuzzer() {
  const { stdout } = spawnSync('apt-cache', ['depends', 'clang'], { encoding: 'utf8' });
  const version = /Depends: clang-(\d+)/.exec(stdout ?? '')?.[1];
  return version === undefined
    ? []
    : ['clang', `libclang-rt-${version}-dev`].map((name) => ['clang++', name]);
}

const ownPlace = ['--net', '--mount', 'sh', '-c', 'ip link set lo up && exec "$0" "$@"'];

/** Whether a command can be given a network with nothing in it but itself, and mounts of its own. Linux, as root, with Debian's `iproute2`. */
export const canBeApart = () => onPath('unshare') && spawnSync('unshare', [...ownPlace, 'true']).status === 0;

/** The same command in a network of its own, and with mounts of its own. */
export const apart = ({ command, args, ...rest }) => ({
  command: 'unshare',
  args: [...ownPlace, command, ...args],
  ...rest,
});

// Linux may weigh whole sessions against each other, and what `run` starts is a session of its own: then this counts, not `nice`.
const quietly = '{ echo 19 > /proc/self/autogroup; } 2>/dev/null; exec nice -n 19 "$0" "$@"';

/** The same command, with the processor when nobody else wants it. Where there is `nice`. */
export const inBackground = ({ command, args, ...rest }) => ({
  command: 'sh',
  args: ['-c', quietly, command, ...args],
  ...rest,
});

const nativeInput = () => exists('native-helpers/build.mjs') && exists('native-helpers/tests');
const unitTests = () =>
  filesBelow('.', (file) => /^(src-main|src-preload|src-renderer|scripts)\/.*\.test\.ts$/.test(file));
/** What comes after the copy: beside the tests of the copy itself these take half of the time. */
const isAfterwards = (file) =>
  /\/(history|manifest|probe|record|report|resume|trust|verify)[a-z-]*\.test\.mjs$/.test(file);
/** What is around the copy: rights, services of a desktop, drives in the hand, another computer. Most of the time these wait. */
const isAround = (file) =>
  /\/(compare|desktop|elevation|handling|monitor|security|unmount)\.test\.mjs$/.test(file);
const ridingTests = () =>
  filesBelow('e2e/engine', (file) => file.endsWith('.test.mjs') && !isAfterwards(file) && !isAround(file));
const aroundTests = () => filesBelow('e2e/engine', isAround);
const trustTests = () => filesBelow('e2e/engine', isAfterwards);
const stationTests = () => filesBelow('e2e/stations', (file) => file.endsWith('.test.mjs'));
const nodeTests = (files, report, concurrency = 1) =>
  node(
    '--test',
    `--test-concurrency=${concurrency}`,
    '--test-reporter=spec',
    '--test-reporter-destination=stdout',
    '--test-reporter=tap',
    `--test-reporter-destination=${report}`,
    ...files,
  );
/** What shows more than one machine; most of the time these wait for a network and for each other. */
const isOfMachines = (file) => /\/(monitor|stations)\.spec\.ts$/.test(file);
const browserTests = (which) =>
  filesBelow('e2e/app', (file) => file.endsWith('.spec.ts') && isOfMachines(file) === (which === 'machines'));
/** In a browser, with the files of one step in a folder of its own: the next to start would clear a shared one. */
const inBrowser = (which, report) => ({
  ...node(
    tool.playwright(),
    'test',
    ...browserTests(which),
    '--reporter=list,json',
    `--output=${inRoot('test-results', which)}`,
  ),
  env: { PLAYWRIGHT_JSON_OUTPUT_NAME: report },
});
// A browser named or found anywhere will do; only where there is none is Debian's asked for.
const browserPackages = async () =>
  process.env.CAROUSEL_BROWSER || (await findBrowser()) ? [] : [['chromium', 'chromium']];
const reportFile = (name) => (folder) => path.join(folder, name);

export const steps = [
  { name: 'helper', input: 'native-helpers/build.mjs', commands: () => [nativeBuild()] },
  { name: 'build', input: 'scripts/build.mjs', commands: () => [node(inRoot('scripts/build.mjs'))] },
  {
    name: 'unit',
    stage: 'checks',
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
    stage: 'checks',
    lane: 'native',
    input: nativeInput,
    commands: () => [nativeBuild('--debug', '--tests'), nativeTests('Debug')],
    counts: fromText,
    limit: 20 * 60,
  },
  {
    name: 'races',
    stage: 'checks',
    lane: 'native',
    input: nativeInput,
    commands: () => [nativeBuild('--tsan', '--tests'), atFixedAddresses(nativeTests('Tsan', 'races'))],
    counts: fromText,
    limit: 20 * 60,
  },
  {
    name: 'fuzz',
    stage: 'checks',
    lane: 'scripts',
    input: 'native-helpers/fuzz/run.mjs',
    packages: clangWithFuzzer,
    needs: 'clang++',
    commands: () => [node(inRoot('native-helpers/fuzz/run.mjs'), '--short')],
    counts: fromText,
    limit: 5 * 60,
  },
  {
    name: 'typecheck',
    stage: 'use',
    lane: 'reading',
    background: true,
    input: 'tsconfig.json',
    commands: () => [node(inRoot('scripts/typecheck.mjs'))],
    limit: 30 * 60,
  },
  {
    name: 'lint',
    stage: 'use',
    lane: 'reading',
    background: true,
    input: 'eslint.config.js',
    commands: () => [node(tool.oxlint(), '--type-aware'), node(tool.eslint(), '.', '--max-warnings', '0')],
    limit: 30 * 60,
  },
  {
    name: 'format',
    stage: 'use',
    lane: 'reading',
    background: true,
    input: '.prettierrc',
    commands: () => [node(tool.prettier(), '--check', '--log-level', 'warn', '.')],
    limit: 30 * 60,
  },
  {
    name: 'layers',
    stage: 'use',
    lane: 'reading',
    background: true,
    input: 'scripts/check-layers.mjs',
    commands: () => [node(inRoot('scripts/check-layers.mjs'))],
    counts: fromText,
    limit: 30 * 60,
  },
  {
    name: 'model',
    stage: 'use',
    lane: 'reading',
    background: true,
    input: 'model/check.mjs',
    packages: [['spin', 'spin']],
    needs: 'spin',
    commands: () => [node(inRoot('model/check.mjs'))],
    counts: fromText,
    limit: 30 * 60,
  },
  {
    name: 'engine',
    stage: 'use',
    lane: 'riding',
    apart: true,
    input: () => ridingTests().length > 0,
    packages: [
      ['ip', 'iproute2'],
      ['dcfldd', 'dcfldd'],
      ['mkfs.ntfs', 'ntfs-3g'],
      ['mkfs.exfat', 'exfatprogs'],
      ['mkfs.vfat', 'dosfstools'],
      ['mcopy', 'mtools'],
      ['mkfs.xfs', 'xfsprogs'],
      ['mkfs.btrfs', 'btrfs-progs'],
      ['genisoimage', 'genisoimage'],
      ['sfdisk', 'fdisk'],
    ],
    commands: (report) => [nodeTests(ridingTests(), report)],
    report: reportFile('engine.tap'),
    counts: fromTap,
    limit: 30 * 60,
  },
  {
    name: 'around',
    stage: 'use',
    lane: 'waiting',
    apart: true,
    input: () => aroundTests().length > 0,
    packages: [
      ['ip', 'iproute2'],
      ['sudo', 'sudo'],
      ['dbus-daemon', 'dbus'],
      ['pkexec', 'pkexec'],
      ['udisksctl', 'udisks2'],
      ['setfacl', 'acl'],
    ],
    commands: (report) => [nodeTests(aroundTests(), report)],
    report: reportFile('around.tap'),
    counts: fromTap,
    limit: 30 * 60,
  },
  {
    name: 'e2e',
    stage: 'use',
    lane: 'showing',
    apart: true,
    input: 'playwright.config.ts',
    packages: browserPackages,
    commands: (report) => [inBrowser('screens', report)],
    report: reportFile('playwright.json'),
    counts: fromPlaywright,
    limit: 30 * 60,
  },
  {
    name: 'trust',
    stage: 'use',
    lane: 'waiting',
    apart: true,
    input: () => trustTests().length > 0,
    packages: [
      ['f3write', 'f3'],
      ['ddrescuelog', 'gddrescue'],
    ],
    commands: (report) => [nodeTests(trustTests(), report)],
    report: reportFile('trust.tap'),
    counts: fromTap,
    limit: 30 * 60,
  },
  {
    name: 'stations',
    stage: 'use',
    lane: 'riding',
    apart: true,
    input: () => stationTests().length > 0,
    packages: [
      ['nats-server', 'nats-server'],
      ['tc', 'iproute2'],
    ],
    // Most of the time these wait for slow sticks and for what is bound to happen in time.
    commands: (report) => [nodeTests(stationTests(), report, 3)],
    report: reportFile('stations.tap'),
    counts: fromTap,
    limit: 10 * 60,
  },
  {
    name: 'reliability',
    stage: 'use',
    lane: 'waiting',
    apart: true,
    input: 'campaigns/run.mjs',
    commands: () => [node(inRoot('campaigns/run.mjs'), 'fast', '--lanes', '4')],
    counts: fromText,
  },
  {
    name: 'machines',
    stage: 'use',
    lane: 'riding',
    apart: true,
    input: 'playwright.config.ts',
    packages: async () => [['nats-server', 'nats-server'], ...(await browserPackages())],
    commands: (report) => [inBrowser('machines', report)],
    report: reportFile('machines.json'),
    counts: fromPlaywright,
    limit: 20 * 60,
  },
  {
    name: 'packaging',
    stage: 'use',
    lane: 'riding',
    input: 'scripts/check-packaging.mjs',
    commands: () => [node(inRoot('scripts/check-packaging.mjs'))],
    counts: fromText,
  },
];

export const isThere = ({ input }) => (typeof input === 'function' ? input() : exists(input));
