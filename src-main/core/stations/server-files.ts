/** The files that say how a server is reached, before anything is read from them. */
import { stat } from 'node:fs/promises';
import type { Server } from '@contract/groups/stations.ts';
import { isAbsolute } from 'node:path';
import { StationError } from './station-error.ts';

/** Throws `StationError` for what is no ordinary file of this machine: a pipe or a device would be read for ever. */
export async function checkFiles({ credentials, ca, cert, key }: Server): Promise<void> {
  for (const file of [credentials, ca, cert, key]) {
    if (file === undefined) continue;
    const info = isAbsolute(file) ? await stat(file).catch(() => null) : null;
    if (!info?.isFile()) throw new StationError('station-credentials', `${file}: there is no such file`);
  }
}
