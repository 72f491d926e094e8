/**
 * Notices that a drive comes or goes. On Linux the kernel's uevents, told by a child process because Node cannot open
 * a netlink socket: the helper's `watch`, or `udevadm monitor`. Where there is neither, and beside them for mounts
 * (which make no uevent), it looks every second or two at something cheap.
 */
import { spawn, type ChildProcess } from 'node:child_process';
import { readdir, readFile } from 'node:fs/promises';
import { join } from 'node:path';
import { createInterface } from 'node:readline';
import type { Timers } from '@contract/timers.ts';

export interface WatcherOptions {
  timers: Timers;
  /** Tried in this order; each prints a line for every change. */
  commands: readonly (readonly [string, ...string[]])[];
  /** A text that changes when drives change; cheap. */
  fingerprint: () => Promise<string>;
  onChange: () => void;
  /** Told when another way of watching begins. */
  onMode: (mode: 'events' | 'polling') => void;
}

export interface Watcher {
  stop(): void;
}

const pollAloneMs = 1000;
const pollBesideEventsMs = 2000;
/** Uevents come in bursts (a disk and its partitions). */
const burstMs = 60;
/** udev has read labels and made its links by then. */
const settledMs = 900;

/** A uevent of `udevadm monitor`, or a line of the helper's `watch`; not the headings in between. */
const isChange = (line: string): boolean => /^(KERNEL|UDEV)\[/.test(line) || line.startsWith('{"change"');

/** Watches until stopped. */
export function watchDrives(options: WatcherOptions): Watcher {
  const { timers } = options;
  let child: ChildProcess | null = null;
  let stopped = false;
  let eventful = false;
  let last: string | null = null;
  let cancelBurst: (() => void) | null = null;
  let cancelSettled: (() => void) | null = null;
  let cancelPoll: (() => void) | null = null;

  function changed(): void {
    cancelBurst ??= timers.after(burstMs, () => {
      cancelBurst = null;
      if (!stopped) options.onChange();
    });
    cancelSettled?.();
    cancelSettled = timers.after(settledMs, () => {
      if (!stopped) options.onChange();
    });
  }

  function mode(events: boolean): void {
    eventful = events;
    if (!stopped) options.onMode(events ? 'events' : 'polling');
  }

  function listen(index: number): void {
    const command = options.commands[index];
    if (stopped) return;
    if (!command) return mode(false);
    const [program, ...args] = command;
    const next = spawn(program, args, { stdio: ['pipe', 'pipe', 'ignore'], windowsHide: true });
    child = next;
    next.once('spawn', () => mode(true));
    next.stdin.on('error', () => undefined);
    let over = false;
    const goOn = (): void => {
      if (over) return;
      over = true;
      listen(index + 1);
    };
    next.once('error', goOn);
    next.once('close', goOn);
    createInterface({ input: next.stdout }).on('line', (line) => {
      if (isChange(line)) changed();
    });
  }

  async function poll(): Promise<void> {
    const now = await options.fingerprint().catch(() => last ?? '');
    if (last !== null && now !== last) changed();
    last = now;
    if (!stopped) cancelPoll = timers.after(eventful ? pollBesideEventsMs : pollAloneMs, () => void poll());
  }

  listen(0);
  void poll();
  return {
    stop() {
      stopped = true;
      for (const cancel of [cancelBurst, cancelSettled, cancelPoll]) cancel?.();
      child?.kill();
    },
  };
}

/** Names, sizes and sequence numbers of the block devices, and the mounts. */
export async function linuxFingerprint(root = '/'): Promise<string> {
  const block = join(root, 'sys/block');
  const read = (path: string): Promise<string> => readFile(path, 'utf8').catch(() => '');
  const names = (await readdir(block)).filter((name) => !name.startsWith('ram'));
  const facts = names.map(async (name) => {
    const values = ['diskseq', 'size', 'ro'].map((file) => read(join(block, name, file)));
    return `${name} ${(await Promise.all(values)).join(' ')}`;
  });
  return [...(await Promise.all(facts)), await read(join(root, 'proc/self/mountinfo'))].join('\n');
}

/** Where nothing cheaper is known: changes with every look, so that each poll looks at the drives themselves. */
export function everyTime(): () => Promise<string> {
  let count = 0;
  return async () => {
    count += 1;
    return String(count);
  };
}
