/** The channel of the desktop window: what the preload script offers, which lives as long as the page does. */
import type { Channel } from '@contract/channel.ts';
import { createInbox } from './inbox.ts';

/** A channel over the bridge. There is one bridge for each page, so make one channel. */
export function createPreloadChannel(bridge: CarouselBridge): Channel {
  const inbox = createInbox();
  bridge.on((text) => {
    if (!inbox.ended) inbox.deliver(text);
  });
  return {
    send(text) {
      if (!inbox.ended) bridge.post(text);
    },
    onMessage: (receive) => inbox.onMessage(receive),
    onClose: (listener) => inbox.onClose(listener),
    close: () => inbox.end(),
    congested: () => false,
  };
}
