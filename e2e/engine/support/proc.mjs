// What the system says about processes: who is there, what they do, what they hold open. Linux only.

import fs from 'node:fs';
import path from 'node:path';

const read = (file) => {
  try {
    return fs.readFileSync(file, 'latin1');
  } catch {
    return ''; // gone meanwhile, or not ours to see
  }
};

/** State letter of a process (R running, S sleeping, D in a device, T stopped, Z ended); '' if there is none. */
export function stateOf(pid) {
  return statFields(pid)[0] ?? '';
}

/** Fields of /proc/PID/stat from the third (the state) on. */
function statFields(pid) {
  const text = read(`/proc/${pid}/stat`);
  return text === '' ? [] : text.slice(text.lastIndexOf(')') + 2).split(' ');
}

/** Processor time used so far, in clock ticks. */
export function ticksOf(pid) {
  const fields = statFields(pid);
  return Number(fields[11]) + Number(fields[12]);
}

/** How often the main thread went to sleep or was put aside. */
export function switchesOf(pid) {
  const text = read(`/proc/${pid}/task/${pid}/status`);
  return [...text.matchAll(/ctxt_switches:\s+(\d+)/g)].reduce((sum, match) => sum + Number(match[1]), 0);
}

/** The arguments a process was started with. */
export function argumentsOf(pid) {
  return read(`/proc/${pid}/cmdline`).split('\0').slice(0, -1);
}

/** What the main thread waits for in the kernel: `{ number, args }`; undefined while it runs. */
export function systemCallOf(pid) {
  const words = read(`/proc/${pid}/task/${pid}/syscall`).trim().split(' ');
  return words.length < 7 ? undefined : { number: Number(words[0]), args: words.slice(1, 7).map(BigInt) };
}

/** Number of futex(2) where /proc/PID/syscall can be read and is known. */
export const FUTEX = { x64: 202, arm64: 98 }[process.arch];

/** The shared mappings of a process whose file is named like `name`: `{ from, to, file, shared }`. */
export function mappingsOf(pid, name) {
  return read(`/proc/${pid}/maps`)
    .split('\n')
    .filter((line) => line.includes(name))
    .map((line) => {
      const [range, rights, , device, inode] = line.split(/\s+/);
      const [from, to] = range.split('-').map((hex) => BigInt(`0x${hex}`));
      return { from, to, file: `${device} ${inode}`, shared: rights.endsWith('s') };
    });
}

/** What a process holds open: descriptor number and what it leads to. */
export function openFilesOf(pid) {
  return descriptorsOf(pid).flatMap((number) => {
    try {
      return [{ number, target: fs.readlinkSync(`/proc/${pid}/fd/${number}`) }];
    } catch {
      return [];
    }
  });
}

function descriptorsOf(pid) {
  try {
    return fs.readdirSync(`/proc/${pid}/fd`);
  } catch {
    return []; // gone
  }
}

/** Living processes that carry this mark in their environment: `{ pid, args }`. A child inherits it, also when its parent is gone. */
export function marked(mark) {
  return fs
    .readdirSync('/proc')
    .filter((name) => /^\d+$/.test(name) && Number(name) !== process.pid)
    .filter((pid) => read(`/proc/${pid}/environ`).includes(mark))
    .map((pid) => ({ pid: Number(pid), args: argumentsOf(pid), state: stateOf(pid) }))
    .filter(({ state }) => state !== '' && state !== 'Z');
}

/** Keys of the jobs that somebody on this machine listens for. */
export function listeningJobs() {
  return [...read('/proc/net/unix').matchAll(/@carousel\/1\/(\S+)/g)].map((match) => match[1]);
}

/** The role of a process of ours: 'job', 'produce', 'consume', 'command', or ''. */
export function roleOf({ args }) {
  if (path.basename(args[0] ?? '') === 'carousel-helper') return args[1] ?? '';
  return args.some((word) => word.endsWith('carousel')) ? 'command' : '';
}

/** One line about each process, for messages. */
export const describe = (processes) =>
  processes.map(({ pid, state, args }) => `${pid} ${state} ${args.slice(0, 4).join(' ')}`).join('\n');
