// The record of jobs as a person meets it: what was copied is found again, whoever copied it and however it ended, and nothing is
// ever called good there that is not. CAROUSEL_SEEDS=50 for more rounds of killing.

import assert from 'node:assert/strict';
import { createHash } from 'node:crypto';
import { spawnSync } from 'node:child_process';
import fs from 'node:fs';
import path from 'node:path';
import { describe } from 'node:test';
import { compareBytes } from '../../testlab/sticks.mjs';
import { Random } from './support/random.mjs';
import { sleep, until } from './support/run.mjs';
import { MiB, scenario } from './support/world.mjs';

const good = (state) => state === 'done' || state === 'verified';

/** What a command says, line by line. */
async function said(w, args) {
  const { code, events, stderr } = await w.command(args).exit;
  return { code, events, stderr };
}

const sha256 = (file) => createHash('sha256').update(fs.readFileSync(file)).digest('hex');
const jobs = async (w) => (await said(w, ['history', '--json'])).events;

/** The JSON report of a job. */
async function report(w, job) {
  const file = w.path(`report-${job}-${Math.random()}.json`);
  const { code, stderr } = await said(w, ['report', String(job), '-o', file]);
  assert.equal(code, 0, stderr);
  return JSON.parse(fs.readFileSync(file, 'utf8'));
}

/** Practice drives: the only targets here that have serial numbers. */
async function practice(w, sticks, size) {
  const folder = w.path('practice');
  const { code, stderr } = await said(w, [
    'practice',
    folder,
    '--sticks',
    String(sticks),
    '--size',
    String(size),
  ]);
  assert.equal(code, 0, stderr);
  return Array.from({ length: sticks }, (_, index) => path.join(folder, `practice-${index + 1}.img`));
}

const ledger = (w, serial, ...more) => said(w, ['history', '--serial', serial, '--json', ...more]);

describe('the record', () => {
  scenario('of a copy: list, ledger, and reports that can be filed', {}, async (w) => {
    const size = 8 * MiB + 300;
    const source = await w.source('source.img', size);
    const sticks = await practice(w, 2, 9 * MiB);
    const page = w.path('copy.html');
    const end = await w.copy(source, sticks, ['--verify', '--report', page]).exit;
    assert.equal(end.code, 0, end.stderr);

    const [job] = await jobs(w);
    assert.equal(job.state, 'ended');
    assert.deepEqual(job.counts, { verified: 2, done: 0, bad: 0, open: 0 });
    assert.equal(job.source.rootDigest, end.summary.source.rootDigest);
    const answer = await ledger(w, 'PRACTICE-0002');
    assert.equal(answer.code, 0);
    assert.deepEqual(answer.events[0].holds, {
      rootDigest: end.summary.source.rootDigest,
      verified: true,
      unreadable: 0,
      job: job.id,
    });
    assert.equal((await ledger(w, 'PRACTICE-0002', '--job', String(job.id))).code, 0);
    assert.equal((await ledger(w, 'PRACTICE-0003')).code, 1, 'nothing is known of it');
    const words = await w.command(['history']).exit;
    assert.match(words.events[0].line, /^ +1 {2}\d{4}-\d\d-\d\d .*source\.img \(8\.4 MB\): 2 verified$/);

    const json = fs.readFileSync(await reportFile(w, job.id, 'json'), 'utf8');
    const html = fs.readFileSync(page, 'utf8');
    assert.ok(
      html.includes(createHash('sha256').update(json).digest('hex')),
      'the page names the record it is of',
    );
    assert.ok(html.includes(end.summary.source.rootDigest));
    assert.equal(html.match(/>VERIFIED</g).length, 2);
    const csv = fs.readFileSync(await reportFile(w, job.id, 'csv'), 'utf8').split('\r\n');
    assert.equal(csv.length, 4);
    assert.match(csv[2], /PRACTICE-0002/);
    assert.equal((await said(w, ['report', '99'])).code, 1, 'there is no such job');
    assert.equal(
      (await w.copy(source, [w.path('b.img')], ['--report', page]).exit).code,
      2,
      'never over a file',
    );
  });

  scenario('a copy by command has a kept manifest, asked for or not', {}, async (w) => {
    const source = await w.source('source.img', 3 * MiB + 100);
    const [stick] = await practice(w, 1, 4 * MiB);
    const folder = path.join(w.state, 'carousel', 'manifests');
    const mine = w.path('mine.manifest');
    const manifestOf = async (job) =>
      (await said(w, ['report', String(job), '--format', 'manifest', '-o', mine])).code;
    const plain = await w.copy(source, [stick]).exit;
    assert.equal(plain.code, 0, plain.stderr);
    assert.equal(plain.summary.manifest, undefined, 'nobody asked for it');
    const { rootDigest } = (await ledger(w, 'PRACTICE-0001')).events[0].holds;
    assert.deepEqual(fs.readdirSync(folder), [`${rootDigest}.manifest`]);
    assert.equal(fs.statSync(folder).mode & 0o77, 0, 'for this user alone');
    assert.equal(await manifestOf('last'), 0);
    const verified = await w.command(['verify', stick, '--manifest', mine]).exit;
    assert.equal(verified.code, 0, verified.stderr);
    assert.ok(fs.readFileSync(mine, 'utf8').includes(`"sha256":"${sha256(source)}"`));

    // Asked for: both. Where nothing can be kept, the copy is made all the same.
    fs.rmSync(folder, { recursive: true });
    const file = w.path('asked.manifest');
    const asked = await w.copy(source, [stick], ['--manifest', file]).exit;
    assert.deepEqual(asked.summary.manifest, { path: file, written: true });
    assert.ok(fs.readFileSync(path.join(folder, `${rootDigest}.manifest`)).equals(fs.readFileSync(file)));
    fs.rmSync(folder, { recursive: true });
    fs.writeFileSync(folder, 'in its place');
    const unkept = await w.command(['copy', source, stick, '--yes']).exit;
    assert.equal(unkept.code, 0, unkept.stderr);
    assert.match(unkept.stderr, /manifest of this copy could not be kept/);
    fs.rmSync(mine);
    assert.equal(await manifestOf('last'), 1);
    assert.equal(fs.existsSync(mine), false);
  });

  scenario('the manifest of a copy whose program was killed is kept by the next one', {}, async (w) => {
    const size = 8 * MiB;
    const source = await w.source('source.img', size);
    const folder = path.join(w.state, 'carousel', 'manifests');
    const [slow] = await w.targets(['slow'], { size, writeBps: '6MB' });
    const run = w.copy(source, [slow], ['--verify']);
    await run.job();
    w.signal(run.pid, 'SIGKILL');
    await run.exit;
    await until(
      () =>
        fs.existsSync(folder) &&
        fs.readdirSync(folder).some((name) => /^unshown-\w{8}\.manifest$/.test(name)),
      'the helper to write it',
      30_000,
    );
    await until(() => w.processes().length === 0, 'the helper to end', 30_000);
    const other = await w.source('other.img', MiB, 2);
    const end = await w.copy(other, [w.path('other-copy.img')]).exit;
    assert.equal(end.code, 0);
    const names = fs.readdirSync(folder);
    assert.equal(names.length, 2);
    assert.ok(
      names.every((name) => /^[0-9a-f]{64}\.manifest$/.test(name)),
      names.join(),
    );
  });

  scenario('holds what a later job, a verification and healing have found', {}, async (w) => {
    const size = 4 * MiB;
    const [first, second] = [await w.source('first.img', size, 1), await w.source('second.img', size, 2)];
    const [stick] = await practice(w, 1, size);
    const manifest = w.path('manifest');
    const holds = async () => (await ledger(w, 'PRACTICE-0001')).events[0].holds;
    assert.equal((await w.copy(first, [stick], ['--manifest', manifest]).exit).code, 0);
    const one = await holds();
    assert.equal(one.verified, false, 'copied is not verified');
    const verify = async (...args) =>
      (await w.command(['verify', stick, '--manifest', manifest, ...args]).exit).code;
    assert.equal(await verify(), 0);
    assert.deepEqual({ ...(await holds()), job: 0 }, { ...one, verified: true, job: 0 });
    assert.equal((await w.copy(second, [stick]).exit).code, 0);
    assert.notEqual((await holds()).rootDigest, one.rootDigest);
    assert.equal(await verify(), 1);
    assert.equal(await holds(), null, 'it was found to be wrong');
    assert.equal(await verify('--heal', '--source', first, '--yes'), 0);
    assert.equal((await holds()).rootDigest, one.rootDigest);
    assert.deepEqual(
      (await jobs(w)).map(({ task }) => task),
      ['verify', 'verify', 'copy', 'verify', 'copy'],
    );
    const probed = await w.command(['probe', stick, '--full', '--yes']).exit;
    assert.equal(probed.code, 0, probed.stderr);
    assert.equal(await holds(), null, 'a full test of its capacity leaves nothing on it');
  });

  scenario(
    'takes back that a copy is good when its source, read again, is another one',
    { sticks: true },
    async (w) => {
      const size = 4 * MiB;
      const [source] = await w.sticks(['source'], { size, fill: await w.source('content', size) });
      await source.fault({ flaky: [MiB, 512] });
      const [first, late] = await practice(w, 2, size);
      // So few slots that the late one makes it read again.
      const few = ['--slots', 2, '--block', '64K', '--wait-for-join', 30, '--no-verify'];
      const base = w.copy(source.dev, [first], few);
      await base.state(first, 'done');
      const counts = async () => (await jobs(w))[0].counts;
      await until(async () => (await counts()).done === 1, 'the first copy in the record');
      const joiner = await w.copy(source.dev, [late], ['--no-verify']).exit;
      assert.equal(joiner.code, 4, joiner.stderr);
      const end = await base.exit;
      assert.equal(end.code, 4, end.stderr);
      const [result] = end.summary.targets;
      assert.deepEqual([result.state, result.error.code], ['failed', 'source-changed']);
      assert.deepEqual(
        end.events.filter(({ event, target }) => event === 'target' && target === first).at(-1).state,
        'failed',
      );
      const [job] = await jobs(w);
      assert.deepEqual(await counts(), { verified: 0, done: 0, bad: 2, open: 0 });
      assert.equal((await ledger(w, 'PRACTICE-0001')).events[0].holds, null);
      assert.equal((await ledger(w, 'PRACTICE-0001', '--job', String(job.id))).code, 1);
      assert.doesNotMatch(fs.readFileSync(await reportFile(w, job.id, 'html'), 'utf8'), />(VERIFIED|DONE)</);
    },
  );

  scenario(
    'counts each target once when several programs watch, and keeps what they write at the same time',
    {},
    async (w) => {
      const size = 12 * MiB;
      const source = await w.source('source.img', size);
      const more = await Promise.all([1, 2, 3].map((seed) => w.source(`other-${seed}.img`, MiB, seed + 10)));
      const slow = await w.targets(['a', 'b', 'late'], { size, writeBps: '2MB' });
      const serve = w.command(['serve', '--json', '--listen', '127.0.0.1:0'], { hang: 90_000 });
      await serve.seen(({ event }) => event === 'listening', 'listening');
      const first = w.copy(source, slow.slice(0, 2));
      await first.job();
      const second = w.copy(source, slow.slice(2));
      const others = more.map((file, index) => w.copy(file, [w.path(`out-${index}.img`)]).exit);
      const ends = await Promise.all([first.exit, second.exit, ...others]);
      for (const { code, stderr } of ends) assert.equal(code, 0, stderr);
      await w.signal(serve.pid, 'SIGTERM');
      await serve.exit;
      const all = await jobs(w);
      assert.equal(all.length, 4, JSON.stringify(all, null, 1));
      for (const job of all) assert.equal(job.state, 'ended');
      const shared = all.find((job) => job.source.path === source);
      assert.deepEqual(shared.counts, { verified: 0, done: 3, bad: 0, open: 0 });
      const { targets } = await report(w, shared.id);
      assert.deepEqual(targets.map((one) => one.path).sort(), [...slow].sort());
    },
  );

  scenario('that is damaged is set aside with a word, and stops no copy', {}, async (w) => {
    const source = await w.source('source.img', MiB);
    const file = path.join(w.data, 'carousel/record.db');
    fs.mkdirSync(path.dirname(file), { recursive: true });
    fs.writeFileSync(file, 'no database at all '.repeat(1000));
    const end = await w.copy(source, [w.path('a.img')]).exit;
    assert.equal(end.code, 0, end.stderr);
    assert.match(end.stderr, /The record of jobs was damaged: it is kept as .*record\.db\.damaged-\d+/);
    assert.equal((await jobs(w)).length, 1);
    fs.rmSync(file);
    fs.mkdirSync(file);
    const other = await w.copy(source, [w.path('b.img')], ['--report', w.path('b.html')]).exit;
    assert.equal(other.code, 0, other.stderr);
    assert.match(other.stderr, /The record of jobs cannot be kept/);
    assert.match(fs.readFileSync(w.path('b.html'), 'utf8'), /COPIED, NOT VERIFIED/);
  });

  const seeds = Array.from({ length: Number(process.env.CAROUSEL_SEEDS ?? 8) }, (_, i) => i + 1);
  for (const seed of seeds)
    scenario(
      `survives that everything is killed at any moment (seed ${seed})`,
      { linux: true },
      async (w, t) => {
        const random = new Random(seed);
        const size = 6 * MiB;
        const source = await w.source('source.img', size, seed);
        const targets = await w.targets(['a', 'b'], { size, writeBps: '8MB' });
        const wait = random.below(1600);
        const begun = Date.now();
        const copy = w.copy(source, targets, seed % 2 ? ['--verify'] : []);
        copy.exit.catch(() => undefined);
        if (seed > 2) await copy.job(); // the moments before are met too
        await sleep(wait);
        // All at once, as a power cut does it, or the command alone: then its job goes on without it.
        const all = seed % 4 !== 0;
        for (const { pid } of all ? w.processes() : w.processes('command')) w.signal(pid, 'SIGKILL');
        await copy.exit.catch(() => undefined);
        const during = await jobs(w);
        for (const job of during) if (job.state !== 'ended') assert.equal(job.outcome, null);
        await until(() => w.processes().length === 0, 'all to end');
        const recorded = await jobs(w);
        let states = [];
        for (const { id, state, startedAt } of recorded) {
          assert.notEqual(state, 'running');
          assert.ok(startedAt >= begun - 2000, 'it began when it began');
          const told = await report(w, id);
          states = told.targets.map((one) => one.state ?? 'unknown');
          for (const one of told.targets)
            if (good(one.state))
              assert.equal(
                await compareBytes(one.path, source, size),
                -1,
                `${one.path} is called ${one.state}`,
              );
          if (state === 'unknown') assert.ok(!JSON.stringify(told.job).includes('"complete"'));
        }
        if (!all && recorded.length > 0)
          assert.deepEqual(
            [recorded[0].state, recorded[0].counts.open],
            ['ended', 0],
            'what its helper left was found',
          );
        t.diagnostic(
          `killed ${all ? 'all' : 'the command'} after ${wait} ms: ${recorded.length} job, ${states.join(' ')}`,
        );
        // It can be written to afterwards.
        assert.equal((await w.copy(source, [w.path('after.img')]).exit).code, 0);
        assert.equal((await jobs(w))[0].counts.done, 1);
      },
    );
});

async function reportFile(w, job, format) {
  const file = w.path(`file.${format}`);
  const { code, stderr } = await said(w, ['report', String(job), '--format', format, '-o', file]);
  assert.equal(code, 0, stderr);
  return file;
}

describe('maps of ddrescue', () => {
  const gap = { offset: 3 * MiB + 512, length: 1536 };
  const mapOf = (lines) =>
    ['# Mapfile. Created by GNU ddrescue version 1.27', '0x0 + 1', ...lines, ''].join('\n');

  scenario(
    'an image with gaps: they are zeros in the copy, and nobody calls it plainly good',
    {},
    async (w) => {
      const size = 6 * MiB;
      const source = await w.source('rescued.img', size);
      const map = w.path('rescued.map');
      fs.writeFileSync(
        map,
        mapOf([
          `0 ${gap.offset} +`,
          `${gap.offset} 512 -`,
          `${gap.offset + 512} 1024 ?`,
          `${gap.offset + gap.length} ${size - gap.offset - gap.length} +`,
        ]),
      );
      const [target, out, page] = [w.path('copy.img'), w.path('out.map'), w.path('copy.html')];
      const args = ['--ddrescue-map', map, '--ddrescue-map-out', out, '--report', page];
      const end = await w.copy(source, [target], args).exit;
      assert.equal(end.code, 4, end.stderr);
      assert.deepEqual(end.summary.source.unreadable, [gap]);
      assert.match(end.stderr, /1 place \(1\.5 kB\) of the source cannot be read: zeros go there/);
      const bytes = fs.readFileSync(target);
      const wanted = fs.readFileSync(source).fill(0, gap.offset, gap.offset + gap.length);
      assert.ok(bytes.equals(wanted));
      assert.match(fs.readFileSync(page, 'utf8'), /COPIED, NOT VERIFIED, WITH GAPS/);
      const written = fs.readFileSync(out, 'utf8');
      assert.match(written, /0x00300200 {2}0x00000600 {2}-/);
      const again = await w.copy(source, [w.path('again.img')], ['--ddrescue-map', out]).exit;
      assert.deepEqual(again.summary.source.unreadable, [gap], 'what it writes it reads');
    },
  );

  scenario(
    'ddrescue itself reads what is written',
    { when: spawnSync('ddrescuelog', ['--version']).error ? 'ddrescuelog is not installed' : false },
    async (w) => {
      const source = await w.source('rescued.img', 6 * MiB);
      const [map, out] = [w.path('in.map'), w.path('out.map')];
      fs.writeFileSync(
        map,
        mapOf([
          `0 ${gap.offset} +`,
          `${gap.offset} ${gap.length} -`,
          `${gap.offset + gap.length} 0x2FF800 +`,
        ]),
      );
      await w.copy(source, [w.path('copy.img')], ['--ddrescue-map', map, '--ddrescue-map-out', out]).exit;
      assert.equal(spawnSync('ddrescuelog', ['--compare-as-domain', map, out]).status, 0);
      const bad = spawnSync('ddrescuelog', ['--list-blocks=-', out], { encoding: 'utf8' });
      assert.deepEqual(bad.stdout.trim().split('\n'), ['6145', '6146', '6147']);
    },
  );

  scenario(
    'what is no map, or names more than a copy can leave out, is refused before anything begins',
    {},
    async (w) => {
      const source = await w.source('rescued.img', MiB);
      const map = w.path('bad.map');
      const many = Array.from({ length: 1001 }, (_, i) => [
        `${i * 512} 256 -`,
        `${i * 512 + 256} 256 +`,
      ]).flat();
      for (const text of ['hello', mapOf(['0 512 X']), mapOf(many)]) {
        fs.writeFileSync(map, text);
        const end = await w.copy(source, [w.path('never.img')], ['--ddrescue-map', map]).exit;
        assert.equal(end.code, 2, end.stderr);
      }
      assert.equal(
        (await w.copy(source, [w.path('never.img')], ['--ddrescue-map', w.path('none')]).exit).code,
        2,
      );
      assert.equal(fs.existsSync(w.path('never.img')), false);
    },
  );
});
