// Any process of a verification or a healing is killed at any moment: nothing is ever called verified that is not, and the same command
// afterwards ends it. CAROUSEL_SEEDS=30 for more rounds, CAROUSEL_SEED=N for one of them alone.

import assert from 'node:assert/strict';
import fs from 'node:fs';
import { describe } from 'node:test';
import { endOf } from './support/expect.mjs';
import { roleOf } from './support/proc.mjs';
import { Random } from './support/random.mjs';
import { sleep } from './support/run.mjs';
import { MiB, scenario } from './support/world.mjs';

const only = process.env.CAROUSEL_SEED;
const seeds = only
  ? [Number(only)]
  : Array.from({ length: Number(process.env.CAROUSEL_SEEDS ?? 6) }, (_, i) => i + 1);

const verify = (w, targets, args) =>
  w.command(['verify', ...targets, '--manifest', w.path('manifest'), ...args, '--json', '--yes']);

describe('killed while verifying or healing, then again', { concurrency: 2 }, () => {
  for (const seed of seeds)
    scenario(`seed ${seed}`, { sticks: true }, async (w, t) => {
      const random = new Random(seed);
      const size = 5 * MiB + random.below(5000);
      const source = await w.source('source.img', size, `verify ${seed}`);
      const sticks = await w.sticks(['a', 'b'], { size: '6M', writeBps: '4MB', readBps: '6MB' });
      const targets = sticks.map(({ dev }) => dev);
      const copied = await w.copy(source, targets, ['--block', '64K', '--manifest', w.path('manifest')]).exit;
      assert.equal(copied.code, 0, JSON.stringify(copied.summary));
      for (let n = 0; n < 8; ++n) {
        const place = random.below(size - 4096);
        const file = fs.openSync(targets[0], 'r+');
        fs.writeSync(file, Buffer.alloc(16, 0xee), 0, 16, place);
        fs.closeSync(file);
      }
      const heals = random.below(3) > 0;
      const args = heals ? ['--heal', '--source', source] : [];
      const run = verify(w, targets, args);
      await run.job();
      await sleep(random.below(1400));
      const there = w
        .processes()
        .filter((one) => ['job', 'produce', 'consume', 'command'].includes(roleOf(one)));
      const victim = there.length > 0 ? random.pick(there) : undefined;
      if (victim) w.signal(victim.pid, 'SIGKILL');
      const first = await run.exit;
      await w.nothingLeft();
      for (const { path, state } of first.summary?.targets ?? []) {
        assert.ok(!['done', 'sampled'].includes(state), `${path} ${state}`);
        if (state === 'verified') await w.equal(source, path, size);
      }
      const end = await verify(w, targets, ['--heal', '--source', source]).exit;
      assert.equal(end.code, 0, JSON.stringify(end.summary));
      for (const target of targets) assert.equal(endOf(end.summary, target), 'verified');
      await w.allEqual(source, targets, size);
      t.diagnostic(
        `seed ${seed}: ${victim ? roleOf(victim) : 'nobody'} killed${heals ? ' while healing' : ''}`,
      );
    });
});
