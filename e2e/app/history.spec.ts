/** The record on the screen: a copy is found again, looked at, and its report saved and opened. */
import { readFileSync } from 'node:fs';
import type { Page } from '@playwright/test';
import { expect, test } from './app.ts';
import { allVerified, begin, copyMs, dialog } from './flow.ts';

const source = 'Practice Source';
const stick = 'Practice Stick 1';

/** A picture for those who look at what this makes: CAROUSEL_PICTURES=FOLDER. */
async function picture(page: Page, name: string): Promise<void> {
  const folder = process.env['CAROUSEL_PICTURES'];
  if (folder) await page.screenshot({ path: `${folder}/${name}.png` });
}

test('a copy is in the history, with its targets and a report that says what was checked', async ({
  carousel,
}) => {
  test.setTimeout(120_000);
  const page = await carousel.open({
    practice: { sticks: 2, size: '24M' },
    settings: { sounds: false, job: { verify: true } },
  });
  await page.keyboard.press('h');
  await expect(dialog(page).getByText('No job yet.', { exact: false })).toBeVisible();
  await picture(page, 'empty');
  await page.keyboard.press('Escape');

  await begin(page, source, stick);
  await expect(page.getByText(allVerified(1))).toBeVisible({ timeout: copyMs });
  await page.getByRole('button', { name: 'More' }).click();
  await page.getByRole('menuitem', { name: 'History' }).click();
  const job = dialog(page).getByRole('button', { name: /Practice Source.*1 verified/ });
  await expect(job).toBeVisible();
  await carousel.axe(page);
  await picture(page, 'list');
  await dialog(page).getByRole('searchbox').fill('PRACTICE-0002');
  await expect(dialog(page).getByText('No job fits.')).toBeVisible();
  await dialog(page).getByRole('searchbox').fill('PRACTICE-0001');
  await expect(job).toBeVisible();
  await dialog(page).getByLabel('To').fill('2001-01-01');
  await expect(dialog(page).getByText('No job fits.')).toBeVisible();
  await dialog(page).getByLabel('To').fill('');

  await job.press('Enter');
  const one = dialog(page).getByRole('region', { name: 'Job 1' });
  await expect(one).toBeFocused();
  await expect(one.getByText(stick)).toBeVisible();
  await expect(one.getByText('verified', { exact: true })).toBeVisible();
  await carousel.axe(page);
  await picture(page, 'job');

  const saving = page.waitForEvent('download');
  await one.getByRole('button', { name: 'Save page to print' }).click();
  const saved = await saving;
  expect(saved.suggestedFilename()).toBe('carousel-job-1.html');
  const html = readFileSync(await saved.path(), 'utf8');
  const report = await page.context().newPage();
  await report.setContent(html);
  await expect(report.getByRole('heading', { name: 'Copy: job 1' })).toBeVisible();
  await expect(report.getByText('1 of 1 target verified.')).toBeVisible();
  await expect(report.getByText('VERIFIED', { exact: true })).toBeVisible();
  await expect(report.getByText('PRACTICE-0001')).toBeVisible();
  await expect(report.locator('svg.map')).toBeVisible();
  const folder = process.env['CAROUSEL_PICTURES'];
  if (folder) await report.screenshot({ path: `${folder}/report.png`, fullPage: true });
  if (folder) await report.pdf({ path: `${folder}/report.pdf`, format: 'A4' });
  await report.close();

  const savingMap = page.waitForEvent('download');
  await one.getByRole('button', { name: 'Save ddrescue map' }).click();
  const map = await savingMap;
  expect(map.suggestedFilename()).toBe('carousel-job-1.map');
  const size = 24 * 1024 * 1024;
  expect(readFileSync(await map.path(), 'utf8')).toContain(
    `0x00000000  0x0${size.toString(16).toUpperCase()}  +`,
  );

  await one.getByRole('button', { name: 'All jobs' }).click();
  await expect(job).toBeFocused();
  if (folder) {
    await page.emulateMedia({ colorScheme: 'dark' });
    await page.setViewportSize({ width: 420, height: 800 });
    await picture(page, 'list-narrow-dark');
    await job.click();
    await picture(page, 'job-narrow-dark');
  }
  await page.keyboard.press('Escape');
  await expect(dialog(page)).toBeHidden();
});
