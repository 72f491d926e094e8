// Programs that `npm run bench -- --peers` measures beside those of peers.mjs, and what each of them can do besides copying.
import { spawn, spawnSync } from 'node:child_process';
import { existsSync, mkdirSync, readFileSync, writeFileSync } from 'node:fs';
import os from 'node:os';
import path from 'node:path';
import process from 'node:process';
import { Job, has, peers, quote, timed } from './peers.mjs';

/** The version that is measured; an optional tool outside the project's dependencies. */
const ETCHER = '10.2.15';

/**
 * The folder in whose node_modules etcher-sdk lies: the one named by CAROUSEL_ETCHER, or one in the temporary folder, into which npm
 * installs it (parts of it are compiled). Undefined, with one line that says so, where it cannot be had.
 */
export function etcherFolder() {
  const folder = process.env.CAROUSEL_ETCHER ?? path.join(os.tmpdir(), `carousel-etcher-sdk-${ETCHER}`);
  if (existsSync(path.join(folder, 'node_modules/etcher-sdk'))) return folder;
  mkdirSync(folder, { recursive: true });
  // It names a dependency by git address; the registry's own release is the same.
  const manifest = { private: true, overrides: { 'unbzip2-stream': '1.4.3' } };
  writeFileSync(path.join(folder, 'package.json'), JSON.stringify(manifest));
  const args = ['install', '--no-audit', '--no-fund', `etcher-sdk@${ETCHER}`];
  // npm hands this project's own settings to its scripts; which install scripts may run is no matter of that folder's.
  const env = Object.fromEntries(Object.entries(process.env).filter(([name]) => !/^npm_config_/i.test(name)));
  const { status } = spawnSync('npm', args, { cwd: folder, env, stdio: ['ignore', 'ignore', 'inherit'] });
  if (status === 0) return folder;
  console.error('etcher-sdk could not be installed; its column stays empty.');
  return undefined;
}

const etcher = (folder, what) => async (source, _size, targets) => {
  const args = [path.join(import.meta.dirname, 'etcher.mjs'), folder, what, source, ...targets];
  const env = { ...process.env, UV_THREADPOOL_SIZE: String(Math.max(8, 2 * targets.length + 4)) };
  const child = spawn(process.execPath, args, { env, stdio: ['ignore', 'pipe', 'inherit'] });
  let out = '';
  child.stdout.on('data', (chunk) => (out += chunk));
  const code = await new Promise((resolve) => child.on('close', resolve));
  if (code !== 0) throw new Error('etcher-sdk: the copy failed');
  return Number(out);
};

const list = (option, targets) => targets.map((t) => `${option}=${quote(t)}`).join(' ');

/** All programs that copy, by name; null: not installed. `folder`: of etcherFolder(). */
export const copiers = (folder) => ({
  ...peers,
  dc3dd: !has('dc3dd')
    ? null
    : (source, _size, targets) =>
        timed(
          `dc3dd if=${quote(source)} ${list('of', targets)} log=/dev/null && sync ${targets.map(quote).join(' ')}`,
        ),
  Etcher: folder === undefined ? null : etcher(folder, 'copy'),
});

/** Those that read back and compare what they wrote. */
export const verifiers = (folder) => ({
  carousel: async (source, _size, targets) => (await new Job(source, targets, { verify: true }).end()).at,
  dc3dd: !has('dc3dd')
    ? null
    : (source, _size, targets) =>
        timed(`dc3dd if=${quote(source)} ${list('hof', targets)} hash=sha256 log=/dev/null`),
  Etcher: folder === undefined ? null : etcher(folder, 'verify'),
});

/** Processor seconds of all children of this process that have ended and were waited for, theirs included (proc(5), fields 16 and 17 of stat). */
export function childSeconds() {
  const fields = readFileSync('/proc/self/stat', 'utf8').split(') ').at(-1).split(' ');
  const ticks = Number(spawnSync('getconf', ['CLK_TCK'], { encoding: 'utf8' }).stdout);
  return (Number(fields[13]) + Number(fields[14])) / ticks;
}
