/** What goes wrong with drives, and what people read then. */
import { execFileSync } from 'node:child_process';
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join as path } from 'node:path';
import { expect, sticksAre, test } from './app.ts';
import {
  approve,
  becomes,
  begin,
  cell,
  copyMs,
  reach,
  section,
  tray,
  useAsSource,
  waiting,
  word,
  allDone,
} from './flow.ts';
import { fill, firstDifference, plugIn, small } from './sticks.ts';

const source = 'Bench Master';

/** The process that writes to a stick; it is called by what it does and by the device. */
const writerOf = ({ dev }: { dev: string }): number =>
  Number(execFileSync('pgrep', ['-f', `^\\S*carousel-helper consume ${dev}$`], { encoding: 'utf8' }));

test('a stick is pulled out in mid-copy, then a hub with two, and a process is killed: the others finish', async ({
  lab,
  carousel,
}) => {
  const stick = { size: '16M', writeBps: '3MB' };
  const sticks = await plugIn(lab, {
    Master: { size: '16M' },
    ...{ Alpha: stick, Beta: stick, Gamma: stick, Delta: stick, Epsilon: stick, Zeta: stick },
  });
  await fill(sticks.Master, 5);
  const page = await carousel.open({ settings: small, env: lab.env });
  await begin(page, source, 'Alpha', 'Beta', 'Gamma', 'Delta', 'Epsilon', 'Zeta');
  await reach(cell(page, source, 'Beta'), 25);
  await sticks.Beta.yank({ gone: true });
  const pulled = cell(page, source, 'Beta');
  await becomes(pulled, 'REMOVED');
  await expect(pulled).toContainText('RE-SEAT');
  await expect(pulled).toContainText(/at \d\d%: try again when it is back/);
  await expect(page.getByRole('alert')).toContainText(/Drive 2 was pulled out before its copy was complete/);

  process.kill(writerOf(sticks.Gamma), 'SIGKILL');
  await becomes(cell(page, source, 'Gamma'), 'FAILED');
  await expect(cell(page, source, 'Gamma')).toContainText('copying ended');
  await Promise.all([sticks.Delta.yank({ gone: true }), sticks.Epsilon.yank({ gone: true })]);
  await becomes(cell(page, source, 'Delta'), 'REMOVED');
  await becomes(cell(page, source, 'Epsilon'), 'REMOVED');

  const job = section(page, source);
  await expect(job).toContainText('2 of 6 copies are good', { timeout: copyMs });
  const failures = job.getByRole('listitem');
  for (const place of [2, 4, 5]) {
    await expect(failures.filter({ hasText: `Drive ${String(place)} was` })).toContainText(
      '2 others failed the same way: think of the hub, its power or the source. Put it back and retry.',
    );
  }
  await expect(failures.filter({ hasText: 'Drive 3' })).toContainText(
    /The process that wrote Drive 3 ended unexpectedly\. .*Retry it\..*consumer-died/s,
  );
  await carousel.axe(page);
  expect(await firstDifference(sticks.Master, sticks.Alpha)).toBe(-1);
  expect(await firstDifference(sticks.Master, sticks.Zeta)).toBe(-1);
});

test('a slow stick paces the job until it is let go, and catches up', async ({ lab, carousel }) => {
  const sticks = await plugIn(lab, {
    Master: { size: '24M' },
    Alpha: { size: '24M', writeBps: '12MB' },
    Beta: { size: '24M', writeBps: '12MB' },
    Snail: { size: '24M', writeBps: '2MB' },
  });
  await fill(sticks.Master, 6);
  const page = await carousel.open({ settings: small, env: lab.env });
  await begin(page, source, 'Alpha', 'Beta', 'Snail');
  await expect(section(page, source)).toContainText(/Paced by Drive 3 at [\d.]+\sMB\/s/, { timeout: copyMs });
  await page.getByRole('button', { name: 'Let it catch up' }).click();
  const snail = cell(page, source, 'Snail');
  await becomes(snail, 'CATCH-UP');
  await expect(snail).toContainText(/missing [\d.]+\sMB/);
  await carousel.axe(page);
  await becomes(cell(page, source, 'Alpha'), 'DONE');
  await becomes(cell(page, source, 'Beta'), 'DONE');
  await expect(word(snail, 'DONE'), 'the slow one is still on its way').toHaveCount(0);
  await becomes(snail, 'DONE');
  expect(await firstDifference(sticks.Master, sticks.Snail)).toBe(-1);
});

test('a stick that stops taking data comes first in the results, and a retry makes it good', async ({
  lab,
  carousel,
}) => {
  const sticks = await plugIn(lab, {
    Master: { size: '12M' },
    Alpha: { size: '12M', writeBps: '8MB' },
    Beta: { size: '12M', writeBps: '8MB' },
  });
  await fill(sticks.Master, 7);
  await sticks.Beta.fault({ writeError: '8M:4K' });
  const page = await carousel.open({ settings: small, env: lab.env });
  await begin(page, source, 'Alpha', 'Beta');
  const broken = cell(page, source, 'Beta');
  await becomes(broken, 'FAILED');
  await expect(broken).toContainText('stopped taking data at 8.4 MB');
  const job = section(page, source);
  await expect(job).toContainText('1 of 2 copies are good', { timeout: copyMs });
  await expect(job).toContainText('Needs your attention');
  await expect(job.getByRole('listitem').filter({ hasText: 'Drive 2 stopped' })).toContainText(
    /Drive 2 stopped taking data at 8\.4\sMB of 12\.6\sMB\. The other one is not affected\. Likely fake or worn.*write-error · EIO · @8,388,608/s,
  );
  await expect(
    job.getByText(/^Drive 2.* takes no data at 8\.4\sMB: it may have less room .* test its capacity\.$/),
  ).toBeVisible();
  await carousel.axe(page);

  await sticks.Beta.fault({ clear: true });
  await job.getByRole('button', { name: 'Retry 1 drive…' }).click();
  await carousel.axe(page);
  await approve(page);
  await expect(job).toContainText(allDone(2), { timeout: copyMs });
  await expect(job).not.toContainText('Needs your attention');
  expect(await firstDifference(sticks.Master, sticks.Beta)).toBe(-1);
});

test('a sector of the source cannot be read: the copies go on, and the words say where', async ({
  lab,
  carousel,
}) => {
  const sticks = await plugIn(lab, { Master: { size: '8M' }, Alpha: { size: '8M' } });
  await fill(sticks.Master, 8);
  await sticks.Master.fault({ readError: '5M:4K' });
  const page = await carousel.open({ settings: small, env: lab.env });
  await begin(page, source, 'Alpha');
  const job = section(page, source);
  await expect(job).toContainText('Not a faithful copy: 1 range of the source could not be read', {
    timeout: copyMs,
  });
  await expect(job).toContainText('4.1 kB at 5.2 MB');
  await expect(job).toContainText('4.1 kB of the source could not be read and is zero in the copies');
  await expect(job).not.toContainText('The copy is good');
  await expect(word(cell(page, source, 'Alpha'), 'GAPS'), 'the cell says it too').toBeVisible();
  await expect(word(cell(page, source, 'Alpha'), 'DONE')).toHaveCount(0);
  await carousel.axe(page);
});

test('the source can be told to stop the job at an unreadable sector', async ({ lab, carousel }) => {
  const sticks = await plugIn(lab, { Master: { size: '8M' }, Alpha: { size: '8M' } });
  await fill(sticks.Master, 9);
  await sticks.Master.fault({ readError: '5M:4K' });
  const page = await carousel.open({ settings: small, env: lab.env });
  await useAsSource(page, 'Master');
  await page.getByLabel('Unreadable places').selectOption({ label: 'Stop the job' });
  await waiting(page, 'Alpha').getByRole('button', { name: 'Add' }).click();
  await page.getByRole('button', { name: /^(Erase|Start) 1 .*…$/ }).click();
  await approve(page);
  const job = section(page, source);
  await expect(job).toContainText('The source failed', { timeout: copyMs });
  await expect(job).toContainText('The source could not be read at 5.2 MB of 8.4 MB.');
  await carousel.axe(page);
});

test('the disk under a file that is written is full', async ({ carousel }) => {
  test.skip(!sticksAre.ok, `no small disk: ${sticksAre.reason}`);
  const disk = mkdtempSync(path(tmpdir(), 'carousel-e2e-disk-'));
  execFileSync('mount', ['-t', 'tmpfs', '-o', 'size=28m', 'tmpfs', disk]);
  try {
    const page = await carousel.open({
      practice: { sticks: 1, size: '16M' },
      practiceDir: path(disk, 'practice'),
    });
    await begin(page, 'Practice Source', 'Practice Stick 1');
    const full = cell(page, 'Practice Source', 'Practice Stick 1');
    await becomes(full, 'FAILED');
    await expect(full).toContainText('disk is full');
    const job = section(page, 'Practice Source');
    await expect(job).toContainText('No copy is good');
    await expect(job).toContainText(
      /The disk is full: there is no room left for Drive 1\. Free some room or save it on another disk, then retry\..*no-space · ENOSPC/s,
    );
    await carousel.axe(page);
  } finally {
    await carousel.close();
    execFileSync('umount', ['-l', disk]);
    rmSync(disk, { recursive: true, force: true });
  }
});

test('a drive that is too small is shown, greyed, with the reason', async ({ lab, carousel }) => {
  await plugIn(lab, { Master: { size: '12M' }, Tiny: { size: '8M' }, Alpha: { size: '12M' } });
  const page = await carousel.open({ settings: small, env: lab.env });
  await useAsSource(page, 'Master');
  await expect(waiting(page, 'Tiny')).toContainText('too small by 4.2 MB');
  await expect(
    tray(page).getByRole('gridcell', { name: /Tiny, 8\.4\sMB,.*too small by 4\.2\sMB/ }),
  ).toBeVisible();
  await expect(waiting(page, 'Tiny').getByRole('button', { name: 'Add' })).toHaveCount(0);
  await expect(waiting(page, 'Alpha').getByRole('button', { name: 'Add' })).toBeEnabled();
  await carousel.axe(page);

  await tray(page).getByRole('gridcell', { name: /Tiny/ }).focus();
  await page.keyboard.press('a');
  await expect(section(page, source)).not.toContainText('chosen');
});
