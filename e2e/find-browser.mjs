// Finds a Chromium-like browser for the tests in the browser: the one named by CAROUSEL_BROWSER, Playwright's own if it
// was downloaded, else one of the usual places. `node e2e/find-browser.mjs` prints it.

import fs from 'node:fs';
import path from 'node:path';
import process from 'node:process';
import { pathToFileURL } from 'node:url';

export const browserArguments = [
  '--no-sandbox',
  '--disable-gpu',
  '--disable-quic',
  '--no-first-run',
  '--disable-background-networking',
  '--disable-component-update',
  '--disable-sync',
];

export const browserAdvice =
  'No browser was found for the tests: install Chromium (Debian: apt-get install -y chromium; anywhere: npx playwright install chromium) or name one in CAROUSEL_BROWSER.';

function usualPlaces() {
  if (process.platform === 'darwin')
    return ['Google Chrome', 'Chromium', 'Microsoft Edge'].map(
      (name) => `/Applications/${name}.app/Contents/MacOS/${name}`,
    );
  if (process.platform === 'win32')
    return [process.env.PROGRAMFILES, process.env['PROGRAMFILES(X86)'], process.env.LOCALAPPDATA]
      .filter((folder) => folder !== undefined)
      .flatMap((folder) => [
        path.join(folder, 'Google/Chrome/Application/chrome.exe'),
        path.join(folder, 'Microsoft/Edge/Application/msedge.exe'),
      ]);
  return [
    '/usr/bin/chromium',
    '/usr/bin/chromium-browser',
    '/usr/bin/google-chrome-stable',
    '/usr/bin/google-chrome',
    '/usr/bin/microsoft-edge-stable',
    '/snap/bin/chromium',
  ];
}

async function playwrightsOwn() {
  try {
    const { chromium } = await import('@playwright/test');
    return chromium.executablePath();
  } catch {
    return undefined; // Playwright is not installed, or has no browser for this platform
  }
}

/** @returns {Promise<string | undefined>} the path of a browser that exists */
export async function findBrowser() {
  const named = process.env.CAROUSEL_BROWSER;
  if (named) {
    if (!fs.existsSync(named)) throw new Error(`CAROUSEL_BROWSER names ${named}, which does not exist.`);
    return named;
  }
  const own = await playwrightsOwn();
  return [own, ...usualPlaces()].find((file) => file !== undefined && fs.existsSync(file));
}

if (process.argv[1] !== undefined && import.meta.url === pathToFileURL(process.argv[1]).href) {
  const found = await findBrowser();
  console.log(found ?? browserAdvice);
  process.exitCode = found === undefined ? 1 : 0;
}
