// SPDX-License-Identifier: Apache-2.0
/**
 * Simulated sticks for Node tests. Node builtins only; the work is done by `stick` beside this file.
 *
 *     const able = canMakeSticks();
 *     test('copies', { skip: !able.ok && able.reason }, async (t) => {
 *       const lab = new Lab();
 *       t.after(() => lab.close());
 *       const [a, b] = await lab.newSticks(['a', 'b'], { size: '64M', bps: '20MB' });
 *       await a.fault({ writeError: '2M:4K' });
 *       ...
 *       assert.equal(await compareBytes(source, b.dev, b.size), -1);
 *     });
 */
import { execFile, spawn, spawnSync } from 'node:child_process';
import { createCipheriv, createHash } from 'node:crypto';
import {
  accessSync,
  constants,
  existsSync,
  mkdtempSync,
  readFileSync,
  realpathSync,
  rmSync,
  statSync,
} from 'node:fs';
import { open } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { basename, delimiter, join } from 'node:path';
import { fileURLToPath } from 'node:url';

const HERE = fileURLToPath(new URL('.', import.meta.url));
const STICK = join(HERE, 'stick');
/** The system's own where there is one: what a version manager puts before it on the PATH starts many times slower. */
const PYTHON = ['/usr/bin/python3'].find((file) => existsSync(file)) ?? 'python3';
const SHIM = join(HERE, 'shim');

/**
 * @typedef {string | [offset: number, length: number]} Span  '1M:512', or numbers
 *
 * @typedef {object} StickOptions
 * @property {number | string} [size]  bytes, or '64M'; default 16M; a multiple of 4096
 * @property {number | string} [bps]  read and write rate: bytes a second, or '20MB'
 * @property {number | string} [readBps]
 * @property {number | string} [writeBps]
 * @property {number} [latency]  ms added to each request
 * @property {number | string} [real]  real capacity of a fake stick
 * @property {'wrap' | 'drop'} [past]  what writes past `real` do
 * @property {number | string} [cache]  volatile write cache; needs `drain`
 * @property {number | string} [remember]  the newest so many bytes written read back right, even past `real`
 * @property {number | string} [drain]  bytes a second out of the cache
 * @property {512 | 1024 | 2048 | 4096} [sector]
 * @property {boolean} [ro]  write-protected
 * @property {boolean} [partscan]
 * @property {boolean} [discard]
 * @property {boolean} [plain]  bare loop device: fastest, no rates, no faults
 * @property {boolean} [trace]  log every request to `stick.trace`
 * @property {string} [fill]  file with the initial content
 * @property {'tmpfs' | 'disk'} [backing]
 * @property {number} [ttl]  seconds
 * @property {string} [serial]  what lsblk from `lab.env` shows; several sticks may share one
 * @property {string} [model]
 * @property {string} [vendor]
 * @property {string} [label]
 *
 * @typedef {object} FaultOptions
 * @property {Span | Span[]} [readError]
 * @property {Span | Span[]} [writeError]
 * @property {Span | Span[]} [corrupt]  reads back wrong
 * @property {Span | Span[]} [flaky]  every second read differs
 * @property {Span | Span[]} [drop]  write reported good, not stored
 * @property {boolean} [flushError]
 * @property {number} [times]  only the first so many hits
 * @property {number} [skip]  let so many hits pass first
 * @property {string} [errno]  'EIO', 'ENODATA', 'ENOSPC', 'ENODEV', 'ETIMEDOUT', ...
 * @property {number} [stall]  seconds without an answer
 * @property {boolean} [clear]  forget all earlier faults first
 *
 * @typedef {object} StickStat
 * @property {string} name
 * @property {string | null} dev
 * @property {boolean} attached
 * @property {number} size
 * @property {number} reads
 * @property {number} writes
 * @property {number} flushes
 * @property {number} read_bytes
 * @property {number} written_bytes
 * @property {number} unflushed_bytes  0: everything written was flushed
 * @property {number} errors
 * @property {object[]} faults
 */

/**
 * Can this process make simulated sticks here? Cheap; says why not.
 * @returns {{ ok: boolean, reason: string }}
 */
export function canMakeSticks() {
  const no = (/** @type {string} */ reason) => ({ ok: false, reason: `no simulated sticks: ${reason}` });
  if (process.platform !== 'linux') return no('needs Linux');
  if (process.getuid?.() !== 0) return no('needs root');
  for (const node of ['/dev/loop-control', '/dev/fuse']) {
    try {
      accessSync(node, constants.R_OK | constants.W_OK);
    } catch {
      return no(`${node} is not usable`);
    }
  }
  for (const tool of ['python3', 'losetup']) {
    const path = (process.env.PATH ?? '').split(delimiter).concat('/sbin', '/usr/sbin');
    if (!path.some((dir) => existsSync(join(dir, tool)))) return no(`${tool} is missing`);
  }
  return { ok: true, reason: '' };
}

const kebab = (/** @type {string} */ key) => key.replace(/[A-Z]/g, (c) => `-${c.toLowerCase()}`);
const span = (/** @type {Span} */ s) => (typeof s === 'string' ? s : `${s[0]}:${s[1]}`);
const isPair = (/** @type {unknown} */ v) =>
  Array.isArray(v) && v.length === 2 && v.every((n) => typeof n === 'number');

/** @param {object} options @returns {string[]} */
function flags(options) {
  return Object.entries(options).flatMap(([key, value]) => {
    if (value === undefined || value === false) return [];
    const flag = `--${kebab(key)}`;
    if (value === true) return [flag];
    const values = Array.isArray(value) && !isPair(value) ? value : [value];
    return values.map((v) => `${flag}=${Array.isArray(v) ? span(/** @type {Span} */ (v)) : v}`);
  });
}

/** @type {Set<Lab>} */
const labs = new Set();
const SIGNALS = /** @type {const} */ (['SIGINT', 'SIGTERM', 'SIGHUP']);

function closeAllNow() {
  for (const lab of [...labs]) lab.closeNow();
}

/** @param {NodeJS.Signals} signal */
function onSignal(signal) {
  closeAllNow();
  if (process.listenerCount(signal) > 0) return; // the program has its own plans
  process.kill(process.pid, signal);
}

/** @param {Lab} lab */
function guard(lab) {
  if (labs.size === 0) {
    process.on('exit', closeAllNow); // covers uncaught exceptions too
    for (const signal of SIGNALS) process.once(signal, onSignal);
  }
  labs.add(lab);
}

/** @param {Lab} lab */
function unguard(lab) {
  labs.delete(lab);
  if (labs.size > 0) return;
  process.off('exit', closeAllNow);
  for (const signal of SIGNALS) process.off(signal, onSignal);
}

/** A folder of simulated sticks. Goes away with close(), at exit, on signals, and within seconds of a SIGKILL. */
export class Lab {
  /** @readonly */
  dir = mkdtempSync(join(tmpdir(), 'testlab-'));
  /** @type {Map<string, Stick>} */
  sticks = new Map();

  constructor() {
    guard(this);
  }

  /** Environment for programs under test: their lsblk shows this lab's sticks as USB disks. */
  get env() {
    return { ...process.env, TESTLAB_DIR: this.dir, PATH: `${SHIM}${delimiter}${process.env.PATH ?? ''}` };
  }

  /**
   * Runs the stick tool.
   * @param {string[]} args
   * @returns {Promise<string>} its output
   */
  run(args) {
    return new Promise((resolve, reject) => {
      execFile(
        PYTHON,
        [STICK, ...args],
        { env: { ...process.env, TESTLAB_DIR: this.dir }, timeout: 60_000 },
        (error, stdout, stderr) => {
          if (error) reject(new Error(`stick ${args.join(' ')}: ${stderr.trim() || error.message}`));
          else resolve(stdout);
        },
      );
    });
  }

  /**
   * @param {string} name
   * @param {StickOptions} [options]
   * @returns {Promise<Stick>}
   */
  async newStick(name, options = {}) {
    const [stick] = await this.newSticks([name], options);
    return /** @type {Stick} */ (stick);
  }

  /**
   * Several sticks, all alike, faster than one by one.
   * @param {string[]} names
   * @param {StickOptions} [options]
   * @returns {Promise<Stick[]>}
   */
  async newSticks(names, options = {}) {
    const out = await this.run([
      'new',
      ...flags({ size: '16M', owner: process.pid, ...options }),
      '--json',
      '--',
      ...names,
    ]);
    return out
      .trim()
      .split('\n')
      .map((line) => {
        const stick = new Stick(this, JSON.parse(line));
        this.sticks.set(stick.name, stick);
        return stick;
      });
  }

  /** Removes every stick and the folder. */
  async close() {
    if (!labs.has(this)) return;
    await this.run(['rm', '--all']).catch(() => {}); // "still open somewhere" is cleaned up at the last close
    this.closeNow();
  }

  /** The same without waiting for the event loop, for exit handlers. */
  closeNow() {
    if (!labs.has(this)) return;
    unguard(this);
    this.sticks.clear();
    if (!existsSync(this.dir)) return;
    spawnSync(PYTHON, [STICK, 'rm', '--all'], {
      env: { ...process.env, TESTLAB_DIR: this.dir },
      stdio: 'ignore',
      timeout: 60_000,
    });
    try {
      rmSync(this.dir, { recursive: true, force: true });
    } catch {
      // a stick is still mounted in it: `stick sweep` takes it later
    }
  }
}

export class Stick {
  /**
   * @param {Lab} lab
   * @param {{ name: string, dev: string, size: number, serial: string, model: string, label: string | null, trace: string | null }} made
   */
  constructor(lab, made) {
    this.lab = lab;
    this.name = made.name;
    /** The block device. Another one, perhaps, after yank({ gone: true }) and plug(). */
    this.dev = made.dev;
    this.size = made.size;
    this.serial = made.serial;
    this.model = made.model;
    this.label = made.label;
    /** File with one line per request, if made with `trace`. */
    this.trace = made.trace;
  }

  /** @param {FaultOptions} options */
  async fault(options) {
    await this.lab.run(['fault', ...flags(options), '--', this.name]);
  }

  /**
   * @param {{ reset?: boolean }} [options]  reset: start counting again
   * @returns {Promise<StickStat>}
   */
  async stat(options = {}) {
    return JSON.parse(await this.lab.run(['stat', ...flags(options), '--', this.name]));
  }

  /**
   * Every request fails from now on.
   * @param {{ after?: number | string, gone?: boolean, errno?: string }} [options]
   *   after: only after so many more bytes; gone: the device node goes away too
   */
  async yank(options = {}) {
    await this.lab.run(['yank', ...flags(options), '--', this.name]);
  }

  /** Plugs it in again. @returns {Promise<string>} the device */
  async plug() {
    this.dev = (await this.lab.run(['plug', '--', this.name])).trim();
    return this.dev;
  }

  async rm() {
    this.lab.sticks.delete(this.name);
    await this.lab.run(['rm', '--', this.name]);
  }
}

/** @param {string} path */
const isBlock = (path) => statSync(path).isBlockDevice();

/**
 * Reads what is on the medium, past the page cache (block devices; ordinary files are read as they are).
 * @param {string} path
 * @param {number} offset
 * @param {number} length
 * @returns {Promise<Buffer>}  shorter only at the end of the device or file
 */
export async function readDirect(path, offset, length) {
  if (!isBlock(path)) {
    const file = await open(path, 'r');
    try {
      const buffer = Buffer.allocUnsafe(length);
      let got = 0;
      while (got < length) {
        const { bytesRead } = await file.read(buffer, got, length - got, offset + got);
        if (bytesRead === 0) break;
        got += bytesRead;
      }
      return buffer.subarray(0, got);
    } finally {
      await file.close();
    }
  }
  const ALIGN = 4096;
  const first = Math.floor(offset / ALIGN) * ALIGN;
  const last = Math.ceil((offset + length) / ALIGN) * ALIGN;
  const whole = await new Promise((/** @type {(b: Buffer) => void} */ resolve, reject) => {
    const dd = spawn(
      'dd',
      [
        `if=${path}`,
        'bs=1M',
        'iflag=direct,skip_bytes,count_bytes',
        `skip=${first}`,
        `count=${last - first}`,
        'status=none',
      ],
      { stdio: ['ignore', 'pipe', 'pipe'], env: { ...process.env, LC_ALL: 'C' } },
    );
    /** @type {Buffer[]} */
    const chunks = [];
    let text = '';
    dd.stdout.on('data', (chunk) => chunks.push(chunk));
    dd.stderr.on('data', (chunk) => {
      text += chunk;
    });
    dd.on('error', reject);
    dd.on('close', (code) =>
      code === 0 ? resolve(Buffer.concat(chunks)) : reject(new Error(text.trim() || `dd: ${code}`)),
    );
  });
  return whole.subarray(offset - first, offset - first + length);
}

/** Bytes that a device or file has. @param {string} path */
function sizeOf(path) {
  const { size } = statSync(path);
  return isBlock(path)
    ? 512 * Number(readFileSync(`/sys/class/block/${basename(realpathSync(path))}/size`, 'latin1'))
    : size;
}

// Two pipes into one `cmp`: what is compared never comes into this process, whose memory every start of another has to copy.
const COMPARE = `read_all() { if [ -b "$1" ]; then dd if="$1" bs=1M iflag=direct,count_bytes count="$2" status=none; else cat -- "$1"; fi; }
read_all "$1" "$3" | { read_all "$2" "$3" | cmp -n "$4" - /dev/fd/3; } 3<&0`;

/**
 * Compares the first `size` bytes of two devices or files; devices are read past the page cache.
 * @param {string} a
 * @param {string} b
 * @param {number} size
 * @returns {Promise<number>}  -1 if equal, else the offset of the first difference (of the end, if one is shorter)
 * @throws if one of them cannot be read
 */
export async function compareBytes(a, b, size) {
  const there = Math.min(size, sizeOf(a), sizeOf(b));
  const aligned = Math.ceil(there / 4096) * 4096; // direct reads are of whole sectors
  /** @type {[number | null, string, string]} */
  const [code, said, complaint] = await new Promise((resolve, reject) => {
    const child = spawn('sh', ['-c', COMPARE, 'compare', a, b, String(aligned), String(there)], {
      stdio: ['ignore', 'pipe', 'pipe'],
      env: { ...process.env, LC_ALL: 'C' },
    });
    let [out, err] = ['', ''];
    child.stdout.on('data', (text) => (out += text));
    child.stderr.on('data', (text) => (err += text));
    child.on('error', reject);
    child.on('close', (code) => resolve([code, out, err]));
  });
  const at = / differ: (?:byte|char) (\d+)/.exec(said);
  if (complaint === '' && code === 1 && at) return Number(at[1]) - 1;
  if (complaint !== '' || code !== 0) throw new Error(complaint.trim() || `cmp: ${code}`);
  return there === size ? -1 : there;
}

const PIECE = 4 << 20;
const ZEROS = Buffer.alloc(PIECE + 16);

/**
 * Pseudo-random bytes that follow from the seed alone: the same at the same offset, however they are asked for.
 * @param {number | string} seed
 * @param {number} offset
 * @param {number} length
 * @returns {Buffer}
 */
export function sourceBytes(seed, offset, length) {
  const key = createHash('sha256').update(`testlab ${seed}`).digest().subarray(0, 16);
  const iv = Buffer.alloc(16);
  iv.writeBigUInt64BE(BigInt(Math.floor(offset / 16)), 8);
  const lead = offset % 16;
  const zeros = lead + length > ZEROS.length ? Buffer.alloc(lead + length) : ZEROS.subarray(0, lead + length);
  return createCipheriv('aes-128-ctr', key, iv).update(zeros).subarray(lead);
}

/**
 * Fills a file (made anew) or a device with sourceBytes(seed).
 * @param {string} path
 * @param {number} size
 * @param {number | string} seed
 */
export async function makeSource(path, size, seed) {
  const device = existsSync(path) && isBlock(path);
  const file = await open(path, device ? 'r+' : 'w');
  try {
    for (let offset = 0; offset < size; offset += PIECE) {
      const piece = sourceBytes(seed, offset, Math.min(PIECE, size - offset));
      for (let done = 0; done < piece.length;) {
        done += (await file.write(piece, done, piece.length - done, offset + done)).bytesWritten;
      }
    }
    await file.sync();
  } finally {
    await file.close();
  }
}
