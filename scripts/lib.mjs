// Shared by the commands in this folder: installing what is missing, and starting other programs.
// Plain Node without dependencies, because it runs before there are any.

import { spawn, spawnSync } from 'node:child_process';
import fs from 'node:fs';
import path from 'node:path';
import process from 'node:process';
import { fileURLToPath } from 'node:url';

export const root = path.resolve(path.dirname(fileURLToPath(import.meta.url)), '..');
export const inRoot = (...parts) => path.join(root, ...parts);
export const exists = (...parts) => fs.existsSync(inRoot(...parts));
const windows = process.platform === 'win32';

export function fail(message, code = 1) {
  console.error(message);
  process.exit(code);
}

/** All files below `folder` (relative to the root) whose path passes `test`; none if the folder does not exist. */
export function filesBelow(folder, test) {
  if (!exists(folder)) return [];
  return fs
    .readdirSync(inRoot(folder), { recursive: true, withFileTypes: true })
    .filter((entry) => entry.isFile())
    .map((entry) => path.relative(root, path.join(entry.parentPath ?? entry.path, entry.name)))
    .map((file) => file.split(path.sep).join('/'))
    .filter((file) => !file.includes('node_modules/') && test(file))
    .sort();
}

// ---- programs on PATH -------------------------------------------------------------------------

export function onPath(program) {
  const suffixes = windows ? ['.exe', '.cmd', '.bat'] : [''];
  return (process.env.PATH ?? '')
    .split(path.delimiter)
    .filter((folder) => folder !== '')
    .some((folder) => suffixes.some((suffix) => isExecutable(path.join(folder, program + suffix))));
}

function isExecutable(file) {
  try {
    fs.accessSync(file, fs.constants.X_OK);
    return fs.statSync(file).isFile();
  } catch {
    return false; // not there, or not ours to run: either way it is not a program we can use
  }
}

/** True where this process may install Debian packages: as root, with apt-get, and not forbidden by CAROUSEL_NO_APT=1. */
const mayUseApt = () =>
  process.platform === 'linux' &&
  process.getuid?.() === 0 &&
  process.env.CAROUSEL_NO_APT !== '1' &&
  onPath('apt-get');

/** Runs a program with what it prints in our error output; whether it ended well. */
function succeeds(command, args, options = {}) {
  return new Promise((resolve) => {
    const child = spawn(command, args, { stdio: ['ignore', 2, 2], ...options });
    child.on('error', (error) => {
      console.error(error.message);
      resolve(false);
    });
    child.on('exit', (code) => resolve(code === 0));
  });
}

async function aptInstallNow(packages) {
  console.error(`Installing with apt-get: ${packages.join(' ')}`);
  const apt = (...args) =>
    succeeds('apt-get', ['-q', '-o', 'DPkg::Lock::Timeout=120', ...args], {
      env: { ...process.env, DEBIAN_FRONTEND: 'noninteractive' },
      timeout: 15 * 60_000,
    });
  const install = () => apt('install', '-y', '--no-install-recommends', ...packages);
  return (await install()) || ((await apt('update')) && (await install()));
}

/** One apt-get at a time. */
let lastApt = Promise.resolve();

/** Installs Debian packages; false when that is not possible here or did not work. */
export function aptInstall(packages) {
  if (packages.length === 0) return Promise.resolve(true);
  if (!mayUseApt()) return Promise.resolve(false);
  const done = lastApt.then(() => aptInstallNow(packages));
  lastApt = done;
  return done;
}

// ---- installing -------------------------------------------------------------------------------

const needed = [
  { program: 'python3', package: 'python3' },
  { program: 'make', package: 'make' },
  { program: 'g++', package: 'g++' },
];

function checkNode() {
  const [major, minor] = process.versions.node.split('.').map(Number);
  if (major < 20 || (major === 20 && minor < 19))
    fail(`Carousel needs Node 20.19 or newer; this is Node ${process.versions.node}.`);
}

async function checkCompiler() {
  if (windows) return; // Visual Studio is not on PATH; node-gyp finds it and says so if it cannot
  const gone = () =>
    needed.filter((tool) => !onPath(tool.program) && !(tool.program === 'g++' && onPath('c++')));
  const before = gone();
  if (before.length === 0) return;
  await aptInstall(before.map((tool) => tool.package));
  const missing = gone().map((tool) => tool.program);
  if (missing.length > 0)
    fail(
      `Carousel needs ${missing.join(', ')} to build its disk helper (Debian, Ubuntu: apt-get install -y python3 make g++; macOS: xcode-select --install).`,
    );
}

function modulesAreCurrent() {
  const installed = inRoot('node_modules', '.package-lock.json');
  if (!fs.existsSync(installed)) return false;
  return fs.statSync(installed).mtimeMs >= fs.statSync(inRoot('package-lock.json')).mtimeMs;
}

/** The npm that started us, else the one on PATH. */
function npm() {
  const cli = process.env.npm_execpath;
  if (cli && /npm-cli\.[cm]?js$/.test(cli)) return { command: process.execPath, args: [cli], shell: false };
  return { command: windows ? 'npm.cmd' : 'npm', args: [], shell: windows };
}

/** Brings the checkout to the state in which everything else here can run, or ends with one line saying what is missing. */
export async function ensureInstalled() {
  checkNode();
  await checkCompiler();
  if (modulesAreCurrent()) return;
  console.error('Installing the packages Carousel is built with (npm ci) ...');
  const { command, args, shell } = npm();
  const ci = [...args, 'ci', '--include=dev', '--include=optional', '--no-audit', '--no-fund'];
  if (!(await succeeds(command, ci, { cwd: root, shell })))
    fail('npm ci did not finish; what it said stands above.');
}

// ---- running ----------------------------------------------------------------------------------

/** The script behind an installed package's command, to be run with this Node. */
export const tool = {
  /** TypeScript's native compiler. Where .vue files are read, vue-tsc and the linter have one of the older make. */
  tsc: () => inRoot('node_modules/typescript-7/bin/tsc'),
  vueTsc: () => inRoot('node_modules/vue-tsc/bin/vue-tsc.js'),
  eslint: () => inRoot('node_modules/eslint/bin/eslint.js'),
  oxlint: () => inRoot('node_modules/oxlint/bin/oxlint'),
  prettier: () => inRoot('node_modules/prettier/bin/prettier.cjs'),
  vitest: () => inRoot('node_modules/vitest/vitest.mjs'),
  playwright: () => inRoot('node_modules/@playwright/test/cli.js'),
};

const running = new Set();

/** Ends a program and all it started; a second call makes sure. */
function stop(child, signal) {
  try {
    if (windows) spawnSync('taskkill', ['/pid', String(child.pid), '/T', '/F'], { stdio: 'ignore' });
    else process.kill(-child.pid, signal);
  } catch (error) {
    if (error.code !== 'ESRCH') throw error; // already gone
  }
}

/** Ends whatever `run` has started, for a command that is itself being ended. */
export function stopAll(signal = 'SIGTERM') {
  for (const child of running) stop(child, signal);
}

/**
 * Runs a program to its end in a process group of its own. Its output goes to the terminal as it comes (unless quiet)
 * and is returned as well.
 * @returns {Promise<{ ok: boolean, code: number | null, signal: string | null, timedOut: boolean, output: string }>}
 */
export function run(command, args, { env = {}, limitSeconds = 0, quiet = false } = {}) {
  return new Promise((resolve) => {
    const colour = process.stdout.isTTY && process.env.NO_COLOR === undefined ? { FORCE_COLOR: '1' } : {};
    const child = spawn(command, args, {
      cwd: root,
      detached: !windows,
      stdio: ['ignore', 'pipe', 'pipe'],
      env: { ...process.env, ...colour, ...env },
    });
    running.add(child);
    let output = '';
    let timedOut = false;
    let killer;
    const limit =
      limitSeconds > 0 &&
      setTimeout(() => {
        timedOut = true;
        stop(child, 'SIGTERM');
        killer = setTimeout(() => stop(child, 'SIGKILL'), 5000);
      }, limitSeconds * 1000);
    const take = (stream) => (chunk) => {
      output = (output + chunk).slice(-4_000_000);
      if (!quiet) stream.write(chunk);
    };
    child.stdout.setEncoding('utf8').on('data', take(process.stdout));
    child.stderr.setEncoding('utf8').on('data', take(process.stderr));
    const end = (code, signal, extra = '') => {
      if (!running.delete(child)) return;
      clearTimeout(limit);
      clearTimeout(killer);
      resolve({ ok: code === 0 && !timedOut, code, signal, timedOut, output: output + extra });
    };
    child.on('error', (error) => {
      if (!quiet) console.error(error.message);
      end(null, null, error.message);
    });
    // A grandchild that outlives its parent may hold the pipes open: give it a moment, then go on without it.
    child.on('exit', (code, signal) => {
      const leave = setTimeout(() => {
        stop(child, 'SIGKILL');
        end(code, signal);
      }, 5000);
      child.on('close', () => {
        clearTimeout(leave);
        end(code, signal);
      });
    });
  });
}

export const runNode = (args, options) => run(process.execPath, args, options);
