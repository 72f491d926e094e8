/** Verifying after a copy, healing what is rotten, verifying a stick at a later time, testing capacity, going on after a pull. */
import { closeSync, openSync, readFileSync, writeSync } from 'node:fs';
import { join } from 'node:path';
import type { Page } from '@playwright/test';
import { expect, test } from './app.ts';
import { allDone, allVerified, becomes, begin, cell, copyMs, dialog, reach, section, word } from './flow.ts';
import { fill, firstDifference, plugIn, small } from './sticks.ts';

const source = 'Practice Source';
const sticks = ['Practice Stick 1', 'Practice Stick 2', 'Practice Stick 3', 'Practice Stick 4'] as const;
const unverified = { sounds: false, job: { verify: false } };

/** Lets a few bytes in the middle of a practice stick rot. */
function rot(dir: string, stick: string, offset: number): void {
  const file = openSync(join(dir, `practice-${stick.replace('Practice Stick ', '')}.img`), 'r+');
  writeSync(file, Buffer.from('rotten'), 0, 6, offset);
  closeSync(file);
}

const press = (page: Page, name: string | RegExp): Promise<void> =>
  page.getByRole('button', { name }).click();

async function more(page: Page, tool: string): Promise<void> {
  await press(page, 'More');
  await page.getByRole('menuitem', { name: tool }).click();
  await dialog(page).waitFor();
}

test('one click verifies four, the rotten one is named and healed', async ({ carousel }) => {
  test.setTimeout(120_000);
  const page = await carousel.open({ practice: { sticks: 4, size: '24M' }, settings: unverified });
  await begin(page, source, ...sticks);
  await expect(page.getByText(allDone(4))).toBeVisible({ timeout: copyMs });
  for (const stick of sticks) await expect(word(cell(page, source, stick), 'not verified')).toBeVisible();
  rot(carousel.practiceDir, sticks[2], 10_000_000);

  await press(page, 'Verify all 4 drives');
  await becomes(cell(page, source, sticks[2]), 'FAILED');
  for (const stick of [sticks[0], sticks[1], sticks[3]]) {
    await expect(word(cell(page, source, stick), 'verified')).toBeVisible({ timeout: copyMs });
  }
  await expect(page.getByText('3 of 4 copies are good')).toBeVisible();
  await expect(
    section(page, source).getByText(/does not hold what was written to it, first at/),
  ).toBeVisible();
  await carousel.axe(page);

  await press(page, 'Heal 1 drive…');
  await expect(dialog(page).getByText('Write the bad blocks of 1 drive again?')).toBeVisible();
  await dialog(page).getByRole('button', { name: 'Heal 1 drive' }).click();
  await expect(dialog(page)).toBeHidden();
  await expect(page.getByText(allVerified(4))).toBeVisible({ timeout: copyMs });
  await expect(cell(page, source, sticks[2]).getByText('1 block repaired', { exact: true })).toBeVisible();
  await expect(page.getByRole('button', { name: /^(Verify|Heal)/ })).toHaveCount(0);
});

test('a stick is verified at a later time: the manifest finds itself; a sample is no verification', async ({
  carousel,
}) => {
  test.setTimeout(120_000);
  const page = await carousel.open({ practice: { sticks: 2, size: '24M' }, settings: unverified });
  await begin(page, source, sticks[0]);
  await expect(page.getByText(allDone(1))).toBeVisible({ timeout: copyMs });

  await more(page, 'Verify a stick');
  await expect(dialog(page).getByRole('button', { name: /^Verify/ })).toBeDisabled();
  await dialog(page)
    .getByRole('checkbox', { name: /Practice Stick 1/ })
    .check();
  await expect(dialog(page).getByText(/made /)).toBeVisible();
  await carousel.axe(page);
  await dialog(page)
    .getByRole('radio', { name: /^A few places/ })
    .check();
  await dialog(page).getByRole('button', { name: 'Verify 1 drive' }).click();
  await expect(page.getByText('Nothing wrong in a few places: not verified')).toBeVisible({
    timeout: copyMs,
  });
  await expect(word(page.getByRole('gridcell').filter({ hasText: 'SAMPLED' }), 'SAMPLED')).toBeVisible();
  await expect(page.getByText('The drive is verified')).toHaveCount(0);
  const sampled = page.getByRole('region', { name: /^Nothing wrong in a few places/ });
  await sampled.getByRole('button', { name: 'Verify 1 drive' }).click();
  await expect(page.getByText('The drive is verified')).toBeVisible({ timeout: copyMs });

  // A file that is no manifest, and one that is not there.
  await more(page, 'Verify a stick');
  const path = dialog(page).getByLabel(/^Manifest file on/);
  await path.fill('/etc/passwd');
  await path.press('Enter');
  await expect(dialog(page).getByText('manifest-damaged')).toBeVisible();
  await path.fill('/nowhere/at.all');
  await path.press('Enter');
  await expect(dialog(page).getByText('not-found')).toBeVisible();
});

test('the manifest of a copy that was made by command finds itself', async ({ carousel }) => {
  test.setTimeout(120_000);
  const page = await carousel.open({ practice: { sticks: 2, size: '24M' }, settings: unverified });
  const file = (name: string): string => join(carousel.practiceDir, `practice-${name}.img`);
  await carousel.command('copy', file('source'), file('1'), '--yes');
  await more(page, 'Verify a stick');
  await dialog(page)
    .getByRole('checkbox', { name: /Practice Stick 1/ })
    .check();
  await expect(dialog(page).getByText(/made /)).toBeVisible();
  await dialog(page).getByRole('button', { name: 'Verify 1 drive' }).click();
  await expect(page.getByText('The drive is verified')).toBeVisible({ timeout: copyMs });
});

test('testing capacity asks first, keeps the drive to itself, and says what it cannot rule out', async ({
  carousel,
}) => {
  test.setTimeout(120_000);
  const page = await carousel.open({ practice: { sticks: 2, size: '24M' }, settings: unverified });
  await more(page, 'Test capacity');
  await dialog(page)
    .getByRole('radio', { name: /Practice Stick 2/ })
    .check();
  await dialog(page)
    .getByRole('radio', { name: /^Full: erases everything/ })
    .check();
  await press(page, 'Test…');
  await expect(page.getByText('Erase Practice Stick 2 and test every byte?')).toBeVisible();
  await press(page, 'Erase and test');
  await expect(page.getByText('Genuine: every byte was kept')).toBeVisible({ timeout: copyMs });
  await expect(page.getByText(/^Every byte was tested\. Assumed:/)).toBeVisible();
  await expect(page.getByText('It is left blank: what was on it is lost.')).toBeVisible();
  await carousel.axe(page);
  await press(page, 'Put away');
  await expect(page.getByText('Genuine: every byte was kept')).toHaveCount(0);
});

test('a fake stick is told plainly, with numbers', async ({ carousel, lab }) => {
  test.setTimeout(120_000);
  await plugIn(lab, { Fake: { size: '32M', real: '8M', past: 'wrap' } });
  const page = await carousel.open({ settings: unverified, env: lab.env });
  await more(page, 'Test capacity');
  await dialog(page)
    .getByRole('radio', { name: /Bench Fake/ })
    .check();
  await press(page, 'Test…');
  await press(page, 'Test it');
  await expect(page.getByText(/^Fake: only 8\.4\sMB of 33\.6\sMB are real/)).toBeVisible({ timeout: copyMs });
  await carousel.axe(page);
});

test('two equal fakes are called fakes in the results, and the manifest can be saved', async ({
  carousel,
  lab,
}) => {
  test.setTimeout(120_000);
  const sticks = await plugIn(lab, {
    Master: { size: '24M' },
    Alpha: { size: '24M', real: '8M', past: 'drop' },
    Beta: { size: '24M', real: '8M', past: 'drop' },
  });
  await fill(sticks.Master, 12);
  const page = await carousel.open({
    settings: { ...small, job: { ...small.job, verify: true } },
    env: lab.env,
  });
  await begin(page, 'Bench Master', 'Alpha', 'Beta');
  await becomes(cell(page, 'Bench Master', 'Alpha'), 'FAILED');
  await becomes(cell(page, 'Bench Master', 'Beta'), 'FAILED');
  const results = section(page, 'Bench Master');
  for (const name of ['Alpha', 'Beta'])
    await expect(
      results.getByText(new RegExp(`${name}.* looks like a fake: from about 8\\.4\\sMB on nothing holds`)),
    ).toBeVisible({ timeout: copyMs });
  await expect(page.getByText(/suspect the source or this computer/)).toHaveCount(0);
  await carousel.axe(page);
  await results.getByText('Digests of the source').click();
  const saving = page.waitForEvent('download');
  await results.getByRole('button', { name: 'Save manifest' }).click();
  const saved = readFileSync(await (await saving).path(), 'utf8').split('\n');
  expect(saved[0]).toBe('carousel-manifest 1');
  expect(saved.filter((line) => /^[0-9a-f]{32}$/.test(line))).toHaveLength(sticks.Master.size / 262_144);
});

test('a stick that was pulled and put back goes on with what is missing', async ({ carousel, lab }) => {
  test.setTimeout(120_000);
  const sticks = await plugIn(lab, {
    Master: { size: '24M' },
    Alpha: { size: '24M', writeBps: '6MB' },
    Beta: { size: '24M', writeBps: '6MB' },
  });
  await fill(sticks.Master, 11);
  const page = await carousel.open({ settings: small, env: lab.env });
  await begin(page, 'Bench Master', 'Alpha', 'Beta');
  await reach(cell(page, 'Bench Master', 'Beta'), 50);
  await sticks.Beta.yank({ gone: true });
  await becomes(cell(page, 'Bench Master', 'Beta'), 'REMOVED');
  const offer = page.getByRole('button', { name: /^Resume: only [\d.]+\sMB of 25\.2\sMB left…$/ });
  await expect(page.getByText('1 of 2 copies are good')).toBeVisible({ timeout: copyMs });
  await expect(offer).toHaveCount(0);
  await sticks.Beta.plug();
  await expect(offer).toBeVisible({ timeout: copyMs });
  await carousel.axe(page);
  await offer.click();
  await dialog(page).getByRole('button', { name: 'Resume 1 drive' }).click();
  await expect(page.getByText(allDone(2))).toBeVisible({ timeout: copyMs });
  await cell(page, 'Bench Master', 'Beta').click();
  await expect(page.getByText(/^\d+ blocks were there already$/)).toBeVisible();
  expect(await firstDifference(sticks.Master, sticks.Beta)).toBe(-1);
});
