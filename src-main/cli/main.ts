// Entry of the `carousel` command line.

import { approveCommand } from './commands/approve.ts';
import { copyCommand } from './commands/copy.ts';
import { ejectCommand, identifyCommand } from './commands/eject.ts';
import { demoCommand } from './commands/demo.ts';
import { historyCommand } from './commands/history.ts';
import { devicesCommand, revokeCommand } from './commands/devices.ts';
import { listCommand } from './commands/list.ts';
import { monitorCommand } from './commands/monitor.ts';
import { pairCommand } from './commands/pair.ts';
import { practiceCommand } from './commands/practice.ts';
import { probeCommand } from './commands/probe.ts';
import { reportCommand } from './commands/report.ts';
import { serveCommand } from './commands/serve.ts';
import { stationCommand } from './commands/station.ts';
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
  ejectCommand,
  identifyCommand,
  historyCommand,
  reportCommand,
  serveCommand,
  pairCommand,
  devicesCommand,
  revokeCommand,
  monitorCommand,
  stationCommand,
  practiceCommand,
  demoCommand,
];

await runCli(process.argv.slice(2), commands, processContext());
