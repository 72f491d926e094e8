/** What a newcomer does first: a whole copy with a late joiner on practice drives, once by mouse, once by keyboard. */
import { expect, test } from './app.ts';
import {
  approve,
  approveButton,
  becomes,
  cell,
  copyMs,
  dialog,
  reach,
  section,
  targets,
  tray,
  waiting,
  allVerified,
} from './flow.ts';

const source = 'Practice Source';
const practice = { sticks: 3, size: '64M' };

test('from the first screen to good copies with a late joiner, by mouse only', async ({ carousel }) => {
  const page = await carousel.open({ practice });
  await expect(page.getByRole('heading', { name: 'What do you want to copy?' })).toBeVisible();
  await carousel.axe(page);

  await page.getByRole('button', { name: /^Copy a drive/ }).click();
  await expect(dialog(page)).toContainText('Carousel reads it once and never writes to it.');
  await carousel.axe(page);
  await dialog(page)
    .getByRole('button', { name: /Practice Source/ })
    .click();

  for (const title of ['Practice Stick 1', 'Practice Stick 2']) {
    await waiting(page, title).getByRole('button', { name: 'Add' }).click();
  }
  await expect(section(page, source)).toContainText('2 drives chosen');
  await carousel.axe(page);

  await page.getByRole('button', { name: 'Start 2 copies…' }).click();
  await expect(dialog(page)).toContainText('Copy onto 2 blank drives?');
  await carousel.axe(page);
  await approve(page);
  await reach(cell(page, source, 'Practice Stick 1'), 10);

  await waiting(page, 'Practice Stick 3').getByRole('button', { name: 'Join' }).click();
  const joiner = cell(page, source, 'Practice Stick 3');
  await expect(joiner).toContainText(/from \d+%/);
  await carousel.axe(page);
  await becomes(joiner, 'LAP 2');
  await expect(joiner).toContainText(/missing first \d+%/);

  await expect(section(page, source)).toContainText(allVerified(3), {
    timeout: copyMs,
  });
  for (const title of ['Practice Stick 1', 'Practice Stick 2', 'Practice Stick 3']) {
    await becomes(cell(page, source, title), 'DONE');
  }
  await carousel.axe(page);
});

test('the same by keyboard only', async ({ carousel }) => {
  const page = await carousel.open({ practice });
  const { keyboard } = page;
  await expect(tray(page)).toContainText('4 drives');
  const inTray = (title: string) => tray(page).getByRole('gridcell', { name: new RegExp(title) });

  async function toTray(): Promise<void> {
    for (let zone = 0; zone < 4; zone += 1) {
      await keyboard.press('F6');
      if (await tray(page).evaluate((own) => own.contains(document.activeElement))) return;
    }
    throw new Error('F6 never leads to the tray');
  }

  await toTray();
  await keyboard.press('Home');
  await expect(inTray('Practice Source')).toBeFocused();
  await keyboard.press('s');
  await expect(section(page, source)).toBeVisible();

  await toTray();
  await keyboard.press('Home');
  await expect(inTray('Practice Stick 1')).toBeFocused();
  await keyboard.press('Space');
  await keyboard.press('ArrowRight');
  await expect(inTray('Practice Stick 2')).toBeFocused();
  await keyboard.press('Space');
  await keyboard.press('a');
  await expect(section(page, source)).toContainText('2 drives chosen');

  await keyboard.press('Control+Enter');
  await expect(dialog(page).getByRole('button', { name: 'Cancel' })).toBeFocused();
  await expect(approveButton(page)).toBeEnabled();
  await keyboard.press('Tab');
  await expect(approveButton(page)).toBeFocused();
  await keyboard.press('Enter');
  await expect(dialog(page)).toBeHidden();
  await reach(cell(page, source, 'Practice Stick 1'), 20);

  await toTray();
  await expect(inTray('Practice Stick 3')).toBeFocused();
  await keyboard.press('a');
  await keyboard.press('Control+Enter');
  await expect(approveButton(page)).toBeEnabled();
  await keyboard.press('Tab');
  await keyboard.press('Enter');
  await expect(cell(page, source, 'Practice Stick 3')).toContainText(/from \d+%/, { timeout: copyMs });

  // Enter shows the details, Esc comes back to the cell.
  for (
    let zone = 0;
    zone < 4 && !(await targets(page, source).evaluate((own) => own.contains(document.activeElement)));
    zone += 1
  ) {
    await keyboard.press('F6');
  }
  await keyboard.press('3');
  await expect(cell(page, source, 'Practice Stick 3')).toBeFocused();
  await keyboard.press('Enter');
  await expect(page.getByRole('complementary', { name: 'Details of Drive 3' })).toBeFocused();
  await carousel.axe(page);
  await keyboard.press('Escape');
  await expect(cell(page, source, 'Practice Stick 3')).toBeFocused();

  await expect(section(page, source)).toContainText(allVerified(3), {
    timeout: copyMs,
  });
});

test('without a second drive the first screen offers practice drives', async ({ carousel }) => {
  const page = await carousel.open({
    settings: {},
    env: { PATH: `${import.meta.dirname}/no-drives:${process.env['PATH'] ?? ''}` },
  });
  await expect(tray(page)).toContainText('No drives are waiting.');
  await carousel.axe(page);
  await page.getByRole('button', { name: 'Try it with practice drives' }).click();
  await expect(waiting(page, 'Practice Stick 4')).toBeVisible();
  await page.getByRole('button', { name: /^Copy a drive/ }).click();
  await expect(dialog(page).getByRole('button', { name: /Practice Source/ })).toBeEnabled();
});

test('a filter finds drives among many, and what it hides is not taken', async ({ carousel }) => {
  const page = await carousel.open({ practice: { sticks: 10, size: '1M' } });
  const { keyboard } = page;
  const rows = tray(page).locator('[data-key]');
  const filter = page.getByRole('searchbox', { name: 'Filter drives' });
  await expect(filter).toBeVisible(); // eleven drives are more than a glance takes in
  await keyboard.press('Control+f');
  await expect(filter).toBeFocused();
  await keyboard.type('stick 1');
  await expect(rows).toHaveCount(2);
  await expect(tray(page)).toContainText('2 of 11 drives');
  await carousel.axe(page);

  await keyboard.press('F6');
  await tray(page).getByRole('gridcell').first().focus();
  await keyboard.press('Control+f');
  await keyboard.type('nothing is called this');
  await expect(rows).toHaveCount(0);
  await expect(tray(page)).toContainText('No drive that waits matches this.');
  await page.screenshot({ path: test.info().outputPath('none.png') });

  await keyboard.press('Escape');
  await expect(filter).toHaveValue('');
  await expect(rows).toHaveCount(11);
  await keyboard.type('source');
  await waiting(page, source).getByRole('button', { name: 'Use as source' }).click();
  await filter.fill('stick 1');
  await expect(page.getByRole('button', { name: 'Add all 2 free drives' })).toBeVisible();
  await tray(page).getByRole('gridcell').first().focus();
  await keyboard.press('Control+a');
  await expect(tray(page)).toContainText('2 marked');
  await page.screenshot({ path: test.info().outputPath('marked.png') });
});
