/** Looks at every scene as a person would, and measures. */
import { mkdirSync } from 'node:fs';
import { join } from 'node:path';
import { AxeBuilder } from '@axe-core/playwright';
import { chromium, type Browser, type Page } from '@playwright/test';
import { browserArguments, findBrowser } from '../find-browser.mjs';
import { startSceneServer, type SceneServer } from './serve-scenes.ts';

interface Shot {
  name: string;
  scene: string;
  role?: 'viewer' | 'operator';
  look?: {
    width?: number;
    height?: number;
    dark?: boolean;
    contrast?: boolean;
    forced?: boolean;
    language?: string;
    zoom?: number;
  };
  act?: (page: Page, server: SceneServer) => Promise<void>;
}

const button = (page: Page, name: string | RegExp) => page.getByRole('button', { name }).first();
const useFirstAsSource = (page: Page) => button(page, 'Use as source').click();

/** Own jobs stand there as those of other machines do. */
async function showMachines(page: Page): Promise<void> {
  await button(page, /^(Machines|الأجهزة)$/).click();
  await page.locator('.card').first().waitFor();
}

async function stage(page: Page): Promise<void> {
  await useFirstAsSource(page);
  await button(page, /^Add all/).click();
}

const shots: Shot[] = [
  ...['looking', 'nothing', 'one-drive', 'start', 'practice', 'warnings'].map((scene) => ({
    name: scene,
    scene,
  })),
  ...[
    'cards',
    'join',
    'bench',
    'several',
    'failed',
    'good',
    'unverified',
    'unreadable',
    'source-gone',
    'bays',
    'stations-none',
    'stations-ended',
    'feed',
  ].map((scene) => ({ name: scene, scene })),
  ...['stations', 'stations-cut', 'stations-down'].map((scene) => ({
    name: scene,
    scene,
    look: { height: 1080 },
  })),
  { name: 'stations-dark', scene: 'stations', look: { dark: true, height: 1080 } },
  { name: 'stations-phone', scene: 'stations-cut', role: 'viewer', look: { width: 360, height: 2400 } },
  { name: 'stations-arabic', scene: 'stations-none', look: { language: 'ar' } },
  { name: 'stations-forced', scene: 'stations-cut', look: { forced: true, height: 1080 } },
  { name: 'stations-contrast', scene: 'stations', look: { contrast: true, height: 1080 } },
  {
    name: 'hand-out',
    scene: 'cards',
    act: async (page) => {
      await button(page, 'Job actions').click();
      await page.getByRole('menuitem', { name: 'Hand out to other computers…' }).click();
      await page.getByText('Password, encryption, limits').click();
    },
  },
  {
    name: 'join-station',
    scene: 'start',
    act: (page) => button(page, /^Copy from another computer/).click(),
  },
  ...(
    [
      ['machines', {}],
      ['machines-dark', { dark: true }],
      ['machines-phone', { width: 360 }],
      ['machines-arabic', { width: 360, language: 'ar' }],
      ['machines-forced', { forced: true }],
    ] as const
  ).map(([name, look]) => ({
    name,
    scene: 'stations-lost',
    look: { height: 1080, ...look },
    act: showMachines,
  })),
  { name: 'source-picker', scene: 'start', act: (page) => button(page, /^Copy a drive/).click() },
  { name: 'draft', scene: 'start', act: useFirstAsSource },
  { name: 'staged', scene: 'start', act: stage },
  { name: 'staged-eight', scene: 'eight-blank', act: stage },
  {
    name: 'approve',
    scene: 'start',
    act: async (page) => {
      await stage(page);
      await button(page, /start…$/).click();
      await page.getByRole('dialog').getByRole('listitem').first().waitFor();
    },
  },
  {
    name: 'approve-join',
    scene: 'join',
    act: async (page) => {
      await button(page, 'Erase & join').click();
      await page.getByRole('dialog').getByRole('listitem').first().waitFor();
    },
  },
  {
    name: 'stop-one',
    scene: 'cards',
    act: async (page) => {
      await page.getByRole('gridcell').first().focus();
      await page.keyboard.press('Delete');
    },
  },
  { name: 'drawer', scene: 'cards', act: (page) => page.getByRole('gridcell').nth(1).click() },
  { name: 'drawer-failed', scene: 'failed', act: (page) => page.getByRole('gridcell').nth(2).click() },
  { name: 'menu', scene: 'cards', act: (page) => button(page, 'Job actions').click() },
  {
    name: 'graph',
    scene: 'cards',
    act: async (page) => {
      await button(page, 'Speed graph').click();
      await page.locator('.u-wrap').waitFor();
    },
  },
  { name: 'settings', scene: 'start', act: (page) => button(page, 'Settings').click() },
  { name: 'keys', scene: 'start', act: (page) => page.keyboard.press('F1') },
  { name: 'more', scene: 'start', act: (page) => button(page, 'More').click() },
  {
    name: 'about',
    scene: 'start',
    act: async (page) => {
      await button(page, 'More').click();
      await page.getByRole('menuitem', { name: 'About' }).click();
    },
  },
  { name: 'viewer', scene: 'cards', role: 'viewer' },
  {
    name: 'lost',
    scene: 'cards',
    act: async (page, server) => {
      server.cut();
      await page.getByText('No connection').waitFor();
    },
  },
  { name: 'dark-bench', scene: 'bench', look: { dark: true } },
  { name: 'dark-cards', scene: 'cards', look: { dark: true } },
  { name: 'dark-start', scene: 'start', look: { dark: true } },
  { name: 'dark-failed', scene: 'failed', look: { dark: true } },
  {
    name: 'dark-drawer',
    scene: 'cards',
    look: { dark: true },
    act: (page) => page.getByRole('gridcell').nth(1).click(),
  },
  { name: 'large-bench', scene: 'bench', look: { width: 1920, height: 1080 } },
  { name: 'large-cards', scene: 'cards', look: { width: 1920, height: 1080 } },
  { name: 'large-start', scene: 'start', look: { width: 1920, height: 1080 } },
  { name: 'large-dark-failed', scene: 'failed', look: { width: 1920, height: 1080, dark: true } },
  { name: 'contrast-bench', scene: 'bench', look: { contrast: true } },
  { name: 'forced-bench', scene: 'bench', look: { forced: true } },
  { name: 'forced-dark-cards', scene: 'cards', look: { forced: true, dark: true } },
  ...['de', 'ar'].flatMap((language) =>
    ['start', 'cards', 'bench', 'failed'].map((scene) => ({
      name: `${language}-${scene}`,
      scene,
      look: { language },
    })),
  ),
  {
    name: 'ar-settings',
    scene: 'start',
    look: { language: 'ar' },
    act: (page) => page.keyboard.press('Control+,'),
  },
  {
    name: 'ar-drawer',
    scene: 'cards',
    look: { language: 'ar' },
    act: (page) => page.getByRole('gridcell').nth(1).click(),
  },
  { name: 'zoom-cards', scene: 'cards', look: { width: 683, height: 384, zoom: 2 } },
  { name: 'zoom-start', scene: 'start', look: { width: 683, height: 384, zoom: 2 } },
];

async function open(
  browser: Browser,
  server: SceneServer,
  shot: Shot,
): Promise<{ page: Page; complaints: string[] }> {
  const { width = 1366, height = 768, dark, contrast, forced, language = 'en', zoom = 1 } = shot.look ?? {};
  const context = await browser.newContext({
    viewport: { width, height },
    deviceScaleFactor: zoom,
    colorScheme: dark ? 'dark' : 'light',
    forcedColors: forced ? 'active' : 'none',
    reducedMotion: 'reduce',
    locale: language,
  });
  const page = await context.newPage();
  const complaints: string[] = [];
  page.on('console', (message) => {
    const isCut = shot.name === 'lost' && message.text().includes('WebSocket');
    if (!isCut && ['error', 'warning'].includes(message.type())) complaints.push(message.text());
  });
  page.on('pageerror', (error) => complaints.push(String(error)));
  server.show(shot.scene, { role: shot.role ?? 'operator' });
  await page.goto(server.origin);
  await page.locator('[data-zone="tray"]').waitFor();
  if (contrast) await page.evaluate(() => (document.documentElement.dataset['theme'] = 'contrast'));
  await shot.act?.(page, server);
  await page.waitForTimeout(250);
  return { page, complaints };
}

async function look(
  browser: Browser,
  server: SceneServer,
  folder: string,
  only: readonly string[],
): Promise<number> {
  mkdirSync(folder, { recursive: true });
  let bad = 0;
  for (const shot of shots.filter(({ name }) => only.length === 0 || only.includes(name))) {
    try {
      const { page, complaints } = await open(browser, server, shot);
      await page.screenshot({ path: join(folder, `${shot.name}.png`) });
      const { violations } = await new AxeBuilder({ page }).analyze();
      const broken = violations.map(
        ({ id, nodes }) =>
          `${id}: ${nodes
            .map(({ html, any }) => `${html.slice(0, 140)} ${any[0]?.message ?? ''}`)
            .slice(0, 3)
            .join(' | ')}`,
      );
      const all = [...complaints, ...broken];
      console.log(`${all.length === 0 ? 'ok  ' : 'BAD '} ${shot.name}`);
      for (const one of all) console.log(`     ${one}`);
      bad += all.length;
      await page.context().close();
    } catch (error) {
      console.log(`BAD  ${shot.name}: ${String(error).slice(0, 400)}`);
      bad += 1;
    }
  }
  return bad;
}

const measureSeconds = 15;

/** Seconds of the page's main thread that 32 targets at ten patches a second take, of each second. */
async function cost(browser: Browser, server: SceneServer): Promise<number> {
  const page = await browser.newPage({ viewport: { width: 1366, height: 768 } });
  server.show('bench-copying', { moving: true });
  const began = Date.now();
  await page.goto(server.origin);
  await page.getByRole('gridcell').nth(31).waitFor();
  console.log(`first screen with 32 cells after ${String(Date.now() - began)} ms`);
  await page.waitForTimeout(3000);
  const session = await page.context().newCDPSession(page);
  await session.send('Performance.enable', { timeDomain: 'threadTicks' });
  const read = async (): Promise<Record<string, number>> => {
    const { metrics } = await session.send('Performance.getMetrics');
    return Object.fromEntries(metrics.map(({ name, value }) => [name, value]));
  };
  const before = await read();
  await page.waitForTimeout(measureSeconds * 1000);
  const after = await read();
  for (const name of ['TaskDuration', 'ScriptDuration', 'LayoutDuration', 'RecalcStyleDuration']) {
    const share = ((after[name] ?? 0) - (before[name] ?? 0)) / measureSeconds;
    console.log(`${name}: ${(share * 100).toFixed(2)} % of one core`);
  }
  const fits = await page.evaluate(() => {
    const list = document.querySelector('.sections');
    return list ? list.scrollHeight <= list.clientHeight : false;
  });
  console.log(`32 cells fit without scrolling: ${String(fits)}`);
  return 0;
}

/** Runs a task; the number of complaints is the exit code. */
export async function run(task: string, args: readonly string[], folder: string): Promise<number> {
  const executablePath = await findBrowser();
  const browser = await chromium.launch({
    args: browserArguments,
    ...(executablePath ? { executablePath } : {}),
  });
  const server = await startSceneServer(folder);
  try {
    if (task === 'cost') return await cost(browser, server);
    const [out = 'test-results/ui-dev', ...only] = args;
    return Math.min(100, await look(browser, server, out, only));
  } finally {
    await browser.close();
    server.close();
  }
}
