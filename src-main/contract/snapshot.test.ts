import { describe, expect, it } from 'vitest';
import { createReplica } from './replica.ts';
import {
  appStateSchema,
  applyPatch,
  diffStates,
  patchSchema,
  patchStepSchema,
  type AppState,
} from './snapshot.ts';
import { sampleDrive, sampleJob, sampleState, sampleTarget } from './testing/samples.ts';

/** A small generator with a seed, so that a failure can be repeated. */
function random(seed: number): (below: number) => number {
  let state = seed;
  return (below) => {
    state = (Math.imul(state, 1_664_525) + 1_013_904_223) >>> 0;
    return Math.floor((state / 2 ** 32) * below);
  };
}

/** One plausible change of the state: drives come and go, jobs and targets run, lists grow at the end. */
function mutate(state: AppState, below: (n: number) => number): AppState {
  const key = `drv-${String(below(8))}`;
  switch (below(7)) {
    case 0:
      return {
        ...state,
        drives: { ...state.drives, [key]: sampleDrive({ id: key, path: `/dev/sd${String(below(9))}` }) },
        driveOrder: [...state.driveOrder.filter((id) => id !== key), key],
      };
    case 1: {
      const { [key]: _gone, ...drives } = state.drives;
      return { ...state, drives, driveOrder: state.driveOrder.filter((id) => id !== key) };
    }
    case 2: {
      const id = `job-${String(below(3))}`;
      const job = sampleJob({ id }, [sampleTarget(), sampleTarget({ id: 't-2' })]);
      return {
        ...state,
        jobs: { ...state.jobs, [id]: job },
        jobOrder: [...new Set([...state.jobOrder, id])],
      };
    }
    case 3:
      return { ...state, settings: { ...state.settings, sounds: below(2) === 0 } };
    default: {
      const job = Object.values(state.jobs)[below(Object.keys(state.jobs).length)];
      const target = job?.targets['t-1'];
      if (!job || !target) return state;
      const speeds: typeof job.speeds = [...job.speeds, [job.speeds.length, below(99), below(99)]];
      const changed = {
        ...job,
        speeds: speeds.slice(-20),
        targets: { ...job.targets, 't-1': { ...target, bytesCopied: target.bytesCopied + below(1000) } },
      };
      return { ...state, jobs: { ...state.jobs, [job.id]: changed } };
    }
  }
}

describe('patches', () => {
  it.each(Array.from({ length: 40 }, (_, seed) => seed))(
    'lead a front end to the same state (seed %i)',
    (seed) => {
      const below = random(seed);
      let server = sampleState();
      const replica = createReplica();
      replica.reset({ epoch: 'e', revision: 0, state: server });
      let revision = 0;
      let sent = server;
      for (let step = 0; step < 120; step += 1) {
        server = mutate(server, below);
        if (below(3) === 0) continue; // several changes share one patch
        const steps = diffStates(sent, server);
        if (steps.length === 0) continue;
        const wire: unknown = JSON.parse(
          JSON.stringify({ epoch: 'e', from: revision, to: revision + 1, steps }),
        );
        const patch = patchSchema.parse(wire);
        sent = server;
        revision += 1;
        expect(replica.apply(patch)).toBe('applied');
        expect(replica.current?.state).toEqual(server);
        expect(replica.apply(patch)).toBe('old');
      }
      expect(appStateSchema.parse(replica.current?.state)).toEqual(sent);
    },
  );

  it('that do not follow are a gap and change nothing', () => {
    const replica = createReplica();
    const patch = { epoch: 'e', from: 4, to: 5, steps: [{ path: ['settings', 'sounds'], set: false }] };
    expect(replica.apply(patch)).toBe('gap');
    replica.reset({ epoch: 'e', revision: 3, state: sampleState() });
    expect(replica.apply(patch)).toBe('gap');
    expect(replica.apply({ ...patch, epoch: 'another life', from: 3 })).toBe('gap');
    expect(replica.apply({ ...patch, from: 3, steps: [{ path: ['nowhere', 'x'], set: 1 }] })).toBe('gap');
    expect(replica.current?.revision).toBe(3);
    expect(replica.apply({ ...patch, from: 3 })).toBe('applied');
  });

  it('send only the new points of a growing list', () => {
    const a = [1, 0, 0] as [number, number, number];
    const b = [2, 0, 0] as [number, number, number];
    const c = [3, 0, 0] as [number, number, number];
    expect(diffStates({ speeds: [a, b] }, { speeds: [b, c] })).toEqual([
      { path: ['speeds'], drop: 1, push: [c] },
    ]);
    expect(diffStates({ speeds: [a] }, { speeds: [a, b] })).toEqual([
      { path: ['speeds'], drop: 0, push: [b] },
    ]);
    expect(diffStates({ order: ['x', 'y'] }, { order: ['z', 'y'] })).toEqual([
      { path: ['order'], set: ['z', 'y'] },
    ]);
    expect(diffStates({ order: ['x', 'y'] }, { order: ['x'] })).toEqual([{ path: ['order'], set: ['x'] }]);
  });

  it('share what did not change', () => {
    const state = sampleState([sampleDrive()], [sampleJob()]);
    const next = applyPatch(state, [{ path: ['settings', 'sounds'], set: false }]);
    expect(next.jobs).toBe(state.jobs);
    expect(state.settings.sounds).toBe(true);
  });

  it.each(['__proto__', 'constructor', 'prototype'])('cannot reach %s', (key) => {
    expect(patchStepSchema.safeParse({ path: [key, 'x'], set: 1 }).success).toBe(false);
    expect(() => applyPatch({}, [{ path: [key, 'polluted'], set: true }])).toThrow();
    expect(() => applyPatch({}, [{ path: [key], set: {} }])).toThrow();
    expect(({} as { polluted?: boolean }).polluted).toBeUndefined();
  });

  it('that do not fit throw', () => {
    expect(() => applyPatch({ a: 1 }, [{ path: ['a', 'b'], set: 1 }])).toThrow();
    expect(() => applyPatch({ a: 1 }, [{ path: ['b'], remove: true }])).toThrow();
    expect(() => applyPatch({ a: [1] }, [{ path: ['a'], drop: 2, push: [] }])).toThrow();
    expect(() => applyPatch({ a: 1 }, [{ path: ['a'], drop: 0, push: [] }])).toThrow();
  });

  it('the sample states are valid', () => {
    expect(() => appStateSchema.parse(sampleState([sampleDrive()], [sampleJob()]))).not.toThrow();
  });
});
