/** A clock that stands still until it is told to go on. */
import type { Clock } from '../ports.ts';

export interface ManualClock extends Clock {
  advance(ms: number): void;
}

/** Begins at `start` milliseconds since 1970. */
export function manualClock(start = 1_750_000_000_000): ManualClock {
  let time = start;
  let alarms: { at: number; run: () => void }[] = [];
  return {
    now: () => time,
    after(ms, run) {
      const alarm = { at: time + ms, run };
      alarms.push(alarm);
      return () => (alarms = alarms.filter((other) => other !== alarm));
    },
    advance(ms) {
      const end = time + ms;
      for (;;) {
        const [next] = alarms.filter(({ at }) => at <= end).sort((a, b) => a.at - b.at);
        if (!next) break;
        alarms = alarms.filter((alarm) => alarm !== next);
        time = Math.max(time, next.at);
        next.run();
      }
      time = end;
    },
  };
}
