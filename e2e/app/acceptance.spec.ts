/** How much a person has to do: clicks and keys counted; a whole job without a mouse; names and screens that stay readable. */
import type { Locator, Page } from '@playwright/test';
import { expect, test } from './app.ts';
import {
  allDone,
  approveButton,
  becomes,
  begin,
  cell,
  copyMs,
  dialog,
  question,
  reach,
  section,
  tray,
  useAsSource,
  waiting,
} from './flow.ts';
import { plugIn, small } from './sticks.ts';

const source = 'Practice Source';
const quick = { sounds: false, undoSeconds: 0, job: { verify: false } };

/** Counts what a person does from now on; modifier keys are held, not pressed. */
async function countHands(page: Page): Promise<() => Promise<{ clicks: number; keys: number }>> {
  await page.evaluate(() => {
    const hands = { clicks: 0, keys: 0 };
    Object.assign(window, { hands });
    window.addEventListener('pointerdown', () => (hands.clicks += 1), true);
    window.addEventListener(
      'keydown',
      ({ key }) => (hands.keys += ['Control', 'Shift', 'Alt', 'Meta'].includes(key) ? 0 : 1),
      true,
    );
  });
  return () => page.evaluate(() => (window as unknown as { hands: { clicks: number; keys: number } }).hands);
}

test('a source and eight drives run after six keys, or four clicks', async ({ carousel }) => {
  const page = await carousel.open({ practice: { sticks: 8, size: '4M' }, settings: quick });
  await expect(waiting(page, 'Practice Stick 8')).toBeVisible();
  const { keyboard } = page;

  let hands = await countHands(page);
  for (const key of ['s', 'Control+a', 'a', 'Control+Enter']) await keyboard.press(key);
  await expect(approveButton(page)).toBeEnabled();
  await keyboard.press('Tab');
  await keyboard.press('Enter');
  await expect(page.getByText(allDone(8))).toBeVisible({ timeout: copyMs });
  expect(await hands()).toEqual({ clicks: 0, keys: 6 });

  await page.getByRole('button', { name: 'Put away' }).click();
  await expect(waiting(page, 'Practice Stick 8')).toBeVisible();
  hands = await countHands(page);
  await useAsSource(page, source);
  await page.getByRole('button', { name: 'Add all 8 free drives' }).click();
  await page.getByRole('button', { name: 'Erase 8 drives and start…' }).click();
  await approveButton(page).click();
  await expect(page.getByText(allDone(8))).toBeVisible({ timeout: copyMs });
  expect(await hands()).toEqual({ clicks: 4, keys: 0 });
});

test('one is stopped, and tried again, without a mouse', async ({ carousel }) => {
  const page = await carousel.open({ practice: { sticks: 2, size: '24M' }, settings: quick });
  const { keyboard } = page;
  await begin(page, source, 'Practice Stick 1', 'Practice Stick 2');
  const second = cell(page, source, 'Practice Stick 2');
  await reach(second, 10);
  const hands = await countHands(page);
  await keyboard.press('F6');
  await keyboard.press('2');
  await expect(second).toBeFocused();
  await keyboard.press('Delete');
  await expect(question(page).getByRole('button', { name: 'Go on copying' })).toBeFocused();
  await keyboard.press('Tab');
  await expect(question(page).getByRole('button', { name: 'Stop Drive 2' })).toBeFocused();
  await keyboard.press('Enter');
  await becomes(second, 'STOPPED');
  await expect(section(page, source)).toContainText('1 of 2 copies are good', { timeout: copyMs });

  await keyboard.press('r');
  await expect(approveButton(page)).toBeEnabled();
  await keyboard.press('Tab');
  await keyboard.press('Enter');
  await expect(section(page, source)).toContainText(allDone(2), { timeout: copyMs });
  expect((await hands()).clicks).toBe(0);
});

const height = async (of: Locator): Promise<number> => (await of.boundingBox())?.height ?? 0;

test('in the tray a long and hostile name keeps its line, and its drive one button and a menu', async ({
  lab,
  carousel,
}) => {
  await plugIn(lab, {
    Alpha: { size: '4M' },
    Beta: {
      size: '4M',
      model: `Beta \u202Eevil\u200B ${'Ultimate Workhorse '.repeat(4)}`,
      label: 'W'.repeat(60),
    },
  });
  const page = await carousel.open({ settings: small, env: lab.env });
  const [plain, long] = [waiting(page, 'Alpha'), waiting(page, 'Beta')];
  const name = long.locator('bdi').first();
  await expect(name).toHaveAttribute('title', /^Bench Beta evil Ultimate Workhorse/);
  expect(await name.textContent()).not.toMatch(/[\u202E\u200B]/);
  expect(await height(name), 'one line').toBeLessThan(24);
  expect(Math.abs((await height(long)) - (await height(plain))), 'no row grows').toBeLessThan(1);

  const actions = long.getByRole('button', { name: 'Drive actions' });
  await long.getByRole('gridcell').first().focus();
  await page.keyboard.press('Tab'); // the button beside it
  await page.keyboard.press('Tab');
  await expect(actions).toBeFocused();
  await page.keyboard.press('Enter');
  const entries = page.getByRole('menuitem');
  await expect(entries).toHaveText(['Identify', 'Eject']);
  await carousel.axe(page);
  await entries.first().press('Enter');
  await actions.click();
  await expect(entries.first()).toHaveText('Stop blinking');
  await entries.first().click();

  // With a source chosen the one button is Add, and being the source instead has moved into the menu.
  await plain.getByRole('button', { name: 'Use as source' }).click();
  await expect(long.getByRole('button')).toHaveText(['Add', '']);
  await actions.click();
  await expect(entries).toHaveText(['Use as source', 'Identify', 'Eject']);
  await entries.first().click();
  await expect(section(page, 'Bench Beta')).toBeHidden();
  await expect(page.getByRole('region', { name: /^Job 1: Bench Beta/ })).toBeVisible();
  await expect(tray(page)).toContainText('Bench Alpha');
});

test('magnified four times nothing is cut off, and only one direction scrolls', async ({ carousel }) => {
  const page = await carousel.open({ practice: { sticks: 2, size: '48M' }, settings: quick });
  await begin(page, source, 'Practice Stick 1');
  await becomes(cell(page, source, 'Practice Stick 1'), 'COPY');
  await page.setViewportSize({ width: 320, height: 256 }); // 1280 x 1024 at 400 %: WCAG 1.4.10
  const sideways = (): Promise<string[]> =>
    page.evaluate(() =>
      [document.documentElement, ...document.querySelectorAll('*')]
        .filter(
          (one) => one === document.documentElement || /auto|scroll/.test(getComputedStyle(one).overflowX),
        )
        .filter((one) => one.scrollWidth > one.clientWidth)
        .map((one) => `${one.tagName}.${one.className}`),
    );
  expect(await sideways()).toEqual([]);
  const name = waiting(page, 'Practice Stick 2').locator('bdi').first();
  await name.scrollIntoViewIfNeeded();
  expect(await name.evaluate((one) => one.scrollWidth <= one.clientWidth), 'the whole name is seen').toBe(
    true,
  );
  for (const key of ['F1', 'Control+,', 'h']) {
    await page.keyboard.press(key);
    await dialog(page).waitFor();
    expect(await sideways(), key).toEqual([]);
    await page.keyboard.press('Escape');
    await dialog(page).waitFor({ state: 'hidden' });
  }
});
