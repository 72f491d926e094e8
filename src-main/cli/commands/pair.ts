// carousel pair

import { Command } from 'commander';
import { join } from 'node:path';
import { createOffers } from '../../core/access/offers.ts';
import { openDoors } from '../../core/access/open-doors.ts';
import { shownCode } from '../../core/access/pairing-code.ts';
import { cleanName } from '../../core/access/devices.ts';
import { accessFolder, defaultPaths } from '../../core/default-paths.ts';
import { processContext, type CliContext } from '../context.ts';
import { CliError, EXIT } from '../exit-codes.ts';
import { describeNetwork } from '../output/network-text.ts';

const HELP = `
The code is good for ten minutes, for one device, and void after ten wrong tries. On the other device, open the
address and type the code; or run: carousel monitor ADDRESS --code CODE

Without options the device may only watch. --operator lets it also stop copies and targets, change the slow policy
and put away results; --approve lets it, beyond that, start copies and agree to drives being erased. Settings,
files and pairing are never open to other devices.

With --json: {"event":"code","code":...,"until":milliseconds since 1970,"role":...,"approve":...,"listening":[...]}.
Exit status: 0; 1 when eight codes are open already.`;

interface Flags {
  operator?: boolean;
  approve?: boolean;
  name?: string;
  json?: boolean;
}

/** The `pair` command. */
export function pairCommand(context: CliContext = processContext()): Command {
  return new Command('pair')
    .summary('let another device look in: makes a one-time code')
    .description('Makes a one-time code with which another device gets a key of its own.')
    .option('--operator', 'it may also stop things')
    .option('--approve', 'it may also start copies and agree to erasing (implies --operator)')
    .option('--name <name>', 'what to call it; otherwise it says so itself')
    .option('--json', 'print one JSON object on standard output')
    .addHelpText('after', HELP)
    .action((flags: Flags) => pair(context, flags));
}

async function pair({ env, stdout, stderr }: CliContext, flags: Flags): Promise<void> {
  const folder = accessFolder(defaultPaths(env));
  const approve = flags.approve === true;
  const role = approve || flags.operator ? 'operator' : 'viewer';
  const name = flags.name === undefined ? null : cleanName(flags.name);
  const offer = await createOffers(join(folder, 'codes'))
    .make({ role, approve }, name, Date.now())
    .catch(() => {
      throw new CliError('Too many codes are open; wait until one is used or too old.', EXIT.someTargetIsNot);
    });
  const listening = await openDoors(folder).list();
  const code = shownCode(offer.code);
  if (flags.json) {
    stdout.write(
      `${JSON.stringify({ event: 'code', code, until: offer.until, role, approve, listening })}\n`,
    );
    return;
  }
  const may = approve
    ? 'watch, stop, start and erase'
    : role === 'operator'
      ? 'watch and stop'
      : 'watch only';
  stderr.write(`The device may: ${may}. Ten minutes, one device.\n`);
  stdout.write(`${code}\n`);
  if (listening.length === 0)
    stderr.write('Nothing listens to the network yet: carousel serve --listen 0.0.0.0:8643\n');
  for (const door of listening)
    for (const line of describeNetwork({ ...door, code: null }).slice(1, -1)) stderr.write(`${line}\n`);
}
