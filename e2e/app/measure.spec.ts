/** Room, weight and cost. Sizes are demanded; times depend on the machine and are only told. */
import { readdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { gzipSync } from 'node:zlib';
import type { Page } from '@playwright/test';
import { expect, sticksAre, test } from './app.ts';
import { becomes, dialog, approveButton, cell, targets, useAsSource } from './flow.ts';
import { rendererDir } from './paths.ts';
import { plugIn } from './sticks.ts';

const figure = (name: string, value: string): void => {
  test.info().annotations.push({ type: 'figure', description: `${name}: ${value}` });
  console.log(`      ${name}: ${value}`);
};

test('all JavaScript of the page is below 300 kB, packed @browser', () => {
  const folder = join(rendererDir, 'assets');
  const files = readdirSync(folder).filter((name) => name.endsWith('.js'));
  const sizes = files.map((name) => gzipSync(readFileSync(join(folder, name)), { level: 9 }).length);
  const all = sizes.reduce((sum, size) => sum + size, 0);
  figure('JavaScript, gzipped, all files', `${(all / 1000).toFixed(1)} kB`);
  expect(files.length).toBeGreaterThan(0);
  expect(all).toBeLessThan(300_000);
});

test('the first screen, on a warm start @browser', async ({ carousel }) => {
  const page = await carousel.open({ practice: { sticks: 2, size: '1M' } });
  await expect(
    targets(page, '')
      .or(page.getByRole('heading', { name: 'What do you want to copy?' }))
      .first(),
  ).toBeVisible();
  const times: number[] = [];
  for (let load = 0; load < 3; load += 1) {
    await page.reload();
    await page.getByRole('gridcell', { name: /Practice Stick 2/ }).waitFor();
    times.push(await page.evaluate(() => performance.now()));
  }
  figure('first screen with drives, best of three', `${Math.min(...times).toFixed(0)} ms`);
});

/** Every cell is on the screen: nothing is scrolled away, and nothing lies over it. */
async function allInView(page: Page): Promise<void> {
  const problems = await page.evaluate(() => {
    const list = document.querySelector('main');
    const tray = document.querySelector('[data-zone="tray"]')?.getBoundingClientRect();
    const found: string[] = [];
    if (!list || list.scrollHeight > list.clientHeight)
      found.push(`scrolls: ${String(list?.scrollHeight)}/${String(list?.clientHeight)}`);
    if (document.documentElement.scrollHeight > window.innerHeight) found.push('the page scrolls');
    for (const cell of document.querySelectorAll('[data-zone="targets"] [data-key]')) {
      const { bottom, right, top } = cell.getBoundingClientRect();
      if (top < 0 || right > window.innerWidth || bottom > (tray?.top ?? window.innerHeight)) {
        found.push(`cell outside: ${cell.textContent ?? ''}`);
      }
    }
    return found;
  });
  expect(problems).toEqual([]);
}

test.use({ trace: 'off' }); // its pictures and copies of the page would be measured too

test('32 targets fit 1366x768 without scrolling, and what they cost', async ({ lab, carousel }) => {
  test.skip(!sticksAre.ok, sticksAre.reason);
  test.setTimeout(120_000);
  await plugIn(lab, { Master: { size: '16M', readBps: '700KB' } });
  const page = await carousel.open({
    settings: { job: { blockSize: 65_536, verify: false } },
    env: lab.env,
    extraPractice: { sticks: 32, size: '16M' },
  });
  await page.setViewportSize({ width: 1366, height: 768 });
  await useAsSource(page, 'Master');
  await page.getByRole('button', { name: 'Add all 32 free drives' }).click();
  await expect(targets(page, 'Bench Master').getByText('WAITING', { exact: true })).toHaveCount(32);
  await allInView(page);
  await page.getByRole('button', { name: 'Start 32 copies…' }).click();
  await carousel.axe(page);
  await approveButton(page).click();
  await expect(dialog(page)).toBeHidden();
  await expect(targets(page, 'Bench Master').getByText('COPY', { exact: true })).toHaveCount(32, {
    timeout: 30_000,
  });
  await allInView(page);

  if (!carousel.inElectron) {
    const seconds = 10;
    const session = await page.context().newCDPSession(page);
    await session.send('Performance.enable', { timeDomain: 'threadTicks' });
    const read = async (): Promise<Map<string, number>> => {
      const { metrics } = await session.send('Performance.getMetrics');
      return new Map(metrics.map(({ name, value }) => [name, value]));
    };
    const before = await read();
    await page.waitForTimeout(seconds * 1000);
    const after = await read();
    await session.detach();
    await expect(targets(page, 'Bench Master').getByText('COPY', { exact: true })).toHaveCount(32);
    for (const name of ['TaskDuration', 'ScriptDuration', 'RecalcStyleDuration', 'LayoutDuration']) {
      const share = ((after.get(name) ?? Number.NaN) - (before.get(name) ?? Number.NaN)) / seconds;
      figure(`32 targets at full rate, ${name}`, `${(share * 100).toFixed(2)} % of one core`);
    }
  }
  await carousel.axe(page);
  await becomes(cell(page, 'Bench Master', 'Practice Stick 32'), 'DONE');
  await allInView(page);
  await carousel.axe(page);
});
