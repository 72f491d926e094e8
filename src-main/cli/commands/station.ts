// carousel station URL --job ID TARGET...

import { Command, Option } from 'commander';
import { processContext, type CliContext } from '../context.ts';
import { resumeFolder } from '../copy/resume-folder.ts';
import { runCopy } from '../copy/run-copy.ts';
import { planStation, type StationFlags } from '../stations/station-plan.ts';
import { withServerOptions } from '../stations/server-options.ts';
import { collect, wholeNumber } from '../values.ts';

const HELP = `
The first node copies with "carousel copy SOURCE ... --publish URL" and says the job's name. A station may
join at any time, and more drives of this machine too: the same command with other targets joins here.

What drives of this machine are written to is decided here alone: the first node approves nothing for it.

Examples:
  carousel station nats://10.0.0.5 --job k3v8pq2m /dev/sdb /dev/sdc --yes
  carousel station tls://hall.example:4222 --job k3v8pq2m /dev/sdd --credentials me.creds

Exit status: 0 all good; 1 some target is not; 2 usage; 3 refused by a safety rule;
4 the first node or the network failed; 5 no permission; 130 interrupted.`;

/** The `station` command. */
export function stationCommand(context: CliContext = processContext()): Command {
  const command = new Command('station')
    .summary('copy what another machine reads to drives of this one')
    .description(
      'Rides on the job of another machine: its blocks come over a NATS server, and every TARGET gets a copy.',
    )
    .argument('<URL>', 'the NATS server, nats://HOST:PORT or tls://HOST:PORT')
    .argument('[TARGET...]', 'drives or files to write; what they hold is lost')
    .requiredOption('--job <id>', "the job's name, as the first node said it")
    .option('--name <name>', 'how this machine is called at the first node (default: its host name)')
    .option(
      '--patience <seconds>',
      'give up after so long without the first node (default: 600)',
      wholeNumber(3, 86_400),
    )
    .option('--verify', 'read every target back, past every cache, and compare it')
    .option('--heal', 'verify, and write again only the blocks that read back wrong')
    .option('--resume', 'go on where an interrupted copy of this job to these targets was left')
    .addOption(
      new Option('--slow <policy>', 'what to do with a target that holds up the others').choices([
        'together',
        'catch-up',
      ]),
    )
    .option('--slots <n>', 'blocks in the shared buffer, 2 to 1024 (default: 64)', wholeNumber(2, 1024))
    .option('--wait-for-join <seconds>', 'stay open for targets that join later', wholeNumber(0, 86_400))
    .option(
      '--stall-timeout <seconds>',
      'give up a target that is silent this long (default: 60)',
      wholeNumber(1, 3600),
    )
    .option('--approve <token>', 'approval of one drive, from "carousel approve"; may be repeated', collect)
    .option('--yes', 'agree that ordinary removable drives and files lose their content')
    .option('--json', 'print one JSON object a line on standard output');
  return withServerOptions(command)
    .addHelpText('after', HELP)
    .action(async (url: string, targets: string[], flags: StationFlags) => {
      const plan = planStation(url, targets, flags, context.cwd, resumeFolder(context));
      context.setExitCode(await runCopy(plan, context));
    });
}
