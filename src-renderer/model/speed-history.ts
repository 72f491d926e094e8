/** Speeds of each target over the last minutes, kept by the page: the core keeps only the sums. */
import type { JobId, TargetId } from '@contract/groups/common.ts';
import { isFinal, type Job } from '@contract/groups/jobs.ts';

/** Milliseconds since 1970, bytes per second. */
export type SpeedPoint = readonly [number, number];

const spacingMs = 1000;
const longest = 600;

export interface SpeedHistory {
  /** Takes note of all targets, once a second at most. */
  sample(jobs: readonly Job[], now: number): void;
  of: (job: JobId, target: TargetId) => readonly SpeedPoint[];
}

/** An empty history. */
export function createSpeedHistory(): SpeedHistory {
  const points = new Map<string, SpeedPoint[]>();
  const keyOf = (job: JobId, target: TargetId): string => `${job}/${target}`;
  let last = Number.NEGATIVE_INFINITY;

  return {
    sample(jobs, now) {
      if (now - last < spacingMs) return;
      last = now;
      for (const job of jobs) {
        for (const target of Object.values(job.targets)) {
          if (isFinal(target.state)) continue;
          const key = keyOf(job.id, target.id);
          const list = points.get(key) ?? [];
          list.push([now, target.bytesPerSecond]);
          if (list.length > longest) list.shift();
          points.set(key, list);
        }
      }
    },
    of: (job, target) => points.get(keyOf(job, target)) ?? [],
  };
}
