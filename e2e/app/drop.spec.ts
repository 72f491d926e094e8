/** Files from the desktop: what a page in a browser makes of them. Where they lie only the desktop window can say. */
import type { Page } from '@playwright/test';
import { expect, test } from './app.ts';
import { dialog, section, useAsSource } from './flow.ts';

/** What the browser tells a page while files are dragged over an element, and when they are dropped there. */
function drag(
  page: Page,
  selector: string,
  names: readonly string[],
  kinds: readonly string[],
): Promise<string[]> {
  return page.evaluate(
    ({ selector: where, names: files, kinds: events }) => {
      const place = document.querySelector(where);
      const data = new DataTransfer();
      for (const name of files) data.items.add(new File(['x'], name));
      return events.map((kind) => {
        const event = new DragEvent(kind, { bubbles: true, cancelable: true, dataTransfer: data });
        const left = place?.dispatchEvent(event) ?? true;
        return `${kind}: ${left ? 'left to the browser' : 'taken'}`;
      });
    },
    { selector, names, kinds },
  );
}

test('a dropped file is never opened by the browser; the page says how to choose it @browser', async ({
  carousel,
}) => {
  const page = await carousel.open({ practice: { sticks: 1, size: '1M' } });
  await page.getByRole('gridcell', { name: /Practice Stick 1/ }).waitFor();

  await drag(page, '[data-zone="source"]', ['master.img'], ['dragenter']);
  await expect(page.locator('[data-zone="source"]').getByText('Use as source')).toBeVisible();
  await drag(page, '[data-zone="source"]', ['master.img'], ['dragleave']);
  await expect(page.locator('[data-zone="source"]').getByText('No source yet')).toBeVisible();

  const seen = await drag(page, 'main', ['ma\u202ester.img'], ['dragenter', 'dragover', 'drop']);
  expect(seen).toEqual(['dragenter: left to the browser', 'dragover: taken', 'drop: taken']);
  await expect(dialog(page)).toContainText(
    'A page in a browser is not told where “master.img” lies. Type or paste its path below.',
  );
  await expect(dialog(page).getByRole('textbox')).toBeFocused();
  await carousel.axe(page);
  await page.keyboard.press('Escape');

  await drag(page, 'main', ['a.img', 'b.img'], ['dragenter', 'drop']);
  await expect(dialog(page)).toContainText('Drop one image file at a time.');
  await page.keyboard.press('Escape');
  await page.getByRole('button', { name: /^Copy a drive/ }).click();
  await expect(dialog(page)).not.toContainText('Drop one image file');
});

test('an image file is refused among the targets @browser', async ({ carousel }) => {
  const page = await carousel.open({ practice: { sticks: 1, size: '1M' } });
  await useAsSource(page, 'Practice Source');
  await drag(page, '[data-zone="targets"]', ['master.img'], ['dragenter', 'dragover']);
  await expect(
    page.getByText('An image can be a source. As a target, choose “Save as image”.'),
  ).toBeVisible();
  await drag(page, '[data-zone="targets"]', ['master.img'], ['drop']);
  await expect(dialog(page)).toHaveCount(0);
  await expect(section(page, 'Practice Source')).not.toContainText('As a target, choose');
});
