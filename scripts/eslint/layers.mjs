// Who may import whom, as a lint rule. One row per folder; the first row whose folder holds the file decides.
// `folders` are the folders of this repository it may import from, `typeOnly` those it may only take types from;
// `packages` says which packages it may import ('node:' stands for all of Node's own modules).

import { builtinModules } from 'node:module';
import path from 'node:path';

const anyPackageBut =
  (...names) =>
  (name) =>
    !names.includes(name);
const onlyPackages =
  (...names) =>
  (name) =>
    names.includes(name);

const renderer = 'src-renderer';
const contract = 'src-main/contract';
const webPackages = anyPackageBut(
  'electron',
  'node:',
  'drivelist',
  'ws',
  'pino',
  'commander',
  '@vscode/sudo-prompt',
);

export const rows = [
  { in: contract, folders: [contract], packages: onlyPackages('zod') },
  { in: 'src-main/core', folders: ['src-main/core', contract], packages: anyPackageBut('electron') },
  // The packaged command line is Electron's own main file, so that host may hand over to the CLI;
  // and the window's core lets other computers watch just as `carousel serve` does.
  {
    in: 'src-main/electron',
    folders: ['src-main/electron', 'src-main/cli', 'src-main/headless', 'src-main/core', contract],
  },
  {
    in: 'src-main/headless',
    folders: ['src-main/headless', 'src-main/core', contract],
    packages: anyPackageBut('electron'),
  },
  {
    in: 'src-main/cli',
    folders: ['src-main/cli', 'src-main/headless', 'src-main/core', contract],
    packages: anyPackageBut('electron'),
  },
  { in: 'src-main', folders: ['src-main'], packages: anyPackageBut('electron') },
  { in: 'src-preload', folders: ['src-preload'], typeOnly: [contract], packages: onlyPackages('electron') },
  {
    in: `${renderer}/ui`,
    folders: [`${renderer}/ui`, `${renderer}/composables`, `${renderer}/i18n`, `${renderer}/assets`],
    typeOnly: [contract],
    packages: webPackages,
  },
  {
    in: `${renderer}/composables`,
    folders: [`${renderer}/composables`, `${renderer}/i18n`],
    typeOnly: [contract],
    packages: webPackages,
  },
  {
    in: `${renderer}/features`,
    folders: [renderer, contract, 'assets'],
    except: [`${renderer}/channels`],
    packages: webPackages,
  },
  { in: renderer, folders: [renderer, contract], packages: webPackages },
];

const inside = (file, folder) => file === folder || file.startsWith(`${folder}/`);
const isTest = (file) => /\.test\.[cm]?[jt]s$/.test(file) || file.includes('/testing/');

function packageName(specifier) {
  if (specifier.startsWith('node:') || builtinModules.includes(specifier)) return 'node:';
  const parts = specifier.split('/');
  return specifier.startsWith('@') ? parts.slice(0, 2).join('/') : parts[0];
}

/** The path inside the repository that a specifier points at, or undefined for a package. */
function target(file, specifier) {
  if (specifier.startsWith('@contract/')) return `${contract}/${specifier.slice('@contract/'.length)}`;
  if (!specifier.startsWith('.')) return undefined;
  return path.posix.join(path.posix.dirname(file), specifier.replace(/\?.*$/, ''));
}

/**
 * Why `file` may not import `specifier`, or undefined if it may.
 * @param {string} file path inside the repository, with forward slashes
 * @param {string} specifier
 * @param {boolean} [typesOnly] true for `import type`
 * @returns {string | undefined}
 */
export function whyNot(file, specifier, typesOnly = false) {
  const row = rows.find((r) => inside(file, r.in));
  if (!row) return undefined;
  const to = target(file, specifier);
  if (to === undefined) {
    // Tests may use test libraries and Node; what they test is fenced where it stands.
    if (isTest(file) || !row.packages) return undefined;
    const name = packageName(specifier);
    return row.packages(name)
      ? undefined
      : `${row.in} may not import ${name === 'node:' ? "Node's modules" : `'${name}'`}`;
  }
  if (to === 'package.json') return undefined;
  const allowed = [...row.folders, ...(typesOnly || isTest(file) ? (row.typeOnly ?? []) : [])];
  if (allowed.some((f) => inside(to, f)) && !(row.except ?? []).some((f) => inside(to, f))) return undefined;
  const onlyTypes = (row.typeOnly ?? []).some((f) => inside(to, f));
  return onlyTypes
    ? `${row.in} may import only types from ${to}`
    : `${row.in} may not import from ${path.posix.dirname(to)}`;
}

/** @type {import('eslint').Rule.RuleModule} */
export const layersRule = {
  meta: { type: 'problem', schema: [] },
  create(context) {
    const file = path.relative(context.cwd, context.filename).split(path.sep).join('/');
    const check = (node) => {
      const source = node.source?.value;
      if (typeof source !== 'string') return;
      const message = whyNot(file, source, (node.importKind ?? node.exportKind) === 'type');
      if (message) context.report({ node: node.source, message });
    };
    return {
      ImportDeclaration: check,
      ImportExpression: check,
      ExportNamedDeclaration: check,
      ExportAllDeclaration: check,
    };
  },
};
