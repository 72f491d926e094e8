import { expect, it, vi } from 'vitest';
import type { Channel } from '@contract/channel.ts';
import { serveContract, type Handlers } from '@contract/server.ts';
import { sampleState } from '@contract/testing/samples.ts';
import { makePractice, practiceDrives } from './practice.ts';
import { fakeCore } from './testing/fake-core.ts';

it('makes practice drives over the contract, once', async () => {
  const world = fakeCore();
  const addPractice = vi.fn(() => ({ drives: [] }));
  world.core.connect.mockImplementation((channel: Channel) => {
    serveContract(channel, {
      role: 'operator',
      app: '0.1.0',
      handlers: { 'drives.addPractice': addPractice } as unknown as Handlers,
      onInternalError: (_name, error) => expect.fail(String(error)),
    });
  });
  await makePractice(world.core);
  expect(addPractice.mock.calls[0]?.[0 as never]).toEqual(practiceDrives);
  const state = sampleState();
  world.show({ ...state, system: { ...state.system, practiceDir: '/home/a/practice' } });
  await makePractice(world.core);
  expect(addPractice).toHaveBeenCalledOnce();
});
