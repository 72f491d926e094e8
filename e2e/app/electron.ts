/** Finds Electron by looking only: asking the package for it would start a download. */
import { existsSync } from 'node:fs';
import { join } from 'node:path';
import { root } from './paths.ts';

const programs: Partial<Record<NodeJS.Platform, string>> = {
  darwin: 'Electron.app/Contents/MacOS/Electron',
  win32: 'electron.exe',
};

/** The program, or null where it has not been downloaded. */
export function electronBinary(): string | null {
  const folder = process.env['ELECTRON_OVERRIDE_DIST_PATH'] || join(root, 'node_modules/electron/dist');
  const program = join(folder, programs[process.platform] ?? 'electron');
  return existsSync(program) ? program : null;
}
