// carousel history

import { Command } from 'commander';
import type { ContractClient } from '@contract/client.ts';
import type { LedgerAnswer, RecordedJob } from '@contract/groups/history.ts';
import { processContext, type CliContext } from '../context.ts';
import { withCore } from '../core-client.ts';
import { EXIT } from '../exit-codes.ts';
import { cleanText } from '../output/clean.ts';
import { formatBytes, plural } from '../output/format.ts';
import { noteRecordTrouble } from '../report/record-trouble.ts';
import { wholeNumber } from '../values.ts';

const HELP = `
Every job is kept, whoever began it: the app, this command line, another program on this computer.
"carousel report JOB" makes a report of one of them.

With --serial: what is on the stick with that serial number, as far as this program knows. Exit status 0:
it holds a whole copy; 1: it does not, or that is not certain.

With --json each job is one line: {"event":"recorded-job","t":0,"id":...,"state":"ended|running|unknown",...};
"unknown" means that no end of it was seen. With --serial the one line is {"event":"ledger","t":0,"serial":...,
"unique":...,"holds":{"rootDigest","verified","unreadable","job"} or null,"last":{"target","job"} or null}.`;

interface Flags {
  serial?: string;
  job?: number;
  find?: string;
  limit: number;
  before?: number;
  json?: boolean;
}

const maxPage = 100;

/** The `history` command. */
export function historyCommand(context: CliContext = processContext()): Command {
  const number = wholeNumber(1, Number.MAX_SAFE_INTEGER);
  return new Command('history')
    .summary('list the jobs that were, or say what is on a stick')
    .description('Lists the jobs of the record, newest first.')
    .option('--serial <serial>', 'say what is on the stick with this serial number')
    .option('--job <job>', 'with --serial: say how it fared in this job', number)
    .option('--find <text>', 'only jobs with this in a path, a name, a serial number or a digest')
    .option('--limit <n>', 'at most so many (default: 20)', wholeNumber(1, 100_000), 20)
    .option('--before <job>', 'only jobs before this one', number)
    .option('--json', 'print one JSON object a line on standard output')
    .addHelpText('after', HELP)
    .action((flags: Flags) =>
      withCore(context, 'viewer', async (client) => {
        if (flags.serial === undefined) await list(client, flags, context);
        else await lookUp(client, flags.serial, flags, context);
        await noteRecordTrouble(client, context);
      }),
    );
}

async function list(client: ContractClient, flags: Flags, context: CliContext): Promise<void> {
  let left = flags.limit;
  let before = flags.before;
  let seen = 0;
  while (left > 0) {
    const page = await client.call('history.list', {
      limit: Math.min(left, maxPage),
      ...(before === undefined ? {} : { before }),
      ...(flags.find === undefined ? {} : { text: flags.find.slice(0, 128) }),
    });
    for (const job of page.jobs)
      context.stdout.write(
        flags.json ? `${JSON.stringify({ event: 'recorded-job', t: 0, ...job })}\n` : `${jobLine(job)}\n`,
      );
    seen += page.jobs.length;
    left -= page.jobs.length;
    if (page.next === null) break;
    before = page.next;
  }
  if (seen === 0 && !flags.json) context.stdout.write('No job is recorded.\n');
}

/** Local time, as people at this computer remember it. */
const timeOf = (ms: number): string =>
  new Date(ms - new Date(ms).getTimezoneOffset() * 60_000).toISOString().slice(0, 16).replace('T', ' ');

function endOf({ state, outcome, counts, task, stations }: RecordedJob): string {
  if (state === 'running') return 'running';
  const parts = [
    ...(counts.verified > 0 ? [`${counts.verified} verified`] : []),
    ...(counts.done > 0 ? [`${counts.done} ${task === 'sample' ? 'sampled' : 'copied'}`] : []),
    ...(counts.bad > 0 ? [`${counts.bad} not good`] : []),
    ...(counts.open > 0 ? [`${counts.open} unknown`] : []),
    ...(stations.stations > 0 ? [`at stations ${stations.good} of ${stations.targets} good`] : []),
    ...(stations.lost > 0 ? [`${plural(stations.lost, 'station')} lost`] : []),
  ];
  const how =
    state === 'unknown' ? 'interrupted, end unknown' : outcome === 'complete' ? '' : (outcome ?? '');
  return [...(how === '' ? [] : [how]), ...(parts.length > 0 ? parts : ['no target'])].join(', ');
}

function jobLine(job: RecordedJob): string {
  const { id, startedAt, source, task } = job;
  const what = task === 'copy' ? '' : `${task} of `;
  const size = source.size === null ? '' : ` (${formatBytes(source.size)})`;
  const gaps = source.unreadablePlaces > 0 ? `, ${plural(source.unreadablePlaces, 'place')} unreadable` : '';
  return `${String(id).padStart(5)}  ${timeOf(startedAt)}  ${what}${cleanText(source.path)}${size}: ${endOf(job)}${gaps}`;
}

async function lookUp(
  client: ContractClient,
  serial: string,
  flags: Flags,
  context: CliContext,
): Promise<void> {
  const job = flags.job === undefined ? {} : { job: flags.job };
  const answer = await client.call('ledger.lookup', { serial: serial.slice(0, 128), ...job });
  context.stdout.write(
    flags.json
      ? `${JSON.stringify({ event: 'ledger', t: 0, ...answer })}\n`
      : `${ledgerLines(answer).join('\n')}\n`,
  );
  const { state = null } = answer.last?.target ?? {};
  const isGood = flags.job === undefined ? answer.holds !== null : state === 'verified' || state === 'done';
  if (!isGood) context.setExitCode(EXIT.someTargetIsNot);
}

/** The answer in words. */
function ledgerLines({ serial, last, holds, unique }: LedgerAnswer): string[] {
  const name = cleanText(serial);
  if (!last) return [`${name}: nothing is known of a stick with this serial number.`];
  const { target, job } = last;
  const of = job ? ` in job ${job.id} (${cleanText(job.source.path)})` : '';
  const end = target.state ?? (job?.state === 'running' ? 'still running' : 'interrupted, end unknown');
  const gaps = (n: number): string => (n > 0 ? `, with zeros in ${plural(n, 'unreadable range')}` : '');
  return [
    `${name}: ${target.task} ${timeOf(target.begunAt)}${of}: ${end}${gaps(target.unreadable)}.`,
    holds
      ? `  It holds the source of job ${holds.job} whole${gaps(holds.unreadable)}, ${holds.verified ? 'verified' : 'not verified'}. Root digest ${holds.rootDigest}`
      : '  That it holds a whole copy is not certain.',
    ...(unique
      ? []
      : ['  More than one stick has this serial number: it does not tell which of them this is.']),
  ];
}
