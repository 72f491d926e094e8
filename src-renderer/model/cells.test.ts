import { describe, expect, it } from 'vitest';
import { sampleCard, sampleDrive, sampleJob, sampleTarget } from '@contract/testing/samples.ts';
import { appError } from '@contract/errors.ts';
import type { InsertNotice } from '@contract/groups/bench.ts';
import {
  densityFor,
  holdsUncounted,
  layoutCells,
  type BayNow,
  mayJoin,
  mayJoinInBatch,
  placeOfTarget,
  whyNotJoin,
} from './cells.ts';
import { hasWrapped, lookOf } from './look.ts';

const at = (id: string, port: string | null, state: 'copying' | 'verified' = 'copying') =>
  sampleTarget({ id, state, card: sampleCard({ port }) });
const names = (cells: ReturnType<typeof layoutCells>): string[] =>
  cells.map((cell) => `${cell.name}:${cell.kind === 'target' ? cell.target.id : cell.kind}`);

describe('cells', () => {
  it('stand in the order of arrival', () => {
    const job = sampleJob({}, [at('t-1', null), at('t-2', null)]);
    expect(names(layoutCells(job, [sampleDrive()], []))).toEqual(['1:t-1', '2:t-2', '3:staged']);
  });

  it('stand at their taught ports, empty ones included, and others after them', () => {
    const bays = [
      { port: 'a', name: 'A1' },
      { port: 'b', name: 'A2' },
    ];
    const job = sampleJob({}, [at('t-1', 'b'), at('t-2', 'x')]);
    expect(names(layoutCells(job, [], bays))).toEqual(['A1:empty', 'A2:t-1', '3:t-2']);
    expect(placeOfTarget(job, 't-1', bays)).toMatchObject({ name: 'A2', bay: true });
  });

  it('show the newest drive at a port, and remember the earlier one', () => {
    const job = sampleJob({}, [at('t-1', 'a', 'verified'), at('t-2', 'a')]);
    const [cell] = layoutCells(job, [], [{ port: 'a', name: 'A1' }]);
    expect(cell).toMatchObject({ kind: 'target', target: { id: 't-2' }, earlier: ['t-1'] });
  });

  it('never show a result where another stick is, nor one to pull where there is none', () => {
    const bays = [{ port: 'a', name: 'A1' }];
    const target = at('t-1', 'a', 'verified');
    const job = sampleJob({}, [target]);
    const own = sampleDrive({ id: target.card.drive ?? '', port: 'a' });
    const other = sampleDrive({ id: 'drv-other', port: 'a' });
    const shown = (now: Partial<BayNow>): string =>
      names(layoutCells(job, [], bays, () => ({ drive: null, notice: null, armed: false, ...now }))).join();
    expect(shown({ drive: own })).toBe('A1:t-1');
    expect(shown({ drive: other })).toBe('A1:present');
    const anew = { ...own, identity: { ...own.identity, diskseq: 8 } }; // of the same name, perhaps, and plugged in later
    expect(shown({ drive: anew })).toBe('A1:present');
    expect(shown({ drive: { ...anew, identity: { ...own.identity, diskseq: null } } })).toBe('A1:t-1');
    expect(shown({ drive: null })).toBe('A1:t-1');
    expect(shown({ drive: null, armed: true })).toBe('A1:empty');
    const notice: InsertNotice = {
      ...{ port: 'a', drive: own.id, title: 'Stick', hand: 'set-aside', at: 1 },
      reason: { code: 'quota-taken' },
    };
    expect(shown({ drive: own, armed: true, notice })).toBe('A1:notice');
    const riding = sampleJob({}, [at('t-2', 'a')]);
    expect(names(layoutCells(riding, [], bays, () => ({ drive: other, notice, armed: true })))).toEqual([
      'A1:t-2',
    ]);
  });

  it('have numbers that no bay is called by', () => {
    const job = sampleJob({}, [at('t-1', 'x'), at('t-2', 'y')]);
    const bays = [
      { port: 'a', name: '7' },
      { port: 'b', name: 'left' },
    ];
    expect(names(layoutCells(job, [], bays)).slice(2)).toEqual(['8:t-1', '9:t-2']);
  });

  it('are cards up to eight, then small, unless a person chose', () => {
    expect([densityFor('auto', 8), densityFor('auto', 9), densityFor('card', 40)]).toEqual([
      'card',
      'bench',
      'card',
    ]);
  });
});

describe('joining', () => {
  const source = { id: 'drv-s', size: 30 };
  it.each([
    ['a drive as large as the source', { size: 30 }, null],
    ['a drive too small', { size: 29 }, 'too-small'],
    ['the source itself', { id: 'drv-s', size: 30 }, 'is-source'],
    ['a busy drive', { size: 30, job: 'job-1' }, 'in-job'],
    [
      'a refused drive',
      {
        size: 30,
        asTarget: { ok: false, level: 3, reasons: [{ code: 'system-disk' as const, params: {} }] },
      },
      'system-disk',
    ],
    ['an image file, which grows', { kind: 'image' as const, size: 0 }, null],
  ])('%s', (_title, change, code) => {
    const drive = sampleDrive(change);
    expect(whyNotJoin(drive, source)?.code ?? null).toBe(code);
    expect(mayJoin(drive, source)).toBe(code === null);
  });

  it('in a batch leaves out what needs a typed yes', () => {
    const mounted = sampleDrive({
      asTarget: { ok: false, level: 3, reasons: [{ code: 'mounted', params: {} }] },
    });
    // It can be chosen, because the sheet unmounts it; never with many others at once.
    expect([mayJoin(mounted, source), mayJoinInBatch(mounted, source)]).toEqual([true, false]);
    expect(whyNotJoin(mounted, source)).toBeNull();
    const more = { ...mounted.asTarget, reasons: [...mounted.asTarget.reasons, appError('in-use')] };
    expect(mayJoin({ ...mounted, asTarget: more }, source)).toBe(false);
    const drive = sampleDrive({ asTarget: { ok: true, level: 2, reasons: [] } });
    expect([mayJoin(drive, source), mayJoinInBatch(drive, source)]).toEqual([true, false]);
  });
});

describe('looks', () => {
  it('never show a copy of a source with unreadable places as a whole one', () => {
    const job = sampleJob();
    const torn = { ...job, source: { ...job.source, unreadableBytes: 512 } };
    const both = [sampleTarget({ state: 'verified' }), sampleTarget({ state: 'done' })];
    expect(both.map((target) => lookOf(target, job))).toEqual(['verified', 'done']);
    expect(both.map((target) => lookOf(target, torn))).toEqual(['gaps', 'gaps']);
  });

  it('tell a second lap from the first by what is still missing', () => {
    const job = sampleJob({ blockCount: 100 });
    const half = { joinedAtBlock: 40, state: 'copying' as const };
    const before = sampleTarget({ ...half, bytesCopied: job.source.size * 0.5 });
    const after = sampleTarget({ ...half, bytesCopied: job.source.size * 0.7 });
    expect([hasWrapped(before, job), hasWrapped(after, job)]).toEqual([false, true]);
    expect([lookOf(before, job), lookOf(after, job)]).toEqual(['copy', 'lap']);
  });
});

describe('what is on a drive', () => {
  const volume = (usedBytes: number | null) => ({
    ...{ label: null, fileSystem: 'vfat', size: 100, mountPoints: [] },
    usedBytes,
  });
  it.each([
    ['all of it counted', 1, 8, [volume(8)], false],
    ['one volume not counted', 1, 8, [volume(8), volume(null)], true],
    ['nothing counted', 1, null, [], true],
    ['nothing on it', 0, null, [volume(null)], false],
  ] as const)('%s', (_what, level, usedBytes, volumes, more) =>
    expect(holdsUncounted({ level, usedBytes, volumes: [...volumes] })).toBe(more),
  );
});
