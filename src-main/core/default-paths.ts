/** Where things are kept when nobody says otherwise. `CAROUSEL_HOME` puts everything under one folder. */
import { homedir } from 'node:os';
import { dirname, join } from 'node:path';
import type { Paths } from './ports.ts';

function folders(env: NodeJS.ProcessEnv, platform: string): { config: string; state: string; data: string } {
  const one = (folder: string) => ({ config: folder, state: folder, data: folder });
  const own = env['CAROUSEL_HOME'];
  if (own) return one(own);
  if (platform === 'darwin') return one(join(homedir(), 'Library/Application Support/Carousel'));
  if (platform === 'win32') return one(join(env['APPDATA'] ?? homedir(), 'Carousel'));
  const xdg = (name: string, fallback: string): string =>
    join(env[name] || join(homedir(), fallback), 'carousel');
  return {
    config: xdg('XDG_CONFIG_HOME', '.config'),
    state: xdg('XDG_STATE_HOME', '.local/state'),
    data: xdg('XDG_DATA_HOME', '.local/share'),
  };
}

/** The paths of this user on this system. */
export function defaultPaths(
  env: NodeJS.ProcessEnv = process.env,
  platform: string = process.platform,
): Paths {
  const { config, state, data } = folders(env, platform);
  return {
    settingsFile: join(config, 'settings.json'),
    stateDir: state,
    logFile: join(state, 'carousel.log'),
    practiceDir: join(data, 'practice'),
    recordFile: join(data, 'record.db'),
  };
}

/** Beside the settings: keys, certificates and what was paired, readable by this user only. */
export const accessFolder = ({ settingsFile }: Pick<Paths, 'settingsFile'>): string =>
  join(dirname(settingsFile), 'access');

/** What of this user's must not go under with a drive. */
export const filesOf = ({ settingsFile, stateDir, recordFile }: Paths): string[] => [
  settingsFile,
  stateDir,
  ...(recordFile === null ? [] : [recordFile]),
];
