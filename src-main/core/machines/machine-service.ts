/**
 * Watches other machines for the front ends of this one: the core calls them, since a page may only speak to the machine that it came
 * from. They are called only while somebody looks.
 */
import { hostname } from 'node:os';
import { fail, type AppError } from '@contract/errors.ts';
import { compactJobs, type Machine, type MachineLink } from '@contract/groups/machines.ts';
import type { Connection } from '@contract/server.ts';
import { createSession, type Link, type Session } from '@contract/session.ts';
import type { AppState } from '@contract/snapshot.ts';
import { cleanText } from '../devices/clean-text.ts';
import type { Clock } from '../ports.ts';
import { readAddress } from '../remote/machine-address.ts';
import type { KnownMachine, KnownMachines } from './known-machines.ts';

/** Only where a machine is called: most never call one. */
const dial = () => import('../remote/dial.ts');

/** A machine's picture changes at most this often. */
const showEveryMs = 500;
/** Nobody has looked for so long: the connections end. */
const restAfterMs = 30_000;

export interface MachineService {
  /** Every machine as it is known now; from here on the connection is told of changes. */
  watch(connection: Connection): Promise<Machine[]>;
  /** Pairs with a machine. Throws a `ContractError`. */
  add(url: string, code: string): Promise<string>;
  remove(id: string): Promise<void>;
  close(): void;
}

export interface MachineOptions {
  machines: KnownMachines;
  clock: Clock;
  onError: (error: unknown) => void;
}

interface Watched {
  known: KnownMachine;
  view: Machine;
  session: Session;
}

const links: Readonly<Record<Link, MachineLink>> = {
  connecting: 'connecting',
  live: 'live',
  lost: 'offline',
  outdated: 'refused',
  refused: 'refused',
};

/** Nobody looks yet. */
export function createMachineService({ machines, clock, onError }: MachineOptions): MachineService {
  const watchers = new Set<Connection>();
  const watched = new Map<string, Watched>();
  let cancelRest = (): void => undefined;
  let closed = false;

  function show(id: string, change: Partial<Machine>): void {
    const one = watched.get(id);
    if (!one) return;
    one.view = { ...one.view, ...change };
    for (const connection of watchers) {
      // Who is behind gets the next picture: each is whole.
      if (!connection.congested() || change.link) connection.emit('machines.changed', one.view);
    }
  }

  function take(id: string, state: AppState): void {
    const name = cleanText(state.system.hostName) ?? '';
    const jobs = compactJobs(
      state.jobOrder.flatMap((job) => state.jobs[job] ?? []),
      state.handOuts,
    );
    show(id, { ...jobs, ...(name === '' ? {} : { name }) });
  }

  function onLink(id: string, link: Link, problem: AppError | null): void {
    const one = watched.get(id);
    if (!one) return;
    const next = links[link];
    const wasLive = one.view.link === 'live';
    // An offline machine was last seen when it was: each failed try changes nothing about that.
    const since =
      next === one.view.link
        ? one.view.since
        : next === 'offline' && !wasLive && one.known.seenAt > 0
          ? one.known.seenAt
          : clock.now();
    show(id, { link: next, problem, since });
    if (next === 'live' || wasLive) void machines.seen(id, one.view.name, clock.now()).catch(onError);
  }

  function begin(known: KnownMachine): void {
    const { id, address } = known;
    const view: Machine = {
      id,
      name: known.name ?? address.host.slice(0, 128),
      url: address.origin,
      link: 'connecting',
      problem: null,
      since: clock.now(),
      jobs: [],
      jobCount: 0,
    };
    const session = createSession({
      open: async () => (await dial()).openChannel(address, known.pairing),
      onHello: () => undefined,
      onLink: (link, problem) => onLink(id, link, problem),
      onState: (state) => take(id, state),
      timers: clock,
      showEveryMs,
    });
    watched.set(id, { known, view, session });
  }

  function end(id: string): void {
    watched.get(id)?.session.stop();
    watched.delete(id);
  }

  /** Follows what other programs of this user have paired or removed. */
  async function follow(): Promise<void> {
    const known = await machines.list();
    const kept = new Map(known.map((machine) => [machine.id, machine]));
    for (const [id, { known: before }] of watched) {
      if (kept.get(id)?.pairing.key !== before.pairing.key) end(id);
    }
    for (const machine of known) if (!closed && !watched.has(machine.id)) begin(machine);
  }

  function rest(): void {
    cancelRest();
    cancelRest = clock.after(restAfterMs, () => {
      if (watchers.size === 0) for (const id of [...watched.keys()]) end(id);
    });
  }

  return {
    async watch(connection) {
      cancelRest();
      if (!watchers.has(connection)) {
        connection.onClose(() => {
          watchers.delete(connection);
          if (watchers.size === 0) rest();
        });
      }
      watchers.add(connection);
      await follow();
      return [...watched.values()].map(({ view }) => view);
    },
    async add(url, code) {
      const address = readAddress(url);
      const paired = await (await dial()).pairWith(address, code, hostname());
      const id = await machines.add(address, paired);
      end(id);
      await follow();
      show(id, {});
      return id;
    },
    async remove(id) {
      if (!(await machines.remove(id))) fail('no-such-machine');
      end(id);
      for (const connection of watchers) connection.emit('machines.gone', { machine: id });
    },
    close() {
      closed = true;
      cancelRest();
      for (const id of [...watched.keys()]) end(id);
    },
  };
}
