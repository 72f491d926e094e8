/** Keeps the jobs on disk, so that a core that comes back shows them as they were and finds the running ones again. */
import { renameSync, writeFileSync } from 'node:fs';
import { mkdir, readFile, rm, writeFile } from 'node:fs/promises';
import { dirname } from 'node:path';
import { jobSchema, outcomeSchema, targetSchema } from '@contract/groups/jobs.ts';
import { z } from '@contract/zod.ts';
import { isAlive } from '../is-alive.ts';
import { seal, unseal } from '../sealed-json.ts';
import { createSafeWriter } from '../write-file-safely.ts';
import { restoredRun, type JobRun } from './job-run.ts';

const keptRunSchema = z.object({
  job: jobSchema,
  key: z.string().nullable(),
  pid: z.number().nullable(),
  ids: z.array(z.tuple([z.number(), z.string().nullable()])),
  manifests: z.array(z.tuple([z.string(), z.object({ path: z.string(), rootDigest: z.string() })])),
  check: z
    .object({
      heal: z.boolean(),
      before: z.array(z.tuple([z.string(), targetSchema])),
      outcome: outcomeSchema.nullable(),
      endedAt: z.number().nullable(),
    })
    .nullable(),
  comparing: z.array(z.tuple([z.string(), targetSchema])).default([]),
});
const journalSchema = z.object({
  carouselJobs: z.literal(1),
  /** How often it has been saved: of the two files the one with more counts. Earlier versions had only one file, without it. */
  saved: z.int().nonnegative().optional(),
  runs: z.array(z.unknown()),
});
type Journal = z.infer<typeof journalSchema>;

export interface JobJournal {
  /** The jobs as they were; none when there is no journal or it makes no sense. From now on this core keeps it. */
  load(): Promise<JobRun[]>;
  /** Does nothing while another core keeps the journal: two must not write over each other. */
  save(runs: readonly JobRun[]): void;
  /** True while this core keeps the journal. */
  isMine(): boolean;
  /** Resolves when everything is on disk, and lets another core keep it. */
  close(): Promise<void>;
}

type KeptRun = z.infer<typeof keptRunSchema>;

function runOf({ job, key, pid, ids, manifests, check, comparing }: KeptRun): JobRun {
  const running = check && { ...check, before: new Map(check.before) };
  return restoredRun(job, {
    key,
    pid,
    ids: new Map(ids),
    manifests: new Map(manifests),
    check: running,
    comparing: new Map(comparing),
  });
}

const keptRunOf = ({ job, key, pid, ids, manifests, check, comparing }: JobRun): KeptRun => ({
  ...{ job, key, pid, ids: [...ids], manifests: [...manifests] },
  check: check && { ...check, before: [...check.before] },
  comparing: [...comparing],
});

/** True when this process holds the lock file now; one that a dead process left behind does not count. */
async function takeLock(path: string): Promise<boolean> {
  await mkdir(dirname(path), { recursive: true, mode: 0o700 });
  const holder = Number(await readFile(path, 'utf8').catch(() => ''));
  if (holder > 0 && holder !== process.pid && isAlive(holder)) return false;
  await rm(path, { force: true });
  return writeFile(path, String(process.pid), { flag: 'wx', mode: 0o600 }).then(
    () => true,
    () => false,
  );
}

/** What such a file holds; null if there is none. Throws if it makes no sense. */
async function read(path: string): Promise<Journal | null> {
  const text = await readFile(path, 'utf8').catch(() => null);
  if (text === null) return null;
  const { content, sealed } = unseal(text);
  if (!sealed) throw new Error('the check is missing');
  return journalSchema.parse(content);
}

/**
 * A journal in this file. Beside it, as `PATH.now`, stands what was saved last and is not yet on the disk for certain: to make it so may take seconds
 * on a busy disk, and this program may be killed meanwhile. A power cut may take that one.
 */
export function createJobJournal(path: string, onError: (error: unknown) => void): JobJournal {
  const writer = createSafeWriter(path, onError);
  const lock = `${path}.lock`;
  const newest = `${path}.now`;
  let mine = false;
  let saved = 0;
  return {
    async load() {
      mine = await takeLock(lock).catch(() => false);
      const durable = await read(path).catch((error: unknown) => {
        onError(error);
        return null;
      });
      const last = await read(newest).catch(() => null);
      const isNewer = (durable?.saved ?? Infinity) < (last?.saved ?? 0);
      const journal = durable === null || isNewer ? last : durable;
      if (journal === null) return [];
      saved = journal.saved ?? 0;
      return journal.runs.flatMap((entry) => {
        const kept = keptRunSchema.safeParse(entry);
        return kept.success ? [runOf(kept.data)] : [];
      });
    },
    save(runs) {
      if (!mine) return;
      saved += 1;
      const text = seal({ carouselJobs: 1, saved, runs: runs.map(keptRunOf) });
      try {
        writeFileSync(`${newest}.part`, text, { mode: 0o600 });
        renameSync(`${newest}.part`, newest);
      } catch (error) {
        onError(error);
      }
      writer.write(text);
    },
    isMine: () => mine,
    async close() {
      await writer.idle();
      const durable = await read(path).catch(() => null);
      if (mine && durable?.saved === saved) await rm(newest, { force: true });
      if (mine) await rm(lock, { force: true });
      mine = false;
    },
  };
}
