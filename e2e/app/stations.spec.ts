/**
 * Two machines in the app: one hands its job out, the other copies from it. Two cores with homes and drives of their own, a real
 * nats-server between them, the real helper at both ends.
 */
import { execFileSync, spawn } from 'node:child_process';
import { readFileSync } from 'node:fs';
import { join as inFolder } from 'node:path';
import type { Locator, Page } from '@playwright/test';
import { findHelper } from '../../src-main/core/helper/helper-path.ts';
import { en } from '../../src-renderer/i18n/en.ts';
import { expect, test, type Carousel } from './app.ts';
import { add, begin, cell, copyMs, dialog, question, section, start, targets, word } from './flow.ts';
import { freePort, Nats, natsIs } from './nats.ts';

const source = 'Practice Source';
/** A practice source is read at 8 MB/s: long enough for somebody to step on. */
const first = { sticks: 2, size: '200M' };
/** The job stays open for a while, so that a machine that does other things as well has the time to step on. */
const settings = { undoSeconds: 0, job: { verify: false, waitForJoin: 60 } };
const second = { sticks: 3, size: '200M' };

async function openServer(carousel: Carousel, users?: string): Promise<Nats> {
  const nats = await Nats.start(users);
  carousel.onClose(() => nats.close());
  return nats;
}

/** A lap and a half, on a machine that does other things as well. */
const lapsMs = 2 * copyMs;
const becomes = (of: Locator, state: string): Promise<void> =>
  expect(word(of, state)).toBeVisible({ timeout: lapsMs });

const stations = (page: Page) => page.getByRole('region', { name: 'Stations', exact: true });
const station = (page: Page, name: string) => page.getByRole('region', { name: `Station ${name}` });

/** Hands out what runs in this section, through its menu. */
async function handOut(page: Page, url: string): Promise<string> {
  await section(page, source).getByRole('button', { name: 'Job actions' }).click();
  await page.getByRole('menuitem', { name: 'Hand out to other computers…' }).click();
  await dialog(page).getByLabel('Address of the server').fill(url);
  await dialog(page).getByRole('button', { name: 'Hand out', exact: true }).click();
  await expect(dialog(page)).toBeHidden();
  return invitation(page);
}

/** The command that is shown for the other computer. */
async function invitation(page: Page): Promise<string> {
  const command = stations(page).getByText(/^carousel station /);
  await expect(command).toBeVisible();
  return (await command.textContent()) ?? '';
}

/** Pastes what the first machine shows, as a person would. */
async function join(page: Page, pasted: string, name: string): Promise<void> {
  await page.getByRole('button', { name: /^Copy from another computer/ }).click();
  const field = dialog(page).getByLabel('Address of the server');
  await field.focus();
  await field.evaluate((element, text) => {
    const data = new DataTransfer();
    data.setData('text', text);
    element.dispatchEvent(
      new ClipboardEvent('paste', { clipboardData: data, bubbles: true, cancelable: true }),
    );
  }, pasted);
  await dialog(page).getByText('Password, encryption, limits').click();
  await dialog(page).getByLabel('Name of this computer there').fill(name);
  await dialog(page).getByRole('button', { name: 'Use as source' }).click();
}

const stick = (dir: string, n: number): Buffer => readFileSync(inFolder(dir, `practice-${String(n)}.img`));

test('@browser R24 one machine hands out, another joins late and adds a stick later: all equal, results at both', async ({
  carousel,
}) => {
  test.skip(natsIs !== null, natsIs ?? '');
  test.setTimeout(240_000);
  const nats = await openServer(carousel);
  const page = await carousel.open({ practice: first, settings });
  const firstDir = carousel.practiceDir;
  await begin(page, source, 'Practice Stick 1', 'Practice Stick 2');
  await expect(cell(page, source, 'Practice Stick 1')).toBeVisible();
  const command = await handOut(page, nats.url);
  expect(command).toContain(`carousel station ${nats.url} --job `);
  await expect(stations(page).getByText('No station has stepped on yet.')).toBeVisible();
  await carousel.axe(page);
  await page.getByRole('button', { name: `Copy: ${command}` }).click();
  await expect(page.getByRole('button', { name: `Copied: ${command}` })).toBeVisible();

  const { page: other, practiceDir } = await carousel.openMachine({
    practice: second,
    settings: { undoSeconds: 0, job: { verify: false } },
  });
  await join(other, command, 'bench 2');
  await expect(dialog(other)).toBeHidden();
  const far = 'practice-source.img';
  await expect(other.getByText(/^From .*, job /)).toBeVisible();
  await add(other, 'Practice Stick 1', 'Practice Stick 2');
  await start(other);
  await expect(cell(other, far, 'Practice Stick 1')).toBeVisible();
  const riding = station(page, 'bench 2');
  await expect(riding.getByRole('gridcell', { name: /practice-1\.img, copying/ })).toBeVisible();
  await expect(riding.getByText(/connected/)).toBeVisible();
  // One more of that machine's drives steps on, by key.
  await other.getByRole('gridcell', { name: /Practice Stick 3/ }).focus();
  await other.keyboard.press('a');
  await other.getByRole('button', { name: /^Join with 1 drive/ }).click();
  await dialog(other)
    .getByRole('button', { name: /^(Erase|Copy onto) 1 drive/ })
    .click();
  await page.screenshot({ path: test.info().outputPath('first-node.png') });
  await other.screenshot({ path: test.info().outputPath('station.png') });
  await carousel.axe(page);
  await carousel.axe(other);
  // The same in small, where machines stand side by side.
  await page.getByRole('button', { name: 'Machines', exact: true }).click();
  await expect(riding.getByRole('progressbar', { name: /practice-1\.img/ })).toBeVisible();
  await page.screenshot({ path: test.info().outputPath('machines.png') });
  await carousel.axe(page);
  await page.getByRole('button', { name: 'Back to this machine' }).click();

  for (const n of [1, 2, 3]) await becomes(cell(other, far, `Practice Stick ${String(n)}`), 'DONE');
  for (const n of [1, 2]) await becomes(cell(page, source, `Practice Stick ${String(n)}`), 'DONE');
  await expect(section(page, source).getByText('5 copies, all complete, not verified')).toBeVisible({
    timeout: lapsMs,
  });
  await expect(section(page, source).getByText('Stations: 3 of 3 drives good')).toBeVisible();
  await expect(riding.getByText(/has ended/)).toBeVisible();
  await expect(section(other, far).getByText('3 copies, all complete, not verified')).toBeVisible({
    timeout: lapsMs,
  });
  const whole = readFileSync(inFolder(firstDir, 'practice-source.img'));
  for (const n of [1, 2]) expect(stick(firstDir, n).subarray(0, whole.length).equals(whole)).toBe(true);
  for (const n of [1, 2, 3]) expect(stick(practiceDir, n).subarray(0, whole.length).equals(whole)).toBe(true);
  await page.screenshot({ path: test.info().outputPath('results.png'), fullPage: true });
  await carousel.axe(page);

  // The record of the first machine has the other's drives, too.
  await page.keyboard.press('h');
  await dialog(page)
    .getByRole('button', { name: new RegExp(source) })
    .first()
    .click();
  await expect(dialog(page).getByText('Station bench 2', { exact: true })).toBeVisible();
  await expect(dialog(page).getByText(/practice-3\.img/)).toBeVisible();
});

test('@browser R24 where no server, no job, or no way in is, it is said what is missing', async ({
  carousel,
}) => {
  test.skip(natsIs !== null, natsIs ?? '');
  test.setTimeout(240_000);
  const nats = await openServer(carousel, 'authorization { user: bench, password: "right" }');
  const page = await carousel.open({ practice: first, settings });
  const nowhere = `nats://127.0.0.1:${String(await freePort())}`;

  await join(page, `carousel station ${nowhere} --job abc TARGET...`, 'me');
  const alert = dialog(page).getByRole('alert');
  await expect(alert).toContainText('The NATS server cannot be reached.');
  await expect(alert).toContainText('nats-unreachable');
  await page.screenshot({ path: test.info().outputPath('no-server.png') });
  await carousel.axe(page);

  const address = dialog(page).getByLabel('Address of the server');
  const use = dialog(page).getByRole('button', { name: 'Use as source' });
  await address.fill(nats.url);
  await use.click();
  await expect(alert).toContainText('does not let this computer in');
  const credentials = dialog(page).getByLabel('File with credentials');
  await credentials.fill('/nowhere/me.creds');
  await use.click();
  await expect(alert).toContainText('cannot be used');
  await credentials.fill(nats.file('wrong', 'bench:wrong'));
  await use.click();
  await expect(alert).toContainText('does not let this computer in');
  await credentials.fill(nats.file('right', 'bench:right'));
  await use.click();
  await expect(alert).toContainText('Nobody hands out a job of this name');
  await page.keyboard.press('Escape');

  // Nothing was begun by any of this, and the file's secret is nowhere in the page.
  await begin(page, source, 'Practice Stick 1');
  await section(page, source).getByRole('button', { name: 'Job actions' }).click();
  await page.getByRole('menuitem', { name: 'Hand out to other computers…' }).click();
  await dialog(page).getByText('Password, encryption, limits').click();
  await dialog(page).getByLabel('Room on the server, in MiB').fill('1');
  await dialog(page).getByRole('button', { name: 'Hand out', exact: true }).click();
  await expect(alert).toContainText('no room for a few blocks');
  await dialog(page).getByLabel('Room on the server, in MiB').fill('8');
  await dialog(page).getByRole('button', { name: 'Hand out', exact: true }).click();
  const command = await invitation(page);
  expect(command).toContain('--credentials FILE');
  expect(await page.content()).not.toContain('bench:right');

  await stations(page).getByRole('button', { name: 'Stop handing out' }).click();
  await expect(stations(page).getByText('Not handed out any more')).toBeVisible();
  await becomes(cell(page, source, 'Practice Stick 1'), 'DONE');
});

test('@browser R24 without a drive of its own a machine hands out, a silent network is CATCH-UP, and stopping asks', async ({
  carousel,
}) => {
  test.skip(natsIs !== null, natsIs ?? '');
  test.setTimeout(240_000);
  const nats = await openServer(carousel);
  const page = await carousel.open({ practice: first, settings });
  await page.getByRole('button', { name: 'Use as source' }).first().click();
  await page.getByRole('button', { name: 'Hand out to other computers…' }).click();
  await dialog(page).getByLabel('Address of the server').fill(nats.url);
  await page.keyboard.press('Enter');
  const command = await invitation(page);
  await page.screenshot({ path: test.info().outputPath('alone.png') });

  const { page: other } = await carousel.openMachine({
    practice: second,
    settings: { undoSeconds: 0, job: { verify: false } },
  });
  await join(other, command, 'bench 2');
  await add(other, 'Practice Stick 1');
  await start(other);
  const riding = station(page, 'bench 2');
  const far = riding.getByRole('gridcell');
  await expect(far).toHaveAccessibleName(/copying/);
  nats.pause();
  await expect(far).toHaveAccessibleName(/set aside to catch up/);
  await expect(riding.getByText('CATCH-UP')).toBeVisible();
  await expect(riding.getByText('FAILED')).toHaveCount(0);
  await page.screenshot({ path: test.info().outputPath('cut.png') });
  nats.resume();
  await expect(far).toHaveAccessibleName(/copying/, { timeout: 30_000 });

  await stations(page).getByRole('button', { name: 'Stop handing out' }).click();
  await expect(question(page)).toContainText('1 drive of other computers is not finished.');
  await question(page).getByRole('button', { name: 'Stop handing out' }).click();
  await expect(stations(page).getByText('Not handed out any more')).toBeVisible();
  await expect(riding.getByText('FAILED', { exact: true })).toBeVisible();
  await expect(section(page, source).getByText(/all complete|all good/)).toHaveCount(0);
  await expect(targets(page, source)).toHaveCount(0);
  // The station gives up once nobody answers for the job, and says why.
  await becomes(cell(other, 'practice-source.img', 'Practice Stick 1'), 'FAILED');
});

/** Another program, at the job that reads this file: hands its blocks out, and is gone. */
async function handOutElsewhere(path: string): Promise<void> {
  const helper = findHelper();
  const list = execFileSync(helper, ['jobs'], { encoding: 'utf8' }).trim().split('\n');
  const jobs = list.map((line) => JSON.parse(line) as { job: string; source: string });
  const key = jobs.find((job) => job.source === path)?.job ?? '';
  const other = spawn(helper, ['attach', key], { stdio: ['pipe', 'pipe', 'ignore'] });
  const told = new Promise<void>((resolve) => {
    let text = '';
    other.stdout.on('data', (chunk) => {
      text += String(chunk);
      if (text.includes('"handed-out"')) resolve();
    });
  });
  // Nobody listens there: the helper tells that it was asked all the same.
  other.stdin.write(`${JSON.stringify({ verb: 'tap', path: '/nowhere/at-all', by: 'another' })}\n`);
  await told;
  other.stdin.end();
}

test('@browser R24 of what another program hands out the page says that it does not know, and calls nothing all good', async ({
  carousel,
}) => {
  test.setTimeout(120_000);
  const page = await carousel.open({
    practice: { sticks: 1, size: '60M' },
    settings: { undoSeconds: 0, job: { verify: false } },
  });
  await begin(page, source, 'Practice Stick 1');
  await expect(cell(page, source, 'Practice Stick 1')).toBeVisible();
  const of = section(page, source);
  await expect(of.getByText(en.stations.elsewhere)).toHaveCount(0);
  await handOutElsewhere(inFolder(carousel.practiceDir, 'practice-source.img'));
  await expect(of.getByText(en.stations.elsewhere)).toBeVisible();
  await carousel.axe(page);

  await becomes(cell(page, source, 'Practice Stick 1'), 'DONE');
  await expect(of.getByRole('heading', { name: /^The copy of this computer is complete;/ })).toBeVisible();
  await expect(of.getByText(en.stations.elsewhere)).toBeVisible();
  await expect(of.getByText('The copy is complete, not verified')).toHaveCount(0);
  await page.screenshot({ path: test.info().outputPath('elsewhere.png') });
  await carousel.axe(page);
  await page.getByRole('button', { name: 'Machines', exact: true }).click();
  // The news for screen readers say it as well.
  await expect(page.getByRole('main').getByText(en.stations.elsewhere)).toBeVisible();
});
