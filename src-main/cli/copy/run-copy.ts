// Runs one copy from plan to exit status.

import type { HelperClient } from '../../core/helper/helper-client.ts';
import type { HelperJob } from '../../core/helper/helper-job.ts';
import type { CliContext } from '../context.ts';
import { terminalStyle } from '../context.ts';
import { EXIT, exitCodeOf, usageError, type ExitCode } from '../exit-codes.ts';
import { jsonReporter } from '../output/json.ts';
import type { CopyReporter } from '../output/reporter.ts';
import { notBegunSummary, withTurnedAway } from '../output/summary.ts';
import { liveReporter, plainReporter } from '../output/text.ts';
import { approveTargets, type Approval } from './approval.ts';
import type { CopyPlan } from './copy-options.ts';
import { getReady, type Ready } from './rights.ts';
import { interruptMessage, OtherRiders } from './interrupts.ts';

/** Copies; returns the exit status. */
export async function runCopy(plan: CopyPlan, context: CliContext): Promise<ExitCode> {
  const reporter = reporterFor(plan, context);
  const { request } = plan;
  const ready = await getReady(request.source, request.targets, context, (text) => reporter.note(text));
  try {
    return await copyWith(ready, plan, reporter, context);
  } finally {
    ready.close();
  }
}

async function copyWith(
  { helper, found }: Ready,
  plan: CopyPlan,
  reporter: CopyReporter,
  context: CliContext,
): Promise<ExitCode> {
  const { request } = plan;
  const approval = await approveTargets(found, plan.given, context);
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
  return ride(helper, plan, approval, reporter, context);
}

async function ride(
  helper: HelperClient,
  { request }: CopyPlan,
  { go, tokens, away }: Approval,
  reporter: CopyReporter,
  context: CliContext,
): Promise<ExitCode> {
  const job = begin(helper, { ...request, targets: go, approvals: tokens });
  const others = new OtherRiders();
  let interrupts = 0;
  const stopListening = context.onInterrupt(() => {
    interrupts++;
    if (interrupts === 1) job.cancel();
    reporter.note(interruptMessage(interrupts, job.pid, others.count));
  });
  job.on('event', (event) => {
    others.apply(event);
    reporter.event(event);
  });
  job.on('log', (line) => reporter.note(line));
  job.on('violation', (reason) => reporter.note(`The helper said something that makes no sense: ${reason}`));
  const summary = withTurnedAway(await job.finished, away);
  stopListening();
  reporter.end(summary);
  const code = exitCodeOf(summary, interrupts > 0);
  if (code === EXIT.interrupted) reporter.note('Interrupted.');
  return code;
}

function begin(helper: HelperClient, request: CopyPlan['request']): HelperJob {
  try {
    return helper.start(request);
  } catch (error) {
    if (error instanceof RangeError) throw usageError(error.message);
    throw error;
  }
}

function reporterFor(plan: CopyPlan, context: CliContext): CopyReporter {
  if (plan.json) return jsonReporter(context.stdout, context.stderr);
  const { live, color } = terminalStyle(context);
  return live ? liveReporter(context.stderr, color) : plainReporter(context.stderr);
}
