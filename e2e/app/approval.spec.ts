/** The sheet before the first erased byte: looking first, the way back, and drives that are still mounted. */
import { execFileSync, spawn, spawnSync } from 'node:child_process';
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import type { Page } from '@playwright/test';
import { expect, test } from './app.ts';
import { add, approveButton, becomes, cell, dialog, start, useAsSource } from './flow.ts';
import { fill, firstDifference, plugIn, small } from './sticks.ts';

const source = 'Bench Master';
/** Longer than any check of the page takes on a busy machine. */
const held = { ...small, undoSeconds: 60 };

test('a yes to drives with contents can be taken back before the first byte', async ({ lab, carousel }) => {
  const sticks = await plugIn(lab, { Master: { size: '8M' }, Alpha: { size: '8M' } });
  await fill(sticks.Master, 1);
  await fill(sticks.Alpha, 2);
  await sticks.Alpha.stat({ reset: true });
  const page = await carousel.open({ settings: held, env: lab.env });
  await useAsSource(page, source);
  await add(page, 'Alpha');
  await start(page);
  const undo = page.getByRole('button', { name: 'Undo' });
  await expect(page.getByRole('status').filter({ hasText: '1 drive is about to be erased.' })).toBeVisible();
  await expect(undo).toBeFocused();
  await carousel.axe(page);
  await page.keyboard.press('Enter');
  await expect(undo).toBeHidden();
  expect((await sticks.Alpha.stat()).written_bytes, 'nothing was written').toBe(0);
  await expect(cell(page, source, 'Alpha'), 'it is still chosen').toContainText('WAITING');

  await start(page);
  await page.getByRole('button', { name: 'Start now' }).click();
  await becomes(cell(page, source, 'Alpha'), 'DONE');
  expect(await firstDifference(sticks.Master, sticks.Alpha)).toBe(-1);
});

test('left alone, it begins by itself', async ({ lab, carousel }) => {
  const sticks = await plugIn(lab, { Master: { size: '8M' }, Alpha: { size: '8M' } });
  await fill(sticks.Alpha, 2);
  const page = await carousel.open({ settings: { ...small, undoSeconds: 1 }, env: lab.env });
  await useAsSource(page, source);
  await add(page, 'Alpha');
  await start(page);
  await becomes(cell(page, source, 'Alpha'), 'DONE');
  expect(await firstDifference(sticks.Master, sticks.Alpha)).toBe(-1);
});

test('a full test of capacity, which erases, can be taken back as well', async ({ lab, carousel }) => {
  const sticks = await plugIn(lab, { Alpha: { size: '8M' } });
  await fill(sticks.Alpha, 2);
  await sticks.Alpha.stat({ reset: true });
  const page = await carousel.open({ settings: held, env: lab.env });
  await page.getByRole('button', { name: 'More' }).click();
  await page.getByRole('menuitem', { name: 'Test capacity' }).click();
  const sheet = page.getByRole('dialog', { name: 'Test capacity' });
  await sheet.getByRole('radio', { name: /Bench Alpha/ }).check();
  await sheet.getByRole('radio', { name: /^Full: erases everything/ }).check();
  await sheet.getByRole('button', { name: 'Test…' }).click();
  await page.getByRole('button', { name: 'Erase and test' }).click();
  const undo = page.getByRole('button', { name: 'Undo' });
  await expect(undo).toBeFocused();
  await carousel.axe(page);
  await page.screenshot({ path: test.info().outputPath('held-probe.png') });
  await page.keyboard.press('Enter');
  await expect(undo).toBeHidden();
  expect((await sticks.Alpha.stat()).written_bytes, 'nothing was written').toBe(0);

  await sheet.getByRole('radio', { name: /Bench Alpha/ }).check();
  await sheet.getByRole('button', { name: 'Test…' }).click();
  await page.getByRole('button', { name: 'Erase and test' }).click();
  await page.getByRole('button', { name: 'Start now' }).click();
  await expect(page.getByText('Genuine: every byte was kept')).toBeVisible({ timeout: 60_000 });
});

/** The page is told that the drives may not be looked at until the rights were given, and how that was answered, one after the other. */
async function withoutRights(page: Page, answers: readonly (string | null)[]): Promise<() => number> {
  let given = false;
  let asked = 0;
  await page.routeWebSocket(/./, (socket) => {
    const server = socket.connectToServer();
    const checks = new Set<number>();
    socket.onMessage((text) => {
      const { id, name } = JSON.parse(String(text)) as { id: number; name?: string };
      if (name === 'jobs.checkTargets' && !given) checks.add(id);
      if (name !== 'system.obtainRights') return server.send(text);
      const code = answers[asked++] ?? null;
      given = code === null;
      const answer =
        code === null ? { kind: 'result', output: {} } : { kind: 'error', error: { code, params: {} } };
      socket.send(JSON.stringify({ id, ...answer }));
    });
    server.onMessage((text) => {
      const told = JSON.parse(
        String(text).replaceAll('"elevation":"none-needed"', '"elevation":"on-demand"'),
      ) as { id?: number; output?: { targets?: object[] } };
      if (told.id !== undefined && checks.has(told.id) && told.output?.targets) {
        const reasons = [{ code: 'no-permission', params: {} }];
        told.output.targets = told.output.targets.map((check) => ({
          ...check,
          ...{
            ok: false,
            level: 3,
            token: '',
            type: null,
            usedBytes: null,
            newest: null,
            table: null,
            reasons,
          },
        }));
      }
      socket.send(JSON.stringify(told));
    });
  });
  await page.reload();
  return () => asked;
}

test('what may not be looked at is asked for before the yes; a no and a failure are told apart', async ({
  lab,
  carousel,
}) => {
  test.skip(carousel.inElectron, 'the messages are played with in the browser');
  const sticks = await plugIn(lab, { Master: { size: '8M' }, Alpha: { size: '8M' } });
  await fill(sticks.Alpha, 2);
  await sticks.Alpha.stat({ reset: true });
  const page = await carousel.open({ settings: small, env: lab.env });
  const asked = await withoutRights(page, ['elevation-declined', 'elevation-failed', null]);
  await useAsSource(page, source);
  await add(page, 'Alpha');
  await page.getByRole('button', { name: /^Erase 1 .*…$/ }).click();
  const sheet = dialog(page);
  await expect(sheet).toContainText('not looked at yet');
  await expect(sheet).toContainText('That erases nothing.');
  await expect(approveButton(page)).toBeDisabled();
  expect(asked(), 'nobody is asked before there was a word about it').toBe(0);
  await carousel.axe(page);
  await page.screenshot({ path: test.info().outputPath('rights.png') });
  const ask = sheet.getByRole('button', { name: 'Ask for permission…' });
  for (const [words, code] of [
    ['Permission to write to drives was not given.', 'elevation-declined'],
    ['Permission was given, but the program', 'elevation-failed'],
  ] as const) {
    await ask.click();
    await expect(sheet.getByRole('alert')).toContainText(words);
    await expect(sheet.getByRole('alert')).toContainText(code);
    await expect(sheet.getByRole('alert')).toContainText('Nothing was written.');
    await expect(approveButton(page)).toBeDisabled();
  }
  expect((await sticks.Alpha.stat()).written_bytes, 'nothing was written').toBe(0);
  await ask.click();
  await expect(ask).toBeHidden();
  await expect(sheet).not.toContainText('not looked at yet');
  await approveButton(page).click();
  await becomes(cell(page, source, 'Alpha'), 'DONE');
  expect(asked()).toBe(3);
});

test('rows further down must be looked at before the yes', async ({ lab, carousel }) => {
  const names = Array.from({ length: 6 }, (_, i) => `Stick${String(i)}`);
  const sticks = await plugIn(lab, {
    Master: { size: '1M' },
    ...Object.fromEntries(names.map((name) => [name, { size: '1M' }])),
  });
  for (const name of names) await fill(sticks[name as keyof typeof sticks], 3);
  const page = await carousel.open({
    settings: held,
    env: lab.env,
    context: { viewport: { width: 1024, height: 430 } },
  });
  await useAsSource(page, source);
  await add(page, ...names);
  await page.getByRole('button', { name: /^Erase 6 .*…$/ }).click();
  await expect(dialog(page).getByRole('status')).toContainText(
    /Look at the list first: \d drives? (is|are) further down/,
  );
  await expect(approveButton(page)).toBeDisabled();
  await dialog(page).getByRole('listitem').last().scrollIntoViewIfNeeded();
  for (const row of await dialog(page).getByRole('listitem').all()) {
    await row.scrollIntoViewIfNeeded();
    await page.waitForTimeout(120);
  }
  await expect(approveButton(page), 'passing by is not looking').toBeDisabled();
  for (const at of [0, 3, 5]) {
    await dialog(page).getByRole('listitem').nth(at).scrollIntoViewIfNeeded();
    await page.waitForTimeout(900);
  }
  await expect(approveButton(page)).toBeEnabled();
});

test('the one that is much larger than the others asks for the end of its serial number', async ({
  lab,
  carousel,
}) => {
  const usual = { size: '4M' };
  const sticks = await plugIn(lab, { Master: usual, Alpha: usual, Beta: usual, Large: { size: '32M' } });
  await fill(sticks.Large, 5);
  await sticks.Large.stat({ reset: true });
  const page = await carousel.open({ settings: small, env: lab.env });
  await useAsSource(page, source);
  await add(page, 'Alpha', 'Beta', 'Large');
  await page.getByRole('button', { name: /^(Erase|Start) 3 .*…$/ }).click();
  const row = dialog(page).getByRole('listitem').filter({ hasText: 'Large' });
  const word = row.getByLabel(/This is no ordinary stick.*last four characters/);
  await expect(dialog(page).getByRole('textbox')).toHaveCount(1);
  await expect(approveButton(page), 'a yes to all is not enough').toBeDisabled();
  await carousel.axe(page);
  await word.fill('0x0x');
  await approveButton(page).click();
  await expect(dialog(page).getByRole('alert')).toContainText('typed-wrong');
  expect((await sticks.Large.stat()).written_bytes, 'nothing was written').toBe(0);
  const [, shown = ''] = /…(\w{4})/.exec((await row.textContent()) ?? '') ?? [];
  await word.fill(shown.toLowerCase());
  await approveButton(page).click();
  for (const title of ['Alpha', 'Beta', 'Large']) await becomes(cell(page, source, title), 'DONE');
  expect(await firstDifference(sticks.Master, sticks.Large)).toBe(-1);
});

test('a mounted stick is unmounted from the sheet, after it was asked for', async ({ lab, carousel }) => {
  test.skip(spawnSync('mkfs.ext4', ['-V']).error !== undefined, 'mkfs.ext4 is missing');
  const sticks = await plugIn(lab, { Master: { size: '8M' }, Alpha: { size: '8M' } });
  await fill(sticks.Master, 4);
  execFileSync('mkfs.ext4', ['-q', '-F', '-L', 'THESIS', sticks.Alpha.dev]);
  const place = mkdtempSync(join(tmpdir(), 'carousel-place-'));
  execFileSync('mount', [sticks.Alpha.dev, place]);
  const user = spawn('sleep', ['120'], { cwd: place, stdio: 'ignore' });
  try {
    const page = await carousel.open({ settings: small, env: lab.env });
    await useAsSource(page, source);
    await add(page, 'Alpha');
    await page.getByRole('button', { name: /^(Erase|Start) 1 .*…$/ }).click();
    await expect(dialog(page)).toContainText(/Mounted at .*it is in use until it is unmounted/);
    await expect(approveButton(page)).toBeDisabled();
    await carousel.axe(page);
    const unmount = dialog(page).getByRole('button', { name: 'Unmount and go on' });
    await unmount.click();
    await expect(dialog(page).getByRole('alert')).toContainText(
      /sleep.* still uses files in .* Close them, then try again\./,
    );
    user.kill('SIGKILL');
    await new Promise((resolve) => user.once('exit', resolve));
    await unmount.click();
    await expect(dialog(page)).toContainText('THESIS');
    await approveButton(page).click();
    await becomes(cell(page, source, 'Alpha'), 'DONE');
    expect(await firstDifference(sticks.Master, sticks.Alpha)).toBe(-1);
  } finally {
    user.kill('SIGKILL');
    spawnSync('umount', [place]);
    rmSync(place, { recursive: true, force: true });
  }
});
