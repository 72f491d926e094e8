/** Which way this page reaches a core. */
import type { Channel } from '@contract/channel.ts';
import { createPreloadChannel } from './preload-channel.ts';
import { createWebSocketChannel, rpcAddress } from './websocket-channel.ts';

/** Makes a new channel each time it is called; the desktop's bridge lasts as long as the page. */
export type OpenChannel = () => Channel | Promise<Channel>;

/** A recording if the address names one, else the desktop's bridge, else the host that served the page. */
export function chooseChannel(page: Window): OpenChannel {
  const recording = new URLSearchParams(page.location.search).get('replay');
  if (recording !== null) {
    return async () => (await import('./replay-channel.ts')).openRecording(recording);
  }
  const bridge = page.carouselBridge;
  if (bridge) return () => createPreloadChannel(bridge);
  return () => createWebSocketChannel(new WebSocket(rpcAddress(page.location)));
}
