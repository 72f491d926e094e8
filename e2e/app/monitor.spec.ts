/** A second device: pairs with a code, sees the same picture at phone width, and may no more than was granted. */
import type { Browser, Page } from '@playwright/test';
import { expect, test, type Carousel } from './app.ts';
import { begin, cell, copyMs, dialog } from './flow.ts';

const practice = { sticks: 3, size: '48M' };
const source = 'Practice Source';
const phone = { width: 360, height: 740 };

/** Lets other devices in, and makes a code for one; gives back the address and the code. */
async function letIn(
  page: Page,
  may: 'Watch only' | 'Watch and stop' = 'Watch only',
): Promise<{ url: string; code: string }> {
  await page.keyboard.press('Control+,');
  const sheet = dialog(page);
  const listen = sheet.getByRole('switch', { name: 'Let other devices look in' });
  if (!(await listen.isChecked())) await listen.check();
  const url =
    (await sheet
      .getByText(/^https:\/\//)
      .first()
      .textContent()) ?? '';
  await sheet.getByLabel('The next device may').selectOption({ label: may });
  await sheet.getByRole('button', { name: 'Make a code' }).click();
  const code = (await sheet.getByText(/^[2-9A-Z]{4}-[2-9A-Z]{4}$/).textContent()) ?? '';
  // Wherever the tests run, this computer reaches itself.
  return { url: `https://127.0.0.1:${new URL(url).port}/`, code };
}

/** A browser of its own, as a phone has one. */
async function openPhone(browser: Browser, carousel: Carousel, url: string): Promise<Page> {
  const context = await browser.newContext({ viewport: phone, ignoreHTTPSErrors: true, hasTouch: true });
  carousel.onClose(() => context.close());
  const page = carousel.watch(await context.newPage());
  await page.goto(url);
  return page;
}

async function pair(page: Page, code: string, name: string): Promise<void> {
  await page.getByLabel('Code', { exact: true }).fill(code.toLowerCase());
  await page.getByLabel('Name of this device').fill(name);
  await page.getByRole('button', { name: 'Look in' }).click();
}

/** What can be scrolled sideways, by its class; nothing may. */
const sideways = (page: Page): Promise<string[]> =>
  page.evaluate(() =>
    [document.documentElement, ...document.querySelectorAll('*')]
      .filter(
        (one) => one === document.documentElement || /auto|scroll/.test(getComputedStyle(one).overflowX),
      )
      .filter((one) => one.scrollWidth > one.clientWidth)
      .map(
        (one) => `${one.tagName}.${one.className}: ${String(one.scrollWidth)} > ${String(one.clientWidth)}`,
      ),
  );

/** Everything to be touched is large enough for a finger. */
const tooSmall = (page: Page): Promise<string[]> =>
  page.evaluate(() =>
    [...document.querySelectorAll('button, input, select, a, [role="gridcell"]')]
      .filter((one) => one.checkVisibility() && !one.matches('.visually-hidden, .visually-hidden *'))
      .filter((one) => one.getBoundingClientRect().height < 44)
      .map((one) => `${one.tagName} ${one.getAttribute('aria-label') ?? one.textContent}`),
  );

test('@browser R23 a phone pairs with a code, watches the copy live, changes nothing, and is thrown out', async ({
  carousel,
  browser,
}) => {
  test.slow();
  carousel.forgive(/WebSocket|ERR_|403/); // a phone whose code was wrong, or whose key was taken away, says so
  const page = await carousel.open({ practice });
  const { url, code } = await letIn(page);
  const other = await openPhone(browser, carousel, url);
  await expect(other.getByRole('heading', { name: 'Look in on this machine' })).toBeVisible();
  expect(await sideways(other)).toEqual([]);
  expect(await tooSmall(other)).toEqual([]);
  await carousel.axe(other);
  await other.screenshot({ path: test.info().outputPath('pair.png') });
  await pair(other, 'AAAA-AAAA', 'x');
  await expect(other.getByRole('alert')).toContainText('wrong, used up or too old');
  await pair(other, code, 'My phone');
  await expect(other.getByText('You are watching.')).toBeVisible();
  await expect(dialog(page).getByText('My phone')).toBeVisible();
  await expect(dialog(page).getByText(/Watch only · connected now/)).toBeVisible();
  await page.screenshot({ path: test.info().outputPath('settings.png') });
  await page.keyboard.press('Escape');

  await begin(page, source, 'Practice Stick 1', 'Practice Stick 2');
  await expect(cell(other, source, 'Practice Stick 1')).toBeVisible();
  await expect(cell(other, source, 'Practice Stick 2')).toBeVisible();
  await other.screenshot({ path: test.info().outputPath('phone-copy.png') });
  expect(await sideways(other)).toEqual([]);
  expect(await tooSmall(other)).toEqual([]);
  for (const title of ['Practice Stick 1', 'Practice Stick 2'])
    await expect(cell(other, source, title)).toHaveAccessibleName(/verified|done/i, { timeout: copyMs });
  await carousel.axe(other);
  await other.screenshot({ path: test.info().outputPath('phone-done.png') });
  await expect(
    other.getByText('You are watching. Only an operator can change something here.'),
  ).toBeVisible();
  await expect(other.getByRole('button', { name: 'Put away' })).toBeDisabled();

  await page.keyboard.press('Control+,');
  await dialog(page).getByRole('button', { name: 'Take away the key of My phone' }).click();
  await expect(other.getByRole('heading', { name: 'Look in on this machine' })).toBeVisible();
});

test('@browser R23 two machines are watched side by side, and one that goes is said to be offline', async ({
  carousel,
  browser,
}) => {
  test.slow();
  carousel.forgive(/WebSocket|ERR_|401/);
  const page = await carousel.open({ practice });
  const { url, code } = await letIn(page);
  await page.keyboard.press('Escape');
  const second = await carousel.openSecond();
  await second.getByRole('button', { name: 'Machines' }).click();
  await second.getByLabel('Its address').fill(url);
  await second.getByLabel('The code it shows').fill(code);
  await second.getByRole('button', { name: 'Pair', exact: true }).click();
  await expect(second.getByText(/^Live ·/)).toBeVisible();
  await begin(page, source, 'Practice Stick 1', 'Practice Stick 2');
  const bar = second.getByRole('progressbar', { name: /Practice Stick 1/ });
  await expect(bar).toBeVisible();
  await carousel.axe(second);
  await second.screenshot({ path: test.info().outputPath('machines.png') });
  await expect(second.getByRole('progressbar', { name: /Practice Stick 2 (DONE|VERIFIED)/ })).toBeVisible({
    timeout: copyMs,
  });
  await second.setViewportSize(phone);
  expect(await sideways(second)).toEqual([]);
  expect(await tooSmall(second)).toEqual([]);
  await second.emulateMedia({ colorScheme: 'dark' });
  await second.screenshot({ path: test.info().outputPath('machines-phone-dark.png') });
  await carousel.killCore();
  await expect(second.getByText(/^Offline since/)).toBeVisible();
  await expect(second.getByText('As it was when last seen:')).toBeVisible();
  await second.screenshot({ path: test.info().outputPath('machines-offline.png') });
  const direct = await openPhone(browser, carousel, new URL('/machines', second.url()).href);
  await expect(direct.getByText(/needs its key/)).toBeVisible();
});
