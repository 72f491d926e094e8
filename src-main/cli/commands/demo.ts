// carousel demo

import { resolve } from 'node:path';
import { Command } from 'commander';
import { processContext, type CliContext } from '../context.ts';
import { runDemo, type DemoResult } from '../demo/run-demo.ts';
import { EXIT, type ExitCode } from '../exit-codes.ts';
import { cleanText } from '../output/clean.ts';

const HELP = `
Makes a practice source and three practice drives in a temporary folder, copies the source to two of
them at once, lets the third step on in mid-course by a second command, and compares every byte.
To make sure that the third comes late on a fast machine too, the process that writes drive 1 is
stopped for a moment: the copy goes at the pace of its slowest drive. Takes some seconds.

Examples:
  carousel demo
  carousel demo --json
  TMPDIR=/mnt/big carousel demo`;

/** The `demo` command. */
export function demoCommand(context: CliContext = processContext()): Command {
  return new Command('demo')
    .summary('show it at work on practice drives')
    .description(
      'Copies a practice source to three practice drives, one of which joins late, and compares them.',
    )
    .option('--in <folder>', 'make the temporary folder there')
    .option('--json', 'print the result as one JSON object on standard output')
    .addHelpText('after', HELP)
    .action(async (flags: { in?: string; json?: boolean }) => {
      context.helper(); // not there: better said before anything is made
      const started = performance.now();
      const since = (): string => ((performance.now() - started) / 1000).toFixed(1).padStart(5);
      const result = await runDemo({
        self: context.self,
        say: (text) => context.stderr.write(`${since()} s  ${cleanText(text, 2000)}\n`),
        onInterrupt: (handler) => context.onInterrupt(handler),
        ...(flags.in === undefined ? {} : { folder: resolve(context.cwd, flags.in) }),
      });
      const lines = result.interrupted ? ['Interrupted; the practice drives are gone again.'] : result.lines;
      context.stderr.write(['', ...lines.map((line) => cleanText(line, 2000)), ''].join('\n'));
      if (flags.json) context.stdout.write(JSON.stringify({ event: 'demo', ...result }) + '\n');
      context.setExitCode(exitCode(result));
    });
}

function exitCode({ ok, interrupted }: DemoResult): ExitCode {
  if (interrupted) return EXIT.interrupted;
  return ok ? EXIT.good : EXIT.someTargetIsNot;
}
