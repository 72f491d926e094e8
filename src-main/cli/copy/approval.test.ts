import { expect, test } from 'vitest';
import type { Verdict } from '@contract/helper-verdicts.ts';
import { eraseLine } from './approval.ts';

const volume = { offset: 0, size: 900, kind: 'vfat', label: '' };
const verdict = (...used: (number | undefined)[]): Verdict => ({
  ...{ path: '/dev/sdb', exists: true, kind: 'device', size: 2000, diskseq: 7, removable: true },
  ...{ busPath: '', serial: '', wwn: '', identity: '' },
  source: { ok: true, reasons: [] },
  target: { ok: true, reasons: [] },
  survey: {
    ...{ level: 1, approval: 'A1-1-a', readable: true, blank: false, table: 'mbr' },
    volumes: used.map((bytes) => ({ ...volume, ...(bytes === undefined ? {} : { used: bytes }) })),
  },
});

test.each([
  ['all that is used', [300, 200], '500 bytes used'],
  ['no more than is known', [300, undefined], 'at least 300 bytes used'],
  ['nothing where nothing is known', [undefined], '2.0 kB'],
] as const)('what would be erased says %s', (_what, used, end) =>
  expect(eraseLine({ path: '/dev/sdb', verdict: verdict(...used) })).toMatch(new RegExp(`, ${end}$`)),
);
