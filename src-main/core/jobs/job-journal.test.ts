import { mkdtemp, readFile, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { sampleJob } from '@contract/testing/samples.ts';
import { seal } from '../sealed-json.ts';
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

  it('has what was saved last at once, before the disk has it for certain', async () => {
    const first = createJobJournal(file(), fails);
    await first.load();
    first.save([]);
    first.save([run]);
    const atOnce = await readFile(`${file()}.now`, 'utf8');
    await first.close();
    // As if it had been killed with only its first state on the disk.
    await writeFile(file(), seal({ carouselJobs: 1, saved: 1, runs: [] }));
    await writeFile(`${file()}.now`, atOnce);
    const next = createJobJournal(file(), fails);
    expect(await next.load()).toEqual([run]);
    next.save([]);
    await next.close();
    expect(await createJobJournal(file(), fails).load(), 'later is newer').toEqual([]);
  });

  it.each(['', '{"carouselJobs": 1', seal({ carouselJobs: 1, saved: 1, runs: [] })])(
    'does without the newest where a power cut has torn it, or left an older one: %j',
    async (text) => {
      const first = createJobJournal(file(), fails);
      await first.load();
      first.save([]);
      first.save([run]);
      await first.close();
      await writeFile(`${file()}.now`, text);
      expect(await createJobJournal(file(), fails).load()).toEqual([run]);
    },
  );
});
