import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, expect, it } from 'vitest';
import { summaryOf } from '../testing/helper-events.ts';
import { createKeptResults } from './kept-results.ts';

let folder = '';
beforeEach(async () => {
  folder = await mkdtemp(join(tmpdir(), 'carousel-results-'));
});
afterEach(() => rm(folder, { recursive: true, force: true }));

it('gives the result of a job once', async () => {
  const results = createKeptResults(join(folder, 'new'));
  const path = results.prepare('job-1');
  expect(await results.take('job-1')).toBeNull();
  await writeFile(path, JSON.stringify(summaryOf('complete')) + '\n');
  expect(await results.take('job-1')).toMatchObject({ event: 'summary', outcome: 'complete' });
  expect(await results.take('job-1')).toBeNull();
});

it('takes nothing that makes no sense, and clears the place for the next run', async () => {
  const results = createKeptResults(folder);
  for (const text of ['', '{', 'null', '{"event":"job"}', '{"event":"summary"}']) {
    await writeFile(results.prepare('job-2'), text);
    expect(await results.take('job-2')).toBeNull();
  }
  await writeFile(results.prepare('job-3'), JSON.stringify(summaryOf('complete')));
  results.prepare('job-3');
  expect(await results.take('job-3')).toBeNull();
});
