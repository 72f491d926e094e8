/** What a host must supply to the core. Electron, `carousel serve` and the command line each have their own. */
import type { ElevationState } from '@contract/groups/system.ts';
import type { Timers } from '@contract/timers.ts';
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

/** Opens an address in the person's browser. */
export interface OpenExternal {
  open(url: string): Promise<void>;
}

/** The host's file dialogs; null when it was closed without a choice. */
export interface FileDialogs {
  pick(purpose: 'open-image' | 'save-image'): Promise<string | null>;
}

export interface Ports {
  clock: Clock;
  paths: Paths;
  elevation: Elevation;
  powerGuard: PowerGuard;
  /** Left out where the host has no window to show one in. */
  fileDialogs?: FileDialogs;
}
