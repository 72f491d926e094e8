// The flags that say how a NATS server is reached, shared by `copy --publish` and `station`.

import type { Command } from 'commander';
import { serverSchema, stationJobSchema, type Server } from '@contract/groups/stations.ts';
import { absolute } from '../copy/copy-options.ts';
import { usageError } from '../exit-codes.ts';

/** The flags as commander hands them over. */
export interface ServerFlags {
  readonly credentials?: string;
  readonly tlsCa?: string;
  readonly tlsCert?: string;
  readonly tlsKey?: string;
}

/** Adds them. */
export function withServerOptions(command: Command): Command {
  return command
    .option('--credentials <file>', 'who we are at the server: a .creds file, an nkey seed, or user:password')
    .option('--tls-ca <file>', 'certificates that may vouch for the server (PEM)')
    .option('--tls-cert <file>', 'our own certificate (PEM), where the server wants one')
    .option('--tls-key <file>', 'its key (PEM)');
}

/** How the server is reached; throws a usage error. */
export function serverOf(url: string, flags: ServerFlags, cwd: string): Server {
  const files = { credentials: flags.credentials, ca: flags.tlsCa, cert: flags.tlsCert, key: flags.tlsKey };
  const given = Object.entries(files).flatMap(([name, file]) =>
    file === undefined ? [] : [[name, absolute(file, cwd)]],
  );
  const read = serverSchema.safeParse({ url, ...(Object.fromEntries(given) as object) });
  if (!read.success) throw usageError(`the server's URL ${read.error.issues[0]?.message ?? 'is not valid'}`);
  return read.data;
}

/** The name of a job as it was given; throws a usage error. */
export function jobOf(text: string): string {
  const read = stationJobSchema.safeParse(text);
  if (!read.success) throw usageError('--job takes 1 to 32 small letters and digits');
  return read.data;
}
