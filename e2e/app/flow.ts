/** What a person does and sees, by the names that a screen reader would say. */
import { en } from '../../src-renderer/i18n/en.ts';
import { expect, type Locator, type Page } from '@playwright/test';

/** Long enough for a copy in these specs on a busy machine. */
export const copyMs = 45_000;

export const tray = (page: Page): Locator => page.getByRole('region', { name: 'Waiting tray' });
export const dialog = (page: Page): Locator => page.getByRole('dialog');
export const question = (page: Page): Locator => page.getByRole('alertdialog');

/** A drive in the tray, with its buttons. */
export const waiting = (page: Page, title: string): Locator =>
  tray(page)
    .locator('[data-key]')
    .filter({ has: page.getByRole('gridcell', { name: new RegExp(`\\b${title}\\b`) }) });

/** The job of a source, or the one that is being put together. */
export const section = (page: Page, source: string): Locator =>
  page.getByRole('region', { name: new RegExp(`^Job \\d+: ${source}$`) });

/** The targets of a source. */
export const targets = (page: Page, source: string): Locator =>
  page.getByRole('grid', { name: `Targets of ${source}` });

/** The cell of the drive with this title. */
export const cell = (page: Page, source: string, title: string): Locator =>
  targets(page, source).getByRole('gridcell', { name: new RegExp(`\\b${title}\\b`) });

/** The word that a cell shows for its state. */
export const word = (of: Locator, state: string): Locator => of.getByText(state, { exact: true });

export async function useAsSource(page: Page, title: string): Promise<void> {
  await waiting(page, title).getByRole('button', { name: 'Use as source' }).click();
}

export async function add(page: Page, ...titles: string[]): Promise<void> {
  for (const title of titles) await waiting(page, title).getByRole('button', { name: 'Add' }).click();
}

export const approveButton = (page: Page): Locator =>
  dialog(page).getByRole('button', { name: /^(Erase|Copy onto) \d+ drives?/ });

/** Opens the sheet for what is chosen, and says yes. */
export async function start(page: Page): Promise<void> {
  await page.getByRole('button', { name: /^(Erase|Start) \d+ .*…$/ }).click();
  await approve(page);
}

export async function approve(page: Page): Promise<void> {
  await approveButton(page).click();
  await expect(dialog(page)).toBeHidden();
}

/** A whole beginning: this source onto these drives. */
export async function begin(page: Page, source: string, ...titles: string[]): Promise<void> {
  await useAsSource(page, source);
  await add(page, ...titles);
  await start(page);
}

/** Waits until this much of a target is copied, and answers with what is shown then. */
export async function reach(of: Locator, percent: number): Promise<number> {
  const bar = of.getByRole('progressbar');
  await expect
    .poll(async () => Number(await bar.getAttribute('aria-valuenow')), { timeout: copyMs, intervals: [50] })
    .toBeGreaterThanOrEqual(percent);
  return Number(await bar.getAttribute('aria-valuenow'));
}

/** Waits for a word in a cell, as long as a copy takes. */
export async function becomes(of: Locator, state: string): Promise<void> {
  await expect(word(of, state)).toBeVisible({ timeout: copyMs });
}

/** A message that counts, as the English page says it. */
function counted(message: string, n: number): string {
  const [one = '', other = one] = message.split(' | ');
  return (n === 1 ? one : other).replace('{n}', String(n));
}

export const allVerified = (n: number): string => counted(en.results.allVerified, n);
export const allDone = (n: number): string => counted(en.results.allDone, n);
