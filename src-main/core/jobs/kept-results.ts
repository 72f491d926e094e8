/** Where the helper leaves the result of a job that ends while nobody looks. */
import { mkdirSync, readFileSync, rmSync } from 'node:fs';
import { join } from 'node:path';
import type { JobId } from '@contract/groups/common.ts';
import type { JobSummary } from '@contract/helper-messages.ts';
import { readKeptSummary } from '../helper/kept-summary.ts';

export interface KeptResults {
  /** A path for the result of a job about to begin; nothing is there. */
  prepare(job: JobId): string;
  /**
   * The result, once: it is gone afterwards, at once, so that the file of a next run may have the same name. Null when there
   * is none, or none that makes sense.
   */
  take(job: JobId): JobSummary | null;
}

/** Results in this folder, which is made when it is needed. `onTaken` hears of each, with the file it was in. */
export function createKeptResults(
  folder: string,
  onTaken: (file: string, summary: JobSummary) => void = () => undefined,
): KeptResults {
  const pathOf = (job: JobId): string => join(folder, `${job}.json`);
  return {
    prepare(job) {
      mkdirSync(folder, { recursive: true, mode: 0o700 });
      rmSync(pathOf(job), { force: true });
      return pathOf(job);
    },
    take(job) {
      let text: string;
      try {
        text = readFileSync(pathOf(job), 'utf8');
        rmSync(pathOf(job), { force: true });
      } catch {
        return null;
      }
      const summary = readKeptSummary(text);
      if (summary) onTaken(pathOf(job), summary);
      return summary;
    },
  };
}
