/** The app as people use it: `npm run test:e2e`. Needs a built app (`npm run build`) and a browser. */
import { defineConfig } from '@playwright/test';
import { electronBinary } from './e2e/app/electron.ts';
import { browserAdvice, browserArguments, findBrowser } from './e2e/find-browser.mjs';

const executablePath = await findBrowser();
if (executablePath === undefined) throw new Error(browserAdvice);

export default defineConfig({
  testDir: 'e2e/app',
  outputDir: 'test-results',
  // The specs share the machine's drives and its processor.
  workers: 1,
  fullyParallel: false,
  // A spec that passes at the second attempt has found a bug.
  retries: process.env.CI ? 1 : 0, // the report names every spec that needed it as flaky
  forbidOnly: Boolean(process.env['CI']),
  reporter: 'list',
  timeout: 120_000, // of a whole test; what a person waits for in it has a limit of its own
  expect: { timeout: 10_000 },
  use: {
    // A trace takes as much of the processor as the page itself: where there is a second attempt, that one is traced.
    trace: process.env.CI ? 'on-first-retry' : 'retain-on-failure',
    actionTimeout: 10_000,
    viewport: { width: 1366, height: 768 },
    locale: 'en-GB',
    launchOptions: { executablePath, args: browserArguments },
  },
  projects: [
    { name: 'browser', testIgnore: '**/no-electron.spec.ts' },
    electronBinary() === null
      ? { name: 'electron', testMatch: '**/no-electron.spec.ts' }
      : { name: 'electron', testIgnore: '**/no-electron.spec.ts', grepInvert: /@browser/ },
  ],
});
