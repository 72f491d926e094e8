import { mkdtemp, readFile, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { sampleJob } from '@contract/testing/samples.ts';
import { createJobJournal } from './job-journal.ts';
import { restoredRun } from './job-run.ts';

let dir = '';
beforeEach(async () => void (dir = await mkdtemp(join(tmpdir(), 'carousel-journal-'))));
afterEach(() => rm(dir, { recursive: true, force: true }));

const file = (): string => join(dir, 'jobs.json');
const fails = (error: unknown): never => {
  throw error;
};
const run = restoredRun(sampleJob(), {
  key: 'k',
  pid: 7,
  ids: new Map([
    [1, 't-1'],
    [2, null],
  ]),
});

describe('the journal', () => {
  it('gives back what it was given', async () => {
    const first = createJobJournal(file(), fails);
    expect(await first.load()).toEqual([]);
    first.save([run]);
    await first.close();
    expect(await createJobJournal(file(), fails).load()).toEqual([run]);
  });

  it('is not written while another living process keeps it', async () => {
    await writeFile(`${file()}.lock`, String(process.ppid));
    const second = createJobJournal(file(), fails);
    await second.load();
    second.save([run]);
    await second.close();
    await expect(readFile(file())).rejects.toThrow('ENOENT');
    expect(await readFile(`${file()}.lock`, 'utf8')).toBe(String(process.ppid));
  });

  it('is taken over from a process that has died', async () => {
    await writeFile(`${file()}.lock`, '999999999');
    const next = createJobJournal(file(), fails);
    await next.load();
    next.save([run]);
    await next.close();
    expect(await readFile(file(), 'utf8')).toContain('"carouselJobs": 1');
  });
});
