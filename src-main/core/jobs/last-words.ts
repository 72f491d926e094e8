/** How a job ended: by the helper's own word, or, where that did not reach us, by what it left for us. */
import type { JobId } from '@contract/groups/common.ts';
import type { JobSummary } from '@contract/helper-messages.ts';
import type { Clock } from '../ports.ts';
import type { JobRun } from './job-run.ts';
import type { KeptResults } from './kept-results.ts';

/** A helper takes itself off the list of running jobs, waits for its processes, and only then leaves its result; this is enough for all of it. */
const endingMs = 30_000;

export interface LastWords {
  /**
   * The result of a job that we hear no more of. `told` is what the conversation ended with, null if there was none. Answers
   * `ending` while the helper is still there and may leave its result, `lost` if there is none and will be none.
   */
  of(run: JobRun, told: JobSummary | null): JobSummary | 'ending' | 'lost';
}

export function createLastWords(options: {
  isAlive: (pid: number) => boolean;
  results: Pick<KeptResults, 'take'>;
  clock: Pick<Clock, 'now'>;
}): LastWords {
  const { isAlive, results, clock } = options;
  /** Since when they are waited for. */
  const silentSince = new Map<JobId, number>();

  /** Also false when its process number has long been another's. */
  function isEnding({ job, pid }: JobRun): boolean {
    const since = silentSince.get(job.id) ?? clock.now();
    silentSince.set(job.id, since);
    return pid !== null && clock.now() - since < endingMs && isAlive(pid);
  }

  return {
    of(run, told) {
      const { id } = run.job;
      const isOwn = told !== null && told.outcome !== 'helper-died' && told.outcome !== 'refused';
      // In this order: it leaves its result before it is gone.
      const ending = !isOwn && isEnding(run);
      const kept = results.take(id);
      const word = (isOwn ? told : kept) ?? (ending ? 'ending' : (told ?? 'lost'));
      if (word !== 'ending') silentSince.delete(id);
      return word;
    },
  };
}
