/** What an operator does at the bench, on practice sticks: they are pulled out and put in by the buttons for that. */
import { expect, type Locator, type Page } from '@playwright/test';
import { dialog } from './flow.ts';

/** The strip over everything while the bench is armed, and why it is not any more. */
export const benchStrip = (page: Page): Locator => page.getByRole('complementary', { name: 'The bench' });
/** The cell of a bay. */
export const bay = (page: Page, name: string): Locator =>
  page.getByRole('gridcell', { name: new RegExp(`^Bay ${name},`) });

export async function openTool(page: Page, name: string): Promise<void> {
  await page.getByRole('button', { name: 'More' }).click();
  await page.getByRole('menuitem', { name }).click();
  await expect(dialog(page)).toBeVisible();
}

export async function closePanel(page: Page): Promise<void> {
  await page.keyboard.press('Escape');
  await expect(dialog(page)).toBeHidden();
}

const button = (page: Page, number: number, plugged: boolean): Locator =>
  dialog(page).getByRole('button', {
    name: `${plugged ? 'Put in' : 'Pull'} Practice Stick ${String(number)}`,
    exact: true,
  });

/** Pulls a practice stick, or puts it in; the sheet with the buttons is open. */
export async function plug(page: Page, number: number, plugged: boolean): Promise<void> {
  await button(page, number, plugged).click();
  await expect(button(page, number, !plugged)).toBeVisible();
}

export async function reinsert(page: Page, number: number): Promise<void> {
  await plug(page, number, false);
  await plug(page, number, true);
}

/** The same from the window, without a sheet open. */
export async function putIn(page: Page, ...numbers: number[]): Promise<void> {
  await openTool(page, 'Teach ports');
  for (const number of numbers) await plug(page, number, true);
  await closePanel(page);
}
export async function pull(page: Page, ...numbers: number[]): Promise<void> {
  await openTool(page, 'Teach ports');
  for (const number of numbers) await plug(page, number, false);
  await closePanel(page);
}

interface Arming {
  source: string;
  quota: number;
  operator: string;
}

/** Arms all bays; `look` is called when everything is filled in. */
export async function armBench(
  page: Page,
  { source, quota, operator }: Arming,
  look: () => Promise<void> = () => Promise.resolve(),
): Promise<void> {
  await openTool(page, 'Arm the bench');
  const sheet = dialog(page);
  await sheet.getByRole('radio', { name: new RegExp(source) }).check();
  await sheet.getByRole('checkbox', { name: 'All bays' }).check();
  await sheet.getByLabel('Good copies, then disarm').fill(String(quota));
  await sheet.getByLabel('Operator').fill(operator);
  await look();
  await sheet.getByRole('button', { name: /^Arm \d+ bays?$/ }).click();
  await expect(sheet).toBeHidden();
  await expect(benchStrip(page)).toContainText('ARMED');
}
