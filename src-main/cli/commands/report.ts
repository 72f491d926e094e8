// carousel report JOB

import { Argument, Command, InvalidArgumentError, Option } from 'commander';
import { reportLanguageSchema, type ReportFormat, type ReportLanguage } from '@contract/groups/history.ts';
import { processContext, type CliContext } from '../context.ts';
import { withCore } from '../core-client.ts';
import { absolute } from '../copy/copy-options.ts';
import { usageError } from '../exit-codes.ts';
import { checkWishes, formatByName, readManifest, readReport, writeReport } from '../report/report-file.ts';
import { noteRecordTrouble } from '../report/record-trouble.ts';

const HELP = `
JOB is a number of "carousel history", or "last" for the newest job.

Formats: html (a page that prints on A4: what was verified and by which digest, speed and block map of every
target), csv (one line a target), json (all that is recorded), ddrescue (a map of what could not be read of the
source, for GNU ddrescue), manifest (the digests of all blocks of the source, for "carousel verify"; kept for the
newest 500 copies). Without --format the name of the file decides; on standard output it is json.
--lang is for html alone.

Examples:
  carousel report last -o stick.html
  carousel report 12 --format csv > job-12.csv
  carousel report 12 --format manifest -o master.manifest
  carousel report 12 --format json | sha256sum      the line "This record" of its html`;

interface Flags {
  format?: ReportFormat | 'manifest';
  lang?: ReportLanguage;
  output?: string;
}

/** The number of a job, or the word for the newest. */
function parseJob(text: string): number | 'last' {
  if (text === 'last') return text;
  if (!/^[1-9]\d{0,14}$/.test(text))
    throw new InvalidArgumentError('It is a number of "carousel history", or "last".');
  return Number(text);
}

/** The `report` command. */
export function reportCommand(context: CliContext = processContext()): Command {
  return new Command('report')
    .summary('make a report of a job that was')
    .description('Makes a report of a job of the record.')
    .addArgument(new Argument('<JOB>', 'its number, or "last"').argParser(parseJob))
    .addOption(
      new Option('--format <format>', 'what to make').choices([
        'json',
        'csv',
        'html',
        'ddrescue',
        'manifest',
      ]),
    )
    .addOption(
      new Option('--lang <language>', 'language of the page (default: en)').choices(
        reportLanguageSchema.options,
      ),
    )
    .option('-o, --output <file>', 'a new file; without it the report goes to standard output')
    .addHelpText('after', HELP)
    .action((asked: number | 'last', flags: Flags) => {
      const file = flags.output === undefined ? undefined : absolute(flags.output, context.cwd);
      const named = file === undefined ? 'json' : /\.manifest$/i.test(file) ? 'manifest' : formatByName(file);
      const format = flags.format ?? named;
      if (file !== undefined) checkWishes([{ file }], []);
      return withCore(context, 'viewer', async (client) => {
        const newest = async () => (await client.call('history.list', { limit: 1 })).jobs[0]?.id;
        const job = asked === 'last' ? await newest() : asked;
        await noteRecordTrouble(client, context);
        if (job === undefined) throw usageError('no job is recorded');
        const text =
          format === 'manifest'
            ? await readManifest(client, job)
            : await readReport(client, job, format, flags.lang);
        if (file === undefined) context.stdout.write(text);
        else writeReport(file, text);
      });
    });
}
