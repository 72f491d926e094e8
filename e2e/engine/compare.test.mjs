// Verifying what a job has copied to its end while it still copies to others: by the running job, without disturbing it.

import assert from 'node:assert/strict';
import fs from 'node:fs';
import { describe } from 'node:test';
import { serveCore } from './support/core-client.mjs';
import { MiB, scenario } from './support/world.mjs';

const SIZE = 24 * MiB;
const SLOW = 4 * MiB;

const only = (record) => Object.values(record)[0];
const targetAt = (state, path) =>
  Object.values(only(state.jobs)?.targets ?? {}).find(({ card }) => card.path === path);

/** A job that does not verify: `fast` is done at once, `slow` takes its time. */
async function halfDone(w) {
  const source = await w.source('source.img', SIZE);
  const [fast] = await w.sticks(['fast'], { size: '32M' });
  const [slow] = await w.sticks(['slow'], { size: '32M', writeBps: SLOW });
  const core = await serveCore(w, { CAROUSEL_SHOW_LOOP: '1' });
  const { drive } = await core.call('drives.addImage', { path: source });
  const at = async (path) => Object.values((await core.state()).drives).find((one) => one.path === path).id;
  const targets = [await at(fast.dev), await at(slow.dev)];
  const { targets: checks } = await core.call('jobs.checkTargets', { source: drive, targets });
  const { job } = await core.call('jobs.start', {
    source: drive,
    targets: await agreed(core, checks),
    options: { verify: false, slow: 'catch-up', slots: 4 },
  });
  await core.until((now) => targetAt(now, fast.dev)?.state === 'done', 'the fast one being done');
  const id = targetAt(await core.state(), fast.dev).id;
  return { core, job, source, fast, slow, id };
}

/** A yes to each; a simulated stick is no ordinary one and asks for a typed word. */
const agreed = async (core, checks) => {
  const { drives } = await core.state();
  return checks.map(({ drive, token }) => ({ drive, token, typed: drives[drive].title }));
};

const recordOf = async (core) => {
  const { jobs } = await core.call('history.list', { limit: 1 });
  return core.call('history.targets', { job: jobs[0].id, limit: 64 });
};

describe('comparing while others still copy', { concurrency: 1 }, () => {
  scenario('a good one is verified before the job is over, and stays it', { sticks: true }, async (w) => {
    const { core, job, source, fast, slow, id } = await halfDone(w);
    await core.call('jobs.verify', { job });
    const now = await core.until(
      (state) => targetAt(state, fast.dev)?.state === 'verified',
      'the fast one being verified',
    );
    assert.equal(only(now.jobs).state, 'running');
    const others = targetAt(now, slow.dev).state;
    assert.ok(['waiting', 'copying', 'aside'].includes(others), `the others go on: ${others}`);
    await assert.rejects(
      core.call('jobs.verify', { job }),
      { message: 'no-manifest' },
      'nothing is left to verify',
    );
    const end = await core.until((state) => only(state.jobs)?.state === 'ended', 'the end');
    assert.equal(targetAt(end, fast.dev).state, 'verified');
    assert.equal(targetAt(end, fast.dev).id, id, 'it is the same cell');
    assert.equal(targetAt(end, slow.dev).state, 'done');
    assert.equal(Object.keys(only(end.jobs).targets).length, 2);
    assert.ok(
      only(end.jobs).source.bytesRead < SIZE * 2.2,
      'the source is read for the two copies, not for it',
    );
    const recorded = await recordOf(core);
    assert.deepEqual(recorded.targets.map(({ state }) => state).sort(), ['done', 'verified']);
    await w.equal(source, slow.dev, SIZE);
    await core.end();
  });

  scenario('a rotten one is found, named and can be healed afterwards', { sticks: true }, async (w) => {
    const { core, job, fast } = await halfDone(w);
    const file = fs.openSync(fast.dev, 'r+');
    fs.writeSync(file, Buffer.from('rotten'), 0, 6, 5 * MiB + 100);
    fs.fsyncSync(file);
    fs.closeSync(file);
    await core.call('jobs.verify', { job, targets: [targetAt(await core.state(), fast.dev).id] });
    const now = await core.until((state) => targetAt(state, fast.dev)?.state === 'failed', 'it being found');
    assert.equal(only(now.jobs).state, 'running');
    assert.equal(targetAt(now, fast.dev).error.code, 'verify-mismatch');
    assert.deepEqual(targetAt(now, fast.dev).evidence[0].bad, [5]);
    const end = await core.until((state) => only(state.jobs)?.state === 'ended', 'the end');
    assert.equal(targetAt(end, fast.dev).state, 'failed', 'the end of the job makes nothing good again');
    assert.equal(targetAt(end, fast.dev).manifest, true);
    const recorded = await recordOf(core);
    assert.deepEqual(recorded.targets.map(({ state }) => state).sort(), ['done', 'failed']);
    const healed = targetAt(end, fast.dev);
    const { targets: checks } = await core.call('jobs.checkHeal', { job, targets: [healed.id] });
    await core.call('jobs.heal', { job, targets: await agreed(core, checks) });
    await core.until((state) => targetAt(state, fast.dev)?.state === 'verified', 'it being healed');
    await core.end();
  });

  scenario('one that shows nothing leaves it as it was', { sticks: true }, async (w) => {
    const { core, job, fast, id } = await halfDone(w);
    await assert.rejects(core.call('jobs.verify', { job, targets: ['t-2'] }), { message: 'no-manifest' });
    const before = targetAt(await core.state(), fast.dev);
    await core.call('jobs.verify', { job, targets: [id] });
    await core.call('jobs.removeTarget', { job, target: id });
    const end = await core.until((state) => only(state.jobs)?.state === 'ended', 'the end');
    const after = targetAt(end, fast.dev);
    // Stopped in time or not: done or verified, never anything that it is not.
    assert.ok(after.state === 'verified' || after.state === 'done', after.state);
    if (after.state === 'done') assert.deepEqual(after.bytesCopied, before.bytesCopied);
    await core.end();
  });

  scenario('a core that dies meanwhile finds it again', { sticks: true }, async (w) => {
    const { core, job, fast, slow, id } = await halfDone(w);
    await core.call('jobs.verify', { job, targets: [id] });
    await core.kill();
    const again = await serveCore(w, { CAROUSEL_SHOW_LOOP: '1' });
    const end = await again.until((state) => only(state.jobs)?.state === 'ended', 'the end');
    assert.equal(Object.keys(only(end.jobs).targets).length, 2);
    assert.equal(targetAt(end, fast.dev).state, 'verified');
    assert.equal(targetAt(end, slow.dev).state, 'done');
    await again.end();
  });

  scenario(
    'a core that comes back while the helper does not answer waits for it',
    { sticks: true },
    async (w) => {
      const { core, fast, slow } = await halfDone(w);
      const [supervisor] = w.processes('job');
      await core.kill();
      await w.hold(supervisor.pid);
      const again = await serveCore(w, { CAROUSEL_SHOW_LOOP: '1' });
      const job = await again.until((state) => only(state.jobs), 'the job that was kept');
      // It was looked for, in vain, before the server listened.
      assert.equal(only(job.jobs).state, 'running');
      w.release(supervisor.pid);
      const end = await again.until((state) => only(state.jobs)?.state === 'ended', 'the end');
      assert.deepEqual([targetAt(end, fast.dev).state, targetAt(end, slow.dev).state], ['done', 'done']);
      await again.end();
    },
  );
});
