// Writes assets/third-party-notices.txt: the licences of everybody whose work is in the packages.
//   node scripts/notices.mjs            after `npm run build`; writes the file
//   node scripts/notices.mjs --check    says whether the file is up to date
//
// What is bundled is read from the source maps of dist/, so nothing has to be listed by hand. Added to that are fonts (their
// packages have no code), drivelist and sqlite with what they need (packaged as it is), xxHash (compiled into the helper) and Electron.

import fs from 'node:fs';
import path from 'node:path';
import process from 'node:process';
import { pathToFileURL } from 'node:url';
import { exists, fail, filesBelow, inRoot } from './lib.mjs';

export const noticesFile = 'assets/third-party-notices.txt';
const bundles = ['dist/main/main.mjs', 'dist/preload/preload.cjs', 'dist/renderer/index.html'];
const rule = '='.repeat(100);

/** Code that the bundler itself puts in is named in the source maps like this. */
const injected = [
  [/vite\/(preload-helper|modulepreload)/, 'vite'],
  [/plugin-vue:/, '@vitejs/plugin-vue'],
  [/rolldown\/runtime/, 'rolldown'],
];

const readJson = (file) => JSON.parse(fs.readFileSync(inRoot(file), 'utf8'));

/** Folders of the packages that have code in dist/. */
function bundledPackages() {
  const folders = new Set();
  for (const map of filesBelow('dist', (file) => file.endsWith('.map'))) {
    for (const source of readJson(map).sources) {
      const at = source.lastIndexOf('node_modules/');
      const name = /^node_modules\/((?:@[^/]+\/)?[^/]+)\//.exec(source.slice(Math.max(at, 0)))?.[1];
      if (name !== undefined) {
        const nested = path.posix.join(path.posix.dirname(map), source.slice(0, at));
        folders.add(path.posix.join(nested, 'node_modules', name));
      }
      const own = injected.find(([pattern]) => pattern.test(source))?.[1];
      if (own !== undefined && name === undefined) folders.add(`node_modules/${own}`);
    }
  }
  return [...folders];
}

/** The folder in which a package that lies in `from` finds another. */
function resolveFrom(from, name) {
  for (let folder = from; ; folder = path.posix.dirname(folder)) {
    const found = path.posix.join(folder, 'node_modules', name);
    if (exists(found, 'package.json')) return found;
    if (folder === '.') return undefined;
  }
}

/** Packages of the fonts that lie in dist/: their style sheets leave no trace in a source map. */
function fontPackages() {
  const files = filesBelow('dist', (file) => file.endsWith('.woff2')).map((file) =>
    path.posix.basename(file),
  );
  const scope = 'node_modules/@fontsource-variable';
  const fonts = exists(scope) ? fs.readdirSync(inRoot(scope)) : [];
  const unknown = files.filter((file) => !fonts.some((font) => file.startsWith(`${font}-`)));
  if (unknown.length > 0) throw new Error(`no package is known for the font ${unknown[0]}`);
  return fonts
    .filter((font) => files.some((file) => file.startsWith(`${font}-`)))
    .map((font) => `${scope}/${font}`);
}

/** Packages that native ones need only while they are installed; they are not packaged. */
export const installOnly = ['prebuild-install', 'node-addon-api'];

/** Folders of the native packages and of what they need when they run; drivelist only where it could be installed. */
export function nativePackages() {
  const folders = [];
  const add = (folder) => {
    if (folder === undefined || folders.includes(folder)) return;
    folders.push(folder);
    for (const name of Object.keys(readJson(`${folder}/package.json`).dependencies ?? {}))
      if (!installOnly.includes(name)) add(resolveFrom(folder, name));
  };
  if (exists('node_modules/drivelist/package.json')) add('node_modules/drivelist');
  add('node_modules/@photostructure/sqlite');
  return folders;
}

function licenceText(folder) {
  const names = fs.readdirSync(inRoot(folder)).sort();
  const files = names.filter((name) => /^(licen[cs]e|copying|notice)([.-].*)?$/i.test(name));
  return files
    .map((name) => fs.readFileSync(inRoot(folder, name), 'utf8').replace(/\r\n/g, '\n').trim())
    .join('\n\n');
}

function fromPackage(folder) {
  const { name, version, license, repository, homepage, author } = readJson(`${folder}/package.json`);
  const address = (homepage ?? (typeof repository === 'string' ? repository : repository?.url) ?? '')
    .replace(/^git(\+https)?:/, 'https:')
    .replace(/^(?=[\w-]+\/[\w-]+$)/, 'https://github.com/');
  const by = typeof author === 'string' ? author : author?.name;
  const text = licenceText(folder) || `Licence: ${license}${by ? `\nBy ${by}` : ''}`;
  return { title: `${name} ${version}`, licence: license ?? 'see below', address, text };
}

function xxHash() {
  const header = fs.readFileSync(inRoot('node_modules/xxhash-addon/xxHash/xxhash.h'), 'utf8');
  const number = (part) => new RegExp(`XXH_VERSION_${part}\\s+(\\d+)`).exec(header)?.[1] ?? '?';
  const comment = header.slice(0, header.indexOf('*/'));
  const text = comment
    .split('\n')
    .slice(1)
    .map((line) => line.replace(/^ \* ?/, ''))
    .join('\n')
    .trim();
  return {
    title: `xxHash ${['MAJOR', 'MINOR', 'RELEASE'].map(number).join('.')} (in carousel-helper)`,
    licence: 'BSD-2-Clause',
    address: 'https://github.com/Cyan4973/xxHash',
    text,
  };
}

function electron() {
  const own = fromPackage('node_modules/electron');
  const more =
    'Electron contains Chromium, Node.js, V8 and the work of many others. Their licences are in the file\n' +
    "LICENSES.chromium.html that lies beside this program, Electron's own in LICENSE.electron.txt.";
  return { ...own, text: `${own.text}\n\n${more}` };
}

/** The whole text. `dist/` must be built. */
export function noticesText() {
  const missing = bundles.find((file) => !exists(file));
  if (missing !== undefined) throw new Error(`${missing} is not built; run npm run build first`);
  const folders = [...new Set([...bundledPackages(), ...fontPackages(), ...nativePackages()])];
  const entries = [...folders.map(fromPackage), xxHash(), electron()].sort((a, b) =>
    a.title < b.title ? -1 : 1,
  );
  const byText = new Map();
  for (const entry of entries) byText.set(entry.text, [...(byText.get(entry.text) ?? []), entry]);
  const sections = [...byText].map(([text, same]) =>
    [
      rule,
      ...same.map(({ title, licence, address }) => `${title}   ${licence}   ${address}`.trimEnd()),
      rule,
      '',
      text,
      '',
    ].join('\n'),
  );
  const head = [
    'Carousel is made with the work of others. It is itself under the Apache License 2.0; what follows is theirs.',
    'This file is written by scripts/notices.mjs.',
    '',
    '',
  ].join('\n');
  return `${head}${sections.join('\n')}`;
}

if (process.argv[1] !== undefined && import.meta.url === pathToFileURL(process.argv[1]).href) {
  const text = noticesText();
  if (!process.argv.includes('--check')) fs.writeFileSync(inRoot(noticesFile), text);
  else if (!exists(noticesFile) || fs.readFileSync(inRoot(noticesFile), 'utf8') !== text)
    fail(`${noticesFile} is not up to date: run node scripts/notices.mjs`);
  else console.log(`${noticesFile} is up to date`);
}
