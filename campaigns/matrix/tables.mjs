// The two tables whose product is the matrix: what goes wrong, and when. A fault or a phase more is one entry here.

import { MiB } from '../../e2e/engine/support/world.mjs';

/** Bytes of the source: whole sectors of every kind, no whole number of blocks. */
export const SIZE = 3 * MiB + 8192;
/** Where single faults are: late, so that a fault that comes in mid-phase has not been passed. */
export const AT = 2 * MiB + 768 * 1024;

/**
 * `on`: the stick it happens to; `stick`: how that one is made, for what is built in (`armed` is then the phase in which it meets the job, or which it
 * rides through); `arm`: done to the stick when the phase is there; `options`: of the copy; `never`: ends that would be a lie whatever the phase;
 * `gone`: its device goes too, so it cannot be named afterwards: its name may be another stick's by then; `both`: a source that gives two contents in this range by turns: either is its content.
 * @type {{ name: string, on: 'target' | 'source', stick?: object, arm?: (stick: any) => Promise<unknown>, options?: object, never?: RegExp, both?: [number, number], pulled?: boolean, gone?: boolean }[]}
 */
export const FAULTS = [
  { name: 'slow (0.7 MB/s)', on: 'target', stick: { writeBps: '700KB' } },
  { name: 'fast, then stuck at 100 %', on: 'target', stick: { cache: '2M', drain: '1M' } },
  { name: 'no answer for 1 s', on: 'target', arm: (s) => s.fault({ stall: 1 }) },
  {
    name: 'no answer for longer than the limit',
    on: 'target',
    arm: (s) => s.fault({ stall: 12 }),
    options: { stallTimeout: 2 },
  },
  {
    name: 'bad sector, written',
    on: 'target',
    arm: (s) => s.fault({ writeError: [AT, 512], errno: 'ENODATA' }),
  },
  {
    name: 'bad sector, written, once',
    on: 'target',
    arm: (s) => s.fault({ writeError: [AT, 512], times: 1 }),
  },
  {
    name: 'bad sector, read back',
    on: 'target',
    arm: (s) => s.fault({ readError: [AT, 512], errno: 'ENODATA' }),
  },
  { name: 'bit rot', on: 'target', arm: (s) => s.fault({ corrupt: [AT + 5, 3] }) },
  { name: 'every second read differs', on: 'target', arm: (s) => s.fault({ flaky: [AT, 512] }) },
  { name: 'lost write', on: 'target', arm: (s) => s.fault({ drop: [AT, 4096] }) },
  {
    name: 'fake capacity, the rest is lost',
    on: 'target',
    stick: { real: '2M', past: 'drop' },
    never: /^verified|^done/,
  },
  {
    name: 'fake capacity, wraps',
    on: 'target',
    stick: { real: '2M', past: 'wrap' },
    never: /^verified|^done/,
  },
  {
    name: 'fake capacity behind a cache',
    on: 'target',
    stick: { real: '2M', past: 'drop', remember: '512K' },
    never: /^verified|^done/,
  },
  { name: 'fsync fails', on: 'target', arm: (s) => s.fault({ flushError: true }) },
  { name: 'no space', on: 'target', arm: (s) => s.fault({ writeError: [AT, SIZE - AT], errno: 'ENOSPC' }) },
  { name: 'every request fails', on: 'target', arm: (s) => s.yank(), pulled: true },
  { name: 'pulled out', on: 'target', arm: (s) => s.yank({ gone: true }), pulled: true, gone: true },
  { name: 'write-protected', on: 'target', stick: { ro: true }, never: /^(?!refused)/ },
  { name: 'shorter than the source', on: 'target', stick: { size: '2M' }, never: /^(?!refused)/ },
  {
    name: 'source: bad sector',
    on: 'source',
    arm: (s) => s.fault({ readError: [AT, 512], errno: 'ENODATA' }),
  },
  { name: 'source: bad sector, once', on: 'source', arm: (s) => s.fault({ readError: [AT, 512], times: 1 }) },
  {
    name: 'source: every second read differs',
    on: 'source',
    arm: (s) => s.fault({ flaky: [AT, 512] }),
    both: [AT, 512],
  },
  {
    name: 'source: changes meanwhile',
    on: 'source',
    arm: (s) => s.fault({ corrupt: [AT + 5, 3] }),
    both: [AT + 5, 3],
  },
  { name: 'source: no answer for 1 s', on: 'source', arm: (s) => s.fault({ stall: 1 }) },
  {
    name: 'source: no answer for longer than the limit',
    on: 'source',
    arm: (s) => s.fault({ stall: 12 }),
    options: { stallTimeout: 2 },
  },
  { name: 'source: every request fails', on: 'source', arm: (s) => s.yank(), pulled: true },
  { name: 'source: pulled out', on: 'source', arm: (s) => s.yank({ gone: true }), pulled: true, gone: true },
];

/**
 * `run` drives one copy into the phase, calls `arm` there, and gives the ride; `stick`: how both targets are made so that the phase lasts; `before`: done to
 * the bad stick at first; `options`: of the copy; `names`: it names drives after `arm`.
 * @type {{ name: string, names?: boolean, stick?: object, before?: (stick: any) => Promise<unknown>, options?: object, run: (c: any) => Promise<any> }[]}
 */
export const PHASES = [
  {
    name: 'start',
    names: true,
    async run({ front, source, good, bad, options, arm }) {
      await arm();
      return front.begin(source, [good, bad], options);
    },
  },
  {
    name: 'join',
    names: true,
    stick: { writeBps: '1500KB' },
    async run({ front, source, good, bad, options, arm }) {
      const ride = await front.begin(source, [good], options);
      await ride.progressed(good, SIZE / 8);
      await arm();
      await ride.add([bad]);
      return ride;
    },
  },
  {
    name: 'copy',
    stick: { writeBps: '2MB' },
    async run({ front, source, good, bad, options, arm }) {
      const ride = await front.begin(source, [good, bad], options);
      await ride.progressed(bad, SIZE / 8);
      await arm();
      return ride;
    },
  },
  {
    name: 'wrap',
    stick: { writeBps: '1500KB' },
    async run({ front, source, good, bad, options, arm }) {
      const ride = await front.begin(source, [good], options);
      await ride.progressed(good, SIZE / 4);
      await ride.add([bad]);
      await ride.wrapped();
      await arm();
      return ride;
    },
  },
  {
    name: 'flush',
    stick: { cache: '1M', drain: '1M' },
    async run({ front, source, good, bad, options, arm }) {
      const ride = await front.begin(source, [good, bad], options);
      await ride.reached(bad, 'flushing');
      await arm();
      return ride;
    },
  },
  {
    name: 'verify',
    stick: { readBps: '2MB' },
    async run({ front, source, good, bad, options, arm }) {
      const ride = await front.begin(source, [good, bad], options);
      await ride.reached(bad, 'verifying');
      await arm();
      return ride;
    },
  },
  {
    name: 'heal',
    stick: { readBps: '8MB', latency: 20 },
    before: (s) =>
      s.fault({
        drop: [
          [AT, 4096],
          [MiB, 4096],
        ],
        times: 1,
      }),
    options: { heal: true },
    async run({ front, source, good, bad, options, arm }) {
      const ride = await front.begin(source, [good, bad], options);
      await ride.reached(bad, 'healing');
      await arm();
      return ride;
    },
  },
  {
    name: 'resume',
    names: true,
    stick: { writeBps: '2MB' },
    async run({ front, source, good, bad, options, arm }) {
      const ride = await front.begin(source, [good, bad], options);
      await ride.progressed(bad, SIZE / 2);
      await ride.breakOff();
      await arm();
      return ride.again([good, bad]);
    },
  },
];
