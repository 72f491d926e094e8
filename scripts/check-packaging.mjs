// Checks what will be in the packages, without network: electron-builder.yml against its schema, and a real Linux folder
// made around a stand-in for Electron's runtime. Needs a built dist/ and a built helper. Leaves nothing behind.
//   --release    what could not be built on this machine (drivelist) is missing, not skipped

import assert from 'node:assert/strict';
import { Buffer } from 'node:buffer';
import { spawnSync } from 'node:child_process';
import fs from 'node:fs';
import os from 'node:os';
import path from 'node:path';
import process from 'node:process';
import asar from '@electron/asar';
import { getConfig, validateConfiguration } from 'app-builder-lib/out/util/config/config.js';
import { exists, fail, inRoot, root, runNode } from './lib.mjs';
import { installOnly, nativePackages, noticesFile, noticesText } from './notices.mjs';

const config = 'electron-builder.yml';
const policyFile = 'assets/linux/org.carousel.policy';
const fuseSentinel = 'dL7pKGdnNz796PbbjQWNKmHXBZaB9tsX';
const release = process.argv.includes('--release');
const iconSizes = [16, 22, 24, 32, 48, 64, 96, 128, 256, 512, 1024];
const packageJson = JSON.parse(fs.readFileSync(inRoot('package.json'), 'utf8'));

let passed = 0;
let failed = 0;

async function test(name, check) {
  try {
    await check();
    passed += 1;
    console.log(`ok    ${name}`);
  } catch (error) {
    failed += 1;
    console.log(`FAIL  ${name}\n      ${String(error.message).replace(/\n/g, '\n      ')}`);
  }
}

// ---- the stand-in -----------------------------------------------------------------------------

/** As much of an unpacked Electron as electron-builder looks at. */
function makeRuntime(folder) {
  fs.mkdirSync(path.join(folder, 'locales'), { recursive: true });
  fs.mkdirSync(path.join(folder, 'resources'));
  const fuses = Buffer.concat([Buffer.from(fuseSentinel), Buffer.from([1, 9]), Buffer.from('101100100')]);
  const program = fs.readFileSync(inRoot('native-helpers/build/Release/carousel-helper'));
  fs.writeFileSync(path.join(folder, 'electron'), Buffer.concat([program, fuses]), { mode: 0o755 });
  fs.writeFileSync(path.join(folder, 'version'), packageJson.devDependencies.electron);
  for (const name of [
    'LICENSE',
    'LICENSES.chromium.html',
    'locales/en-US.pak',
    'chrome-sandbox',
    'chrome_crashpad_handler',
  ])
    fs.writeFileSync(path.join(folder, name), `stand-in for ${name}\n`, { mode: 0o755 });
}

/** The state of each fuse, in Electron's order. */
function readFuses(program) {
  const bytes = fs.readFileSync(program);
  const at = bytes.indexOf(fuseSentinel);
  assert.notEqual(at, -1, 'the program has no fuses');
  const start = at + fuseSentinel.length + 2;
  return bytes.toString('latin1', start, start + bytes[start - 1]);
}

// ---- pictures ---------------------------------------------------------------------------------

function pngSize(bytes) {
  assert.equal(bytes.toString('latin1', 1, 4), 'PNG');
  return [bytes.readUInt32BE(16), bytes.readUInt32BE(20)];
}

function icoSizes(bytes) {
  assert.equal(bytes.readUInt32LE(0), 0x10000, 'no icon file');
  return Array.from({ length: bytes.readUInt16LE(4) }, (_, index) => bytes[6 + 16 * index] || 256);
}

function icnsSizes(bytes) {
  assert.equal(bytes.toString('latin1', 0, 4), 'icns');
  assert.equal(bytes.readUInt32BE(4), bytes.length, 'wrong length in the header');
  const sizes = [];
  for (let at = 8; at < bytes.length; at += bytes.readUInt32BE(at + 4))
    sizes.push(pngSize(bytes.subarray(at + 8))[0]);
  return sizes;
}

// ---- checks -----------------------------------------------------------------------------------

async function validate(change = {}) {
  const { DebugLogger } = await import('builder-util');
  const whole = await getConfig(root, inRoot(config), null);
  await validateConfiguration({ ...whole, ...change }, new DebugLogger(false));
  return whole;
}

async function checkSources() {
  await test('electron-builder.yml is what the schema allows', () => validate());
  await test('... and the schema would notice a misspelt key', () =>
    assert.rejects(validate({ asarUnpak: [] }), /asarUnpak/));
  await test('every file that the configuration names is there', async () => {
    const { extraResources, linux, mac, win, deb, rpm } = await validate();
    const named = [...extraResources, ...linux.extraResources, ...mac.extraResources]
      .map(({ from }) => from)
      .concat(linux.icon, mac.icon, win.icon)
      .concat([...deb.fpm, ...rpm.fpm].map((argument) => argument.split('=')[0]));
    assert.deepEqual(
      named.filter((file) => !exists(file)),
      [],
    );
  });
  await test('the icons have every size', () => {
    for (const size of iconSizes)
      assert.deepEqual(pngSize(fs.readFileSync(inRoot('assets/icons', `${size}x${size}.png`))), [size, size]);
    assert.deepEqual(icoSizes(fs.readFileSync(inRoot('assets/icon.ico'))), [16, 24, 32, 48, 64, 128, 256]);
    assert.deepEqual(
      icnsSizes(fs.readFileSync(inRoot('assets/icon.icns'))),
      [128, 256, 512, 1024, 32, 64, 256, 512],
    );
  });
  await test('the polkit policy names the installed helper and always asks an administrator', () => {
    const policy = fs.readFileSync(inRoot(policyFile), 'utf8');
    assert.match(policy, /exec\.path">\/opt\/Carousel\/resources\/helpers\/carousel-helper<\/annotate>/);
    assert.deepEqual(
      [...policy.matchAll(/<allow_\w+>(\w+)</g)].map((match) => match[1]),
      ['auth_admin', 'auth_admin', 'auth_admin'],
    );
  });
  if (!exists('node_modules/drivelist') && !release)
    console.log('skip  the third-party notices: drivelist is not installed here');
  else
    await test('the third-party notices are up to date', () => {
      const fresh = fs.readFileSync(inRoot(noticesFile), 'utf8') === noticesText();
      assert.ok(fresh, 'run node scripts/notices.mjs');
    });
}

/** The files of the archive by path, with a leading slash. */
function checkArchive(archive) {
  const files = asar.listPackage(archive, { isPack: false }).map((file) => file.split(path.sep).join('/'));
  const own = files.filter((file) => !file.startsWith('/node_modules'));
  const text = (file) => asar.extractFile(archive, file.slice(1)).toString('utf8');
  return { files, own, text };
}

async function checkPackage(folder) {
  const resources = path.join(folder, 'resources');
  const archive = path.join(resources, 'app.asar');
  const { files, own, text } = checkArchive(archive);

  await test('main, command line, bridge and page are in the archive', () => {
    for (const file of [
      '/package.json',
      '/dist/main/main.mjs',
      '/dist/main/carousel.mjs',
      '/dist/preload/preload.cjs',
      '/dist/renderer/index.html',
    ])
      assert.ok(files.includes(file), `${file} is missing`);
    assert.equal(JSON.parse(text('/package.json')).main, 'dist/main/main.mjs');
  });
  await test('no sources, no maps, no tests, nothing but dist/ and package.json of ours', () => {
    assert.deepEqual(
      files.filter((file) => /\.(map|ts|vue|cpp|hpp|h|gyp|mm)$|\.test\.|\/testing\//.test(file)),
      [],
    );
    assert.deepEqual(
      own.filter((file) => !/^\/(package\.json|dist(\/.*)?)$/.test(file)),
      [],
    );
  });
  await test('no packages but the native ones and what they need', () => {
    const inside = files
      .map((file) => /^\/node_modules\/((?:@[^/]+\/)?[^/@]+)\/package\.json$/.exec(file)?.[1])
      .filter((name) => name !== undefined)
      .sort();
    const wanted = nativePackages().map((name) => name.slice('node_modules/'.length));
    assert.deepEqual(inside, wanted.sort());
    assert.ok(!inside.some((name) => installOnly.includes(name)));
  });
  await test('the bundles import nothing that is not there', () => {
    for (const file of own.filter((name) => /^\/dist\/(main|preload)\/.*\.[mc]js$/.test(name))) {
      const code = text(file);
      const imported = [...code.matchAll(/^(?:import|export) (?:[^'"]* from )?["']([^'"]+)["']/gm)];
      const required = file.includes('/preload/') ? [...code.matchAll(/\brequire\(["']([^'"]+)["']\)/g)] : [];
      for (const [, name] of [...imported, ...required])
        assert.match(
          name,
          /^(node:|\.\/|electron$|drivelist$|@photostructure\/sqlite$)/,
          `${file} imports ${name}`,
        );
    }
  });
  await test('the page asks for a nonce and names only its own files', () => {
    const page = text('/dist/renderer/index.html');
    assert.match(page, /%NONCE%/);
    for (const [, address] of page.matchAll(/(?:src|href)="([^"]+)"/g)) {
      const file = path.posix.join('/dist/renderer', address);
      assert.ok(files.includes(file), `${address} is missing`);
    }
  });
  const binaries = exists('node_modules/drivelist/build/Release')
    ? fs.readdirSync(inRoot('node_modules/drivelist/build/Release')).filter((name) => name.endsWith('.node'))
    : [];
  if (binaries.length === 0 && !release)
    console.log('skip  drivelist outside the archive: it is not built here');
  else
    await test("drivelist's binary lies outside the archive", () => {
      assert.notEqual(binaries.length, 0, 'it is not built');
      for (const name of binaries) {
        const file = path.join(`${archive}.unpacked`, 'node_modules/drivelist/build/Release', name);
        assert.ok(fs.existsSync(file), `${file} is missing`);
      }
    });
  await test("sqlite's build for this system lies outside the archive, loads, and is the only one", () => {
    const unpacked = path.join(`${archive}.unpacked`, 'node_modules/@photostructure/sqlite');
    const platform = `${process.platform}-${process.arch}`;
    assert.deepEqual(fs.readdirSync(path.join(unpacked, 'prebuilds')), [platform]);
    assert.deepEqual(
      files.filter((file) => /^\/node_modules\/@photostructure\/sqlite\/(src|scripts)\//.test(file)),
      [],
    );
    const inside = path.join(work, 'sqlite');
    asar.extractAll(archive, inside);
    const code = `const { DatabaseSync } = require('@photostructure/sqlite');
      process.stdout.write(String(new DatabaseSync(':memory:').prepare('SELECT 42 AS n').get().n));`;
    const { stdout, stderr } = spawnSync(process.execPath, ['-e', code], { cwd: inside, encoding: 'utf8' });
    assert.equal(stdout, '42', stderr);
  });
  await test('the helper lies outside the archive, is a program for all, and runs', () => {
    const helper = path.join(resources, 'helpers/carousel-helper');
    const mode = (fs.statSync(helper).mode & 0o7777).toString(8);
    assert.equal(mode, '755');
    const { status, stdout } = spawnSync(helper, ['--version'], { encoding: 'utf8', timeout: 10_000 });
    assert.equal(status, 0);
    assert.equal(typeof JSON.parse(stdout).helper, 'string');
  });
  await test('the fuses are set: no Node from outside, archive checked, nothing loaded beside it', () => {
    //  RunAsNode, cookies, NODE_OPTIONS, inspect, integrity, only asar, own snapshot, file: privileges
    assert.equal(readFuses(path.join(folder, 'carousel')).slice(0, 8), '01001100');
  });
  await test('licences, notices and the window icon come along', () => {
    for (const name of ['LICENSE.electron.txt', 'LICENSES.chromium.html'])
      assert.ok(fs.existsSync(path.join(folder, name)), `${name} is missing`);
    const same = (name, source) =>
      assert.deepEqual(fs.readFileSync(path.join(resources, name)), fs.readFileSync(inRoot(source)));
    same('LICENSE.carousel.txt', 'LICENSE');
    same('third-party-notices.txt', noticesFile);
    same('icons/512x512.png', 'assets/icons/512x512.png');
  });
}

// ---- the run ----------------------------------------------------------------------------------

for (const [file, command] of [
  ['dist/main/main.mjs', 'npm run build'],
  ['dist/preload/preload.cjs', 'npm run build'],
  ['dist/renderer/index.html', 'npm run build'],
  ['native-helpers/build/Release/carousel-helper', 'npm run install'],
])
  if (!exists(file)) fail(`${file} is not there: run ${command} first.\n0 passed, 1 failed`);

const work = fs.mkdtempSync(path.join(os.tmpdir(), 'carousel-package-'));
process.on('exit', () => fs.rmSync(work, { recursive: true, force: true }));

await checkSources();
if (process.platform === 'win32') console.log('skip  the package itself: a Linux helper is needed for it');
else {
  makeRuntime(path.join(work, 'runtime'));
  const built = await runNode(
    [
      inRoot('node_modules/electron-builder/cli.js'),
      '--linux',
      '--dir',
      '--publish=never',
      `--config=${config}`,
      `--config.electronDist=${path.join(work, 'runtime')}`,
      `--config.directories.output=${path.join(work, 'release')}`,
    ],
    { quiet: true, limitSeconds: 120, env: { FORCE_COLOR: '0' } },
  );
  await test('electron-builder makes the Linux folder', () => assert.ok(built.ok, built.output));
  const folder = built.ok && fs.readdirSync(path.join(work, 'release')).find((name) => /^linux/.test(name));
  if (folder) await checkPackage(path.join(work, 'release', folder));
}
console.log(
  'Not checked: AppImage, deb, rpm, dmg and nsis themselves, because their tools and Electron come over the network.',
);
process.exitCode = failed > 0 ? 1 : 0;
console.log(`${passed} passed, ${failed} failed`);
