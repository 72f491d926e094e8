/** The report for programs: everything that the record holds of a job. The same record always gives the same text. */
import type { RecordedJob, RecordedTarget } from '@contract/groups/history.ts';
import type { ByteRange } from '@contract/groups/jobs.ts';
import type { Station } from '@contract/groups/stations.ts';

/** A job as it is reported. */
export interface ReportedJob {
  job: RecordedJob;
  /** Where the source could not be read; the first 1000 places. */
  unreadable: readonly ByteRange[];
  targets: readonly RecordedTarget[];
  /** Other computers that rode on it, each as far as it has told. */
  stations: readonly Station[];
}

/** One JSON object and a line end. */
export const jsonReport = (report: ReportedJob): string =>
  `${JSON.stringify({ carouselReport: 1, ...report }, null, 2)}\n`;
