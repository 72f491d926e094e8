// Where interrupted copies leave what they have done (the maps of docs/resume-format.md): in this user's state folder.

import { mkdirSync } from 'node:fs';
import { join } from 'node:path';
import { defaultPaths } from '../../core/default-paths.ts';
import type { CliContext } from '../context.ts';

/** The folder, made if need be; undefined (and said, if it is wanted and cannot be made) where there is none. */
export function resumeFolder({ env, stderr }: CliContext): string | undefined {
  if (!env.HOME && !env.XDG_STATE_HOME && !env.APPDATA) return undefined;
  const folder = join(defaultPaths(env).stateDir, 'resume');
  try {
    mkdirSync(folder, { recursive: true, mode: 0o700 });
    return folder;
  } catch (error) {
    stderr.write(`Interrupted copies could not be resumed later: ${(error as Error).message}\n`);
    return undefined;
  }
}
