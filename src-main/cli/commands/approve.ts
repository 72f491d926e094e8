// carousel approve DRIVE...

import { Command } from 'commander';
import { processContext, type CliContext } from '../context.ts';
import {
  eraseLine,
  needOf,
  standingOut,
  surveyOf,
  typedRight,
  type Found,
  type Need,
} from '../copy/approval.ts';
import { CliError, EXIT, exitCodeOf, usageError, type ExitCode } from '../exit-codes.ts';
import { absolute } from '../copy/copy-options.ts';
import { getReady } from '../copy/rights.ts';
import { fileSystemsOn } from '../../core/devices/unmount.ts';
import { unmountLevel } from '../../core/devices/unmount-service.ts';
import { cleanText } from '../output/clean.ts';
import { notBegunSummary, turnedAway } from '../output/summary.ts';

const HELP = `
Shows what each drive holds, asks for the yes that erasing it needs, and prints a token for
"carousel copy ... --approve TOKEN". The token stands for this drive, plugged in as it is now, with
what is on it now: pull it, swap it or write to it, and the token is worth nothing.

Ordinary removable drives need one yes for all (or --yes). Fixed and large disks, and disks that are
part of something (RAID, LVM, encryption), need the last four characters of their serial number typed
(or --typed, for one drive at a time). What backs the running system is refused; nothing overrides that.

A drive that is mounted is refused, for a copy would pull it out from under its user. With --unmount the
token is also a yes to that: "copy --approve TOKEN" then unmounts this drive, as you and only if it still
holds what you were shown, before it erases it. No other token ever unmounts anything.

With --json each drive is one line: {"event":"approval","path":...,"level":0|1|2,"token":...,
"unmount":true|false}.`;

interface Flags {
  readonly yes?: boolean;
  readonly typed?: string;
  readonly unmount?: boolean;
  readonly json?: boolean;
}

/** The `approve` command. */
export function approveCommand(context: CliContext = processContext()): Command {
  return new Command('approve')
    .summary('agree to erase drives, for a script to use later')
    .description('Agrees to erase each DRIVE as it is now, and prints the tokens that prove it.')
    .argument('<DRIVE...>', 'drives that are to be erased')
    .option('--yes', 'agree for ordinary removable drives')
    .option('--typed <word>', 'the last four characters of the serial number of the one drive')
    .option('--unmount', 'agree to their being unmounted for the copy, too')
    .option('--json', 'print one JSON object a line on standard output')
    .addHelpText('after', HELP)
    .action(async (paths: string[], flags: Flags) => {
      context.setExitCode(await approve(paths, flags, context));
    });
}

async function approve(given: readonly string[], flags: Flags, context: CliContext): Promise<ExitCode> {
  if (flags.typed !== undefined && given.length > 1) throw usageError('--typed is for one drive at a time');
  const paths = given.map((path) => absolute(path, context.cwd));
  const ready = await getReady({ reads: [], writes: paths }, context, (text) =>
    context.stderr.write(`${text}\n`),
  );
  ready.close();
  const unmounts = flags.unmount ?? false;
  const found = unmounts ? await Promise.all(ready.found.map(withUnmountLevel)) : ready.found;
  const large = standingOut(found);
  const all = found.map((one) => ({ found: one, need: driveOnly(one, large.has(one), unmounts) }));
  const away = all.flatMap(({ found: { path }, need }) =>
    need.kind === 'away' ? [turnedAway(path, need.error)] : [],
  );
  if (away.length > 0) {
    for (const { path, error } of away)
      context.stderr.write(
        `${cleanText(path)}: ${cleanText(error?.message ?? '', 200)}${hintFor(error?.code)}\n`,
      );
    return exitCodeOf(notBegunSummary('', away), false);
  }
  if (all.some(({ need }) => need.kind !== 'none'))
    context.stderr.write(`This erases:\n${found.map(eraseLine).join('\n')}\n`);
  for (const { found: one, need } of all) await agree(one, need, flags, context);
  for (const { found: one, need } of all) {
    const token = 'token' in need ? need.token : undefined;
    const level = one.verdict ? surveyOf(one.verdict)?.level : undefined;
    const line = { event: 'approval', path: one.path, level, token, unmount: unmounts };
    context.stdout.write(flags.json ? `${JSON.stringify(line)}\n` : `${token ?? ''}\n`);
  }
  return EXIT.good;
}

const hintFor = (code: string | undefined): string =>
  code === 'mounted' ? ' (to let the copy unmount it: --unmount)' : '';

/** With what unmounting it takes, if only its mounts keep it from being a target. */
const withUnmountLevel = async (found: Found): Promise<Found> => ({
  ...found,
  unmountLevel: found.verdict && ((await unmountLevel(found.verdict, fileSystemsOn)) ?? undefined),
});

function driveOnly(found: Found, standsOut: boolean, unmounts: boolean): Need {
  const need = needOf(found, standsOut);
  if (need.kind === 'away') return need;
  if (found.verdict?.kind !== 'device')
    return { kind: 'away', error: { code: 'not-a-drive', message: 'only drives need a token' } };
  const token = unmounts ? surveyOf(found.verdict)?.unmountApproval : need.token;
  if (token === undefined)
    return { kind: 'away', error: { code: 'internal', message: 'the helper could not look at it' } };
  return { ...need, token };
}

/** Comes back only with a yes. */
async function agree(found: Found, need: Need, flags: Flags, context: CliContext): Promise<void> {
  const no = (why: string): never => {
    throw new CliError(`${cleanText(found.path)}: ${why}`, EXIT.refused);
  };
  if (need.kind === 'yes') {
    if (flags.yes) return;
    if (!context.canAsk) no('it would be erased: add --yes if that is what you want');
    const answer = await context.ask(`Type yes to agree to erasing ${cleanText(found.path)}: `);
    if (answer.trim() !== 'yes') no('not approved');
  }
  if (need.kind !== 'typed') return;
  if (flags.typed !== undefined) {
    if (flags.typed.trim().toLowerCase() !== need.word.toLowerCase()) no(`that is not ${need.what}`);
    return;
  }
  if (!context.canAsk) no(`it is no ordinary stick: add --typed with ${need.what}`);
  if (!(await typedRight(found.path, need, context))) no('not approved');
}
