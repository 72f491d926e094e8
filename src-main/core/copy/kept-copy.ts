/** The manifest of a copy that the command line makes: kept like those of the app's, whether or not a file of it was asked for. */
import { constants } from 'node:fs';
import { copyFile } from 'node:fs/promises';
import type { JobSummary } from '@contract/helper-messages.ts';
import { isGood } from '../helper/job-ledger.ts';
import type { JobRequest } from '../helper/helper-job.ts';
import type { KeptManifests } from '../manifests/kept-manifests.ts';

export type CopyManifests = Pick<KeptManifests, 'prepareUnshown' | 'putAway' | 'putAwayLeft'>;

/** A copy whose manifest is kept: what to ask the helper for, and what to make of its last word. */
export interface KeptCopy {
  readonly request: JobRequest;
  settle(summary: JobSummary, note: (text: string) => void): Promise<JobSummary>;
}

/** Nothing about the keeping fails the copy: what cannot be kept is said. */
export function keptCopy(request: JobRequest, manifests: CopyManifests): KeptCopy {
  const place = manifests.prepareUnshown();
  const asked = request.options?.manifest;
  const wanted = asked ?? place ?? undefined;
  return {
    request:
      wanted === undefined ? request : { ...request, options: { ...request.options, manifest: wanted } },
    async settle(summary, note) {
      const told = asked === undefined ? withoutManifest(summary) : summary;
      const { rootDigest } = summary.source;
      // One that could not be written although all of the source was read; without that there is none to keep.
      if (
        place === null ||
        (rootDigest !== null && summary.manifest?.written === false && asked === undefined)
      )
        note('The manifest of this copy could not be kept: verifying it later needs one (--manifest FILE).');
      try {
        if (place !== null && rootDigest !== null && summary.manifest?.written) {
          if (asked !== undefined) await copyFile(asked, place, constants.COPYFILE_EXCL);
          await manifests.putAway([{ path: place, rootDigest }]);
        }
        await manifests.putAwayLeft();
      } catch (error) {
        note(`The manifest of this copy could not be kept: ${error instanceof Error ? error.message : ''}`);
      }
      return told;
    },
  };
}

/** The summary as if no manifest had been asked for. */
function withoutManifest({ manifest, ...summary }: JobSummary): JobSummary {
  if (manifest === undefined || manifest.written) return summary;
  return { ...summary, ok: summary.outcome === 'complete' && isGood(summary.source, summary.targets) };
}
