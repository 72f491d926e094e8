/** Timers as a value, so that this folder needs neither Node nor DOM types and tests can bring their own. */
export interface Timers {
  /** Calls `run` once after `ms`; the result cancels it. */
  after(ms: number, run: () => void): () => void;
}

interface HostTimers {
  setTimeout(run: () => void, ms: number): unknown;
  clearTimeout(handle: unknown): void;
}

/** The timers of the host: Node, Electron and browsers have the same. */
export const hostTimers: Timers = {
  after(ms, run) {
    const host = globalThis as unknown as HostTimers;
    const handle = host.setTimeout(run, ms);
    return () => host.clearTimeout(handle);
  },
};
