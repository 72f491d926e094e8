// The core in this process, and the contract to it: how every command reaches what it works on.

import {
  createClient,
  createMemoryChannel,
  ContractError,
  type ContractClient,
  type Role,
} from '@contract/index.ts';
import { version } from '../../package.json';
import { createApp, type App } from '../core/create-app.ts';
import { defaultPaths } from '../core/default-paths.ts';
import type { ListDrives } from '../core/devices/raw-drive.ts';
import { ownRights } from '../core/elevation/own-rights.ts';
import { systemClock } from '../core/system-clock.ts';
import type { CliContext } from './context.ts';
import { CliError, EXIT, usageError } from './exit-codes.ts';
import { settingsTrouble } from './output/settings-trouble.ts';
import { problemWords } from './stations/words.ts';

/** Lends a core and a client of it to `use`; both are gone afterwards. Copies that run go on. */
export async function withCore<T>(
  context: CliContext,
  role: Role,
  use: (client: ContractClient, app: App) => Promise<T>,
  list?: ListDrives,
): Promise<T> {
  // Who only looks is never asked for rights.
  const elevator = role === 'local' ? context.elevator() : null;
  const app = await createApp({
    host: 'cli',
    version,
    engine: (protects) => context.helper(protects, elevator?.launcher),
    ...(list ? { list } : {}),
    ports: {
      clock: systemClock,
      paths: { ...defaultPaths(context.env), logFile: null },
      elevation: elevator ?? ownRights(),
      powerGuard: { hold: () => () => undefined },
    },
  });
  for (const warning of app.state.system.warnings) {
    const trouble = settingsTrouble(warning);
    if (trouble) context.stderr.write(`${trouble}\n`);
  }
  const [near, far] = createMemoryChannel();
  app.connect(far, role);
  const client = createClient(near);
  try {
    return await use(client, app);
  } catch (error) {
    throw error instanceof ContractError ? explain(error) : error;
  } finally {
    client.close();
    await app.stop();
    elevator?.close();
  }
}

/** An error of the contract as the end of a command. */
function explain({ error }: ContractError): CliError {
  switch (error.code) {
    case 'bad-request':
      return usageError(error.params.at);
    case 'station': {
      const { problem, detail = '' } = error.params;
      const exit = problem === 'nats-denied' ? EXIT.permission : EXIT.source;
      return new CliError(problemWords(problem, detail), exit);
    }
    case 'helper-missing':
    case 'helper-failed': {
      const { detail = error.code, errno } = { errno: undefined, ...error.params };
      const denied = errno === 'EACCES' || errno === 'EPERM';
      return new CliError(detail, denied ? EXIT.permission : EXIT.someTargetIsNot);
    }
    default:
      return new CliError(error.code, EXIT.someTargetIsNot);
  }
}
