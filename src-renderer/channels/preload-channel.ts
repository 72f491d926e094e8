/** The channel of the desktop window: what the preload script offers. Each channel opens the bridge anew. */
import type { Channel } from '@contract/channel.ts';
import { createInbox } from './inbox.ts';

/** What the preload script of the desktop window gives to the page. */
export interface CarouselBridge {
  /** Sends one message to the core. */
  post(text: string): void;
  /** Opens it: from now on messages go to `receive`, and `closed` is told of the end. */
  on(receive: (text: string) => void, closed: () => void): void;
  close(): void;
  /** Where a dropped file lies; empty when it lies nowhere. */
  pathOf(file: File): string;
}

declare global {
  interface Window {
    readonly carouselBridge?: CarouselBridge;
  }
}

/** A channel over the bridge. There is one bridge for each page: a new channel takes it over. */
export function createPreloadChannel(bridge: CarouselBridge): Channel {
  const inbox = createInbox();
  bridge.on(
    (text) => {
      if (!inbox.ended) inbox.deliver(text);
    },
    () => inbox.end(),
  );
  return {
    send(text) {
      if (!inbox.ended) bridge.post(text);
    },
    onMessage: (receive) => inbox.onMessage(receive),
    onClose: (listener) => inbox.onClose(listener),
    close() {
      if (inbox.ended) return;
      bridge.close();
      inbox.end();
    },
    congested: () => false,
  };
}
