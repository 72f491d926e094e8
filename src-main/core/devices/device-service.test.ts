import { expect, test } from 'vitest';
import { createDeviceService, type DeviceServiceOptions } from './device-service.ts';

/** A catalogue of no drives; `list` is called for each look. */
const serviceThat = (list: DeviceServiceOptions['list']) =>
  createDeviceService({
    list,
    listFiles: () => Promise.resolve([]),
    check: () => Promise.resolve([]),
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
