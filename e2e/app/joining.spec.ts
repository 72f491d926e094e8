/** Stepping on and off while a job runs, and what never happens meanwhile. */
import { randomBytes } from 'node:crypto';
import { open } from 'node:fs/promises';
import { expect, test } from './app.ts';
import {
  add,
  approve,
  approveButton,
  becomes,
  begin,
  cell,
  copyMs,
  dialog,
  question,
  reach,
  section,
  start,
  targets,
  tray,
  useAsSource,
  waiting,
  word,
  allVerified,
  allDone,
} from './flow.ts';
import { byCell, startSampling, stopSampling } from './sampler.ts';
import { differsFrom, fill, firstDifference, plugIn, small } from './sticks.ts';

test('late by a button and by drag; one is stopped; stopping all asks', async ({ lab, carousel }) => {
  // So slow that it lasts until it is stopped, on a busy machine too.
  const sticks = await plugIn(lab, {
    Master: { size: '64M' },
    Alpha: { size: '64M', writeBps: '1MB' },
    Beta: { size: '64M', writeBps: '1MB' },
    Gamma: { size: '64M', label: 'HOLIDAY' },
    Delta: { size: '64M' },
  });
  await fill(sticks.Master, 1);
  const page = await carousel.open({ settings: small, env: lab.env });
  await begin(page, 'Bench Master', 'Alpha', 'Beta');
  await reach(cell(page, 'Bench Master', 'Alpha'), 2);

  await test.step('by the button in the tray', async () => {
    await waiting(page, 'Gamma').getByRole('button', { name: 'Erase & join' }).click();
    await expect(dialog(page)).toContainText('HOLIDAY');
    await expect(dialog(page)).toContainText('It steps on where the copy of Bench Master is now');
    await carousel.axe(page);
    await approve(page);
    await expect(cell(page, 'Bench Master', 'Gamma')).toContainText(/from \d+%/);
  });

  await test.step('by drag: it is staged, nothing begins by itself', async () => {
    const row = tray(page).getByRole('gridcell', { name: /Delta/ });
    await row.locator('[draggable="true"]').dragTo(targets(page, 'Bench Master'));
    await expect(word(cell(page, 'Bench Master', 'Delta'), 'WAITING')).toBeVisible();
    await page.getByRole('button', { name: /^(Erase|Join with) 1 drive/ }).click();
    await approve(page);
    await expect(cell(page, 'Bench Master', 'Delta')).toContainText(/from \d+%|missing first \d+%/);
  });

  await test.step('one is stopped after a question, the others go on', async () => {
    await cell(page, 'Bench Master', 'Beta').focus();
    await page.keyboard.press('Delete');
    await expect(question(page)).toContainText(/Stop copying to Drive 2\?.*unusable.*All others go on\./s);
    await expect(question(page).getByRole('button', { name: 'Go on copying' })).toBeFocused();
    await carousel.axe(page);
    await question(page).getByRole('button', { name: 'Stop Drive 2' }).click();
    await becomes(cell(page, 'Bench Master', 'Beta'), 'STOPPED');
    await expect(word(cell(page, 'Bench Master', 'Alpha'), 'COPY')).toBeVisible();
  });

  await test.step('stopping all asks first', async () => {
    await section(page, 'Bench Master').getByRole('button', { name: 'Job actions' }).click();
    await carousel.axe(page);
    await page.getByRole('menuitem', { name: 'Stop job…' }).click();
    await expect(question(page)).toContainText('Stop the whole job?');
    await question(page).getByRole('button', { name: 'Go on copying' }).click();
    await expect(question(page)).toBeHidden();
    await expect(word(cell(page, 'Bench Master', 'Alpha'), 'COPY')).toBeVisible();

    await section(page, 'Bench Master').getByRole('button', { name: 'Job actions' }).click();
    await page.getByRole('menuitem', { name: 'Stop job…' }).click();
    await question(page).getByRole('button', { name: 'Stop all' }).click();
    await becomes(cell(page, 'Bench Master', 'Alpha'), 'STOPPED');
    await expect(
      section(page, 'Bench Master').getByRole('button', { name: 'New job with same source' }),
    ).toBeVisible();
    await carousel.axe(page);
  });
});

test('joiners hold exactly what the source holds', async ({ lab, carousel }) => {
  const sticks = await plugIn(lab, {
    Master: { size: '16M' },
    Alpha: { size: '16M', writeBps: '4MB' },
    Beta: { size: '20M', writeBps: '6MB' },
  });
  await fill(sticks.Master, 2);
  const page = await carousel.open({ settings: small, env: lab.env });
  await begin(page, 'Bench Master', 'Alpha');
  await reach(cell(page, 'Bench Master', 'Alpha'), 30);
  await waiting(page, 'Beta').getByRole('button', { name: 'Erase & join' }).click();
  await approve(page);
  await becomes(cell(page, 'Bench Master', 'Beta'), 'LAP 2');
  await expect(section(page, 'Bench Master')).toContainText(allDone(2), {
    timeout: copyMs,
  });
  expect(await firstDifference(sticks.Master, sticks.Alpha)).toBe(-1);
  expect(await firstDifference(sticks.Master, sticks.Beta)).toBe(-1);
});

test('percent never goes back, 100 comes last, and no cell ever moves', async ({ carousel }) => {
  const page = await carousel.open({ practice: { sticks: 4, size: '24M' } });
  const source = 'Practice Source';
  await useAsSource(page, source);
  await add(page, 'Practice Stick 1', 'Practice Stick 2', 'Practice Stick 3');
  await start(page);
  await startSampling(page);
  await reach(cell(page, source, 'Practice Stick 1'), 30);
  await waiting(page, 'Practice Stick 4').getByRole('button', { name: 'Join' }).click();
  await expect(section(page, source)).toContainText(allVerified(4), {
    timeout: copyMs,
  });
  await page.waitForTimeout(300);

  const cells = byCell(await stopSampling(page));
  expect(cells.size).toBe(4);
  for (const [key, seen] of cells) {
    expect(seen.length, `looks at ${key}`).toBeGreaterThan(20);
    // Where it was, and what was in it when it was first seen there.
    const places = new Map<string, string>();
    for (const { left, top, width, height, text } of seen) {
      const place = [left, top, width, height].join(' ');
      if (!places.has(place)) places.set(place, text);
    }
    expect([...places], `places of ${key}`).toHaveLength(1);

    const phases = { copy: 0, verify: 0 };
    for (const { word: look, percent, text } of seen) {
      const phase = look === 'verify' ? 'verify' : 'copy';
      expect(percent, `percent of ${key} while ${look}`).toBeGreaterThanOrEqual(phases[phase]);
      phases[phase] = Math.max(phases[phase], look === 'verified' ? 0 : percent);
      if (look !== 'verified') expect(`${String(percent)} ${text}`).not.toMatch(/\b100\s?%|^100\b/);
    }
    expect(phases.copy, `what ${key} showed of its copy`).toBeGreaterThan(50);
    expect(seen.at(-1)?.word).toBe('verified');
  }
});

test('two sources at once, each with its own row', async ({ lab, carousel }) => {
  test.setTimeout(90_000);
  const sticks = await plugIn(lab, {
    North: { size: '12M', readBps: '1500KB' },
    South: { size: '4M', readBps: '1500KB' },
    Alpha: { size: '16M' },
    Beta: { size: '16M' },
  });
  await Promise.all([fill(sticks.North, 3), fill(sticks.South, 4)]);
  const page = await carousel.open({ settings: small, env: lab.env });
  await begin(page, 'Bench North', 'Alpha');
  await becomes(cell(page, 'Bench North', 'Alpha'), 'COPY');
  await page.getByRole('button', { name: 'New job', exact: true }).click();
  await begin(page, 'Bench South', 'Beta');
  await becomes(cell(page, 'Bench South', 'Beta'), 'COPY');
  await expect(word(cell(page, 'Bench North', 'Alpha'), 'COPY')).toBeVisible();
  await carousel.axe(page);
  await expect(section(page, 'Bench South')).toContainText('The copy is complete', { timeout: copyMs });
  await expect(section(page, 'Bench North')).toContainText('The copy is complete', { timeout: copyMs });
  await carousel.axe(page);
  expect(await differsFrom(3, sticks.Alpha, sticks.North.size)).toBe(-1);
  expect(await differsFrom(4, sticks.Beta, sticks.South.size)).toBe(-1);
});

/** Something that could be lost: a drive that holds nothing but zeros is shown as blank. */
async function writeContent(device: string) {
  const drive = await open(device, 'r+');
  await drive.write(randomBytes(65_536), 0, 65_536, 0);
  await drive.sync();
  await drive.close();
}

test('the sheet says what will be erased, and no key press confirms it by accident', async ({
  lab,
  carousel,
}) => {
  const sticks = await plugIn(lab, {
    Master: { size: '8M' },
    Alpha: { size: '8M', label: 'HOLIDAY' },
    Beta: { size: '8M' },
  });
  for (const stick of [sticks.Alpha, sticks.Beta]) {
    await writeContent(stick.dev);
    await stick.stat({ reset: true });
  }
  const page = await carousel.open({ settings: small, env: lab.env });
  await useAsSource(page, 'Master');
  await add(page, 'Alpha', 'Beta');
  await page.keyboard.press('Control+Enter');
  const sheet = dialog(page);
  await expect(sheet).toContainText('Everything on them is replaced by Bench Master. This cannot be undone.');
  await expect(sheet.getByRole('heading', { name: 'Erase 2 drives?' })).toBeVisible();
  await expect(sheet.getByRole('listitem').filter({ hasText: 'Bench Alpha' })).toContainText(
    new RegExp(`8\\.4\\sMB.*${sticks.Alpha.serial.slice(-4)}`),
  );
  await expect(sheet.getByRole('listitem').filter({ hasText: 'Bench Alpha' })).toContainText('HOLIDAY');
  await expect(sheet.getByRole('listitem').filter({ hasText: 'Bench Beta' })).toBeVisible();
  await expect(approveButton(page)).toBeEnabled();
  await expect(sheet.getByRole('button', { name: 'Cancel' })).toBeFocused();
  await carousel.axe(page);

  // Whatever the keys do to the sheet (the focus is on Cancel), nothing begins.
  for (let press = 0; press < 3; press += 1) await page.keyboard.press('Control+Enter');
  await page.waitForTimeout(500);
  // Each press may have closed the sheet or opened it again; while it is open the rest is hidden from roles.
  if (await sheet.isVisible()) await page.keyboard.press('Escape');
  await expect(sheet).toBeHidden();
  await expect(targets(page, 'Bench Master').getByText('WAITING', { exact: true })).toHaveCount(2);
  await expect(section(page, 'Bench Master').getByRole('button', { name: 'Job actions' })).toHaveCount(0);
  for (const stick of [sticks.Alpha, sticks.Beta]) expect((await stick.stat()).written_bytes).toBe(0);
});

test('a ninth drive that steps on does not shrink the others; a person can', async ({ carousel }) => {
  const page = await carousel.open({
    practice: { sticks: 9, size: '8M' },
    settings: { job: { verify: false, waitForJoin: 600 } },
  });
  const source = 'Practice Source';
  const all = targets(page, source).getByRole('gridcell', { name: /^Drive \d/ });
  await useAsSource(page, source);
  await add(page, ...Array.from({ length: 8 }, (_, index) => `Practice Stick ${String(index + 1)}`));
  await start(page);
  await expect(word(all.nth(7), 'DONE')).toBeVisible({ timeout: copyMs });
  const places = () => Promise.all(Array.from({ length: 8 }, (_, index) => all.nth(index).boundingBox()));
  const before = await places();

  await waiting(page, 'Practice Stick 9').getByRole('button', { name: 'Join' }).click();
  await expect(word(cell(page, source, 'Practice Stick 9'), 'DONE')).toBeVisible({ timeout: copyMs });
  expect(await places()).toEqual(before);

  await page.getByRole('button', { name: 'Show small cells' }).click();
  await expect.poll(async () => (await all.first().boundingBox())?.width).toBeLessThan(before[0]?.width ?? 0);
  await carousel.axe(page);
});
