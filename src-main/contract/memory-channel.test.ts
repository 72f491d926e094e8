import { createMemoryChannel } from './memory-channel.ts';
import { describeChannel } from './testing/channel-conformance.ts';

describeChannel('memory', () => {
  const [a, b] = createMemoryChannel();
  return { a, b };
});
