import { describe, expect, it } from 'vitest';
import type { ContractError } from '@contract/errors.ts';
import type { Verdict } from '@contract/helper-verdicts.ts';
import { isNoUdisks } from './eject.ts';
import { ejectShown, isPluggable } from './eject-service.ts';
import { createIdentifyService } from './identify-service.ts';
import { topMountAt } from './unmount.ts';

const fine = { ok: true, reasons: [] };
const verdict = (change: Partial<Verdict> = {}): Verdict => ({
  ...{ path: '/dev/sdb', exists: true, kind: 'device', size: 1000, diskseq: 7, removable: true },
  ...{ busPath: '', serial: '', wwn: '', identity: '', source: fine, target: fine },
  ...change,
});
const because = (code: Verdict['target']['reasons'][number]['code']): Partial<Verdict> => ({
  target: { ok: false, reasons: [{ code, message: 'mounted at /mnt' }] },
});
const shown = { path: '/dev/sdb', size: 1000, diskseq: 7 };

/** Drives as they are at each look; the last look stays. */
function world(...looks: Verdict[]) {
  const done: string[] = [];
  const check = async (): Promise<Verdict[]> => [
    looks.length > 1 ? (looks.shift() ?? verdict()) : (looks[0] ?? verdict()),
  ];
  const note = (what: string) => async (): Promise<void> => void done.push(what);
  return {
    done,
    eject: (unmount = false) =>
      ejectShown(shown, unmount, {
        check,
        unmount: note('unmount'),
        switchOff: note('off'),
        pause: async () => undefined,
      }).then(
        () => 'out',
        (error: unknown) => (error as ContractError).error.code,
      ),
  };
}

describe('ejecting', () => {
  it('is done only when the drive is gone, has no medium, or is another one', async () => {
    for (const after of [verdict({ exists: false }), verdict({ size: 0 }), verdict({ diskseq: 8 })]) {
      const w = world(verdict(), after);
      expect(await w.eject()).toBe('out');
      expect(w.done).toEqual(['off']);
    }
    expect(await world(verdict()).eject()).toBe('eject-failed');
  });

  it.each([
    ['a mounted one', because('mounted'), 'eject-mounted'],
    ['what the system needs', because('system-disk'), 'system-disk'],
    ['what something is built on', because('in-use'), 'in-use'],
    ['a partition', because('partition'), 'partition'],
    ['what is built in', { removable: false }, 'eject-fixed'],
    ['another drive', { diskseq: 8 }, 'changed-device'],
    ['a file', { kind: 'file' as const }, 'not-a-drive'],
  ])('%s is left alone', async (_what, change, code) => {
    const w = world(verdict(change));
    expect(await w.eject()).toBe(code);
    expect(w.done).toEqual([]);
  });

  it('unmounts first where that was agreed to, and not at all if that fails', async () => {
    const mounted = verdict(because('mounted'));
    const w = world(mounted, mounted, verdict(), verdict({ exists: false }));
    expect(await w.eject(true)).toBe('out');
    expect(w.done).toEqual(['unmount', 'off']);
    const stuck = world(mounted);
    expect(await stuck.eject(true)).toBe('unmount-failed');
    expect(stuck.done).toEqual(['unmount']);
  });
});

it('knows what can be pulled out', () => {
  expect(isPluggable({ removable: false, busPath: 'pci-0000:00:14.0-usb-0:2:1.0-scsi-0:0:0:0' })).toBe(true);
  expect(isPluggable({ removable: null, busPath: 'platform-mmc0' })).toBe(true);
  expect(isPluggable({ removable: false, busPath: 'pci-0000:00:17.0-ata-1' })).toBe(false);
});

it('goes another way only where udisks has none', () => {
  expect(isNoUdisks('Error powering off drive: No usb device (udisks-error-quark, 0)')).toBe(true);
  expect(isNoUdisks('Error connecting to the udisks daemon')).toBe(true);
  expect(isNoUdisks('Error powering off drive: Not authorized to perform operation')).toBe(false);
});

it('finds what lies on top of a folder', () => {
  const info = [
    '30 1 8:1 / / rw - ext4 /dev/sda1 rw',
    '40 30 8:17 / /mnt/a\\040b rw shared:1 - ext4 /dev/sdb1 rw',
    '41 40 0:44 / /mnt/a\\040b rw shared:2 - tmpfs tmpfs rw',
  ].join('\n');
  expect(topMountAt('/mnt/a b', info)).toEqual({ number: '0:44', source: 'tmpfs' });
  expect(topMountAt('/', info)).toEqual({ number: '8:1', source: '/dev/sda1' });
  expect(topMountAt('/mnt', info)).toBeNull();
});

it('blinks once at a time for each drive, and says how that ended', async () => {
  let end: (value: { stopped: boolean }) => void = () => undefined;
  const lights = createIdentifyService(
    () => ({ finished: new Promise((resolve) => (end = resolve)), stop: () => end({ stopped: true }) }),
    async () => undefined,
  );
  const first = lights.blink(shown);
  await Promise.resolve();
  await expect(lights.blink(shown)).rejects.toMatchObject({ error: { code: 'busy' } });
  lights.stop('/dev/other');
  lights.stop(shown.path);
  expect(await first).toEqual({ stopped: true });
});

it('blinks for the first who asks, and not at all when it is stopped before it has begun', async () => {
  const begun: string[] = [];
  const lights = createIdentifyService(
    (path) => {
      begun.push(path);
      return { finished: Promise.resolve({ stopped: false }), stop: () => undefined };
    },
    async () => undefined,
  );
  let granted: () => void = () => undefined;
  const first = lights.blink(shown, () => new Promise((resolve) => (granted = resolve)));
  await expect(lights.blink(shown)).rejects.toMatchObject({ error: { code: 'busy' } });
  lights.stop(shown.path);
  granted();
  expect(await first).toEqual({ stopped: true });
  expect(begun).toEqual([]);
  expect(await lights.blink(shown)).toEqual({ stopped: false });
  expect(begun).toEqual([shown.path]);
});
