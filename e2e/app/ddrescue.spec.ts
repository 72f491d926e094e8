/** A map of GNU ddrescue: chosen for a source, kept to by its copy, and handed out again. */
import { closeSync, openSync, readFileSync, readSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { expect, test } from './app.ts';
import { add, cell, copyMs, dialog, section, start, useAsSource } from './flow.ts';

const source = 'Practice Source';
const at = 5_000_192;
const gap = 4096;

/** Some bytes of a practice drive. */
function bytes(dir: string, name: string, from: number, length: number): Buffer {
  const file = openSync(join(dir, `practice-${name}.img`), 'r');
  const into = Buffer.alloc(length);
  readSync(file, into, 0, length, from);
  closeSync(file);
  return into;
}

test('what a map says cannot be read is zeros in the copy, and said', async ({ carousel }) => {
  test.setTimeout(120_000);
  const page = await carousel.open({ practice: { sticks: 1, size: '24M' }, settings: { sounds: false } });
  const size = 24 * 1024 * 1024;
  const map = join(carousel.practiceDir, 'rescued.map');
  writeFileSync(
    map,
    `0x0 + 1\n0 ${String(at)} +\n${String(at)} ${String(gap)} -\n${String(at + gap)} ${String(size - at - gap)} +\n`,
  );
  await useAsSource(page, source);
  await page.getByRole('button', { name: 'Use a ddrescue map…' }).click();
  const path = page.getByLabel(/^Map of GNU ddrescue on/);
  await expect(path).toBeFocused();
  await path.fill('/nowhere.map');
  await page.getByRole('button', { name: 'Cancel' }).click();
  await expect(path).toBeHidden();
  await expect(page.getByRole('button', { name: 'Use a ddrescue map…' })).toBeFocused();
  await expect(page.getByRole('alert').filter({ hasText: /./ })).toHaveCount(0);
  await page.keyboard.press('Enter');
  await path.press('Escape');
  await expect(path).toBeHidden();
  await page.keyboard.press('Enter');
  await expect(path).toHaveValue('');
  await path.fill('/etc/passwd');
  await path.press('Enter');
  await expect(page.getByText('map-damaged')).toBeVisible();
  await path.fill(map);
  await path.press('Enter');
  await expect(page.getByText(/^By its map 1 place \(4.1\skB\) cannot be read/)).toBeVisible();
  await carousel.axe(page);
  await add(page, 'Practice Stick 1');
  await start(page);
  await expect(
    section(page, source).getByText(/of the source could not be read and is zero in the copies/),
  ).toBeVisible({ timeout: copyMs });
  await expect(cell(page, source, 'Practice Stick 1')).toContainText(/unreadable|zeros/, { timeout: copyMs });
  expect(bytes(carousel.practiceDir, 'source', at, gap).equals(Buffer.alloc(gap)), 'there are data').toBe(
    false,
  );
  expect(bytes(carousel.practiceDir, '1', at, gap).equals(Buffer.alloc(gap))).toBe(true);
  expect(
    bytes(carousel.practiceDir, '1', at - gap, gap).equals(
      bytes(carousel.practiceDir, 'source', at - gap, gap),
    ),
  ).toBe(true);

  await page.keyboard.press('h');
  await dialog(page)
    .getByRole('button', { name: /Practice Source/ })
    .click();
  const saving = page.waitForEvent('download');
  await dialog(page).getByRole('button', { name: 'Save ddrescue map' }).click();
  const saved = readFileSync(await (await saving).path(), 'utf8');
  expect(saved).toContain(`0x${at.toString(16).toUpperCase().padStart(8, '0')}  0x00001000  -`);
});
