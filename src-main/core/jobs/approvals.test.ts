import { describe, expect, it } from 'vitest';
import { ContractError } from '@contract/errors.ts';
import type { Drive } from '@contract/groups/drives.ts';
import type { Survey, Verdict } from '@contract/helper-verdicts.ts';
import { createApprovals, lookOf, wordToType } from './approvals.ts';

const source = { id: 'drv-source', path: '/dev/sda', size: 1000 };
const drive = (change: Partial<Drive> = {}): Drive => ({
  id: 'drv-1',
  kind: 'disk',
  path: '/dev/sdb',
  identity: { busPath: 'pci-0', serial: 'SN-1234', wwn: null, size: 2000, diskseq: 7 },
  vendor: null,
  model: null,
  title: 'Stick',
  size: 2000,
  sectorSize: 512,
  bus: 'usb',
  usbSpeed: null,
  port: '0000:00:14.0/4.2',
  bay: null,
  removable: true,
  readOnly: false,
  volumes: [],
  usedBytes: null,
  table: null,
  newest: null,
  exists: true,
  asSource: { ok: true, reasons: [] },
  asTarget: { ok: true, level: 1, reasons: [] },
  job: null,
  ...change,
});
const seen = (change: Partial<Survey> = {}): Survey => ({
  level: 1,
  approval: 'A1-1-abc',
  readable: true,
  blank: false,
  table: 'mbr',
  volumes: [],
  ...change,
});
const codeOf = (act: () => unknown): string => {
  try {
    act();
    return 'no error';
  } catch (error) {
    return error instanceof ContractError ? error.error.code : String(error);
  }
};

describe('approvals', () => {
  it('take the stricter level; only the helper sees that a drive is blank', () => {
    const { check } = createApprovals();
    const level = (own: number, helper: number): number =>
      check(drive({ asTarget: { ok: true, level: own, reasons: [] } }), source, seen({ level: helper }))
        .level;
    expect([level(1, 0), level(1, 1), level(1, 2), level(2, 0), level(2, 1), level(2, 2)]).toEqual([
      0, 1, 2, 2, 2, 2,
    ]);
  });

  it("hold the helper's token, and nobody can exchange it or its level", () => {
    const { check, demand } = createApprovals();
    const { token } = check(drive(), source, seen());
    expect(demand(drive(), source, { drive: 'drv-1', token })).toEqual({ level: 1, approval: 'A1-1-abc' });
    for (const forged of [
      token.replace('abc', 'abd'),
      token.replace('.1.', '.0.'),
      `${token}x`,
      token.slice(1),
      '..',
    ])
      expect(codeOf(() => demand(drive(), source, { drive: 'drv-1', token: forged }))).toBe('approval-void');
  });

  it.each([
    ['another plugging-in', { identity: { ...drive().identity, diskseq: 8 } }],
    ['another size', { identity: { ...drive().identity, size: 2001 } }],
    ['another serial number', { identity: { ...drive().identity, serial: 'SN-1235' } }],
    ['another name', { path: '/dev/sdc' }],
    [
      'another content',
      { volumes: [{ label: 'X', fileSystem: 'vfat', size: 1, usedBytes: 1, mountPoints: [] }] },
    ],
  ] satisfies [string, Partial<Drive>][])('are void for %s', (_what, change) => {
    const { check, demand } = createApprovals();
    const { token } = check(drive(), source, seen());
    expect(codeOf(() => demand(drive(change), source, { drive: 'drv-1', token }))).toBe('approval-void');
  });

  it('want more than one yes for a drive that stands out of its batch, unless it is blank', () => {
    const { check, demand } = createApprovals();
    const { level, type, token } = check(drive(), source, seen(), [], true);
    expect([level, type]).toEqual([2, 'serial']);
    expect(codeOf(() => demand(drive(), source, { drive: 'drv-1', token }))).toBe('typed-wrong');
    const { word } = wordToType(drive());
    expect(codeOf(() => demand(drive(), source, { drive: 'drv-1', token, typed: word }))).toBe('no error');
    expect(check(drive(), source, seen({ level: 0, blank: true }), [], true).level).toBe(0);
  });

  it('tell what would be lost, from the file systems that the helper saw', () => {
    const volumes = [
      { offset: 0, size: 900, kind: 'vfat', label: 'HOLI\u202eDAY', used: 300, newest: 1_700_000_000 },
      { offset: 900, size: 900, kind: 'ext4', label: '', used: 200, newest: 1_600_000_000 },
    ];
    expect(createApprovals().check(drive(), source, seen({ volumes }))).toMatchObject({
      usedBytes: 500,
      newest: 1_700_000_000_000,
      table: 'mbr',
      volumes: [
        { label: 'HOLIDAY', fileSystem: 'vfat' },
        { label: null, fileSystem: 'ext4' },
      ],
    });
  });
});

describe('a look at a drive', () => {
  const verdict = (change: Partial<Verdict> = {}): Verdict => ({
    path: '/dev/sdb',
    exists: true,
    size: 2000,
    diskseq: 7,
    busPath: '',
    serial: '',
    identity: '',
    wwn: '',
    source: { ok: true, reasons: [] },
    target: { ok: true, reasons: [] },
    survey: seen(),
    ...change,
  });
  const closed = { error: { code: 'no-permission' as const, message: '' } };

  it.each([
    ['as the catalogue has it', verdict(), seen()],
    ['no answer', undefined, { code: 'hung', params: {} }],
    ['another size', verdict({ size: 2001 }), { code: 'changed-device', params: {} }],
    ['another plugging-in', verdict({ diskseq: 8 }), { code: 'changed-device', params: {} }],
    ['not allowed', verdict({ survey: closed }), { code: 'no-permission', params: {} }],
  ])('%s', (_what, answer, wanted) => {
    expect(lookOf(drive(), answer)).toEqual(wanted);
  });

  it('that was not allowed is no ground for a yes', () => {
    const { check, demand } = createApprovals();
    const found = check(drive(), source, lookOf(drive(), verdict({ survey: closed })));
    expect(found).toMatchObject({ ok: false, level: 3, token: '', reasons: [{ code: 'no-permission' }] });
    expect(codeOf(() => demand(drive(), source, { drive: 'drv-1', token: found.token }))).toBe(
      'approval-missing',
    );
  });
});
