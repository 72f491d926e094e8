/** A window or a core that dies ends no copy: whoever comes back sees the same. */
import { expect, test } from './app.ts';
import {
  add,
  becomes,
  begin,
  cell,
  copyMs,
  reach,
  section,
  start,
  useAsSource,
  word,
  allVerified,
  allDone,
} from './flow.ts';
import { fill, firstDifference, plugIn, small } from './sticks.ts';

const source = 'Bench Master';
/** What a page says whose core is gone. */
const lost = /WebSocket|ERR_CONNECTION_REFUSED|Failed to load resource/;

test('the tab, then the core are killed in mid-copy: the copy finishes @browser', async ({
  lab,
  carousel,
}) => {
  const sticks = await plugIn(lab, {
    Master: { size: '16M' },
    Alpha: { size: '16M', writeBps: '2MB' },
    Beta: { size: '16M', writeBps: '2MB' },
  });
  await fill(sticks.Master, 10);
  const page = await carousel.open({ settings: small, env: lab.env });
  await begin(page, source, 'Alpha', 'Beta');
  await reach(cell(page, source, 'Beta'), 20);
  await page.close({ runBeforeUnload: false });
  await carousel.killCore();
  await expect
    .poll(async () => (await sticks.Beta.stat()).written_bytes, { timeout: copyMs })
    .toBeGreaterThanOrEqual(sticks.Master.size);
  await expect
    .poll(() => firstDifference(sticks.Master, sticks.Alpha).catch(() => 0), { timeout: copyMs })
    .toBe(-1);
  await expect
    .poll(() => firstDifference(sticks.Master, sticks.Beta).catch(() => 0), { timeout: copyMs })
    .toBe(-1);

  await carousel.restartCore();
  const again = await carousel.openPage(await page.context().newPage());
  await expect(section(again, source)).toContainText(allDone(2), {
    timeout: copyMs,
  });
  await expect(word(cell(again, source, 'Alpha'), 'DONE')).toBeVisible();
  await expect(word(cell(again, source, 'Beta'), 'DONE')).toBeVisible();
  await carousel.axe(again);
});

test('the core is killed and started again while the copy runs: it shows it running @browser', async ({
  carousel,
}) => {
  const page = await carousel.open({ practice: { sticks: 3, size: '200M' } });
  const practice = 'Practice Source';
  await useAsSource(page, practice);
  await add(page, 'Practice Stick 1', 'Practice Stick 2');
  await start(page);
  const before = await reach(cell(page, practice, 'Practice Stick 1'), 10);
  carousel.forgive(lost);
  await carousel.killCore();
  await expect(
    page.getByText('No connection to Carousel. Copies that are running go on without this window.'),
  ).toBeVisible();
  await carousel.axe(page);

  await carousel.restartCore();
  await carousel.openPage(page);
  const one = cell(page, practice, 'Practice Stick 1');
  await expect(word(one, 'COPY')).toBeVisible();
  await expect(word(cell(page, practice, 'Practice Stick 2'), 'COPY')).toBeVisible();
  expect(await reach(one, before), 'it went on').toBeLessThan(100);
  await becomes(one, 'DONE');
  await expect(section(page, practice)).toContainText(allVerified(2), {
    timeout: copyMs,
  });
});

test('a page that is loaded again shows the running copy at once', async ({ carousel }) => {
  const page = await carousel.open({ practice: { sticks: 2, size: '48M' } });
  const practice = 'Practice Source';
  await useAsSource(page, practice);
  await add(page, 'Practice Stick 1');
  await start(page);
  const before = await reach(cell(page, practice, 'Practice Stick 1'), 10);
  await page.reload();
  expect(await reach(cell(page, practice, 'Practice Stick 1'), before)).toBeLessThan(100);
  await expect(section(page, practice)).toContainText('The copy is good and verified', { timeout: copyMs });
});
