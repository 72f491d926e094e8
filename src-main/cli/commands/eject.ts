// carousel eject TARGET..., carousel identify TARGET

import { Command } from 'commander';
import { ContractError } from '@contract/errors.ts';
import { processContext, type CliContext } from '../context.ts';
import { absolute } from '../copy/copy-options.ts';
import { withCore } from '../core-client.ts';
import { EXIT, type ExitCode } from '../exit-codes.ts';
import { cleanText } from '../output/clean.ts';
import { exitOfHandling, handlingWords } from '../output/handling-words.ts';

const EJECT_HELP = `
A drive is switched off by the system, as this user, and can then be pulled out. It must not be in use: nothing of
it mounted (--unmount unmounts it first), no copy, no program. What is built in is never switched off.

Examples:
  carousel eject /dev/sdb /dev/sdc
  carousel eject /dev/sdb --unmount

With --json each drive is one line: {"event":"ejected","target","ok","error":{"code","message"}}.

Exit status: 0 all can be pulled out; 1 some cannot; 2 usage; 3 refused: in use, built in, or what the system
needs; 5 no permission.`;

const IDENTIFY_HELP = `
Reads a little from the drive, on and off for six seconds, so that its light blinks in a rhythm of its own. Nothing is
written. Ctrl-C ends it. A drive that a copy or a test uses blinks by itself and is left alone.

Exit status: 0; 1 the drive could not be read at all; 3 refused; 5 no permission.`;

/** The `eject` command. */
export function ejectCommand(context: CliContext = processContext()): Command {
  return new Command('eject')
    .summary('switch drives off, so that they can be pulled out')
    .description('Switches every TARGET off, so that it can be pulled out.')
    .argument('<TARGET...>', 'drives')
    .option('--unmount', 'unmount what is mounted of them first')
    .option('--json', 'print one JSON object a line on standard output')
    .addHelpText('after', EJECT_HELP)
    .action((targets: string[], { unmount = false, json }: { unmount?: boolean; json?: boolean }) =>
      withCore(context, 'local', async (client) => {
        const exits: ExitCode[] = [];
        for (const target of targets) {
          const path = absolute(target, context.cwd);
          const error = await refusalOf(client.call('copy.eject', { path, unmount }));
          exits.push(error ? exitOfHandling(error.code) : EXIT.good);
          const message = error && handlingWords(path, error);
          context.stderr.write(message ? `${message}\n` : `${cleanText(path)} can be pulled out now.\n`);
          const problem = error ? { error: { code: error.code, message } } : {};
          if (json)
            context.stdout.write(
              `${JSON.stringify({ event: 'ejected', target: path, ok: !error, ...problem })}\n`,
            );
        }
        context.setExitCode(Math.max(...exits));
      }),
    );
}

/** The `identify` command. */
export function identifyCommand(context: CliContext = processContext()): Command {
  return new Command('identify')
    .summary('make the light of a drive blink')
    .description('Makes the light of TARGET blink for some seconds.')
    .argument('<TARGET>', 'a drive')
    .addHelpText('after', IDENTIFY_HELP)
    .action((target: string) =>
      withCore(context, 'local', async (client) => {
        const path = absolute(target, context.cwd);
        const stopListening = context.onInterrupt(() => void client.call('copy.stopIdentify', {}));
        context.stderr.write(`The light of ${cleanText(path)} blinks…\n`);
        const error = await refusalOf(client.call('copy.identify', { path }));
        stopListening();
        if (error) context.stderr.write(`${handlingWords(path, error)}\n`);
        context.setExitCode(error ? exitOfHandling(error.code) : EXIT.good);
      }),
    );
}

/** What a call was refused with; null when it was not. */
async function refusalOf(call: Promise<unknown>): Promise<ContractError['error'] | null> {
  try {
    await call;
    return null;
  } catch (error) {
    if (error instanceof ContractError) return error.error;
    throw error;
  }
}
