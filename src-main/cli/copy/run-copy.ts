// Runs one copy from plan to exit status, as a client of the core over the contract.

import type { ContractClient } from '@contract/client.ts';
import type { CliContext } from '../context.ts';
import { terminalStyle } from '../context.ts';
import { withCore } from '../core-client.ts';
import { EXIT, exitCodeOf, type ExitCode } from '../exit-codes.ts';
import { percentOf } from '../output/format.ts';
import { jsonReporter } from '../output/json.ts';
import type { CopyReporter } from '../output/reporter.ts';
import { notBegunSummary, withTurnedAway } from '../output/summary.ts';
import { liveReporter, plainReporter } from '../output/text.ts';
import { approveTargets, type Approval } from './approval.ts';
import type { CopyPlan } from './copy-options.ts';
import { interruptMessage, OtherRiders } from './interrupts.ts';
import { refusalWords } from './rights.ts';

/** The helper's block size where none is named. */
const DEFAULT_BLOCK = 1_048_576;

/** Copies; returns the exit status. */
export const runCopy = (plan: CopyPlan, context: CliContext): Promise<ExitCode> =>
  withCore(context, 'local', (client) => copy(client, plan, context));

async function copy(client: ContractClient, plan: CopyPlan, context: CliContext): Promise<ExitCode> {
  const reporter = reporterFor(plan.json, context);
  const { request } = plan;
  if (!plan.takesUp) await tellResumable(plan, reporter, context);
  const uses = { reads: [request.source], writes: request.targets };
  const { found, refusal } = await client.call('copy.check', uses);
  if (refusal) reporter.note(refusalWords(refusal));
  const approval = await approveTargets(
    request.targets.map((path, index) => ({ path, verdict: found[index] ?? undefined })),
    plan.given,
    context,
  );
  if (approval.stop) {
    reporter.note(approval.stop.why);
    const summary = notBegunSummary(request.source, approval.stop.targets);
    reporter.end(summary);
    return exitCodeOf(summary, false);
  }
  if (approval.go.length === 0 && approval.away.length > 0 && !request.options.waitForJoin) {
    const summary = notBegunSummary(request.source, [...approval.away]);
    reporter.end(summary);
    return exitCodeOf(summary, false);
  }
  return ride(client, plan, approval, reporter, context);
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
  { request }: CopyPlan,
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
  });
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
    const result = await client.call('copy.result', {});
    const summary = withTurnedAway(result.summary, away);
    reporter.end(summary);
    const code = exitCodeOf(summary, interrupts > 0);
    if (code === EXIT.interrupted) reporter.note('Interrupted.');
    return code;
  } finally {
    stopListening();
  }
}

/** Where a job's course and result go. */
export function reporterFor(json: boolean, context: CliContext): CopyReporter {
  if (json) return jsonReporter(context.stdout, context.stderr);
  const { live, color } = terminalStyle(context);
  return live ? liveReporter(context.stderr, color) : plainReporter(context.stderr);
}
