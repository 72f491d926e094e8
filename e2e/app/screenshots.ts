/** Pictures of every screen: a few stories are played with the real app, and looked at in several dresses on the way. */
import { mkdirSync, statSync } from 'node:fs';
import { delimiter, join } from 'node:path';
import { chromium, type Browser, type Page } from '@playwright/test';
import { canMakeSticks, Lab } from '../../testlab/sticks.mjs';
import { browserArguments, findBrowser } from '../find-browser.mjs';
import { Core, Home, type CoreOptions } from './core.ts';
import {
  add,
  approve,
  approveButton,
  becomes,
  begin,
  cell,
  dialog,
  reach,
  start,
  targets,
  useAsSource,
  waiting,
  allVerified,
} from './flow.ts';
import { root } from './paths.ts';
import { fill, plugIn, small, type StickOptions } from './sticks.ts';

const onlySticks = join(root, 'e2e/app/only-sticks');
const mostBytes = 250_000;
const looks = {
  light: { scheme: 'light', width: 1366, height: 768 },
  dark: { scheme: 'dark', width: 1366, height: 768 },
  'large-light': { scheme: 'light', width: 1920, height: 1080 },
  'large-dark': { scheme: 'dark', width: 1920, height: 1080 },
} as const;
type Look = keyof typeof looks;

/** Takes a picture of what is on the page, once for each look. */
type Snap = (name: string, ...looks: Look[]) => Promise<void>;

interface Story {
  needsSticks: boolean;
  options?: CoreOptions;
  sticks?: Record<string, StickOptions>;
  play: (page: Page, snap: Snap, lab: Lab | null) => Promise<void>;
}

const eight = ['Alder', 'Birch', 'Cedar', 'Dogwood', 'Elm', 'Fir', 'Ginkgo', 'Hazel'];
const source = 'Bench Master';
const master = { Master: { size: '32M', label: 'LAB MASTER' } };
const slower = { job: { ...small.job, verify: true } };

const stories: Record<string, Story> = {
  start: {
    needsSticks: false,
    options: { practice: { sticks: 4, size: '64M' } },
    async play(page, snap) {
      await waiting(page, 'Practice Stick 4').waitFor();
      await snap('start', 'light', 'large-dark');
      await page.keyboard.press('F1');
      await dialog(page).waitFor();
      await snap('keys', 'dark');
      await page.keyboard.press('Escape');
      await page.keyboard.press('Control+,');
      await dialog(page).waitFor();
      await snap('settings', 'light');
    },
  },
  run: {
    needsSticks: true,
    sticks: {
      ...master,
      ...Object.fromEntries(
        eight.map((name) => [name, { size: '32M', bps: '3MB', label: name === 'Hazel' ? 'HOLIDAY' : '' }]),
      ),
      Elm: { size: '32M', bps: '1200KB' },
      Tiny: { size: '16M' },
    },
    options: { settings: { ...slower, sounds: false } },
    async play(page, snap) {
      await useAsSource(page, 'Master');
      await add(page, ...eight.slice(0, 6));
      await snap('targets', 'light');
      await page.getByRole('button', { name: /^(Erase|Start) 6 .*…$/ }).click();
      await approveButton(page).isEnabled();
      await dialog(page).getByRole('listitem').first().waitFor();
      await snap('approve', 'light', 'dark');
      await approve(page);
      await reach(cell(page, source, 'Alder'), 15);
      await page.getByRole('button', { name: 'Let it catch up' }).click();
      await waiting(page, 'Ginkgo').getByRole('button', { name: 'Erase & join' }).click();
      await approve(page);
      await reach(cell(page, source, 'Alder'), 40);
      await waiting(page, 'Hazel').getByRole('button', { name: 'Erase & join' }).click();
      await dialog(page).getByRole('listitem').first().waitFor();
      await snap('late-join', 'light');
      await approve(page);
      await snap('run', 'light', 'dark', 'large-light');
      await cell(page, source, 'Ginkgo').click();
      await page.getByRole('complementary', { name: /^Details/ }).waitFor();
      await snap('details', 'light');
      await page.keyboard.press('Escape');
      await becomes(cell(page, source, 'Alder'), 'VERIFY');
      await snap('verify', 'dark');
    },
  },
  results: {
    needsSticks: true,
    sticks: {
      ...master,
      Alder: { size: '32M' },
      Birch: { size: '32M', bps: '8MB' },
      Cedar: { size: '32M', bps: '8MB' },
    },
    options: { settings: { ...slower, sounds: false } },
    async play(page, snap, lab) {
      await lab?.sticks.get('birch')?.fault({ writeError: '12M:4K' });
      await begin(page, source, 'Alder', 'Birch', 'Cedar');
      await reach(cell(page, source, 'Cedar'), 55);
      await lab?.sticks.get('cedar')?.yank({ gone: true });
      await page.getByText('Needs your attention').waitFor({ timeout: 45_000 });
      await snap('results-failed', 'light', 'large-dark');
    },
  },
  good: {
    needsSticks: false,
    options: { practice: { sticks: 3, size: '24M' } },
    async play(page, snap) {
      await useAsSource(page, 'Practice Source');
      await add(page, 'Practice Stick 1', 'Practice Stick 2', 'Practice Stick 3');
      await start(page);
      await becomes(cell(page, 'Practice Source', 'Practice Stick 3'), 'DONE');
      await page.getByText(allVerified(3)).waitFor({ timeout: 45_000 });
      await snap('results-good', 'light');
    },
  },
  bench: {
    needsSticks: true,
    sticks: { Master: { size: '16M', readBps: '700KB', label: 'LAB MASTER' } },
    options: {
      extraPractice: { sticks: 32, size: '16M' },
      settings: { job: { blockSize: 65_536, verify: false }, sounds: false },
    },
    async play(page, snap) {
      await useAsSource(page, 'Master');
      for (let stick = 1; stick <= 24; stick += 1) {
        await waiting(page, `Practice Stick ${String(stick)}`)
          .getByRole('button', { name: 'Add' })
          .click();
      }
      await start(page);
      await reach(targets(page, source).getByRole('gridcell', { name: /^Drive 1,/ }), 25);
      for (let stick = 25; stick <= 32; stick += 1) {
        await waiting(page, `Practice Stick ${String(stick)}`)
          .getByRole('button', { name: 'Join' })
          .click();
      }
      await becomes(targets(page, source).getByRole('gridcell', { name: /^Drive 32,/ }), 'COPY');
      await snap('bench', 'light', 'dark');
    },
  },
};

async function tell(browser: Browser, story: Story, folder: string): Promise<void> {
  const lab = story.sticks ? new Lab() : null;
  const options = {
    ...story.options,
    ...(lab ? { env: { ...lab.env, PATH: `${onlySticks}${delimiter}${lab.env.PATH}` } } : {}),
  };
  const home = new Home(options);
  let core: Core | null = null;
  try {
    if (lab && story.sticks) {
      const sticks = await plugIn(lab, story.sticks);
      if (sticks['Master']) await fill(sticks['Master'], 1);
    }
    await home.makePractice();
    core = await Core.start(home);
    const context = await browser.newContext({
      viewport: looks.light,
      locale: 'en-GB',
      reducedMotion: 'reduce',
    });
    const page = await context.newPage();
    await page.goto(core.url);
    await story.play(
      page,
      async (name, ...wanted) => {
        for (const look of wanted) {
          const { scheme, width, height } = looks[look];
          await page.setViewportSize({ width, height });
          await page.emulateMedia({ colorScheme: scheme });
          await page.mouse.move(1, 1);
          await page.waitForTimeout(250);
          const path = join(folder, `${name}-${look}.png`);
          await page.screenshot({ path });
          const { size } = statSync(path);
          console.log(
            `${name}-${look}.png ${String(Math.round(size / 1000))} kB${size > mostBytes ? ' TOO LARGE' : ''}`,
          );
        }
        await page.setViewportSize(looks.light);
        await page.emulateMedia({ colorScheme: 'light' });
      },
      lab,
    );
    await context.close();
  } finally {
    await core?.end();
    await home.close();
    await lab?.close();
  }
}

/** Plays all stories, or those named. */
export async function takeScreenshots(folder: string, names: readonly string[] = []): Promise<void> {
  mkdirSync(folder, { recursive: true });
  const able = canMakeSticks();
  const executablePath = await findBrowser();
  const browser = await chromium.launch({
    args: browserArguments,
    ...(executablePath ? { executablePath } : {}),
  });
  try {
    for (const [name, story] of Object.entries(stories)) {
      if (names.length > 0 && !names.includes(name)) continue;
      if (story.needsSticks && !able.ok) console.log(`${name}: left out, ${able.reason}`);
      else await tell(browser, story, folder);
    }
  } finally {
    await browser.close();
  }
}
