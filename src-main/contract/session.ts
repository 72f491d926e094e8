/**
 * One connection after the other to the core: says hello, follows the state, tries again when it ends.
 * The page, `carousel monitor` and the core that watches other machines all follow one with it.
 */
import type { Channel } from './channel.ts';
import { createClient, type ContractClient } from './client.ts';
import { appError, ContractError, type AppError, type ErrorCode } from './errors.ts';
import { followState } from './replica.ts';
import type { CallInput, CallName, CallOutput } from './schema.ts';
import type { AppState } from './snapshot.ts';
import { hostTimers, type Timers } from './timers.ts';
import type { ServerHello } from './wire.ts';

/**
 * `outdated`: the two ends speak different versions, and only loading the page again can help. `refused`: not let in, and
 * trying again by itself cannot help.
 */
export type Link = 'connecting' | 'live' | 'lost' | 'outdated' | 'refused';

/** The screen changes at most this often; progress beyond that is noise to the eye and work for the machine. */
export const showEveryMs = 500;
/** A core that has not said hello by then is not there. */
const helloWithinMs = 10_000;
/** So often the core is asked for a sign of life: a cable that was pulled ends no connection. */
const checkEveryMs = 5_000;
/** A core that is there answers sooner. */
const answerWithinMs = 8_000;
const firstRetryMs = 300;
const longestRetryMs = 5_000;

/** Ends after which only a person can help. */
const final: ReadonlySet<ErrorCode> = new Set<ErrorCode>([
  'not-paired',
  'certificate-changed',
  'bad-address',
]);

export interface SessionOptions {
  open(): Channel | Promise<Channel>;
  onLink(link: Link, problem: AppError | null): void;
  onHello(hello: ServerHello): void;
  onState(state: AppState): void;
  /** Each new connection, before its state comes: for listening to other events. */
  onClient?(client: ContractClient): void;
  timers?: Timers;
  /** The state is passed on at most this often. */
  showEveryMs?: number;
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
  const show = showLatest<AppState>(
    (state) => options.onState(state),
    options.showEveryMs ?? showEveryMs,
    timers,
  );
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
    if (final.has(reason.code)) {
      options.onLink('refused', reason);
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

  /** Ends a connection that nobody answers on: what is shown must not pass for live. */
  function check(mine: ContractClient): void {
    timers.after(checkEveryMs, () => {
      if (client !== mine) return;
      const cancel = timers.after(answerWithinMs, () => mine.close());
      mine
        .call('settings.get', {})
        .catch(() => mine.close())
        .finally(() => {
          cancel();
          check(mine);
        });
    });
  }

  async function connect(): Promise<void> {
    const channel = await openChannel();
    if (!channel) return;
    if (stopped) return channel.close();
    const mine = createClient(channel, { timers });
    client = mine;
    mine.onClose(ended);
    options.onClient?.(mine);
    const cancelWait = timers.after(helloWithinMs, () => mine.close());
    try {
      options.onHello(await mine.hello);
      await followState(mine, show);
      failures = 0;
      options.onLink('live', null);
      check(mine);
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
