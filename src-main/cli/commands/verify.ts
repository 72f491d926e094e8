// carousel verify TARGET... --manifest FILE

import { Command } from 'commander';
import { processContext, type CliContext } from '../context.ts';
import { collect, wholeNumber } from '../values.ts';
import { runVerify } from '../verify/run-verify.ts';
import { planVerify, type VerifyFlags } from '../verify/verify-options.ts';

const HELP = `
Reads every target back, past every cache and all at once, and compares each block with the manifest that
"carousel copy --manifest" has written. Nothing is written, and the source is not read, unless --heal finds
bad blocks: then only those are read from SOURCE (which must still be what the manifest says), written and
compared again.

--sample looks at 64 blocks of each target at most. It finds a fake or dead drive in seconds and proves
nothing more: its result is "sampled", never "verified".

Examples:
  carousel verify /dev/sdb /dev/sdc --manifest master.manifest
  carousel verify /dev/sdb --manifest master.manifest --heal --source master.img

Exit status: 0 all good; 1 some target is not; 2 usage; 3 refused by a safety rule;
4 source or manifest failed, or the manifest is of a source that could not be read everywhere (right copies
hold zeros there and are not whole); 5 no permission; 130 interrupted.`;

/** The `verify` command. */
export function verifyCommand(context: CliContext = processContext()): Command {
  return new Command('verify')
    .summary('compare drives or files with a manifest, at any later time')
    .description('Compares every TARGET with a manifest, block by block.')
    .argument('<TARGET...>', 'drives or files to read back')
    .requiredOption('--manifest <file>', 'what the source was: the file that "copy --manifest" wrote')
    .option('--heal', 'write the blocks that are wrong again, from --source')
    .option('--source <path>', 'drive or image file that the manifest is of')
    .option('--sample', 'look at a few blocks only; never counts as verified')
    .option('--approve <token>', 'approval of one drive, from "carousel approve"; may be repeated', collect)
    .option(
      '--yes',
      'agree that bad blocks of ordinary removable drives and files are overwritten (with --heal)',
    )
    .option(
      '--stall-timeout <seconds>',
      'give up a target that is silent this long (default: 60)',
      wholeNumber(1, 3600),
    )
    .option('--json', 'print one JSON object a line on standard output')
    .addHelpText('after', HELP)
    .action(async (targets: string[], flags: VerifyFlags) => {
      context.setExitCode(await runVerify(planVerify(targets, flags, context.cwd), context));
    });
}
