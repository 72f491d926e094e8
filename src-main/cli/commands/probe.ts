// carousel probe TARGET

import { Command } from 'commander';
import type { HelperClient } from '../../core/helper/helper-client.ts';
import type { HelperProbe } from '../../core/helper/helper-probe.ts';
import type { ProbeEvent, ProbeRequest, ProbeVerdict } from '../../core/helper/probe-messages.ts';
import { processContext, terminalStyle, type CliContext } from '../context.ts';
import { needOf, typedRight, type Found } from '../copy/approval.ts';
import { absolute } from '../copy/copy-options.ts';
import { getReady } from '../copy/rights.ts';
import { CliError, EXIT, exitOfCode, usageError, type ExitCode } from '../exit-codes.ts';
import { cleanText } from '../output/clean.ts';
import { formatBytes } from '../output/format.ts';
import { probeLine, renderVerdict } from '../output/probe-text.ts';
import { errorWords } from '../output/words.ts';
import { wholeNumber } from '../values.ts';

const HELP = `
Quick: writes and reads places all over the drive, puts back what was there, and says what such a look cannot rule
out. If it is cut off in the middle (pulled out, power lost), what was on the drive is lost.
--full: writes and reads every byte. What is on the drive is lost; it is left blank.

Exit status: 0 genuine; 1 not, or no verdict; 2 usage; 3 refused by a safety rule; 5 no permission; 130 interrupted.`;

interface ProbeFlags {
  readonly full?: boolean;
  readonly approve?: string;
  readonly yes?: boolean;
  readonly json?: boolean;
  readonly stallTimeout?: number;
}

/** The `probe` command. */
export function probeCommand(context: CliContext = processContext()): Command {
  return new Command('probe')
    .summary('find out whether a stick is as large as it says')
    .description('Tests whether TARGET keeps as many bytes as it announces: is this stick a fake?')
    .argument('<TARGET>', 'drive (or practice drive) to test')
    .option('--full', 'test every byte; what is on the drive is lost')
    .option('--approve <token>', 'approval of the drive, from "carousel approve"')
    .option('--yes', 'agree to the test of an ordinary removable drive without being asked')
    .option(
      '--stall-timeout <seconds>',
      'give up a drive that is silent this long (default: 60)',
      wholeNumber(1, 3600),
    )
    .option('--json', 'print one JSON object a line on standard output')
    .addHelpText('after', HELP)
    .action(async (target: string, flags: ProbeFlags) => {
      context.setExitCode(await runProbe(absolute(target, context.cwd), flags, context));
    });
}

async function runProbe(target: string, flags: ProbeFlags, context: CliContext): Promise<ExitCode> {
  const note = (text: string): void => context.stderr.write(`${cleanText(text, 2000)}\n`);
  const ready = await getReady({ reads: [], writes: [target] }, context, note);
  try {
    const [found = { path: target, verdict: undefined }] = ready.found;
    const approval = flags.approve ?? (await approve(found, flags, context));
    const { full = false, stallTimeout } = flags;
    const request = {
      target,
      full,
      ...(approval === undefined ? {} : { approval }),
      ...(stallTimeout === undefined ? {} : { stallTimeout }),
    };
    return await follow(begin(ready.helper, request), full, flags, note, context);
  } finally {
    ready.close();
  }
}

async function follow(
  probe: HelperProbe,
  full: boolean,
  flags: ProbeFlags,
  note: (text: string) => void,
  context: CliContext,
): Promise<ExitCode> {
  const { stdout } = context;
  const line = (value: object): void => stdout.write(`${JSON.stringify(value)}\n`);
  const people = peoplePrinter(context);
  let interrupted = false;
  const stopListening = context.onInterrupt(() => {
    if (!interrupted) probe.cancel();
    interrupted = true;
    note(full ? 'Stopping: clearing the drive.' : 'Stopping: putting back what was there. Please wait.');
  });
  probe.on('event', flags.json ? line : people.event);
  probe.on('log', note);
  const verdict = await probe.finished;
  stopListening();
  if (flags.json) line(verdict);
  else people.end(verdict);
  return exitOf(verdict, interrupted);
}

/** Asks, unless `--yes` is enough; never takes silence for a yes. The token of the drive, if it has one. Throws without a yes. */
async function approve(
  found: Found,
  { full = false, yes }: ProbeFlags,
  context: CliContext,
): Promise<string | undefined> {
  const { path, verdict } = found;
  const name = cleanText(path);
  const need = needOf(found);
  // What is refused is no question; with --yes the helper says so by itself. It could not say why a drive was not to be looked at.
  if (need.kind === 'away')
    return yes && verdict?.target.ok === false
      ? undefined
      : refuse(`${name} ${errorWords(need.error.code).happened}`, exitOfCode(need.error.code));
  if (!verdict?.exists) return yes ? undefined : refuse(`${name} ${errorWords('not-found').happened}`);
  if (yes && need.kind !== 'typed') return need.token;
  const size = typeof verdict.size === 'number' ? ` (${formatBytes(verdict.size)})` : '';
  const what = full
    ? `This erases ${name}${size}.`
    : `This overwrites parts of ${name}${size} and puts them back; if it is cut off, what is on it is lost.`;
  if (need.kind === 'typed' && (yes || !context.canAsk))
    refuse(`${what} It is no ordinary stick: add --approve with a token of "carousel approve ${name}".`);
  if (!context.canAsk) refuse(`${what} Add --yes if that is what you want.`);
  context.stderr.write(`${what}\n`);
  const act = full ? 'erase' : 'test';
  const agreed =
    need.kind === 'typed'
      ? await typedRight(path, need, context, act)
      : (await context.ask(`Type yes to ${act} it: `)).trim() === 'yes';
  return agreed ? need.token : refuse('Not approved: nothing was written.');
}

function refuse(why: string, exit: ExitCode = EXIT.refused): never {
  throw new CliError(why, exit);
}

function begin(helper: HelperClient, request: ProbeRequest): HelperProbe {
  try {
    return helper.probe(request);
  } catch (error) {
    if (error instanceof RangeError) throw usageError(error.message);
    throw error;
  }
}

/** A line that is drawn over on a terminal; elsewhere one line a phase. */
function peoplePrinter(context: CliContext): {
  event: (event: ProbeEvent) => void;
  end: (verdict: ProbeVerdict) => void;
} {
  const { stderr } = context;
  const over = terminalStyle(context).live ? '\r\x1b[0K' : '';
  let phase = '';
  return {
    event: (event) => {
      const same = event.event === 'progress' && event.phase === phase;
      if (over !== '') stderr.write(over + probeLine(event) + (event.event === 'stalled' ? '\n' : ''));
      else if (!same) stderr.write(`${probeLine(event)}\n`);
      if (event.event === 'progress') phase = event.phase;
    },
    end: (verdict) => stderr.write(`${over}${renderVerdict(verdict).join('\n')}\n`),
  };
}

/** The exit status of a probe. */
export function exitOf({ ok, outcome, error }: ProbeVerdict, interrupted: boolean): ExitCode {
  if (interrupted) return EXIT.interrupted;
  if (outcome === 'complete') return ok ? EXIT.good : EXIT.someTargetIsNot;
  const byCode = error ? exitOfCode(error.code) : EXIT.someTargetIsNot;
  return outcome === 'refused' && byCode === EXIT.someTargetIsNot ? EXIT.refused : byCode;
}
