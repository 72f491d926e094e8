/** What Electron's main process does: answer a command, or open the window. */
import { dirname, join, resolve } from 'node:path';
import { fileURLToPath } from 'node:url';
import { version } from '../../package.json';
import { createApp } from '../core/create-app.ts';
import { defaultPaths } from '../core/default-paths.ts';
import { createElevator } from '../core/elevation/elevator.ts';
import { makePractice } from '../core/practice/make-practice.ts';
import { systemClock } from '../core/system-clock.ts';
import { listenWith } from '../headless/network.ts';
import { isCommand, ownArguments, practiceFolder } from './command-line.ts';
import type { ElectronParts, MakeCore, ShellPaths } from './parts.ts';
import { startShell } from './shell.ts';

/** The built main module lies in `dist/main`, in the checkout as in the package. */
function shellPaths(isPackaged: boolean, stateDir: string): ShellPaths {
  const dist = join(dirname(fileURLToPath(import.meta.url)), '..');
  const { resourcesPath } = process as { resourcesPath?: string };
  const resources = isPackaged && resourcesPath ? resourcesPath : join(dist, '..', 'assets');
  return {
    renderer: join(dist, 'renderer'),
    preload: join(dist, 'preload', 'preload.cjs'),
    icon: join(resources, 'icons', '512x512.png'),
    notices: join(resources, 'third-party-notices.txt'),
    userData: join(stateDir, 'window'),
  };
}

/** Runs a command as `bin/carousel` does. Electron gets no further before it is over, so no display is needed. */
async function runCommand(app: ElectronParts['app'], args: readonly string[]): Promise<void> {
  process.argv = [process.execPath, app.getAppPath(), ...args];
  await import('../cli/main.ts');
  app.exit(Number(process.exitCode ?? 0));
}

/** To be awaited by the main module: for the window it resolves at once. */
export async function runMain(electron: ElectronParts): Promise<void> {
  const { app } = electron;
  const args = ownArguments(process.argv, { isPackaged: app.isPackaged, appPath: app.getAppPath() });
  if (isCommand(args)) return runCommand(app, args);

  const paths = defaultPaths();
  const practice = practiceFolder(args, paths.practiceDir);
  const practiceDir = resolve(practice ?? paths.practiceDir);
  const pages = shellPaths(app.isPackaged, paths.stateDir);
  const makeCore: MakeCore = async (own) => {
    if (practice !== undefined) await makePractice(practiceDir, {});
    return createApp({
      host: 'electron',
      version,
      practiceOnly: practice !== undefined,
      ports: {
        clock: systemClock,
        paths: { ...paths, practiceDir },
        elevation: createElevator({ terminal: false }),
        listen: listenWith(pages.renderer),
        ...own,
      },
    });
  };
  const shell = startShell(electron, makeCore, pages, {
    version,
    platform: process.platform,
    electronVersion: process.versions['electron'] ?? '',
  });
  for (const signal of ['SIGINT', 'SIGTERM', 'SIGHUP'] as const) process.on(signal, () => shell.leave());
}
