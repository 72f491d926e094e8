/** Pictures of every screen: a few stories are played with the real app, and looked at in every dress on the way. */
import { execFileSync } from 'node:child_process';
import { mkdirSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { delimiter, join } from 'node:path';
import { chromium, type Browser, type Page } from '@playwright/test';
import { canMakeSticks, Lab, type Stick } from '../../testlab/sticks.mjs';
import { browserArguments, findBrowser } from '../find-browser.mjs';
import { Core, Home, run, type CoreOptions } from './core.ts';
import { armBench, benchStrip, closePanel, openTool, plug, reinsert } from './bench.ts';
import {
  add,
  allDone,
  allVerified,
  approve,
  becomes,
  begin,
  cell,
  dialog,
  question,
  reach,
  section,
  start,
  targets,
  useAsSource,
  waiting,
} from './flow.ts';
import { Nats, natsIs } from './nats.ts';
import { root } from './paths.ts';
import { fill, plugIn, small, type StickOptions } from './sticks.ts';

const onlySticks = join(root, 'e2e/app/only-sticks');
const noDrives = join(root, 'e2e/app/no-drives');
/** A picture of this quality cannot be told from the screen, and is a fifth of a PNG. */
const quality = 82;
const looks = {
  light: { scheme: 'light', width: 1366, height: 768 },
  dark: { scheme: 'dark', width: 1366, height: 768 },
  'large-light': { scheme: 'light', width: 1920, height: 1080 },
  'large-dark': { scheme: 'dark', width: 1920, height: 1080 },
} as const;
type Look = keyof typeof looks;
const everyLook = Object.keys(looks) as Look[];
const small1366: Look[] = ['light', 'dark'];

/** Takes a picture of what is on the page, once for each look; for all of them if none is named. */
type Snap = (name: string, ...looks: Look[]) => Promise<void>;

interface Stage {
  page: Page;
  snap: Snap;
  lab: Lab | null;
  /** By the names that the story gave them. */
  sticks: ReadonlyMap<string, Stick>;
  core: Core;
}

interface Story {
  needsSticks: boolean;
  options?: CoreOptions;
  sticks?: Record<string, StickOptions>;
  play: (stage: Stage) => Promise<void>;
}

const eight = ['Alder', 'Birch', 'Cedar', 'Dogwood', 'Elm', 'Fir', 'Ginkgo', 'Hazel'];
const source = 'Bench Master';
const quiet = { sounds: false };
const verified = { ...quiet, job: { ...small.job, verify: true } };
const master = (size: string): Record<string, StickOptions> => ({ Master: { size, label: 'LAB MASTER' } });
const many = (names: readonly string[], options: StickOptions): Record<string, StickOptions> =>
  Object.fromEntries(names.map((name) => [name, options]));

async function panels(page: Page, snap: Snap): Promise<void> {
  const close = async (): Promise<void> => {
    await page.keyboard.press('Escape');
    await dialog(page).waitFor({ state: 'hidden' });
  };
  await page.keyboard.press('F1');
  await dialog(page).waitFor();
  await snap('keys', ...small1366);
  await close();
  await page.keyboard.press('Control+,');
  await dialog(page).waitFor();
  await snap('settings', ...small1366);
  await close();
  await page.getByRole('button', { name: 'More' }).click();
  await page.getByRole('menuitem', { name: 'About' }).click();
  await dialog(page).getByText('Third-party notices').click();
  await dialog(page).getByText('Carousel is made with the work of others').waitFor();
  await snap('about', ...small1366);
  await close();
}

/** Another machine rides on this one's job; that one is a terminal. */
async function playStations(page: Page, snap: Snap): Promise<void> {
  if (natsIs !== null) {
    process.stderr.write(`  left out: ${natsIs}\n`);
    return;
  }
  const nats = await Nats.start();
  const home = mkdtempSync(join(tmpdir(), 'carousel-station-'));
  try {
    await page.getByRole('button', { name: /^Copy from another computer/ }).click();
    await dialog(page).waitFor();
    await snap('stations-join', ...small1366);
    await page.keyboard.press('Escape');
    await begin(page, 'Practice Source', 'Practice Stick 1', 'Practice Stick 2');
    await page.getByRole('button', { name: 'Job actions' }).click();
    await page.getByRole('menuitem', { name: 'Hand out to other computers…' }).click();
    await dialog(page).getByLabel('Address of the server').fill(nats.url);
    await snap('stations-hand-out', ...small1366);
    await dialog(page).getByRole('button', { name: 'Hand out', exact: true }).click();
    const block = page.getByRole('region', { name: 'Stations', exact: true });
    const command = (await block.getByText(/^carousel station /).textContent()) ?? '';
    const [, job = ''] = /--job (\w+)/.exec(command) ?? [];
    const images = ['a', 'b', 'c'].map((name) => join(home, `stick-${name}.img`));
    const args = ['station', nats.url, '--job', job, '--name', 'Bench 2', ...images, '--yes'];
    const riding = run(args, { ...process.env, CAROUSEL_HOME: home });
    await reach(page.getByRole('gridcell', { name: /stick-a\.img/ }), 20);
    await snap('stations', ...small1366);
    // How many of them are verified depends on what each computer was told to do.
    await page.getByText(/^5 copies, all /).waitFor({ timeout: 180_000 });
    await riding;
    await snap('stations-results', ...small1366);
  } finally {
    await nats.close();
    rmSync(home, { recursive: true, force: true });
  }
}

const stories: Record<string, Story> = {
  nothing: {
    needsSticks: false,
    options: { settings: quiet, env: { PATH: `${noDrives}${delimiter}${process.env['PATH'] ?? ''}` } },
    async play({ page, snap }) {
      await page.getByText('No drives are waiting.').waitFor();
      await snap('start-no-drives');
      await panels(page, snap);
    },
  },
  taught: {
    needsSticks: false,
    options: { practice: { sticks: 12, size: '24M' }, settings: quiet },
    async play({ page, snap }) {
      await openTool(page, 'Teach ports');
      await snap('teach-none', ...small1366);
      await dialog(page).getByRole('button', { name: 'Teach by inserting' }).click();
      for (const number of [1, 2, 3, 4, 5, 6, 7, 8]) await reinsert(page, number);
      await snap('teach', ...small1366);
      await dialog(page).getByRole('button', { name: 'Done teaching' }).click();
      for (const number of [1, 2, 3, 4, 5, 6]) await plug(page, number, false);
      await snap('bays', ...small1366);
      await closePanel(page);
      await armBench(page, { source: 'Practice Source', quota: 500, operator: 'Mia' }, () =>
        snap('arm', ...small1366),
      );
      await snap('armed-empty', ...small1366);
      await openTool(page, 'Teach ports');
      for (const number of [1, 2]) await plug(page, number, true);
      await closePanel(page);
      const first = page.getByRole('gridcell', { name: /^Bay 1,/ });
      await becomes(first, 'DONE');
      await openTool(page, 'Teach ports');
      for (const number of [2]) await plug(page, number, false);
      for (const number of [2, 3, 4, 5]) await plug(page, number, true);
      await closePanel(page);
      await snap('armed');
      await page.keyboard.press('d');
      await benchStrip(page).getByText('Somebody disarmed it.').waitFor();
      await snap('disarmed', ...small1366);
    },
  },
  practice: {
    needsSticks: false,
    options: { practice: { sticks: 4, size: '24M' }, settings: quiet },
    async play({ page, snap }) {
      await waiting(page, 'Practice Stick 4').waitFor();
      await snap('start');
      await page.getByRole('button', { name: /^Copy a drive/ }).click();
      await dialog(page).waitFor();
      await snap('source-picker');
      await page.keyboard.press('Escape');
      await useAsSource(page, 'Practice Source');
      await add(page, 'Practice Stick 1', 'Practice Stick 2', 'Practice Stick 3');
      await start(page);
      await page.getByText(allVerified(3)).waitFor({ timeout: 45_000 });
      await snap('results-good');
    },
  },
  stations: {
    needsSticks: false,
    options: { practice: { sticks: 4, size: '240M' }, settings: quiet },
    play: ({ page, snap }) => playStations(page, snap),
  },
  run: {
    needsSticks: true,
    sticks: {
      ...master('48M'),
      ...many(eight, { size: '48M', bps: '1600KB' }),
      Hazel: { size: '48M', bps: '1600KB', label: 'HOLIDAY' },
      Tiny: { size: '16M' },
    },
    options: { settings: verified },
    async play({ page, snap }) {
      await useAsSource(page, 'Master');
      await waiting(page, 'Tiny').getByText('too small by').last().waitFor();
      await snap('tray');
      await add(page, ...eight.slice(0, 6));
      await snap('targets', ...small1366);
      await page.getByRole('button', { name: /^(Erase|Start) 6 .*…$/ }).click();
      await dialog(page).getByRole('listitem').first().waitFor();
      await snap('approve');
      await approve(page);
      await reach(cell(page, source, 'Alder'), 12);
      await waiting(page, 'Ginkgo')
        .getByRole('button', { name: /^(Erase & j|J)oin/ })
        .click();
      if (await dialog(page).isVisible()) await approve(page);
      await waiting(page, 'Hazel').getByRole('button', { name: 'Erase & join' }).click();
      await dialog(page).getByRole('listitem').first().waitFor();
      await snap('approve-join', ...small1366);
      await approve(page);
      await reach(cell(page, source, 'Hazel'), 4);
      await snap('run');
      await cell(page, source, 'Ginkgo').click();
      await page.getByRole('complementary', { name: /^Details/ }).waitFor();
      await snap('details', ...small1366);
      await page.keyboard.press('Escape');
      await cell(page, source, 'Birch').focus();
      await page.keyboard.press('Delete');
      await question(page).waitFor();
      await snap('stop-one', ...small1366);
      await page.keyboard.press('Escape');
      await section(page, source).getByRole('button', { name: 'Job actions' }).click();
      await page.getByRole('menuitem', { name: 'Stop job…' }).click();
      await question(page).waitFor();
      await snap('stop-all', ...small1366);
      await page.keyboard.press('Escape');
      await section(page, source).getByRole('button', { name: 'Speed graph' }).click();
      await page.locator('.u-wrap').waitFor();
      await snap('graph', ...small1366);
      await page.keyboard.press('Escape');
      await becomes(cell(page, source, 'Alder'), 'VERIFY');
      await snap('verify');
    },
  },
  slow: {
    needsSticks: true,
    sticks: {
      ...master('32M'),
      ...many(eight.slice(0, 5), { size: '32M', bps: '6MB' }),
      Snail: { size: '32M', bps: '900KB' },
    },
    options: { settings: { ...quiet, ...small } },
    async play({ page, snap }) {
      await begin(page, source, ...eight.slice(0, 5), 'Snail');
      await page.getByRole('button', { name: 'Let it catch up' }).waitFor();
      await reach(cell(page, source, 'Snail'), 8);
      await snap('slow-pacing');
      await page.getByRole('button', { name: 'Let it catch up' }).click();
      await becomes(cell(page, source, 'Snail'), 'CATCH-UP');
      await page.waitForTimeout(1500);
      await snap('catch-up', ...small1366);
    },
  },
  trust: {
    needsSticks: true,
    options: { settings: { ...quiet, ...small } },
    sticks: {
      ...master('24M'),
      ...many(['Alder', 'Birch', 'Cedar', 'Dogwood'], { size: '24M', writeBps: '12MB' }),
      Fake: { size: '32M', real: '8M', past: 'wrap' },
    },
    async play({ page, snap, sticks }) {
      const more = async (tool: string): Promise<void> => {
        await page.getByRole('button', { name: 'More' }).click();
        await page.getByRole('menuitem', { name: tool }).click();
        await dialog(page).waitFor();
      };
      await begin(page, source, 'Alder', 'Birch', 'Cedar', 'Dogwood');
      await page.getByText(allDone(4)).waitFor({ timeout: 45_000 });
      await snap('results-unverified', ...small1366);
      await sticks.get('Cedar')?.fault({ corrupt: [12 << 20, 3] });
      await page.getByRole('button', { name: 'Verify all 4 drives' }).click();
      await page.getByText('3 of 4 copies are good').waitFor({ timeout: 45_000 });
      await snap('verify-rotten', ...small1366);
      await page.getByRole('button', { name: 'Heal 1 drive…' }).click();
      await dialog(page).getByRole('listitem').first().waitFor();
      await snap('heal', ...small1366);
      await page.keyboard.press('Escape');
      await more('Verify a stick');
      await dialog(page)
        .getByRole('checkbox', { name: /Bench Alder/ })
        .check();
      await dialog(page).getByText(/made /).waitFor();
      await snap('verify-stick', ...small1366);
      await page.keyboard.press('Escape');
      await more('Test capacity');
      await dialog(page)
        .getByRole('radio', { name: /Bench Fake/ })
        .check();
      await page.getByRole('button', { name: 'Test…' }).click();
      await page.getByRole('button', { name: 'Test it' }).click();
      await page.getByText(/^Fake: only/).waitFor({ timeout: 45_000 });
      await snap('probe-fake', ...small1366);
    },
  },
  trouble: {
    needsSticks: true,
    sticks: { ...master('32M'), ...many(eight.slice(0, 4), { size: '32M', bps: '4MB' }) },
    options: { settings: verified },
    async play({ page, snap, lab }) {
      await lab?.sticks.get('birch')?.fault({ writeError: '12M:4K' });
      await begin(page, source, ...eight.slice(0, 4));
      await reach(cell(page, source, 'Cedar'), 50);
      await lab?.sticks.get('cedar')?.yank({ gone: true });
      await becomes(cell(page, source, 'Cedar'), 'REMOVED');
      await snap('unplugged');
      await page.getByText('Needs your attention').waitFor({ timeout: 45_000 });
      await snap('results-failed');
    },
  },
  unreadable: {
    needsSticks: true,
    sticks: { ...master('8M'), ...many(eight.slice(0, 3), { size: '8M' }) },
    options: { settings: verified },
    async play({ page, snap, lab }) {
      await lab?.sticks.get('master')?.fault({ readError: '5M:4K' });
      await begin(page, source, ...eight.slice(0, 3));
      await page.getByText(/^Not a faithful copy/).waitFor({ timeout: 45_000 });
      await snap('source-unreadable');
    },
  },
  lost: {
    needsSticks: false,
    options: { practice: { sticks: 4, size: '64M' }, settings: quiet },
    async play({ page, snap, core }) {
      await begin(page, 'Practice Source', 'Practice Stick 1', 'Practice Stick 2', 'Practice Stick 3');
      await reach(cell(page, 'Practice Source', 'Practice Stick 1'), 15);
      await core.end('SIGKILL');
      await page.getByText('No connection to Carousel.').waitFor();
      await snap('core-gone', ...small1366);
    },
  },
  map: {
    needsSticks: false,
    options: { practice: { sticks: 2, size: '16M' }, settings: quiet },
    async play({ page, snap }) {
      await useAsSource(page, 'Practice Source');
      await page.getByRole('button', { name: 'Use a ddrescue map…' }).click();
      const path = page.getByLabel(/^Map of GNU ddrescue on/);
      await path.fill('/etc/hostname');
      await path.press('Enter');
      await page.getByText('map-damaged').scrollIntoViewIfNeeded();
      await snap('map-damaged', ...small1366);
    },
  },
  history: {
    needsSticks: true,
    options: { settings: { ...quiet, ...small } },
    sticks: { ...master('8M'), ...many(['Alder', 'Birch', 'Cedar'], { size: '8M' }) },
    async play({ page, snap, sticks }) {
      await begin(page, source, 'Alder');
      await page.getByText(allDone(1)).waitFor({ timeout: 45_000 });
      await page.getByRole('button', { name: 'Put away' }).click();
      await sticks.get('Birch')?.fault({ writeError: '4M:4K' });
      await begin(page, source, 'Alder', 'Birch', 'Cedar');
      await page.getByText('Needs your attention').waitFor({ timeout: 45_000 });
      await page.keyboard.press('h');
      await dialog(page).getByRole('button', { name: source }).first().waitFor();
      await snap('history', ...small1366);
    },
  },
  bench: {
    needsSticks: true,
    sticks: { Master: { size: '16M', readBps: '400KB', label: 'LAB MASTER' } },
    options: {
      extraPractice: { sticks: 32, size: '16M' },
      settings: { ...quiet, job: { blockSize: 65_536, verify: false } },
    },
    async play({ page, snap }) {
      const stick = (number: number) => waiting(page, `Practice Stick ${String(number)}`);
      await useAsSource(page, 'Master');
      for (let number = 1; number <= 24; number += 1)
        await stick(number).getByRole('button', { name: 'Add' }).click();
      await start(page);
      await reach(targets(page, source).getByRole('gridcell', { name: /^Drive 1,/ }), 22);
      for (let number = 25; number <= 32; number += 1)
        await stick(number).getByRole('button', { name: 'Join' }).click();
      await reach(targets(page, source).getByRole('gridcell', { name: /^Drive 32,/ }), 6);
      await snap('bench');
    },
  },
  ...Object.fromEntries(
    [
      { name: 'arabic', settings: { ...quiet, language: 'ar' } },
      { name: 'contrast', settings: { ...quiet, theme: 'contrast' as const } },
    ].map(({ name, settings }): [string, Story] => [
      name,
      {
        needsSticks: false,
        options: { practice: { sticks: 5, size: '64M' }, settings },
        async play({ page, snap }) {
          const row = (title: string) =>
            page.locator('[data-zone="tray"] [data-key]').filter({ hasText: title });
          await row('Practice Source').getByRole('button').first().click();
          for (const stick of ['Stick 1', 'Stick 2', 'Stick 3', 'Stick 4'])
            await row(stick).getByRole('button').first().click();
          await page.keyboard.press('Control+Enter');
          await dialog(page).getByRole('listitem').first().waitFor();
          await dialog(page).getByRole('button').last().click();
          await reach(page.locator('[data-zone="targets"] [data-key]').first(), 30);
          await row('Stick 5').getByRole('button').first().click();
          await reach(page.locator('[data-zone="targets"] [data-key]').nth(4), 6);
          await snap(`run-${name}`, 'light', 'dark');
        },
      },
    ]),
  ),
};

/** A disk that fills up needs a small one, which only root can make. */
async function withFullDisk(browser: Browser, album: Album): Promise<void> {
  const disk = mkdtempSync(join(tmpdir(), 'carousel-e2e-disk-'));
  execFileSync('mount', ['-t', 'tmpfs', '-o', 'size=40m', 'tmpfs', disk]);
  const story: Story = {
    needsSticks: true,
    options: {
      practice: { sticks: 2, size: '16M' },
      practiceDir: join(disk, 'practice'),
      settings: { ...quiet, ...small },
    },
    async play({ page, snap }) {
      await begin(page, 'Practice Source', 'Practice Stick 1', 'Practice Stick 2');
      await page.getByText('Needs your attention').waitFor({ timeout: 45_000 });
      await snap('disk-full', ...small1366);
    },
  };
  try {
    await tell(browser, story, album);
  } finally {
    execFileSync('umount', ['-l', disk]);
    rmSync(disk, { recursive: true, force: true });
  }
}

/** Where pictures go: the folder of the documents and, for looking at them closely, another one for lossless copies. */
export interface Album {
  folder: string;
  lossless: string | null;
}

async function take(page: Page, name: string, album: Album): Promise<void> {
  const session = await page.context().newCDPSession(page);
  const { data } = await session.send('Page.captureScreenshot', { format: 'webp', quality });
  await session.detach();
  const picture = Buffer.from(data, 'base64');
  writeFileSync(join(album.folder, `${name}.webp`), picture);
  if (album.lossless !== null) await page.screenshot({ path: join(album.lossless, `${name}.png`) });
  console.log(`${name}.webp ${String(Math.round(picture.length / 1000))} kB`);
}

async function tell(browser: Browser, story: Story, album: Album): Promise<void> {
  const lab = story.sticks ? new Lab() : null;
  const options = {
    ...story.options,
    ...(lab ? { env: { ...lab.env, PATH: `${onlySticks}${delimiter}${lab.env.PATH}` } } : {}),
  };
  const home = new Home(options);
  let core: Core | null = null;
  try {
    const sticks = new Map(Object.entries(lab && story.sticks ? await plugIn(lab, story.sticks) : {}));
    const filled = sticks.get('Master');
    if (filled) await fill(filled, 1);
    await home.makePractice();
    core = await Core.start(home);
    const context = await browser.newContext({
      viewport: looks.light,
      locale: 'en-GB',
      reducedMotion: 'reduce',
    });
    const page = await context.newPage();
    await page.goto(core.url);
    const snap: Snap = async (name, ...wanted) => {
      for (const look of wanted.length > 0 ? wanted : everyLook) {
        const { scheme, width, height } = looks[look];
        await page.setViewportSize({ width, height });
        await page.emulateMedia({ colorScheme: scheme });
        await page.mouse.move(1, 1);
        await page.waitForTimeout(200);
        await take(page, `${name}-${look}`, album);
      }
      await page.setViewportSize(looks.light);
      await page.emulateMedia({ colorScheme: 'light' });
    };
    await story.play({ page, snap, lab, sticks, core });
    await context.close();
  } finally {
    await core?.end();
    await home.close();
    await lab?.close();
  }
}

/** Plays all stories, or those named. */
export async function takeScreenshots(album: Album, names: readonly string[] = []): Promise<void> {
  for (const folder of [album.folder, album.lossless]) {
    if (folder !== null) mkdirSync(folder, { recursive: true });
  }
  const able = canMakeSticks();
  const isWanted = (name: string): boolean => names.length === 0 || names.includes(name);
  const executablePath = await findBrowser();
  const browser = await chromium.launch({
    args: browserArguments,
    ...(executablePath ? { executablePath } : {}),
  });
  try {
    for (const [name, story] of Object.entries(stories).filter(([one]) => isWanted(one))) {
      if (story.needsSticks && !able.ok) console.log(`${name}: left out, ${able.reason}`);
      else await tell(browser, story, album);
    }
    if (!isWanted('disk-full')) return;
    if (able.ok) await withFullDisk(browser, album);
    else console.log(`disk-full: left out, ${able.reason}`);
  } finally {
    await browser.close();
  }
}
