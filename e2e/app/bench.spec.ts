/** The bench: ports that are taught by inserting, and copies that begin by themselves while it is armed. Practice sticks in the real app. */
import { readFileSync, truncateSync, utimesSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import type { Locator, Page } from '@playwright/test';
import type { SettingsChange } from '@contract/groups/settings.ts';
import { expect, test, type Carousel } from './app.ts';
import { armBench, bay, benchStrip, closePanel, openTool, plug, pull, putIn, reinsert } from './bench.ts';
import { becomes, copyMs, dialog, targets, useAsSource } from './flow.ts';

const source = 'Practice Source';
const practice = { sticks: 6, size: '16M' };
const bays = [1, 2, 3, 4].map((number) => ({ port: `practice/${String(number)}`, name: String(number) }));
const taught: SettingsChange = { bays, sounds: false };

const file = (carousel: Carousel, name: string): string => join(carousel.practiceDir, `practice-${name}.img`);
const isCopy = (carousel: Carousel, number: number): boolean =>
  readFileSync(file(carousel, String(number))).equals(readFileSync(file(carousel, 'source')));
const names = (page: Page): Promise<(string | null)[]> =>
  targets(page, source)
    .locator('[data-name]')
    .evaluateAll((cells) => cells.map((one) => one.getAttribute('data-name')));

test('ports are taught by inserting, and the matrix is in their order', async ({ carousel }) => {
  const page = await carousel.open({ practice, settings: { sounds: false } });
  await openTool(page, 'Teach ports');
  const sheet = dialog(page);
  await expect(sheet).toContainText('No port has been taught.');
  await carousel.axe(page);
  await sheet.getByRole('button', { name: 'Teach by inserting' }).click();
  const wanted = sheet.getByLabel('Insert a stick in the port you call');
  await expect(wanted).toHaveValue('1');
  for (const [index, stick] of [3, 1, 2, 4].entries()) {
    await reinsert(page, stick);
    await expect(sheet).toContainText(`Practice Stick ${String(stick)} is in Bay ${String(index + 1)} now.`);
    await expect(wanted).toHaveValue(String(index + 2));
  }
  await reinsert(page, 3);
  await expect(sheet).toContainText('This port is taught already: it is Bay 1.');
  await expect(wanted).toHaveValue('5');
  await wanted.fill('1');
  await reinsert(page, 5);
  await expect(sheet).toContainText('There is a bay of this name already.');
  await carousel.axe(page);
  await sheet.getByRole('button', { name: 'Done teaching' }).click();
  await reinsert(page, 6); // nothing is taught any more
  await expect(sheet.getByRole('textbox')).toHaveCount(4);

  await sheet.getByLabel('Name of Bay 2').fill('A\u202e\u200b2');
  await sheet.getByLabel('Name of Bay 2').press('Enter');
  await expect(sheet.getByLabel('Name of Bay A2')).toHaveValue('A2');
  await sheet.getByRole('button', { name: 'Move Bay 4 up' }).click();
  await expect(sheet.getByRole('textbox').nth(2)).toHaveValue('4');
  await closePanel(page);

  await useAsSource(page, source);
  await expect(targets(page, source)).toBeVisible();
  expect(await names(page)).toEqual(['1', 'A2', '4', '3']);
  await expect(bay(page, '1')).toHaveAccessibleName(/^Bay 1, Practice Stick 3, ready$/);
  await carousel.axe(page);
  await page.keyboard.press('4');
  await expect(bay(page, '4')).toBeFocused();
  await page.waitForTimeout(700); // two digits belong together for 600 ms
  await page.keyboard.press('2'); // no bay is called 2: the second one
  await expect(bay(page, 'A2')).toBeFocused();
  await expect(page.getByRole('region', { name: 'Waiting tray' })).toContainText('Bay A2');

  await page.reload(); // the core keeps them
  await openTool(page, 'Teach ports');
  await expect(dialog(page).getByRole('textbox')).toHaveCount(4);
  await dialog(page).getByRole('button', { name: 'Forget Bay 4' }).click();
  await expect(dialog(page).getByRole('textbox')).toHaveCount(3);
  await dialog(page).getByRole('button', { name: 'Forget all' }).click();
  await page.getByRole('alertdialog').getByRole('button', { name: 'Forget all' }).click();
  await expect(dialog(page)).toContainText('No port has been taught.');
});

test('while it is armed, blank sticks that are put in are copied to, verified, equal; others are refused in words', async ({
  carousel,
}) => {
  test.setTimeout(150_000);
  const page = await carousel.open({ practice, settings: taught });
  await pull(page, 1, 2, 3, 4);
  const data = Buffer.alloc(practice.sticks * 4096, 'holiday');
  writeFileSync(file(carousel, '4'), data, { flag: 'r+' });
  await armBench(page, { source, quota: 4, operator: 'Mia' }, () => carousel.axe(page));
  await expect(benchStrip(page)).toContainText(
    'Blank sticks put into Bay 1, 2, 3, and 4 are copied to at once.',
  );
  await expect(bay(page, '1')).toContainText('INSERT');
  await carousel.axe(page);

  await putIn(page, 1, 2, 3, 4);
  await expect(bay(page, '4')).toContainText('SET ASIDE');
  await expect(bay(page, '4')).toContainText('holds files');
  for (const name of ['1', '2', '3']) {
    await becomes(bay(page, name), 'DONE');
    await expect(bay(page, name)).toContainText('PULL');
  }
  await expect(benchStrip(page)).toContainText('3 of 4 good');
  await carousel.axe(page);
  for (const number of [1, 2, 3]) expect(isCopy(carousel, number)).toBe(true);
  expect(readFileSync(file(carousel, '4')).subarray(0, data.length).equals(data)).toBe(true);

  // A good one is pulled: its bay waits for the next. Put in again, it is known by its serial number only, and left alone.
  await pull(page, 1);
  await expect(bay(page, '1')).toContainText('INSERT');
  await putIn(page, 1);
  await expect(bay(page, '1')).toContainText(/on record as done at \d+:\d+.*, skipped/);
  await expect(bay(page, '1')).toContainText('SET ASIDE');

  // The last of the quota.
  await pull(page, 4);
  truncateSync(file(carousel, '4'), 0);
  truncateSync(file(carousel, '4'), 16 * 1_048_576);
  await putIn(page, 4);
  await expect(benchStrip(page)).toContainText('The quota is reached. 4 of 4 are good.', { timeout: copyMs });
  expect(isCopy(carousel, 4)).toBe(true);
  await expect(bay(page, '4')).toContainText('DONE');

  // Disarmed: nothing begins any more.
  await pull(page, 2);
  truncateSync(file(carousel, '2'), 0);
  truncateSync(file(carousel, '2'), 16 * 1_048_576);
  await putIn(page, 2);
  await page.waitForTimeout(2000);
  expect(readFileSync(file(carousel, '2')).every((byte) => byte === 0)).toBe(true);
  await benchStrip(page).getByRole('button', { name: 'Put away' }).click();
  await expect(benchStrip(page)).toBeHidden();

  await page.keyboard.press('h');
  await dialog(page)
    .getByRole('button', { name: /Practice Source/ })
    .first()
    .click();
  await expect(dialog(page)).toContainText('Bay 4');
  await expect(dialog(page)).toContainText('Mia');
});

test('by keyboard only: what was in before is left alone, another source disarms, and so does D', async ({
  carousel,
}) => {
  test.setTimeout(120_000);
  const page = await carousel.open({ practice, settings: taught });
  const { keyboard } = page;
  async function tabTo(what: Locator): Promise<void> {
    for (let step = 0; step < 80; step += 1) {
      if (await what.evaluate((element) => element === document.activeElement)) return;
      await keyboard.press('Tab');
    }
    throw new Error(`Tab never leads to ${String(what)}`);
  }
  async function tool(name: string): Promise<void> {
    await tabTo(page.getByRole('button', { name: 'More' }));
    await keyboard.press('Enter');
    const item = page.getByRole('menuitem', { name });
    for (
      let step = 0;
      step < 10 && !(await item.evaluate((one) => one === document.activeElement));
      step += 1
    )
      await keyboard.press('ArrowDown');
    await keyboard.press('Enter');
    await expect(dialog(page)).toBeVisible();
  }
  async function press(name: string): Promise<void> {
    await tabTo(dialog(page).getByRole('button', { name, exact: true }));
    await keyboard.press('Enter');
  }
  async function arm(): Promise<void> {
    await tool('Arm the bench');
    await tabTo(dialog(page).getByRole('radio', { name: /Practice Source/ }));
    await keyboard.press('Space');
    await tabTo(dialog(page).getByRole('checkbox', { name: 'All bays' }));
    await keyboard.press('Space');
    for (const [label, words] of [
      ['Good copies, then disarm', '5'],
      ['Operator', 'Mia'],
    ] as const) {
      await tabTo(dialog(page).getByLabel(label));
      await keyboard.press('Control+a');
      await keyboard.type(words);
    }
    await press('Arm 4 bays');
    await expect(benchStrip(page)).toContainText('ARMED');
  }

  await expect(page.getByRole('gridcell', { name: /Practice Stick 6/ })).toBeVisible();
  await arm();
  await expect(bay(page, '1')).toContainText('was in before');
  await page.waitForTimeout(1500);
  await expect(benchStrip(page)).toContainText('0 of 5 good');
  await tool('Teach ports');
  await press('Pull Practice Stick 2');
  await expect(dialog(page).getByRole('button', { name: 'Put in Practice Stick 2' })).toBeVisible();
  await press('Put in Practice Stick 2');
  await keyboard.press('Escape');
  await becomes(bay(page, '2'), 'DONE');
  expect(isCopy(carousel, 2)).toBe(true);
  expect(readFileSync(file(carousel, '1')).every((byte) => byte === 0)).toBe(true);
  await keyboard.press('d');
  await expect(benchStrip(page)).toContainText('Somebody disarmed it. 1 of 5 are good.');

  await arm();
  utimesSync(file(carousel, 'source'), 1, 1);
  await tool('Teach ports');
  await press('Pull Practice Stick 3');
  await expect(dialog(page).getByRole('button', { name: 'Put in Practice Stick 3' })).toBeVisible();
  await press('Put in Practice Stick 3');
  await keyboard.press('Escape');
  await expect(benchStrip(page)).toContainText('The source is gone, or not what it was');
  expect(readFileSync(file(carousel, '3')).every((byte) => byte === 0)).toBe(true);
});

test('32 bays fit 1366x768 without scrolling, armed too', async ({ carousel }) => {
  const many = Array.from({ length: 32 }, (_, index) => ({
    port: `practice/${String(index + 1)}`,
    name: index === 6 ? 'Left hub, upper row' : String(index + 1),
  }));
  const page = await carousel.open({
    practice: { sticks: 32, size: '1M' },
    settings: { bays: many, sounds: false },
  });
  await page.setViewportSize({ width: 1366, height: 768 });
  await useAsSource(page, source);
  await expect(targets(page, source).getByRole('gridcell')).toHaveCount(32);
  const hidden = (): Promise<number> =>
    page.evaluate(() => {
      const list = document.querySelector('main');
      return list ? list.scrollHeight - list.clientHeight : Number.NaN;
    });
  await page.getByRole('button', { name: 'Add all 32 free drives' }).click();
  await expect(targets(page, source).getByText('WAITING', { exact: true })).toHaveCount(32);
  expect(await hidden()).toBeLessThanOrEqual(0);
  await page.screenshot({ path: test.info().outputPath('taught.png') });
  await page.reload();
  await armBench(page, { source, quota: 500, operator: 'Mia' });
  await expect(benchStrip(page)).toContainText('Bay 1 – 32 (32)');
  await expect(targets(page, source).getByRole('gridcell')).toHaveCount(32);
  expect(await hidden()).toBeLessThanOrEqual(0);
  await page.screenshot({ path: test.info().outputPath('armed.png') });
  await carousel.axe(page);
  await openTool(page, 'Teach ports');
  await plug(page, 12, false);
  await closePanel(page);
  await page.keyboard.press('1');
  await page.keyboard.press('2');
  await expect(bay(page, '12')).toBeFocused();
  expect(await hidden()).toBeLessThanOrEqual(0);
});
