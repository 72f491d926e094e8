/** Which way this page reaches a core. */
import type { Channel } from '@contract/channel.ts';
import { appError, ContractError } from '@contract/errors.ts';
import { z } from '@contract/zod.ts';
import { createPreloadChannel } from './preload-channel.ts';
import { createWebSocketChannel, rpcAddress } from './websocket-channel.ts';

/** Makes a new channel each time it is called; the desktop's bridge lasts as long as the page. */
export type OpenChannel = () => Channel | Promise<Channel>;

const sessionSchema = z.object({ paired: z.boolean() });

/** A WebSocket does not tell why it was refused: whether this browser has been paired is asked first. */
async function askForKey(): Promise<void> {
  const answer = await fetch('/session', { cache: 'no-store' });
  if (!sessionSchema.parse(await answer.json()).paired) throw new ContractError(appError('not-paired'));
}

/** A recording if the address names one, else the desktop's bridge, else the host that served the page. */
export function chooseChannel(page: Window): OpenChannel {
  const recording = new URLSearchParams(page.location.search).get('replay');
  if (recording !== null) {
    return async () => (await import('./replay-channel.ts')).openRecording(recording);
  }
  const bridge = page.carouselBridge;
  if (bridge) return () => createPreloadChannel(bridge);
  return async () => {
    if (page.location.protocol === 'https:') await askForKey();
    return createWebSocketChannel(new WebSocket(rpcAddress(page.location)));
  };
}
