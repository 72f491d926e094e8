import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, expect, it } from 'vitest';
import { createPracticeService } from './practice-service.ts';

let dir = '';
beforeEach(async () => {
  dir = await mkdtemp(join(tmpdir(), 'carousel-practice-'));
});
afterEach(() => rm(dir, { recursive: true, force: true }));

it('a look puts back what was ejected, and not what was pulled out by hand', async () => {
  const practice = createPracticeService(join(dir, 'new'));
  const [ejected = '', pulled = ''] = await practice.add(2, 1_048_576);
  const plugged = async (): Promise<string[]> => (await practice.drives()).map(({ id }) => id);
  practice.eject(ejected);
  practice.plug(pulled, false);
  expect(await plugged()).not.toContain(ejected);
  expect(practice.pulled().map(({ drive }) => drive)).toEqual(expect.arrayContaining([ejected, pulled]));
  practice.putBack();
  expect(await plugged()).toContain(ejected);
  expect(await plugged()).not.toContain(pulled);
  practice.plug(pulled, true);
  expect(await plugged()).toContain(pulled);
});
