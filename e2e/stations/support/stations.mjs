// What the tests of stations share: sizes, a network with its server, sticks, and how a run must have ended.

import assert from 'node:assert/strict';
import { until } from '../../engine/support/run.mjs';
import { MiB, sticksHere } from '../../engine/support/world.mjs';
import { Net, noNetwork } from './net.mjs';

/** Why there can be no stations here, or false; said once for all of them. */
export const when = noNetwork() || (sticksHere.ok ? false : sticksHere.reason);
export const SIZE = 40 * MiB + 12_345;
const RATE = 4_500_000;

export const bytesOf = (run, target) =>
  Math.max(0, ...run.events.filter((e) => e.event === 'progress' && e.target === target).map((e) => e.bytes));
export const upTo = (run, target, bytes) =>
  until(() => bytesOf(run, target) >= bytes, `${target} to get to ${bytes}`);

/** Machines with cables to a server that runs. */
export async function network(w, machines, server) {
  const net = new Net(w);
  for (const name of machines) net.machine(name);
  if (server !== null) await net.server(server);
  return net;
}

/** Slow sticks that the source fits; their paths. */
export const sticks = async (w, names, writeBps = RATE) =>
  (await w.sticks(names, { size: Math.ceil(SIZE / 4096) * 4096, writeBps })).map(({ dev }) => dev);

/** The summary of a run that must have ended with this code. */
export function ended(end, code, what) {
  assert.equal(end.code, code, `${what}: ${JSON.stringify(end.summary)}\n${end.stderr}`);
  return end.summary;
}

/** The first node has dropped this station. */
export const lost = (run, name) =>
  run.seen(
    (e) => e.event === 'stations' && e.stations.some((s) => s.name === name && s.state === 'lost'),
    `${name} to be lost`,
  );
