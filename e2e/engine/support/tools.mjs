// Other programs that some tests need.

import { existsSync } from 'node:fs';
import path from 'node:path';

/** Is this program there? */
export function onPath(program) {
  const folders = (process.env.PATH ?? '').split(path.delimiter).concat('/sbin', '/usr/sbin');
  return folders.some((folder) => folder !== '' && existsSync(path.join(folder, program)));
}
