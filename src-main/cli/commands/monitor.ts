// carousel monitor [URL...]

import { hostname } from 'node:os';
import { Command } from 'commander';
import { ContractError } from '@contract/errors.ts';
import { accessFolder, defaultPaths } from '../../core/default-paths.ts';
import { knownMachines, type KnownMachines } from '../../core/machines/known-machines.ts';
import { readAddress, type MachineAddress } from '../../core/remote/machine-address.ts';
import { processContext, type CliContext } from '../context.ts';
import { CliError, EXIT, usageError } from '../exit-codes.ts';
import { problemText } from '../monitor/machine-text.ts';
import { runMonitor, type Followed, type MonitorFlags } from '../monitor/run-monitor.ts';
import { cleanText } from '../output/clean.ts';

const HELP = `
URL is what "carousel serve --listen" prints, such as https://192.168.1.20:8643; without one, every machine that was
paired before is shown. The first time, give the code that the other machine shows ("carousel pair"): it proves
that it is that machine and no other in between. Its key is remembered; should another one ever answer there,
nothing is sent to it and the command says so. A server on this computer needs no code, but its whole address.

It only looks. When a connection ends it says so and tries again by itself, until Ctrl-C.

With --json: {"event":"machine","t","url","name","link":"live"|"lost"|"refused"|"outdated","problem"} and
{"event":"state","t","url","name","jobs":[{"id","state","outcome","title","size","lap","targets":[...]}],"jobCount"}.

Exit status: 0 ended by Ctrl-C, or with --once all shown; 1 with --once: a machine could not be reached;
2 usage; 3 not let in: wrong code, key taken away, another certificate, different versions.

Examples:
  carousel monitor https://192.168.1.20:8643 --code K7QP-3MWD
  carousel monitor                                      all machines at once`;

/** The `monitor` command. */
export function monitorCommand(context: CliContext = processContext()): Command {
  return new Command('monitor')
    .summary('watch other machines')
    .description('Shows what other machines copy, live, in this terminal.')
    .argument('[URL...]', 'addresses of machines; without any, all that were paired before')
    .option('--code <code>', 'pair with the machine first: the code that it shows')
    .option('--once', 'show everything once, then end')
    .option('--json', 'print one JSON object a line on standard output')
    .addHelpText('after', HELP)
    .action(async (urls: string[], flags: MonitorFlags & { code?: string }) => {
      context.setExitCode(await runMonitor(await followed(urls, flags.code, context), flags, context));
    });
}

async function followed(
  urls: readonly string[],
  code: string | undefined,
  context: CliContext,
): Promise<Followed[]> {
  const machines = knownMachines(accessFolder(defaultPaths(context.env)));
  if (code !== undefined && urls.length !== 1) throw usageError('--code goes with one address.');
  if (urls.length === 0) {
    const all = await machines.list();
    if (all.length === 0) throw usageError('No machine has been paired yet: give an address and its --code.');
    return all.map(({ address, pairing }) => ({ address, pairing }));
  }
  return Promise.all(urls.map(async (url) => one(addressOf(url), code, machines, context)));
}

function addressOf(url: string): MachineAddress {
  try {
    return readAddress(url);
  } catch {
    throw usageError(
      `${cleanText(url)}: no address, or one without encryption; it looks like https://HOST:PORT`,
    );
  }
}

async function one(
  address: MachineAddress,
  code: string | undefined,
  machines: KnownMachines,
  { stderr }: CliContext,
): Promise<Followed> {
  if (!address.secure) {
    if (address.key === null)
      throw usageError('Give the whole address that "carousel serve" printed, with its key.');
    return { address, pairing: { pin: null, key: address.key } };
  }
  if (code === undefined) {
    const known = await machines.find(address);
    if (known) return { address, pairing: known.pairing };
    throw usageError(`${address.origin} has not been paired: give the code that it shows with --code.`);
  }
  try {
    const { pairWith } = await import('../../core/remote/dial.ts');
    const paired = await pairWith(address, code, hostname());
    await machines.add(address, paired);
    stderr.write(
      `Paired with ${address.origin} as "${cleanText(paired.name)}".\n  SHA-256 ${paired.fingerprint}\n`,
    );
    return { address, pairing: paired };
  } catch (error) {
    if (!(error instanceof ContractError)) throw error;
    const isAway = error.error.code === 'unreachable';
    throw new CliError(
      `${address.origin}: ${problemText(error.error)}`,
      isAway ? EXIT.someTargetIsNot : EXIT.refused,
    );
  }
}
