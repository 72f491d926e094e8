/** Where the helper leaves the result of a job that ends while nobody looks. */
import { mkdirSync, rmSync } from 'node:fs';
import { readFile, rm } from 'node:fs/promises';
import { join } from 'node:path';
import type { JobId } from '@contract/groups/common.ts';
import type { JobSummary } from '@contract/helper-messages.ts';
import { readKeptSummary } from '../helper/kept-summary.ts';

export interface KeptResults {
  /** A path for the result of a job about to begin; nothing is there. */
  prepare(job: JobId): string;
  /** The result, once: it is gone afterwards. Null when there is none, or none that makes sense. */
  take(job: JobId): Promise<JobSummary | null>;
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
    async take(job) {
      const text = await readFile(pathOf(job), 'utf8').catch(() => null);
      if (text === null) return null;
      await rm(pathOf(job), { force: true });
      const summary = readKeptSummary(text);
      if (summary) onTaken(pathOf(job), summary);
      return summary;
    },
  };
}
