import { describe, expect, test } from 'vitest';
import type { Drive } from '@contract/groups/drives.ts';
import type { Verdict } from '@contract/helper-verdicts.ts';
import { createDeviceService, type DeviceServiceOptions } from './device-service.ts';
import { rawFile } from './file-drives.ts';

/** A catalogue of no drives; `list` is called for each look. */
const serviceThat = (list: DeviceServiceOptions['list']) =>
  createDeviceService({
    list,
    listFiles: () => Promise.resolve([]),
    check: () => Promise.resolve([]),
    survey: () => Promise.resolve([]),
    policy: () => ({ protectedSerials: [], canElevate: false }),
    jobOf: () => null,
    isProbed: () => false,
    bayAt: () => null,
    onChange: () => undefined,
  });

test('a look ends although drives come and go all the time', async () => {
  let over = false;
  const service = serviceThat(async () => {
    await new Promise((resolve) => setTimeout(resolve, 1));
    if (!over) void service.scan(); // an event during every look
    return [];
  });
  await service.scan();
  over = true;
});

test('whoever asks during a look gets one that began afterwards, one for all', async () => {
  const pending: (() => void)[] = [];
  const service = serviceThat(() => new Promise((resolve) => pending.push(() => resolve([]))));
  const done: string[] = [];
  const first = service.scan().then(() => done.push('first'));
  const others = [service.scan(), service.scan(true)].map((scan) => scan.then(() => done.push('other')));
  pending.shift()?.();
  await first;
  expect(done).toEqual(['first']);
  await expect.poll(() => pending.length).toBe(1);
  pending.shift()?.();
  await Promise.all(others);
  expect([done, pending.length]).toEqual([['first', 'other', 'other'], 0]);
});

describe('what is on a drive', () => {
  const fine = { ok: true, reasons: [] };
  const verdict: Verdict = {
    ...{ path: '/dev/sdb', exists: true, size: 100, busPath: '', serial: '', wwn: '', identity: '' },
    ...{ source: fine, target: fine },
  };
  const closed = { ok: false, reasons: [{ code: 'no-permission' as const, message: '' }] };
  const seen = {
    ...{ level: 1, approval: '', readable: true, blank: false, table: 'gpt' as const },
    volumes: [{ offset: 0, size: 9, kind: 'vfat', label: '', used: 5, newest: 1_700_000_000 }],
  };

  function catalogue(change: { target?: Verdict['target']; removable?: boolean; job?: string | null } = {}) {
    const { target = fine, removable = true, job = null } = change;
    let shown: readonly Drive[] = [];
    let looks = 0;
    let label: string | null = null;
    let user = job;
    const volumes = () => [{ label, fileSystem: 'vfat', size: 100, usedBytes: null, mountPoints: [] }];
    const service = createDeviceService({
      list: () => {
        const extra = { bus: 'sata' as const, removable, table: 'mbr' as const, volumes: volumes() };
        return Promise.resolve([rawFile('/dev/sdb', 100, extra)]);
      },
      listFiles: () => Promise.resolve([]),
      check: () => Promise.resolve([{ ...verdict, target }]),
      survey: () => {
        looks += 1;
        return Promise.resolve([{ ...verdict, survey: seen }]);
      },
      policy: () => ({ protectedSerials: [], canElevate: true }),
      jobOf: () => user,
      isProbed: () => false,
      bayAt: () => null,
      onChange: (drives) => (shown = drives),
    });
    return {
      service,
      drive: () => shown[0],
      looks: () => looks,
      relabel: () => (label = 'NEW'),
      use: (by: string | null) => (user = by),
    };
  }

  test('is looked at beside the catalogue, and again when something about it has changed', async () => {
    const { service, drive, looks, relabel, use } = catalogue();
    await service.scan();
    await service.lookedInside();
    expect(drive()).toMatchObject({ table: 'gpt', usedBytes: 5, newest: 1_700_000_000_000 });
    await service.scan();
    expect(looks()).toBe(1);
    relabel();
    await service.scan();
    expect(looks()).toBe(2);
    await service.lookedInside();
    use('job-1');
    await service.scan();
    expect(drive()).toMatchObject({ table: 'mbr', usedBytes: null, newest: null });
    use(null);
    await service.scan();
    await service.scan(true);
    expect(looks()).toBe(4);
  });

  test.each([
    ['that may not be read', { target: closed }],
    ['that stays in its place', { removable: false }],
    ['that a job uses', { job: 'job-1' }],
  ])('of one %s is what the system says', async (_, change) => {
    const { service, drive, looks } = catalogue(change);
    await service.scan();
    await service.lookedInside();
    expect([looks(), drive()?.table, drive()?.newest]).toEqual([0, 'mbr', null]);
  });
});
