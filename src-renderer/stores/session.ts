/**
 * One connection after the other to the core: says hello, follows the state, tries again when it ends.
 * Free of Vue, so that tests can drive it with their own timers and channels.
 */
import type { Channel } from '@contract/channel.ts';
import { createClient, type ContractClient } from '@contract/client.ts';
import { appError, ContractError, type AppError } from '@contract/errors.ts';
import { followState } from '@contract/replica.ts';
import type { CallInput, CallName, CallOutput } from '@contract/schema.ts';
import type { AppState } from '@contract/snapshot.ts';
import { hostTimers, type Timers } from '@contract/timers.ts';
import type { ServerHello } from '@contract/wire.ts';

/** `outdated`: the two ends speak different versions, and only loading the page again can help. */
export type Link = 'connecting' | 'live' | 'lost' | 'outdated';

/** The screen changes at most this often; progress beyond that is noise to the eye and work for the machine. */
export const showEveryMs = 330;
/** A core that has not said hello by then is not there. */
const helloWithinMs = 10_000;
const firstRetryMs = 300;
const longestRetryMs = 5_000;

export interface SessionOptions {
  open(): Channel | Promise<Channel>;
  onLink(link: Link, problem: AppError | null): void;
  onHello(hello: ServerHello): void;
  onState(state: AppState): void;
  timers?: Timers;
}

export interface Session {
  call<K extends CallName>(name: K, input: CallInput<K>): Promise<CallOutput<K>>;
  /** Tries now instead of later. */
  retry(): void;
  stop(): void;
}

/** Passes on the latest value, at once if it has been quiet, else when the time is up. */
export function showLatest<T>(show: (value: T) => void, everyMs: number, timers: Timers): (value: T) => void {
  let waiting: { value: T } | null = null;
  let resting = false;
  const rest = (): void => {
    resting = true;
    timers.after(everyMs, () => {
      resting = false;
      if (!waiting) return;
      const { value } = waiting;
      waiting = null;
      show(value);
      rest();
    });
  };
  return (value) => {
    if (resting) {
      waiting = { value };
      return;
    }
    show(value);
    rest();
  };
}

/** Begins to connect at once. */
export function createSession(options: SessionOptions): Session {
  const { timers = hostTimers } = options;
  const show = showLatest<AppState>((state) => options.onState(state), showEveryMs, timers);
  let client: ContractClient | null = null;
  let failures = 0;
  let stopped = false;
  let cancelRetry = (): void => undefined;

  function ended(reason: AppError): void {
    client = null;
    if (stopped) return;
    if (reason.code === 'contract-version') {
      options.onLink('outdated', reason);
      return;
    }
    options.onLink('lost', reason);
    const wait = Math.min(longestRetryMs, firstRetryMs * 2 ** failures);
    failures += 1;
    cancelRetry = timers.after(wait, () => void connect());
  }

  async function openChannel(): Promise<Channel | null> {
    try {
      return await options.open();
    } catch (error) {
      ended(error instanceof ContractError ? error.error : appError('disconnected'));
      return null;
    }
  }

  async function connect(): Promise<void> {
    const channel = await openChannel();
    if (!channel) return;
    const mine = createClient(channel, { timers });
    client = mine;
    mine.onClose(ended);
    const cancelWait = timers.after(helloWithinMs, () => mine.close());
    try {
      options.onHello(await mine.hello);
      await followState(mine, show);
      failures = 0;
      options.onLink('live', null);
    } catch {
      mine.close(); // onClose tells
    } finally {
      cancelWait();
    }
  }

  void connect();
  return {
    call: (name, input) =>
      client?.call(name, input) ?? Promise.reject(new ContractError(appError('disconnected'))),
    retry() {
      if (client) return;
      cancelRetry();
      failures = 0;
      void connect();
    },
    stop() {
      stopped = true;
      cancelRetry();
      client?.close();
    },
  };
}
