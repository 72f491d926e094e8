/** `--practice`: makes the practice drives if there are none, over the contract like any front end. */
import { createClient } from '@contract/client.ts';
import { createMemoryChannel } from '@contract/memory-channel.ts';
import type { ShellCore } from './parts.ts';

/** Enough to see several riders and one that joins late; small enough for any disk. */
export const practiceDrives = { count: 4, size: 64 * 1024 * 1024 };

export async function makePractice(core: Pick<ShellCore, 'state' | 'connect'>): Promise<void> {
  if (core.state.system.practiceDir !== null) return;
  const [ours, theirs] = createMemoryChannel();
  core.connect(theirs, 'operator');
  const client = createClient(ours);
  try {
    await client.call('drives.addPractice', practiceDrives);
  } finally {
    client.close();
  }
}
