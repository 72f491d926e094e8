// carousel copy SOURCE [TARGET...]

import { Command, Option } from 'commander';
import { processContext, type CliContext } from '../context.ts';
import { planCopy, type CopyFlags } from '../copy/copy-options.ts';
import { resumeFolder } from '../copy/resume-folder.ts';
import { runCopy } from '../copy/run-copy.ts';
import { withServerOptions } from '../stations/server-options.ts';
import { collect, parseBlock, sizeBetween, wholeNumber } from '../values.ts';

const HELP = `
The source is read once, however many targets there are. If that source is being copied on this
machine already, the targets join the running copy where it is now and get off after one full turn.

Sizes: 64K, 1M, 16M count in 1024s; 20MB in 1000s.

Examples:
  carousel copy master.img stick.img                    an image file to a new file
  carousel copy master.img /dev/sdb /dev/sdc --yes      to two drives, their content is lost
  carousel copy /dev/sda /dev/sdd --slow catch-up       a slow drive must not hold up the others
  carousel copy master.img --wait-for-join 600          keeps the copy open for drives to come
  carousel copy master.img /dev/sdb --resume            goes on after a crash or a pulled drive
  carousel copy master.img /dev/sdb --report copy.html  a page that says what was checked, to file
  carousel copy master.img out.img --json               one JSON object a line, for scripts
  carousel copy master.img /dev/sdb --publish nats://10.0.0.5
                                                        for drives of other machines too: carousel station

Exit status: 0 all good; 1 some target is not; 2 usage; 3 refused by a safety rule;
4 source failed; 5 no permission; 130 interrupted.`;

/** The `copy` command. */
export function copyCommand(context: CliContext = processContext()): Command {
  const command = new Command('copy')
    .summary('copy a drive or image to many drives or files at once')
    .description('Copies SOURCE to every TARGET at once; both may be drives or ordinary files.')
    .argument('<SOURCE>', 'drive or image file to read')
    .argument('[TARGET...]', 'drives or files to write; what they hold is lost')
    .option('--verify', 'read every target back, past every cache, and compare it')
    .option('--no-verify', 'do not read the targets back (the default)')
    .option('--heal', 'verify, and write again only the blocks that read back wrong')
    .addOption(
      new Option('--slow <policy>', 'what to do with a target that holds up the others').choices([
        'together',
        'catch-up',
      ]),
    )
    .option('--block <size>', 'block size, a power of two from 64K to 16M (default: 1M)', parseBlock)
    .option('--slots <n>', 'blocks in the shared buffer, 2 to 1024 (default: 64)', wholeNumber(2, 1024))
    .addOption(
      new Option('--on-read-error <what>', 'fill unreadable places with zeros, or end').choices([
        'skip',
        'stop',
      ]),
    )
    .option('--unmount', 'take targets that are mounted out of use once erasing them is agreed to')
    .option('--approve <token>', 'approval of one drive, from "carousel approve"; may be repeated', collect)
    .option('--yes', 'agree that ordinary removable drives and files lose their content')
    .option('--manifest <file>', 'write the digests of all blocks to a new file, for "carousel verify"')
    .option('--resume', 'go on where an interrupted copy of this source to these targets was left')
    .option('--report <file>', 'write a report into a new file: .html to print and file, .csv, .json, .map')
    .option('--ddrescue-map <file>', 'leave out what this map of GNU ddrescue says cannot be read')
    .option('--ddrescue-map-out <file>', 'write a map of what could not be read, for GNU ddrescue')
    .option('--wait-for-join <seconds>', 'stay open for targets that join later', wholeNumber(0, 86_400))
    .option(
      '--stall-timeout <seconds>',
      'give up a target that is silent this long (default: 60)',
      wholeNumber(1, 3600),
    )
    .option('--publish <url>', 'hand the blocks to stations over this NATS server (see "carousel station")')
    .option('--job <id>', "the job's name among stations (default: a random one)")
    .option(
      '--stream-size <size>',
      'how much may wait at the server for the slowest station (default: 128M)',
      sizeBetween(1_048_576, 1_099_511_627_776, 'from 1M to 1T'),
    )
    .option(
      '--station-timeout <seconds>',
      'drop a station that gives no sign of life this long (default: 15)',
      wholeNumber(3, 3600),
    )
    .option('--json', 'print one JSON object a line on standard output');
  return withServerOptions(command)
    .addHelpText('after', HELP)
    .action(async (source: string, targets: string[], flags: CopyFlags) => {
      const plan = planCopy(source, targets, flags, context.cwd, resumeFolder(context));
      context.setExitCode(await runCopy(plan, context));
    });
}
