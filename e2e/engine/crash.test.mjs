// SIGKILL for any one process at any moment: never a hang, never something left behind, never a target reported good that is not.
// CAROUSEL_SEEDS=50 for more rounds, CAROUSEL_SEED=N for one of them alone.

import assert from 'node:assert/strict';
import { describe } from 'node:test';
import { Random } from './support/random.mjs';
import { roleOf } from './support/proc.mjs';
import { sleep } from './support/run.mjs';
import { MiB, scenario, sticksHere } from './support/world.mjs';

const only = process.env.CAROUSEL_SEED;
const seeds = only
  ? [Number(only)]
  : Array.from({ length: Number(process.env.CAROUSEL_SEEDS ?? 15) }, (_, i) => i + 1);
/** Longer than all that a round waits for, and far shorter than for ever. */
const HANG = 45_000;
const VICTIMS = ['supervisor', 'producer', 'consumer', 'consumer', 'command', 'relay'];

/** The processes that one may choose from, by the name of their part. */
function victims(w, supervisor) {
  const all = w.processes().map((one) => ({ ...one, role: roleOf(one) }));
  return {
    supervisor: all.filter(({ pid }) => pid === supervisor),
    relay: all.filter(({ role, pid }) => role === 'job' && pid !== supervisor),
    producer: all.filter(({ role }) => role === 'produce'),
    consumer: all.filter(({ role }) => role === 'consume'),
    command: all.filter(({ role }) => role === 'command'),
  };
}

/** Everything that any of these copies calls good must be equal. Returns how they ended. */
async function assertHonest(w, source, size, ends) {
  const states = [];
  for (const { summary } of ends.filter((end) => end.summary))
    for (const { path, state } of summary.targets) {
      states.push(state);
      if (state === 'done' || state === 'verified') await w.equal(source, path, size);
    }
  return states;
}

describe('crashes', { concurrency: 2 }, () => {
  for (const seed of seeds)
    scenario(`seed ${seed}: one process is killed`, { linux: true }, async (w, t) => {
      const random = new Random(seed);
      const size = 6 * MiB + random.below(5000);
      const source = await w.source('source.img', size, `crash ${seed}`);
      const slow = random.pick(['together', 'catch-up']);
      const targets = await w.targets(['a', 'b', 'late'], {
        size,
        writeBps: `${4 + random.below(8)}MB`,
        files: seed % 5 === 0,
      });
      const args = [
        '--block',
        random.pick(['64K', '256K', '1M']),
        '--slots',
        2 + random.below(6),
        '--slow',
        slow,
      ];
      const first = w.copy(source, targets.slice(0, 2), args, { hang: HANG });
      // A killed command must not take the test along: its job is known by then or it never was one.
      const job = await first.job();
      const late = random.below(600);
      const joins = sleep(late).then(() => w.copy(source, targets.slice(2), args, { hang: HANG }));
      await sleep(random.below(sticksHere.ok && seed % 5 !== 0 ? 1500 : 600));
      const there = victims(w, job.pids.supervisor);
      const part = random.pick(VICTIMS.filter((name) => there[name].length > 0));
      const victim = part && random.pick(there[part]);
      const hit = victim ? w.signal(victim.pid, 'SIGKILL') : false;
      const second = await joins;
      const ends = await Promise.all([first.exit, second.exit]);
      await w.nothingLeft();
      const states = await assertHonest(w, source, size, ends);
      t.diagnostic(`seed ${seed}: ${hit ? part : 'nobody'} killed; ${states.join(' ')}`);
      // A killed producer, supervisor or command says nothing about the sticks: the same ones work again.
      if (seed % 4 === 0) {
        const again = await w.copy(source, targets).exit;
        assert.equal(again.code, 0, JSON.stringify(again.summary));
        await w.allEqual(source, targets, size);
      }
    });
});
