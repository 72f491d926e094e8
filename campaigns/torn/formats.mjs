// Our own file formats, and how the program reads each: a format more is one entry here.

import fs from 'node:fs';
import path from 'node:path';
import { compareBytes } from '../../testlab/sticks.mjs';
import { sleep, until } from '../../e2e/engine/support/run.mjs';
import { load } from '../../e2e/engine/support/contract.mjs';

const BLOCK = 65_536;
const SIZE = 20 * BLOCK;
const REFUSED = 'refused';
const same = (result, whole) => result === REFUSED || result === whole;

/** Writes through the program's own store: a newer file and the one it took the place of. */
async function settings(w) {
  const { loadSettings, parseSettings } = await load('src-main/core/settings/settings-store.ts');
  const file = w.path('settings.json');
  w.path('settings.json.copy'); // written beside it
  const write = async (change) => {
    await (await loadSettings(file, () => 0)).store.change(change);
    return fs.readFileSync(file);
  };
  const before = await write({ protectedSerials: ['BN2381', 'BN4711'], job: { slots: 64, verify: true } });
  const now = await write({ protectedSerials: ['BN9381', 'BN4712'], job: { slots: 32, heal: true } });
  const read = async (bytes) => {
    try {
      return JSON.stringify(parseSettings(bytes.toString()));
    } catch {
      return REFUSED;
    }
  };
  return { before, now, read, holds: same };
}

async function journal(w) {
  const { createJobJournal } = await load('src-main/core/jobs/job-journal.ts');
  const { restoredRun } = await load('src-main/core/jobs/job-run.ts');
  const { sampleJob } = await load('src-main/contract/testing/samples.ts');
  const file = w.path('jobs.json');
  const write = async (pid) => {
    const journal = createJobJournal(file, () => undefined);
    await journal.load();
    journal.save([restoredRun(sampleJob(), { key: 'k', pid, ids: new Map([[1, 't-1']]) })]);
    await journal.close();
    return fs.readFileSync(file);
  };
  const [before, now] = [await write(41), await write(77)];
  let number = 0;
  const read = async (bytes) => {
    const one = path.join(w.dir, 'torn', `jobs${++number}.json`);
    fs.writeFileSync(one, bytes);
    let refused = false;
    const journal = createJobJournal(one, () => (refused = true));
    const runs = await journal.load();
    await journal.close();
    fs.rmSync(one);
    return refused || runs.length === 0 ? REFUSED : JSON.stringify(runs);
  };
  return { before, now, read, holds: same };
}

/** As the helper leaves it for a front end that has gone away. */
async function result(w) {
  const { readKeptSummary } = await load('src-main/core/helper/kept-summary.ts');
  const write = async (name) => {
    const [source, file] = [await w.source(`${name}.img`, 2 * BLOCK), w.path(name)];
    await w.job(source, [w.path(`${name}-target.img`)], { block: BLOCK, resultFile: file }).exit;
    return fs.readFileSync(file);
  };
  const [before, now] = [await write('result-before'), await write('result-now')];
  const read = async (bytes) => {
    const summary = readKeptSummary(bytes.toString());
    return summary === null ? REFUSED : JSON.stringify(summary);
  };
  return { before, now, read, holds: same };
}

async function manifest(w) {
  const write = async (name, seed) => {
    const source = await w.source(`${name}.img`, 3 * BLOCK - 100, seed);
    const [target, file] = [w.path(`${name}-target.img`), w.path(name)];
    const { summary } = await w.job(source, [target], { block: BLOCK, manifest: file }).exit;
    if (!summary.ok || (await compareBytes(source, target, 3 * BLOCK - 100)) !== -1)
      throw new Error('no manifest');
    return { bytes: fs.readFileSync(file), target };
  };
  const [before, now] = [await write('manifest-before', 1), await write('manifest-now', 2)];
  let number = 0;
  /** The helper holds a right copy against it: only a manifest that was read right can call that one verified. */
  const read = async (bytes) => {
    const one = path.join(w.dir, 'torn', `manifest${++number}`);
    fs.writeFileSync(one, bytes);
    const { summary } = await w.verification([now.target], one).exit;
    fs.rmSync(one);
    const [{ state, error }] = summary.targets;
    return error?.code === 'manifest-damaged' ? REFUSED : state;
  };
  return { before: before.bytes, now: now.bytes, read, holds: same };
}

/** A map is not refused as a whole: what stands before the damage counts. It may claim less than was written, never more. */
async function resume(w) {
  const folder = w.path('maps');
  fs.mkdirSync(folder, { mode: 0o700 });
  const [source, target] = [await w.source('resume.img', 2 * SIZE, 3), w.path('resume-target.img')];
  const files = () => fs.readdirSync(folder).filter((name) => name.endsWith('.map'));
  // So large that much of it is still to come when the map is long enough: a whole copy has none.
  const write = async (enough) => {
    const run = w.job(source, [target], { block: BLOCK, slots: 2, resume: folder, limit: 8 * BLOCK });
    const { pids } = await run.job();
    const length = () => (files()[0] ? fs.statSync(path.join(folder, files()[0])).size : 0);
    await until(() => length() > enough, 'records in the map');
    w.signal(pids.supervisor, 'SIGKILL');
    await run.exit;
    await until(() => w.processes().length === 0, 'the killed copy to end');
    await sleep(0);
    return fs.readFileSync(path.join(folder, files()[0]));
  };
  const before = await write(600);
  const now = await write(800);
  const name = files()[0];
  let number = 0;
  const read = async (bytes) => {
    const one = path.join(w.dir, 'torn', `maps${++number}`);
    fs.mkdirSync(one, { mode: 0o700 });
    fs.writeFileSync(path.join(one, name), bytes, { mode: 0o600 });
    const { status, stdout } = w.sync(['resumable', one, String(BLOCK), source, target]);
    fs.rmSync(one, { recursive: true });
    return status === 0 ? JSON.parse(stdout).blocks : REFUSED;
  };
  return { before, now, read, holds: (claimed, whole) => claimed === REFUSED || claimed <= whole };
}

/**
 * `make` gives the bytes of a file as it is `now` and `before`, how the program `read`s bytes (`refused`, or what it understood), and whether that `holds`
 * against what it understood of the whole file. `native`: each reading is a process.
 */
export const FORMATS = [
  { name: 'settings', make: settings },
  { name: 'jobs of the app', make: journal },
  { name: 'result nobody waited for', make: result },
  { name: 'manifest', make: manifest, native: true },
  { name: 'map of an unfinished copy', make: resume, native: true },
];
