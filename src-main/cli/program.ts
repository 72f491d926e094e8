// The command line as a whole: strict about what it does not know, and every way out has its exit status.

import { Command, CommanderError } from 'commander';
import { version } from '../../package.json';
import { HelperCommandError } from '../core/helper/one-shot.ts';
import { HelperNotFound } from '../core/helper/helper-path.ts';
import type { CliContext } from './context.ts';
import { CliError, EXIT } from './exit-codes.ts';
import { cleanText } from './output/clean.ts';

const HELP = `
Examples:
  carousel demo                                         see it work, without a single real drive
  carousel copy master.img /dev/sdb /dev/sdc            one source, two drives
  carousel copy master.img /dev/sdd                     joins that copy while it runs

"carousel COMMAND --help" tells more.`;

/** Makes one command for a context. */
export type CommandMaker = (context: CliContext) => Command;

/** Puts the commands together. */
function makeProgram(makers: readonly CommandMaker[], context: CliContext): Command {
  const program = new Command('carousel')
    .description('Copies one source drive or image to many drives at once, reading the source once.')
    .version(version)
    .addHelpText('after', HELP)
    .showSuggestionAfterError()
    .exitOverride()
    .configureOutput({
      writeOut: (text) => context.stdout.write(text),
      writeErr: (text) => context.stderr.write(cleanLines(text)),
    });
  for (const make of makers) {
    const command = make(context);
    inheritDeep(program, command);
    program.addCommand(command);
  }
  return program;
}

/** Runs a command line (without program and script name) and sets the exit status. */
export async function runCli(
  args: readonly string[],
  makers: readonly CommandMaker[],
  context: CliContext,
): Promise<void> {
  try {
    await makeProgram(makers, context).parseAsync([...args], { from: 'user' });
  } catch (error) {
    context.setExitCode(explainFailure(error, context));
  }
}

function explainFailure(error: unknown, { stderr, env }: CliContext): number {
  // Commander has printed its own message by now.
  if (error instanceof CommanderError) return error.exitCode === 0 ? EXIT.good : EXIT.usage;
  const message = error instanceof Error ? error.message : String(error);
  stderr.write(`error: ${cleanText(message, 4000)}\n`);
  if (error instanceof CliError) return error.exitCode;
  if (error instanceof HelperCommandError)
    return error.errno === 'EACCES' || error.errno === 'EPERM' ? EXIT.permission : EXIT.someTargetIsNot;
  if (!(error instanceof HelperNotFound) && env.CAROUSEL_DEBUG)
    stderr.write(`${(error as Error).stack ?? ''}\n`);
  return EXIT.someTargetIsNot;
}

function inheritDeep(parent: Command, command: Command): void {
  command.copyInheritedSettings(parent);
  for (const child of command.commands) inheritDeep(command, child);
}

function cleanLines(text: string): string {
  return text
    .split('\n')
    .map((line) => cleanText(line, 2000))
    .join('\n');
}
