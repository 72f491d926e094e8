/** Languages, themes, motion, forced colours: every screen in every dress. */
import type { Locator, Page } from '@playwright/test';
import { expect, test } from './app.ts';
import { becomes, begin, cell } from './flow.ts';

const practice = { sticks: 2, size: '48M' };
const source = 'Practice Source';

/** All words that a person can see or hear on a page. */
const words = (page: Page): Promise<string[]> =>
  page.evaluate(() => {
    const walker = document.createTreeWalker(document.body, NodeFilter.SHOW_TEXT);
    const found: string[] = [];
    for (let node = walker.nextNode(); node; node = walker.nextNode())
      found.push(node.textContent?.trim() ?? '');
    for (const element of document.querySelectorAll('[aria-label], [title]')) {
      found.push(element.getAttribute('aria-label') ?? '', element.getAttribute('title') ?? '');
    }
    return [...new Set(found)].filter((text) => text.length > 1);
  });

/** Goes through the screens without knowing their language; answers with the words of each. */
async function tour(page: Page, look: () => Promise<void>): Promise<string[]> {
  const found: string[] = [];
  const see = async (): Promise<void> => {
    await look();
    found.push(...(await words(page)));
  };
  const tray: Locator = page.locator('[data-zone="tray"]');
  await tray.getByRole('gridcell', { name: new RegExp(source) }).waitFor();
  await see();
  for (const key of ['F1', 'Control+,']) {
    await page.keyboard.press(key);
    await page.getByRole('dialog').waitFor();
    await see();
    await page.keyboard.press('Escape');
    await page.getByRole('dialog').waitFor({ state: 'hidden' });
  }
  await tray.locator('[data-key]').filter({ hasText: source }).getByRole('button').first().click();
  await page.getByRole('switch').waitFor();
  await see();
  await tray.getByRole('gridcell', { name: /Practice Stick 1/ }).focus();
  await page.keyboard.press('a');
  await page.keyboard.press('Control+Enter');
  await page.getByRole('dialog').getByRole('listitem').waitFor();
  await see();
  await page.getByRole('dialog').getByRole('button').last().click();
  await page.locator('[data-look="copy"]').first().waitFor();
  await see();
  await page.locator('[data-look="verified"]').first().waitFor({ timeout: 45_000 });
  await see();
  return found;
}

const languages = [
  { language: 'de', direction: 'ltr', says: 'Quelle' },
  { language: 'ar', direction: 'rtl', says: 'المصدر' },
];

for (const { language, direction, says } of languages) {
  test(`every screen in ${language}: no word missing, written ${direction}`, async ({ carousel }) => {
    test.setTimeout(90_000);
    const page = await carousel.open({ practice: { sticks: 1, size: '16M' }, settings: { language } });
    await expect(page.locator('html')).toHaveAttribute('lang', new RegExp(`^${language}`));
    await expect(page.locator('html')).toHaveAttribute('dir', direction);
    const seen = await tour(page, () => carousel.axe(page));
    expect(seen.join('\n')).toContain(says);
    expect(
      seen.filter((text) => /^[a-z]+\.[a-zA-Z-]+$/.test(text)),
      'keys without words',
    ).toEqual([]);
    // Words that only an English page can hold.
    const english = /\b(the|and|drives?|copy|copies|source|source’s|with|nothing|speed|settings|erase|of)\b/i;
    const own = /Practice (Source|Stick)|Apache|Carousel/;
    expect(
      seen.filter((text) => english.test(text) && !own.test(text)),
      'English on the page',
    ).toEqual([]);
  });
}

const brightness = (page: Page): Promise<number> =>
  page.evaluate(() => {
    const canvas = document.createElement('canvas').getContext('2d');
    if (!canvas) return -1;
    canvas.fillStyle = getComputedStyle(document.body).backgroundColor;
    canvas.fillRect(0, 0, 1, 1);
    const [r = 0, g = 0, b = 0] = canvas.getImageData(0, 0, 1, 1).data;
    return (r + g + b) / 3;
  });

test('light, dark, high contrast and forced colours', async ({ carousel }) => {
  const page = await carousel.open({ practice });
  await begin(page, source, 'Practice Stick 1', 'Practice Stick 2');
  await becomes(cell(page, source, 'Practice Stick 1'), 'COPY');
  await page.emulateMedia({ colorScheme: 'light' });
  const light = await brightness(page);
  await carousel.axe(page);
  await page.emulateMedia({ colorScheme: 'dark' });
  const dark = await brightness(page);
  await carousel.axe(page);
  expect(light).toBeGreaterThan(200);
  expect(dark).toBeLessThan(60);

  await page.emulateMedia({ colorScheme: 'light', forcedColors: 'active' });
  await carousel.axe(page);
  await expect(cell(page, source, 'Practice Stick 1').locator('svg').first()).toBeVisible();
  await page.emulateMedia({ forcedColors: 'none' });

  await page.getByRole('button', { name: 'Settings' }).click();
  await page.getByLabel('Theme').selectOption({ label: 'Dark' });
  await expect.poll(() => brightness(page)).toBeLessThan(60);
  await page.getByLabel('Theme').selectOption({ label: 'High contrast' });
  await carousel.axe(page);
});

test('nothing moves by itself when motion is reduced', async ({ carousel }) => {
  const page = await carousel.open({ practice, context: { reducedMotion: 'reduce' } });
  await page.emulateMedia({ reducedMotion: 'reduce' });
  await begin(page, source, 'Practice Stick 1');
  await becomes(cell(page, source, 'Practice Stick 1'), 'COPY');
  const moving = (): Promise<string[]> =>
    page.evaluate(() =>
      document
        .getAnimations()
        .filter(
          (one) => one.playState === 'running' && Number(one.effect?.getComputedTiming().duration ?? 0) > 50,
        )
        .map((one) => (one.effect as KeyframeEffect).target?.className.toString() ?? ''),
    );
  for (let look = 0; look < 10; look += 1) {
    expect(await moving()).toEqual([]);
    await page.waitForTimeout(100);
  }
});
