// Entry of the `carousel` command line.

import { approveCommand } from './commands/approve.ts';
import { copyCommand } from './commands/copy.ts';
import { demoCommand } from './commands/demo.ts';
import { listCommand } from './commands/list.ts';
import { practiceCommand } from './commands/practice.ts';
import { probeCommand } from './commands/probe.ts';
import { serveCommand } from './commands/serve.ts';
import { verifyCommand } from './commands/verify.ts';
import { processContext } from './context.ts';
import { runCli, type CommandMaker } from './program.ts';

/** Every command of the command line, in the order of `--help`. A new one is one line here. */
const commands: readonly CommandMaker[] = [
  listCommand,
  approveCommand,
  copyCommand,
  verifyCommand,
  probeCommand,
  serveCommand,
  practiceCommand,
  demoCommand,
];

await runCli(process.argv.slice(2), commands, processContext());
