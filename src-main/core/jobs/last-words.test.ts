import { describe, expect, it } from 'vitest';
import type { JobSummary } from '@contract/helper-messages.ts';
import { manualClock } from '../testing/manual-clock.ts';
import { sampleJob } from '@contract/testing/samples.ts';
import { restoredRun } from './job-run.ts';
import { createLastWords } from './last-words.ts';

const summary = (outcome: JobSummary['outcome']): JobSummary => ({ outcome }) as JobSummary;
const [good, died, refused] = [summary('complete'), summary('helper-died'), summary('refused')];

function setUp(pid: number | null = 7) {
  const clock = manualClock();
  const world = { alive: true, kept: null as JobSummary | null };
  const words = createLastWords({
    clock,
    isAlive: (asked) => asked === 7 && world.alive,
    results: {
      take: () => {
        const { kept } = world;
        world.kept = null;
        return kept;
      },
    },
  });
  const run = restoredRun(sampleJob(), { pid });
  return { clock, world, of: (told: JobSummary | null) => words.of(run, told) };
}

describe('the last word of a helper', () => {
  it('is its own summary, whatever else there is', () => {
    const { of, world } = setUp();
    world.kept = summary('cancelled');
    expect(of(good)).toBe(good);
    expect(world.kept, 'nobody has to find it later').toBeNull();
  });

  it.each([null, died, refused])('is what it left, where the conversation ended with %j', (told) => {
    const { of, world } = setUp();
    world.kept = good;
    expect(of(told)).toBe(good);
  });

  it.each([null, died, refused])('is waited for while its process is there, after %j', (told) => {
    const { of, world, clock } = setUp();
    expect(of(told)).toBe('ending');
    clock.advance(20_000);
    expect(of(null)).toBe('ending');
    [world.alive, world.kept] = [false, good];
    expect(of(null)).toBe(good);
  });

  it('is not waited for without end', () => {
    const { of, clock } = setUp();
    expect(of(null)).toBe('ending');
    clock.advance(30_000);
    expect(of(null)).toBe('lost');
    expect(of(null), 'a next run begins anew').toBe('ending');
  });

  it('is what the conversation ended with, where its process is gone and has left nothing', () => {
    const { of, world } = setUp();
    world.alive = false;
    expect(of(died)).toBe(died);
    expect(of(null)).toBe('lost');
    expect(setUp(null).of(refused), 'it never said its name').toBe(refused);
  });
});
