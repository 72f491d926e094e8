// carousel probe TARGET

import { Command } from 'commander';
import type { HelperProbe } from '../../core/helper/helper-probe.ts';
import type { ProbeEvent, ProbeRequest, ProbeVerdict } from '../../core/helper/probe-messages.ts';
import { processContext, terminalStyle, type CliContext } from '../context.ts';
import { absolute } from '../copy/copy-options.ts';
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
    .option('--yes', 'agree to the test without being asked')
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
  const { full = false, stallTimeout } = flags;
  if (!flags.yes) await approve(target, full, context);
  const probe = begin(context, { target, full, ...(stallTimeout === undefined ? {} : { stallTimeout }) });
  const { stdout, stderr } = context;
  const note = (text: string): void => stderr.write(`${cleanText(text, 2000)}\n`);
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

/** Refuses what the helper would refuse, and asks; never takes silence for a yes. Throws. */
async function approve(target: string, full: boolean, context: CliContext): Promise<void> {
  const [found] = await context.helper().check([target]);
  const [reason] = found?.target.reasons ?? [];
  if (reason)
    throw new CliError(`${cleanText(target)} ${errorWords(reason.code).happened}`, exitOfCode(reason.code));
  if (!found?.exists)
    throw new CliError(`${cleanText(target)} ${errorWords('not-found').happened}`, EXIT.refused);
  const size = typeof found.size === 'number' ? ` (${formatBytes(found.size)})` : '';
  const what = full
    ? `This erases ${cleanText(target)}${size}.`
    : `This overwrites parts of ${cleanText(target)}${size} and puts them back; if it is cut off, what is on it is lost.`;
  if (!context.canAsk) throw new CliError(`${what} Add --yes if that is what you want.`, EXIT.refused);
  context.stderr.write(`${what}\n`);
  const answer = await context.ask(`Type yes to ${full ? 'erase' : 'test'} it: `);
  if (answer.trim() !== 'yes') throw new CliError('Not approved: nothing was written.', EXIT.refused);
}

function begin(context: CliContext, request: ProbeRequest): HelperProbe {
  try {
    return context.helper().probe(request);
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
