// Runs one copy from plan to exit status, as a client of the core over the contract.

import type { ContractClient } from '@contract/client.ts';
import type { CliContext } from '../context.ts';
import { terminalStyle } from '../context.ts';
import { withCore } from '../core-client.ts';
import { CliError, EXIT, exitCodeOf, usageError, type ExitCode } from '../exit-codes.ts';
import { percentOf } from '../output/format.ts';
import { jsonReporter } from '../output/json.ts';
import type { CopyReporter } from '../output/reporter.ts';
import { notBegunSummary, withStations, withTurnedAway } from '../output/summary.ts';
import { liveReporter, plainReporter } from '../output/text.ts';
import { checkWishes, readReport, writeReport, type ReportWish } from '../report/report-file.ts';
import { noteRecordTrouble } from '../report/record-trouble.ts';
import { allowsUnmount, approveTargets, type Approval } from './approval.ts';
import type { CopyPlan } from './copy-options.ts';
import { interruptMessage, OtherRiders } from './interrupts.ts';
import { refusalWords } from './rights.ts';
import { skipRanges } from './skip-ranges.ts';
import { unmountApproved } from './unmount.ts';

/** The helper's block size where none is named. */
const DEFAULT_BLOCK = 1_048_576;

/** Copies; returns the exit status. */
export const runCopy = (plan: CopyPlan, context: CliContext): Promise<ExitCode> =>
  withCore(context, 'local', (client) => copy(client, plan, context));

async function copy(client: ContractClient, wished: CopyPlan, context: CliContext): Promise<ExitCode> {
  checkWishes(wished.reports, [wished.request.source, ...wished.request.targets]);
  const bays = new Map<string, string>();
  const reporter = reporterFor(wished.json, context, bays);
  const plan = await withMap(wished, reporter, context);
  const { request } = plan;
  if (!plan.takesUp && !request.join) await tellResumable(plan, reporter, context);
  const { manifest, resume } = request.options;
  const keeps = [...plan.reports.map(({ file }) => file), plan.ddrescueMap, manifest, resume];
  const uses = {
    reads: request.join ? [] : [request.source],
    writes: request.targets,
    keeps: keeps.filter((file) => file !== undefined),
  };
  const { found, unmountLevels, bays: names, identities, refusal } = await client.call('copy.check', uses);
  for (const [index, path] of request.targets.entries()) {
    const name = names[index];
    if (name) bays.set(path, name);
  }
  if (refusal) reporter.note(refusalWords(refusal));
  const targets = request.targets.map((path, index) => ({
    path,
    verdict: found[index] ?? undefined,
    unmountLevel:
      plan.unmounts || allowsUnmount(found[index] ?? undefined, plan.given.tokens)
        ? (unmountLevels[index] ?? undefined)
        : undefined,
  }));
  const asked = await approveTargets(targets, plan.given, context);
  if (asked.stop) {
    reporter.note(asked.stop.why);
    const summary = notBegunSummary(request.source, asked.stop.targets);
    reporter.end(summary);
    return exitCodeOf(summary, false);
  }
  const approval = await unmountApproved(client, targets, asked, reporter);
  if (approval.go.length === 0 && approval.away.length > 0 && !request.options.waitForJoin) {
    const summary = notBegunSummary(request.source, [...approval.away]);
    reporter.end(summary);
    return exitCodeOf(summary, false);
  }
  const sourceIdentity = identities.find(({ path }) => path === request.source)?.identity;
  const meant = { ...plan, request: { ...request, sourceIdentity } };
  return ride(client, meant, approval, reporter, context);
}

/** The plan with what a map of ddrescue says is to be left out. */
async function withMap(plan: CopyPlan, reporter: CopyReporter, context: CliContext): Promise<CopyPlan> {
  if (plan.ddrescueMap === undefined) return plan;
  const { request } = plan;
  const [verdict] = await context.helper().check([request.source]);
  if (typeof verdict?.size !== 'number') throw usageError('how large the source is cannot be found out');
  const source = { size: verdict.size, isFile: verdict.kind === 'file' };
  const { ranges, note } = skipRanges(plan.ddrescueMap, source);
  reporter.note(note);
  return { ...plan, request: { ...request, options: { ...request.options, skipRanges: ranges } } };
}

/** On a terminal: says what an interrupted copy has left, before it is begun anew. */
async function tellResumable(
  { request }: CopyPlan,
  reporter: CopyReporter,
  context: CliContext,
): Promise<void> {
  const folder = request.options.resume;
  if (!context.canAsk || folder === undefined) return;
  const block = request.options.blockSize ?? DEFAULT_BLOCK;
  const left = await context.helper().resumable(folder, block, request.source, request.targets);
  for (const { path, blocks, of } of left)
    if (blocks > 0)
      reporter.note(
        `${path}: an interrupted copy got to ${percentOf(blocks, of, false)} %. Stop and add --resume to go on with it; otherwise it begins anew.`,
      );
}

async function ride(
  client: ContractClient,
  { request, json, reports, ddrescueMap }: CopyPlan,
  { go, tokens, away }: Approval,
  reporter: CopyReporter,
  context: CliContext,
): Promise<ExitCode> {
  const approvals = [...tokens]
    .map(([path, token]) => ({ path, token }))
    .filter(({ path }) => go.includes(path));
  const others = new OtherRiders();
  client.on('copy.event', (event) => {
    others.apply(event);
    reporter.event(event);
    if (event.event === 'job' && event.role === 'consumer' && ddrescueMap !== undefined)
      reporter.note(
        'The map of ddrescue is not used: this copy joined one that runs, which reads the source its own way.',
      );
  });
  client.on('copy.stations', (event) => reporter.stations(event));
  client.on('copy.note', ({ text }) => reporter.note(text));
  let pid: number | null = null;
  let interrupts = 0;
  const stopListening = context.onInterrupt(() => {
    interrupts++;
    // Calls are answered in order: this one also reaches a copy that is just being started.
    if (interrupts === 1)
      client.call('copy.cancel', {}).catch((error: unknown) => reporter.note(String(error)));
    reporter.note(interruptMessage(interrupts, pid ?? undefined, others.count));
  });
  try {
    ({ pid } = await client.call('copy.start', { ...request, targets: [...go], approvals }));
    if (request.publish && !json)
      reporter.note(
        `Stations join with: carousel station ${request.publish.server.url} --job ${request.publish.job} TARGET...`,
      );
    const result = await client.call('copy.result', {});
    const own = withTurnedAway(result.summary, away);
    const summary = request.publish ? withStations(own, result.stations) : own;
    reporter.end(summary);
    const code = exitCodeOf(summary, interrupts > 0);
    if (code === EXIT.interrupted) reporter.note('Interrupted.');
    await noteRecordTrouble(client, context);
    await writeReports(client, reports, result.record, reporter);
    return code;
  } finally {
    stopListening();
  }
}

/** Writes what was asked for; a copy without its report did not do all that it was asked for. */
async function writeReports(
  client: ContractClient,
  reports: readonly ReportWish[],
  record: number | null,
  reporter: CopyReporter,
): Promise<void> {
  for (const { file, format } of reports) {
    if (record === null)
      throw new CliError(
        `there is nothing to report of this copy: ${file} was not written`,
        EXIT.someTargetIsNot,
      );
    writeReport(file, await readReport(client, record, format));
    reporter.note(`Report: ${file}`);
  }
}

/** Where a job's course and result go. `bays`: names of bays, by the path of what is in them; may be filled later. */
export function reporterFor(
  json: boolean,
  context: CliContext,
  bays?: ReadonlyMap<string, string>,
): CopyReporter {
  if (json) return jsonReporter(context.stdout, context.stderr);
  const { live, color } = terminalStyle(context);
  return live ? liveReporter(context.stderr, color, bays) : plainReporter(context.stderr, bays);
}
