import { describe, expect, it } from 'vitest';
import {
  judgePair,
  judgeSource,
  judgeTarget,
  type EngineVerdict,
  type Facts,
  type Policy,
} from './device-rules.ts';

const engineOk: EngineVerdict = { source: { ok: true, reasons: [] }, target: { ok: true, reasons: [] } };
const stick: Facts = {
  kind: 'disk',
  use: 'both',
  size: 32e9,
  readOnly: false,
  removable: true,
  serial: 'A41C',
  fileSystems: ['vfat'],
  blank: false,
  engine: engineOk,
  engineProblem: null,
  probed: false,
};
const policy: Policy = { protectedSerials: ['LAB-1'], canElevate: false };
const refuse = (code: 'system-disk' | 'mounted' | 'no-permission'): EngineVerdict => ({
  source: { ok: true, reasons: [] },
  target: { ok: false, reasons: [{ code, message: 'why' }] },
});
const codes = (reasons: readonly { code: string }[]): string[] => reasons.map(({ code }) => code);

describe('judgeTarget', () => {
  it.each<[string, Partial<Facts>, Partial<Policy>, number, string[]]>([
    ['an ordinary stick', {}, {}, 1, []],
    ['a blank practice drive', { kind: 'practice', blank: true }, {}, 0, []],
    ['a used practice drive', { kind: 'practice' }, {}, 1, []],
    ['a fixed disk', { removable: false }, {}, 2, []],
    ['a large drive', { size: 2e12 }, {}, 2, []],
    ['part of an LVM', { fileSystems: ['LVM2_member'] }, {}, 2, []],
    ['an encrypted disk', { fileSystems: ['vfat', 'crypto_LUKS'] }, {}, 2, []],
    ['BitLocker', { fileSystems: ['BitLocker'] }, {}, 2, []],
    ['a write-protected stick', { readOnly: true }, {}, 3, ['read-only']],
    ['a protected serial number', { serial: 'LAB-1' }, {}, 3, ['protected-drive']],
    ['the system disk', { engine: refuse('system-disk') }, {}, 3, ['system-disk']],
    ['a mounted stick', { engine: refuse('mounted') }, {}, 3, ['mounted']],
    ['no rights', { engine: refuse('no-permission') }, {}, 3, ['no-permission']],
    ['rights to be had', { engine: refuse('no-permission') }, { canElevate: true }, 1, []],
    [
      'a system disk with rights to be had',
      { engine: refuse('system-disk') },
      { canElevate: true },
      3,
      ['system-disk'],
    ],
    ['no helper', { engine: null, engineProblem: 'helper-missing' }, {}, 3, ['helper-missing']],
    ['an image', { kind: 'image', use: 'source' }, {}, 3, ['image-is-source']],
    ['the practice source', { kind: 'practice', use: 'source' }, {}, 3, ['protected']],
    ['several reasons', { readOnly: true, engine: refuse('mounted') }, {}, 3, ['read-only', 'mounted']],
  ])('%s', (_title, facts, change, level, reasons) => {
    const verdict = judgeTarget({ ...stick, ...facts }, { ...policy, ...change });
    expect(codes(verdict.reasons)).toEqual(reasons);
    expect(verdict).toMatchObject({ level, ok: reasons.length === 0 });
  });
});

describe('judgeSource', () => {
  it.each<[string, Partial<Facts>, string[]]>([
    ['a stick', {}, []],
    ['a write-protected stick', { readOnly: true }, []],
    ['the system disk', { engine: refuse('system-disk') }, []],
    ['an empty file', { kind: 'image', use: 'source', size: 0 }, ['empty-source']],
    ['a file to be written', { kind: 'image', use: 'target', size: 0 }, ['not-found']],
    ['no helper', { engine: null, engineProblem: 'helper-missing' }, ['helper-missing']],
  ])('%s', (_title, facts, reasons) => {
    expect(codes(judgeSource({ ...stick, ...facts }, policy).reasons)).toEqual(reasons);
  });
});

describe('judgePair', () => {
  const target = { id: 'drv-1', path: '/dev/sdb', size: 100, exists: true, kind: 'disk' as const };
  it.each<[string, Partial<typeof target> & { kind?: 'disk' | 'image' }, object, unknown[]]>([
    ['large enough', {}, { size: 100 }, []],
    ['too small by 12', { size: 88 }, { size: 100 }, [{ code: 'too-small', params: { missingBytes: 12 } }]],
    ['the source itself', {}, { id: 'drv-1', size: 100 }, [{ code: 'is-source', params: {} }]],
    ['the same path', {}, { path: '/dev/sdb', size: 100 }, [{ code: 'is-source', params: {} }]],
  ])('%s', (_title, change, source, expected) => {
    const from = { id: 'drv-2', path: '/dev/sda', size: 100, ...source };
    expect(judgePair({ ...target, ...change }, from)).toEqual(expected);
  });

  it('an image file to be written fits any source', () => {
    expect(judgePair({ ...target, kind: 'image', size: 0 }, { id: 'x', path: '/x', size: 1 })).toEqual([]);
  });
});
