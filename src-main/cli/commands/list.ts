// carousel list

import { Command } from 'commander';
import type { AppError, Drive } from '@contract/index.ts';
import { helperErrorWhat, type HelperErrorCode } from '@contract/helper-errors.gen.ts';
import type { ListDrives } from '../../core/devices/raw-drive.ts';
import { processContext, type CliContext } from '../context.ts';
import { withCore } from '../core-client.ts';
import { CliError, EXIT } from '../exit-codes.ts';
import { cleanText, cutTo, displayWidth, padTo } from '../output/clean.ts';
import { formatBytes } from '../output/format.ts';

const HELP = `
BAY is the name that its port was taught in the app (More, Teach ports); the column is there once one was.

TARGET says whether a drive may be written to: "yes"; "yes, typed" when the last four characters of its
serial number must be typed first (fixed and large disks, disks that are part of something); or why not.

With --json each drive is one line: {"event":"drive","t":0,"id":...,"path":...,"identity":{"busPath",
"serial","wwn","size","diskseq"},"title":...,"size":...,"volumes":[{"label","fileSystem","size",
"usedBytes","mountPoints"}],"usedBytes","table","newest","port":...,"bay":... or null,"asSource":{"ok","reasons"},"asTarget":{"ok","level","reasons"},...}.
"level" is 0 (nothing to approve), 1 (--yes), 2 (typed) or 3 (refused). "id" stays the same for the same
drive in the same port. Sizes are in bytes. "table" is the kind of partition table ("gpt", "mbr", "none"), "newest"
the newest date that was seen on the drive, in ms since 1970: there may be newer ones deeper inside. Where nobody could
look they are null, and so is what is used on a drive that is not mounted: it may not be read by this user, is in use,
or is a disk that stays in its place.

Loop devices are listed when CAROUSEL_SHOW_LOOP=1.`;

/** The `list` command. */
export function listCommand(context: CliContext = processContext(), list?: ListDrives): Command {
  return new Command('list')
    .summary('list the drives and what each may be used for')
    .description(
      'Lists the drives of this computer: what they are, what is on them, what they may be used for.',
    )
    .option('--json', 'print one JSON object a line on standard output')
    .addHelpText('after', HELP)
    .action(async (flags: { json?: boolean }) => {
      const began = performance.now();
      const drives = await look(context, list);
      const t = Math.round(performance.now() - began) / 1000;
      if (flags.json) {
        for (const drive of drives)
          context.stdout.write(`${JSON.stringify({ event: 'drive', t, ...drive })}\n`);
      } else {
        context.stdout.write(
          drives.length > 0 ? `${table(context, drives).join('\n')}\n` : 'No drives were found.\n',
        );
      }
    });
}

/** Asks the core for the catalogue. */
const look = (context: CliContext, list?: ListDrives): Promise<Drive[]> =>
  withCore(
    context,
    'viewer',
    async (client, app) => {
      await app.look();
      const { state } = await client.call('state.get', {});
      if (state.system.warnings.some(({ code }) => code === 'drives-unreadable'))
        throw new CliError('The list of drives could not be read.', EXIT.someTargetIsNot);
      return state.driveOrder.flatMap((id) => state.drives[id] ?? []);
    },
    list,
  );

/** Shorter than the helper's words, or for codes it does not have. */
const ownWords: Readonly<Record<string, string>> = {
  mounted: 'it is mounted',
  protected: 'it is protected',
  'image-is-source': 'an image is a source',
  'helper-missing': 'carousel-helper is not installed',
  'helper-failed': 'carousel-helper gave no answer about it',
  'in-job': 'it is being copied',
};

function why({ code, params }: AppError): string {
  const detail = code === 'in-use' && 'detail' in params ? params.detail : undefined;
  if (detail !== undefined || !Object.hasOwn(helperErrorWhat, code)) return detail ?? ownWords[code] ?? code;
  return ownWords[code] ?? helperErrorWhat[code as HelperErrorCode];
}

function targetWord({ asTarget }: Drive): string {
  if (!asTarget.ok) return `no: ${asTarget.reasons.map(why).join('; ')}`;
  return asTarget.level === 2 ? 'yes, typed' : 'yes';
}

function contents({ volumes, usedBytes, newest, kind }: Drive): string {
  const labels = volumes.flatMap(({ label }) => (label === null ? [] : `"${label}"`));
  const used = usedBytes === null ? [] : [`${formatBytes(usedBytes)} used`];
  const date = newest === null ? [] : [`newest ${new Date(newest).toISOString().slice(0, 10)}`];
  const mounts = volumes.flatMap(({ mountPoints }) => mountPoints);
  const where = mounts.length > 0 ? [`on ${mounts.join(', ')}`] : [];
  return [...(kind === 'practice' ? ['practice'] : []), ...labels, ...used, ...date, ...where].join(', ');
}

const nameOf = ({ title, identity: { serial } }: Drive): string =>
  serial ? `${title} …${serial.slice(-4)}` : title;

/** Columns of a table: only `SIZE` is aligned to its end; those with `least` may be cut on a narrow terminal, and how far. */
interface Column {
  name: string;
  least?: number;
  of: (drive: Drive) => string;
}
const columnsOf = (drives: readonly Drive[]): Column[] => [
  ...(drives.some(({ bay }) => bay !== null) ? [{ name: 'BAY', of: ({ bay }: Drive) => bay ?? '' }] : []),
  { name: 'DRIVE', of: ({ path }) => path },
  { name: 'SIZE', of: ({ size }) => formatBytes(size) },
  { name: 'BUS', of: ({ bus }) => bus },
  { name: 'NAME', least: 16, of: nameOf },
  { name: 'CONTENTS', least: 12, of: contents },
  { name: 'TARGET', of: targetWord },
];

/** Columns as wide as their widest cell; on a terminal no line is wider than it. */
function table(context: CliContext, drives: readonly Drive[]): string[] {
  const columns = columnsOf(drives);
  const sizeColumn = columns.findIndex(({ name }) => name === 'SIZE');
  const rows = [
    columns.map(({ name }) => name),
    ...drives.map((drive) => columns.map(({ of }) => cleanText(of(drive)))),
  ];
  const widths = columns.map((_, column) => Math.max(...rows.map((row) => displayWidth(row[column] ?? ''))));
  const total = context.stdout.isTerminal ? context.stdout.columns : Number.POSITIVE_INFINITY;
  const full = (): number => widths.reduce((sum, width) => sum + width + 2, -2);
  // The least important is cut first.
  for (const [column, { least }] of [...columns.entries()].reverse()) {
    if (least === undefined) continue;
    const width = widths[column] ?? 0;
    widths[column] = Math.max(Math.min(least, width), width - Math.max(0, full() - total));
  }
  return rows.map((row) => {
    const cells = row.map((cell, column) => {
      const width = widths[column] ?? 0;
      const cut = cutTo(cell, width);
      return column === sizeColumn ? ' '.repeat(width - displayWidth(cut)) + cut : padTo(cut, width);
    });
    const line = cells.join('  ').trimEnd();
    return Number.isFinite(total) ? cutTo(line, total) : line;
  });
}
