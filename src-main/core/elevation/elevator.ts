/**
 * Rights to write to drives, asked for once for each run of the app: an elevated helper is started by sudo, pkexec or
 * sudo-prompt, meets this program in a private folder, and starts the jobs from then on. It ends with this program; its jobs go on.
 */
import { fail } from '@contract/errors.ts';
import type { ElevationState } from '@contract/groups/system.ts';
import { findHelper, isPackaged } from '../helper/helper-path.ts';
import { directLauncher } from '../helper/launch/direct-launcher.ts';
import type { HelperLauncher } from '../helper/launch/launcher.ts';
import type { Elevation } from '../ports.ts';
import { Meeting } from './meeting.ts';
import { trusted } from './trusted-path.ts';
import { waysHere, type Refusal, type Way } from './ways.ts';

export interface ElevatorOptions {
  /** Somebody sits at a terminal that this program was started from. */
  terminal: boolean;
  env?: NodeJS.ProcessEnv;
  helper?: () => string;
  /** Whether only a helper that nobody but root can change may be elevated. */
  packaged?: boolean;
  isRoot?: boolean;
  /** What went wrong, for the log. */
  log?: (text: string) => void;
}

/** What asks for rights, and the way to the helper that uses them. */
export interface Elevator extends Elevation {
  /** Starts the helper with the rights there are: elevated once they have been given. */
  readonly launcher: HelperLauncher;
  close(): void;
}

/** Commands that gain by rights; all others see as much without. */
const needsRights = new Set(['job', 'probe', 'survey', 'check', 'identify']);

/** Nothing is asked before `obtain`. */
export function createElevator(options: ElevatorOptions): Elevator {
  const { env = process.env, log = () => undefined } = options;
  const isRoot = options.isRoot ?? process.getuid?.() === 0;
  const helper = options.helper ?? findHelper;
  const packaged = options.packaged ?? isPackaged(import.meta.dirname);
  const ways = isRoot
    ? []
    : waysHere({
        path: env['PATH'] ?? '/usr/sbin:/usr/bin:/sbin:/bin',
        terminal: options.terminal,
        desktop: Boolean(env['DISPLAY'] ?? env['WAYLAND_DISPLAY']),
        // What was judged is what is started: a link could be turned in between.
        resolve(program) {
          if (!packaged) return program;
          const { path, weak } = trusted(program);
          return weak === null ? path : null;
        },
      });
  const listeners: (() => void)[] = [];
  let state: ElevationState = isRoot ? 'none-needed' : ways.length > 0 ? 'on-demand' : 'unavailable';
  let meeting: Meeting | null = null;
  let asking: Promise<void> | null = null;

  function become(next: ElevationState): void {
    state = next;
    for (const listener of listeners) listener();
  }

  async function tryWay(way: Way, program: string): Promise<Refusal | null> {
    const place = await Meeting.open(env['XDG_RUNTIME_DIR']).catch((error: unknown) => {
      log(`there is no place to meet an elevated helper: ${String(error)}`);
      return null;
    });
    if (place === null) return 'unavailable';
    const prompt = way.ask(program, place.folder);
    // No limit of time: a person looks at it.
    const refusal = await Promise.race([place.met.then(() => null), prompt.ended]);
    prompt.release();
    if (refusal !== null) {
      log(`${way.name}: ${refusal}`);
      place.close();
      return refusal;
    }
    meeting = place;
    place.onGone(() => {
      place.close();
      meeting = null;
      become('on-demand');
    });
    return null;
  }

  async function askPerson(): Promise<void> {
    // What was judged is what is started: no link in it can lead elsewhere by then.
    const { path: program, weak } = trusted(helper());
    if (packaged && weak !== null) {
      log(`${weak} can be changed by others than root: the helper is not elevated`);
      fail('helper-untrusted', { path: weak.slice(0, 4096) });
    }
    become('asking');
    let last: Refusal = 'unavailable';
    try {
      for (const way of ways) {
        const refusal = await tryWay(way, program);
        if (refusal === null) return become('granted');
        last = refusal;
        if (refusal === 'declined') break;
      }
    } catch (error) {
      become('on-demand');
      throw error;
    }
    become('on-demand');
    fail(`elevation-${last}`);
  }

  const direct = (): HelperLauncher => directLauncher(helper());
  return {
    get state() {
      return state;
    },
    async obtain() {
      if (state === 'none-needed' || meeting?.connected) return;
      if (ways.length === 0) fail('elevation-unavailable');
      asking ??= askPerson().finally(() => (asking = null));
      await asking;
    },
    onChange: (listener) => void listeners.push(listener),
    launcher: {
      launch: (args, protects) =>
        meeting?.connected && needsRights.has(args[0] ?? '')
          ? meeting.launch(args, protects)
          : direct().launch(args, protects),
    },
    close: () => meeting?.close(),
  };
}
