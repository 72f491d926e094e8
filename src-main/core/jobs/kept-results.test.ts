import { createHash } from 'node:crypto';
import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, expect, it } from 'vitest';
import { keptSummary } from '../helper/kept-summary.ts';
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
  expect(results.take('job-1')).toBeNull();
  await writeFile(path, keptSummary(summaryOf('complete')));
  expect(results.take('job-1')).toMatchObject({ event: 'summary', outcome: 'complete' });
  expect(results.take('job-1')).toBeNull();
});

it('takes nothing that makes no sense, and clears the place for the next run', async () => {
  const results = createKeptResults(folder);
  const whole = keptSummary(summaryOf('complete'));
  const unchecked = JSON.stringify(summaryOf('complete'));
  const senseless = ['{', 'null', '{"event":"job"}', '{"event":"summary"}'].map((line) => {
    const digest = createHash('sha256').update(line).digest('hex');
    return `${line}\n${digest}\n`;
  });
  for (const text of [
    '',
    '{',
    unchecked,
    whole.slice(0, -9),
    whole.replace('complete', 'completE'),
    ...senseless,
  ]) {
    await writeFile(results.prepare('job-2'), text);
    expect(results.take('job-2')).toBeNull();
  }
  await writeFile(results.prepare('job-3'), keptSummary(summaryOf('complete')));
  results.prepare('job-3');
  expect(results.take('job-3')).toBeNull();
});
