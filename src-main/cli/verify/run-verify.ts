// Runs one comparison with a manifest from plan to exit status.

import type { CliContext } from '../context.ts';
import { approveTargets } from '../copy/approval.ts';
import { interruptMessage } from '../copy/interrupts.ts';
import { getReady, type Ready } from '../copy/rights.ts';
import { reporterFor } from '../copy/run-copy.ts';
import type { HelperJob } from '../../core/helper/helper-job.ts';
import { EXIT, exitCodeOf, usageError, type ExitCode } from '../exit-codes.ts';
import type { CopyReporter } from '../output/reporter.ts';
import { notBegunSummary, withTurnedAway, type CliTargetResult } from '../output/summary.ts';
import type { VerifyPlan } from './verify-options.ts';

/** Compares; returns the exit status. */
export async function runVerify(plan: VerifyPlan, context: CliContext): Promise<ExitCode> {
  const reporter = reporterFor(plan.json, context);
  const { targets, source } = plan.request;
  const uses = plan.heals
    ? { reads: source === undefined ? [] : [source], writes: targets }
    : { reads: targets, writes: [] };
  const ready = await getReady(uses, context, (text) => reporter.note(text));
  try {
    return await compare(ready, plan, reporter, context);
  } finally {
    ready.close();
  }
}

async function compare(
  { helper, found, identities }: Ready,
  { request, heals, given }: VerifyPlan,
  reporter: CopyReporter,
  context: CliContext,
): Promise<ExitCode> {
  if (!heals)
    return follow(
      begin(() => helper.verify({ ...request, identities })),
      [],
      reporter,
      context,
    );
  const approval = await approveTargets(found, given, context, 'heal');
  if (approval.stop) reporter.note(approval.stop.why);
  if (approval.stop || approval.go.length === 0) {
    const away = approval.stop?.targets ?? [...approval.away];
    const summary = notBegunSummary(request.source ?? '', away, 'verify');
    reporter.end(summary);
    return exitCodeOf(summary, false);
  }
  const { go, tokens, away } = approval;
  return follow(
    begin(() => helper.verify({ ...request, targets: go, approvals: tokens, identities })),
    away,
    reporter,
    context,
  );
}

/** Follows the job to its end; returns the exit status. */
async function follow(
  job: HelperJob,
  away: readonly CliTargetResult[],
  reporter: CopyReporter,
  context: CliContext,
): Promise<ExitCode> {
  let interrupts = 0;
  const stopListening = context.onInterrupt(() => {
    interrupts++;
    if (interrupts === 1) job.cancel();
    reporter.note(interruptMessage(interrupts, job.pid));
  });
  job.on('event', (event) => reporter.event(event));
  job.on('log', (line) => reporter.note(line));
  job.on('violation', (reason) => reporter.note(`The helper said something that makes no sense: ${reason}`));
  const summary = withTurnedAway(await job.finished, away);
  stopListening();
  reporter.end(summary);
  const code = exitCodeOf(summary, interrupts > 0);
  if (code === EXIT.interrupted) reporter.note('Interrupted.');
  return code;
}

function begin(start: () => HelperJob): HelperJob {
  try {
    return start();
  } catch (error) {
    if (error instanceof RangeError) throw usageError(error.message);
    throw error;
  }
}
