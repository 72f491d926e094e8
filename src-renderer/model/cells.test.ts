import { describe, expect, it } from 'vitest';
import { sampleCard, sampleDrive, sampleJob, sampleTarget } from '@contract/testing/samples.ts';
import { densityFor, layoutCells, mayJoin, mayJoinInBatch, nameOfTarget, whyNotJoin } from './cells.ts';
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
    expect(nameOfTarget(job, 't-1', bays)).toBe('A2');
  });

  it('show the newest drive at a port, and remember the earlier one', () => {
    const job = sampleJob({}, [at('t-1', 'a', 'verified'), at('t-2', 'a')]);
    const [cell] = layoutCells(job, [], [{ port: 'a', name: 'A1' }]);
    expect(cell).toMatchObject({ kind: 'target', target: { id: 't-2' }, earlier: ['t-1'] });
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
