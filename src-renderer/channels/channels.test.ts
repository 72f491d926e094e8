import { describe, expect, it } from 'vitest';
import { createClient } from '@contract/client.ts';
import { followState } from '@contract/replica.ts';
import type { AppState } from '@contract/snapshot.ts';
import { describeChannel } from '@contract/testing/channel-conformance.ts';
import { sampleDrive, sampleState } from '@contract/testing/samples.ts';
import { createPreloadChannel, type CarouselBridge } from './preload-channel.ts';
import { createReplayChannel, parseRecording } from './replay-channel.ts';
import { rpcAddress } from './websocket-channel.ts';

/** Two bridges whose ends are linked, as the main process links a page with the core. */
function linkedBridges(): [CarouselBridge, CarouselBridge] {
  const ends: { receive?: (text: string) => void; closed?: () => void }[] = [{}, {}];
  const bridge = (own: 0 | 1): CarouselBridge => ({
    post: (text) => void setTimeout(() => ends[1 - own]?.receive?.(text)),
    on: (receive, closed) => (ends[own] = { receive, closed }),
    close: () => void setTimeout(() => ends[1 - own]?.closed?.()),
    pathOf: () => '',
  });
  return [bridge(0), bridge(1)];
}

describeChannel('preload bridge', () => {
  const [a, b] = linkedBridges();
  return { a: createPreloadChannel(a), b: createPreloadChannel(b) };
});

describe('a recording', () => {
  const drive = sampleDrive();
  const text = [
    JSON.stringify({
      carouselRecording: 1,
      app: '0.1.0',
      snapshot: { epoch: 'e', revision: 4, state: sampleState([]) },
    }),
    JSON.stringify({ t: 0, call: 'drives.rescan', input: {}, error: null }),
    JSON.stringify({
      t: 10,
      patch: { epoch: 'e', from: 4, to: 5, steps: [{ path: ['drives', drive.id], set: drive }] },
    }),
    '{"t": 20, "pat',
  ].join('\n');

  it('is played to a viewer who cannot change it', async () => {
    const client = createClient(createReplayChannel(parseRecording(text)));
    const states: AppState[] = [];
    await followState(client, (state) => states.push(state));
    await new Promise((resolve) => setTimeout(resolve, 40));
    expect(states.map(({ drives }) => Object.keys(drives).length)).toEqual([0, 1]);
    expect(states[0]?.system.host).toBe('replay');
    await expect(client.call('jobs.cancel', { job: 'job-1' })).rejects.toMatchObject({
      error: { code: 'forbidden' },
    });
  });

  it('is refused when it is none', () => {
    expect(() => parseRecording('{"hello":1}')).toThrow();
  });
});

describe('the address', () => {
  it('is on the host of the page', () => {
    expect(rpcAddress({ origin: 'http://127.0.0.1:8080' })).toBe('ws://127.0.0.1:8080/rpc');
    expect(rpcAddress({ origin: 'https://bench' })).toBe('wss://bench/rpc');
  });
});
