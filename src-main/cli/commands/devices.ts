// carousel devices, carousel revoke

import { join } from 'node:path';
import { Command } from 'commander';
import { createDevices, type Devices } from '../../core/access/devices.ts';
import { accessFolder, defaultPaths } from '../../core/default-paths.ts';
import { processContext, type CliContext } from '../context.ts';
import { CliError, EXIT } from '../exit-codes.ts';
import { cleanText, displayWidth, padTo } from '../output/clean.ts';

const devicesOf = ({ env }: CliContext): Devices =>
  createDevices(join(accessFolder(defaultPaths(env)), 'devices'));

const day = (time: number): string => new Date(time).toISOString().slice(0, 16).replace('T', ' ');

/** The `devices` command. */
export function devicesCommand(context: CliContext = processContext()): Command {
  return new Command('devices')
    .summary('list the devices that may look in')
    .description('Lists the devices that were paired with this computer.')
    .option('--json', 'print one JSON object a line on standard output')
    .addHelpText(
      'after',
      '\nWith --json each is one line: {"event":"device","id","name","role","approve","pairedAt","seenAt"} (milliseconds since 1970).',
    )
    .action(async ({ json }: { json?: boolean }) => {
      const devices = await devicesOf(context).list();
      if (json) {
        for (const device of devices)
          context.stdout.write(`${JSON.stringify({ event: 'device', ...device })}\n`);
        return;
      }
      const rows = devices.map(({ name, role, approve, pairedAt, seenAt }) => [
        cleanText(name),
        approve ? 'operator, may erase' : role,
        day(pairedAt),
        day(seenAt),
      ]);
      const table = [['NAME', 'MAY', 'PAIRED (UTC)', 'LAST SEEN'], ...rows];
      const widths = [0, 1, 2].map((column) =>
        Math.max(...table.map((row) => displayWidth(row[column] ?? ''))),
      );
      const lines = table.map((row) =>
        row
          .map((cell, at) => padTo(cell, widths[at] ?? 0))
          .join('  ')
          .trimEnd(),
      );
      context.stdout.write(rows.length > 0 ? `${lines.join('\n')}\n` : 'No device has been paired.\n');
    });
}

/** The `revoke` command. */
export function revokeCommand(context: CliContext = processContext()): Command {
  return new Command('revoke')
    .summary('take keys of devices away')
    .description('Takes the keys of devices away. What they have open ends at once.')
    .argument('<NAME...>', 'names or ids, as "carousel devices" shows them')
    .addHelpText(
      'after',
      '\nExit status: 0; 1 when there is no such device (the others are revoked all the same).',
    )
    .action(async (names: string[]) => {
      const devices = devicesOf(context);
      const all = await devices.list();
      const missing: string[] = [];
      for (const name of names) {
        const device = all.find((one) => one.id === name || one.name.toLowerCase() === name.toLowerCase());
        if (device && (await devices.revoke(device.id)))
          context.stderr.write(`${cleanText(device.name)} may not look in any more.\n`);
        else missing.push(cleanText(name));
      }
      if (missing.length > 0)
        throw new CliError(`There is no device called ${missing.join(', ')}.`, EXIT.someTargetIsNot);
    });
}
