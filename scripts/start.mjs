// `npm start`: installs and builds what is missing, then opens the app in its own window, or in the browser where a window
// is not to be had.
//   npm start -- --practice     on practice drives: files that stand for drives, so nothing real can be written to
//   npm start -- --browser      in the browser in any case

import { spawn } from 'node:child_process';
import fs from 'node:fs';
import os from 'node:os';
import path from 'node:path';
import process from 'node:process';
import { parseArgs } from 'node:util';
import { ensureInstalled, exists, fail, inRoot, root, runNode, stopAll } from './lib.mjs';

const { platform } = process;
const downloadSeconds = 180;
/** A window that is gone again within this time, with an error, has never been there. */
const startMs = 10_000;
const signals = { SIGINT: 130, SIGTERM: 143, SIGHUP: 129 };

function readOptions() {
  const options = { practice: { type: 'boolean' }, browser: { type: 'boolean' } };
  try {
    return parseArgs({ options }).values;
  } catch (error) {
    return fail(`${error.message}\nThere are: npm start [-- --practice] [--browser]`, 2);
  }
}

/** Where practice drives are kept: the same place as in src-main/core/default-paths.ts. */
function practiceFolder() {
  const { CAROUSEL_HOME, XDG_DATA_HOME, APPDATA } = process.env;
  const home = os.homedir();
  if (CAROUSEL_HOME) return path.join(CAROUSEL_HOME, 'practice');
  if (platform === 'darwin') return path.join(home, 'Library/Application Support/Carousel/practice');
  if (platform === 'win32') return path.join(APPDATA ?? home, 'Carousel/practice');
  return path.join(XDG_DATA_HOME || path.join(home, '.local/share'), 'carousel/practice');
}

// ---- is there a window to be had? -------------------------------------------------------------

const hasDisplay = () =>
  platform !== 'linux' || Boolean(process.env.DISPLAY) || Boolean(process.env.WAYLAND_DISPLAY);

const electronFolder = () => process.env.ELECTRON_OVERRIDE_DIST_PATH || inRoot('node_modules/electron/dist');

/** Electron's program, by looking only: asking the package for it would start a download. */
function findElectron() {
  const names = { darwin: 'Electron.app/Contents/MacOS/Electron', win32: 'electron.exe' };
  const program = path.join(electronFolder(), names[platform] ?? 'electron');
  return fs.existsSync(program) ? program : undefined;
}

function kernelSays(name, value) {
  try {
    return fs.readFileSync(`/proc/sys/${name}`, 'utf8').trim() === value;
  } catch {
    return false; // this kernel has no such switch
  }
}

/** True where Chromium's sandbox works: by user namespaces, or by its own program with root's rights. */
function sandboxWorks() {
  if (platform !== 'linux') return true;
  try {
    const { mode, uid } = fs.statSync(path.join(electronFolder(), 'chrome-sandbox'));
    if (uid === 0 && (mode & 0o4000) !== 0) return true;
  } catch {
    // not downloaded yet
  }
  return !(
    kernelSays('kernel/apparmor_restrict_unprivileged_userns', '1') ||
    kernelSays('kernel/unprivileged_userns_clone', '0') ||
    kernelSays('user/max_user_namespaces', '0')
  );
}

/** Downloads Electron; returns why that did not work. */
async function downloadElectron() {
  const script = inRoot('node_modules/electron/install.js');
  if (!fs.existsSync(script)) return 'it is not installed';
  console.error('Downloading the desktop window (Electron), once; npm start -- --browser does without ...');
  const { output, timedOut } = await runNode([script], { quiet: true, limitSeconds: downloadSeconds });
  if (findElectron()) return undefined;
  if (timedOut) return `it could not be downloaded within ${downloadSeconds} seconds`;
  const line = output.split('\n').find((text) => /error/i.test(text)) ?? 'no reason given';
  return `it could not be downloaded (${line.trim().slice(0, 120)})`;
}

/** Why there is no window here; undefined when there is one. */
async function whyNoWindow() {
  if (!hasDisplay()) return 'there is no display';
  if (platform === 'linux' && process.getuid() === 0) return 'it does not run as root';
  if (!sandboxWorks()) return 'this system does not allow its sandbox';
  return findElectron() ? undefined : downloadElectron();
}

// ---- running ----------------------------------------------------------------------------------

/** Runs a program in the foreground until it ends; signals are passed on to it. */
function foreground(command, args) {
  return new Promise((resolve) => {
    const env = { ...process.env };
    delete env.ELECTRON_RUN_AS_NODE; // would make a Node of the window
    const child = spawn(command, args, { cwd: root, stdio: 'inherit', env });
    // In a terminal Ctrl-C reaches the child by itself; passing it on as well would count as a second one.
    const pass = (signal) => {
      if (signal !== 'SIGINT' || !process.stdin.isTTY) child.kill(signal);
    };
    for (const signal of Object.keys(signals)) process.off(signal, leave).on(signal, pass);
    const end = (result) => {
      for (const signal of Object.keys(signals)) process.off(signal, pass).on(signal, leave);
      resolve(result);
    };
    child.on('error', (error) => end({ code: 1, error: error.message }));
    child.on('exit', (code, signal) => end({ code: code ?? signals[signal] ?? 1, signal }));
  });
}

/** A signal while nothing runs in the foreground: ends what is being built. */
function leave(signal) {
  stopAll(signal);
  process.exit(signals[signal]);
}

async function build() {
  console.error('Building Carousel ...');
  for (const script of ['native-helpers/build.mjs', 'scripts/build.mjs']) {
    if (!exists(script)) continue;
    const built = await runNode([inRoot(script)], { quiet: true });
    if (!built.ok) fail(`${built.output}\n${script} did not finish; what it said stands above.`);
  }
}

/** Opens the window; returns the exit code, or why there was none after all. */
async function openWindow(practice) {
  const program = findElectron();
  const began = performance.now();
  const args = practice ? [`--practice=${practiceFolder()}`] : [];
  const { code, error, signal } = await foreground(program, ['.', ...args]);
  if (code === 0 || signal in signals || performance.now() - began > startMs) return { code };
  return { why: `it ended at once (${error ?? signal ?? `exit ${code}`})` };
}

async function openBrowser(practice) {
  const args = practice ? ['--practice', practiceFolder()] : [];
  if (hasDisplay()) args.push('--open');
  const { code, error } = await foreground(process.execPath, [inRoot('bin/carousel'), 'serve', ...args]);
  if (error) console.error(`Carousel could not be started: ${error}`);
  return code;
}

const { practice = false, browser = false } = readOptions();
for (const signal of Object.keys(signals)) process.on(signal, leave);
await ensureInstalled();
await build();

let why = browser ? '' : await whyNoWindow();
if (why === undefined) {
  const window = await openWindow(practice);
  if (window.why === undefined) process.exit(window.code);
  why = window.why;
}
if (why !== '')
  console.error(
    `The desktop window is not available here: ${why}. Carousel opens in your web browser instead; everything works the same.`,
  );
process.exit(await openBrowser(practice));
