/** A job's report in the format that somebody asks for. */
import type { ReportFormat, ReportLanguage } from '@contract/groups/history.ts';
import { cleanText } from '../../devices/clean-text.ts';
import { writeMap } from '../../ddrescue/map-file.ts';
import { csvReport } from './csv.ts';
import { htmlReport } from './html.ts';
import { jsonReport, type ReportedJob } from './json.ts';

/** What is told of the source as a map: all else was read only if the digest over all blocks is known, and all bad places are. */
function mapReport({ job, unreadable }: ReportedJob): string {
  const { rootDigest, unreadablePlaces, path, size } = job.source;
  const isWhole = rootDigest !== null && unreadablePlaces === unreadable.length;
  const about = [
    `Mapfile. Created by Carousel ${job.program}, for use with GNU ddrescue`,
    `Source: ${cleanText(path, 1000) ?? ''}, job ${String(job.id)}, ${new Date(job.startedAt).toISOString()}`,
    ...(isWhole ? [] : ['Not every place of the source is known: what is not is marked as not tried.']),
  ];
  return writeMap({ size: size ?? 0, unreadable, rest: isWhole ? '+' : '?' }, about);
}

/** `lang`: of the page for people; what programs read is the same in every language. */
const writers = { json: jsonReport, csv: csvReport, html: htmlReport, ddrescue: mapReport } as const;
const endings = { json: 'json', csv: 'csv', html: 'html', ddrescue: 'map' } as const;

/** The report and what to call its file. */
export const reportOf = (
  report: ReportedJob,
  format: ReportFormat,
  lang?: ReportLanguage,
): { name: string; text: string } => ({
  name: `carousel-job-${String(report.job.id)}.${endings[format]}`,
  text: writers[format](report, lang),
});
