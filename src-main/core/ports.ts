/** What a host must supply to the core. Electron, `carousel serve` and the command line each have their own. */
import type { ElevationState, FilePurpose } from '@contract/groups/system.ts';
import type { Channel } from '@contract/channel.ts';
import type { Timers } from '@contract/timers.ts';
import type { Credentials } from './access/credentials.ts';
import type { Device } from './access/devices.ts';
import type { PairAnswer } from './access/pairing.ts';
import type { HelperLauncher } from './helper/launch/launcher.ts';

export interface Clock extends Timers {
  /** Milliseconds since 1970. */
  now(): number;
}

/** Where things are kept. All folders are made when they are needed. */
export interface Paths {
  settingsFile: string;
  /** What must survive a restart of the core: the journal of jobs. */
  stateDir: string;
  /** Null: the log is kept in memory only. */
  logFile: string | null;
  practiceDir: string;
  /** The record of every job. Null: it is kept in memory only. */
  recordFile: string | null;
}

/** Rights to write to drives. */
export interface Elevation {
  readonly state: ElevationState;
  /** Starts helpers with the rights that were obtained; left out where there are only this user's own. */
  readonly launcher?: HelperLauncher;
  /** Gets the rights, asking a person if needed. Throws a `ContractError` when they are not to be had. */
  obtain(): Promise<void>;
  onChange(listener: () => void): void;
}

/** Keeps the computer awake. */
export interface PowerGuard {
  /** Begins; the result ends it. */
  hold(): () => void;
}

/** Tells when the screen is locked. Only where the host can. */
export interface ScreenLock {
  onLock(listener: () => void): void;
}

/** Opens an address in the person's browser. */
export interface OpenExternal {
  open(url: string): Promise<void>;
}

/** The host's file dialogs; null when it was closed without a choice. */
export interface FileDialogs {
  pick(purpose: FilePurpose): Promise<string | null>;
}

/** Who knocks at the network. Made by the core, used by the host that listens. */
export interface NetworkDoor {
  /** Whose key this is; null for nobody's. */
  admit(key: string): Promise<Device | null>;
  /** Answers a request to pair. What it throws is a `ContractError` for the one who asked. */
  pair(request: unknown, address: string): Promise<PairAnswer>;
  /** Takes a connection of a device that was admitted. */
  connect(channel: Channel, device: Device): void;
}

/** Where to listen, and what to show there. */
export interface ListenOptions {
  /** An address of this computer; `::` is all of them. */
  host: string;
  /** 0 takes any that is free. */
  port: number;
  /** Host names under which it answers beside its addresses. */
  names: readonly string[];
  credentials: Credentials;
  door: NetworkDoor;
}

export interface Listening {
  /** The addresses that others open, the likeliest first. */
  urls(): string[];
  close(): Promise<void>;
}

/** Listens to other computers, encrypted. Rejects with the system's error when the address cannot be had. */
export type ListenToNetwork = (options: ListenOptions) => Promise<Listening>;

export interface Ports {
  clock: Clock;
  paths: Paths;
  elevation: Elevation;
  powerGuard: PowerGuard;
  /** Left out where the host has no window to show one in. */
  fileDialogs?: FileDialogs;
  /** Left out where the host is not told. */
  screenLock?: ScreenLock;
  /** Left out where nobody is ever listened to. */
  listen?: ListenToNetwork;
}
