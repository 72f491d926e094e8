/** Listens to the network, lets paired devices in, and throws them out again the moment their key is taken away. */
import { watch, type FSWatcher } from 'node:fs';
import { hostname } from 'node:os';
import { join } from 'node:path';
import type { Channel } from '@contract/channel.ts';
import { appError, fail, type AppError } from '@contract/errors.ts';
import type { AccessState, DeviceGrant } from '@contract/groups/access.ts';
import type { Connection } from '@contract/server.ts';
import type { Clock, Listening, ListenToNetwork, NetworkDoor } from '../ports.ts';
import { createAttempts } from './attempts.ts';
import { ownCredentials, type Credentials } from './credentials.ts';
import { cleanName, createDevices, type Device } from './devices.ts';
import { createOffers } from './offers.ts';
import { openDoors } from './open-doors.ts';
import { createPairing } from './pairing.ts';
import { shownCode } from './pairing-code.ts';
import { usualPort } from './usual-port.ts';

/** A key that was taken away by another program is noticed at once, or, where folders cannot be watched, after so long. */
const lookAgainMs = 2000;
/** Windows and programs that one device may have open. */
const connectionsPerDevice = 8;
/** How often a connected device is marked as seen. */
const seenEveryMs = 60_000;

export interface ListenAt {
  host: string;
  port: number;
  /** More host names to answer under. */
  names?: readonly string[];
  credentials?: Credentials;
}

export interface AccessOptions {
  folder: string;
  clock: Clock;
  listen: ListenToNetwork | undefined;
  /** Serves the contract to a device. */
  connect(channel: Channel, device: Device): void;
  onError: (error: unknown) => void;
}

export interface AccessService {
  state(): Promise<AccessState>;
  /** From now on the connection is told of every change. */
  watch(connection: Connection): Promise<AccessState>;
  /** Listens at an address until `close`. Throws the system's error when that cannot be. */
  listenAt(at: ListenAt): Promise<void>;
  /** Listens at the usual address, or stops; a failure is part of the state. */
  follow(wanted: boolean): Promise<void>;
  offer(grant: DeviceGrant, name: string | undefined): Promise<{ code: string; until: number }>;
  revoke(id: string): Promise<void>;
  close(): Promise<void>;
}

/** Nobody is listened to yet. */
export function createAccessService(options: AccessOptions): AccessService {
  const { clock } = options;
  const devices = createDevices(join(options.folder, 'devices'));
  const offers = createOffers(join(options.folder, 'codes'));
  const doors = openDoors(options.folder);
  const attempts = createAttempts(() => clock.now());
  const live = new Map<string, Set<Channel>>();
  const watchers = new Set<Connection>();
  let listening: Listening | null = null;
  let credentials: Credentials | null = null;
  let problem: AppError | null = null;
  /** Listening at an address that was asked for goes before the setting. */
  let fixed = false;
  let crossOut: (() => Promise<void>) | null = null;
  let watcher: FSWatcher | null = null;
  let cancelLook = (): void => undefined;
  let closed = false;
  let queue: Promise<unknown> = Promise.resolve();

  async function state(): Promise<AccessState> {
    const all = await devices.list();
    return {
      urls: listening?.urls() ?? [],
      fingerprint: listening ? (credentials?.fingerprint ?? null) : null,
      canListen: options.listen !== undefined,
      problem,
      devices: all.map((device) => ({ ...device, connected: live.has(device.id) })),
    };
  }

  function tell(): void {
    if (watchers.size === 0) return;
    void state()
      .then((now) => {
        for (const connection of watchers) connection.emit('access.changed', now);
      })
      .catch(options.onError);
  }

  /** Ends the connections of devices that are not paired any more. */
  async function throwOut(): Promise<void> {
    if (live.size === 0) return;
    const paired = new Set((await devices.list()).map(({ id }) => id));
    for (const [id, channels] of live) {
      if (!paired.has(id)) for (const channel of channels) channel.close();
    }
  }

  function lookAgain(): void {
    void throwOut().catch(options.onError);
    tell();
  }

  let lastSeen = 0;
  function lookOften(): void {
    if (closed) return;
    cancelLook = clock.after(lookAgainMs, () => {
      void throwOut().catch(options.onError);
      const now = clock.now();
      if (now - lastSeen >= seenEveryMs) {
        lastSeen = now;
        for (const id of live.keys()) void devices.seen(id, now).catch(options.onError);
      }
      lookOften();
    });
  }

  const door: NetworkDoor = {
    admit: (key) => devices.admit(key),
    pair: createPairing({
      devices,
      offers,
      attempts,
      now: () => clock.now(),
      pin: () => credentials?.pin ?? '',
    }),
    connect(channel, device) {
      const own = live.get(device.id) ?? new Set<Channel>();
      if (own.size >= connectionsPerDevice) return channel.close();
      live.set(device.id, own.add(channel));
      channel.onClose(() => {
        own.delete(channel);
        if (own.size === 0) live.delete(device.id);
        void devices.seen(device.id, clock.now()).catch(options.onError);
        tell();
      });
      void devices.seen(device.id, clock.now()).catch(options.onError);
      options.connect(channel, device);
      // The key may have been taken away since it was looked at.
      lookAgain();
    },
  };

  async function listenAt({ host, port, names = [], credentials: given }: ListenAt): Promise<void> {
    const listen = options.listen ?? fail('unsupported');
    const name = hostname();
    const wildcard = host === '::' || host === '0.0.0.0';
    const local = ['localhost', '127.0.0.1', '::1'];
    const all = [...new Set([name, ...names, ...(wildcard ? local : [host])])].filter((one) => one !== '');
    const shown =
      given ?? (await ownCredentials(join(options.folder, 'tls'), `Carousel on ${name}`, all, clock.now()));
    await devices.make();
    credentials = shown;
    listening = await listen({ host, port, names, credentials: shown, door });
    const { fingerprint } = shown;
    crossOut = await doors.note({ pid: process.pid, urls: listening.urls(), fingerprint });
    try {
      watcher = watch(devices.folder, { persistent: false }, lookAgain);
      watcher.on('error', options.onError);
    } catch (error) {
      options.onError(error); // then looking every two seconds has to do
    }
    lookOften();
    tell();
  }

  async function stop(): Promise<void> {
    cancelLook();
    watcher?.close();
    watcher = null;
    const was = listening;
    listening = null;
    await crossOut?.();
    crossOut = null;
    await was?.close();
    tell();
  }

  /** Every address, in both families where there are two; another port if the usual one is taken. */
  async function listenAsUsual(): Promise<void> {
    const ways: [string, number][] = [
      ['::', usualPort],
      ['0.0.0.0', usualPort],
      ['::', 0],
      ['0.0.0.0', 0],
    ];
    let last: unknown;
    for (const [host, port] of ways) {
      try {
        return await listenAt({ host, port });
      } catch (error) {
        last = error;
        const { code = '' } = error as NodeJS.ErrnoException;
        if (!['EADDRINUSE', 'EAFNOSUPPORT', 'EADDRNOTAVAIL'].includes(code)) break;
      }
    }
    throw last;
  }

  async function followNow(wanted: boolean): Promise<void> {
    if (closed || fixed || !options.listen || wanted === (listening !== null)) return;
    problem = null;
    if (!wanted) return stop();
    try {
      await listenAsUsual();
    } catch (error) {
      options.onError(error);
      const { code } = error as NodeJS.ErrnoException;
      problem = appError('cannot-listen', code === undefined ? {} : { detail: code });
      tell();
    }
  }

  return {
    state,
    watch(connection) {
      if (!watchers.has(connection)) connection.onClose(() => watchers.delete(connection));
      watchers.add(connection);
      return state();
    },
    async listenAt(at) {
      fixed = true;
      await listenAt(at);
    },
    follow(wanted) {
      const done = queue.then(() => followNow(wanted));
      queue = done.catch(() => undefined);
      return done;
    },
    async offer(grant, name) {
      const { role, approve } = grant;
      const made = await offers.make(
        { role, approve: approve && role === 'operator' },
        name === undefined ? null : cleanName(name),
        clock.now(),
      );
      return { code: shownCode(made.code), until: made.until };
    },
    async revoke(id) {
      if (!(await devices.revoke(id))) fail('no-such-device');
      for (const channel of live.get(id) ?? []) channel.close();
      tell();
    },
    async close() {
      closed = true;
      await queue;
      for (const channels of live.values()) for (const channel of channels) channel.close();
      await stop();
    },
  };
}
