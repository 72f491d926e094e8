// Where the helper lies. In an installed app only the place that the package put it into counts: an environment variable must
// not decide which program gets elevated.

import { accessSync, constants } from 'node:fs';
import { dirname, isAbsolute, join, resolve } from 'node:path';
import { fileURLToPath } from 'node:url';

const NAME = process.platform === 'win32' ? 'carousel-helper.exe' : 'carousel-helper';

/** What the search depends on; everything has the real world as default. */
export interface HelperSearch {
  /** Folder of the running program's code. */
  readonly codeFolder?: string;
  /** Electron's resources folder, where there is one. */
  readonly resources?: string | undefined;
  readonly env?: NodeJS.ProcessEnv;
  readonly isFile?: (path: string) => boolean;
}

/** There is no helper where one should be. */
export class HelperNotFound extends Error {
  override readonly name = 'HelperNotFound';
  readonly tried: readonly string[];

  constructor(tried: readonly string[]) {
    super(
      `carousel-helper was not found; looked at ${tried.join(', ')}. In a checkout, "npm run install" builds it.`,
    );
    this.tried = tried;
  }
}

/** The helper's absolute path; throws `HelperNotFound`. */
export function findHelper(search: HelperSearch = {}): string {
  const codeFolder = search.codeFolder ?? dirname(fileURLToPath(import.meta.url));
  const resources = search.resources ?? (process as { resourcesPath?: string }).resourcesPath;
  const isFile = search.isFile ?? isExecutable;
  const candidates = isPackaged(codeFolder)
    ? packagedPlaces(codeFolder, resources)
    : developmentPlaces(codeFolder, search.env ?? process.env);
  const found = candidates.find(isFile);
  if (found === undefined) throw new HelperNotFound(candidates);
  return found;
}

/** Does the code run from an installed app rather than from a checkout? */
export function isPackaged(codeFolder: string): boolean {
  return /[\\/]resources[\\/]app(\.asar(\.unpacked)?)?[\\/]/.test(codeFolder + '/');
}

function packagedPlaces(codeFolder: string, resources: string | undefined): string[] {
  const own = /^(.*[\\/]resources)[\\/]app(\.asar(\.unpacked)?)?[\\/]/.exec(codeFolder + '/')?.[1];
  return [...new Set([own, resources])].flatMap((folder) => (folder ? [join(folder, 'helpers', NAME)] : []));
}

function developmentPlaces(codeFolder: string, env: NodeJS.ProcessEnv): string[] {
  const chosen = env.CAROUSEL_HELPER;
  // A wrong path must be an error, not a quiet fall-back to another program.
  if (chosen) return [isAbsolute(chosen) ? chosen : resolve(chosen)];
  return ancestors(codeFolder).map((folder) => join(folder, 'native-helpers', 'build', 'Release', NAME));
}

function ancestors(folder: string): string[] {
  const parent = dirname(folder);
  return parent === folder ? [folder] : [folder, ...ancestors(parent)];
}

function isExecutable(path: string): boolean {
  try {
    accessSync(path, constants.X_OK);
    return true;
  } catch {
    return false;
  }
}
