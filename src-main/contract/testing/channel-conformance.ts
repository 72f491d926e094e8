/** The suite that every channel runs: memory, WebSocket, Electron IPC, replay's live half. */
import { describe, expect, it } from 'vitest';
import type { Channel } from '../channel.ts';
import { maxMessageBytes } from '../wire.ts';

/** Two connected ends; `dispose` frees what carried them. */
export interface ChannelPair {
  a: Channel;
  b: Channel;
  dispose?(): Promise<void> | void;
}

const collect = (channel: Channel, count: number): Promise<string[]> =>
  new Promise((resolve) => {
    const seen: string[] = [];
    channel.onMessage((text) => {
      seen.push(text);
      if (seen.length === count) resolve(seen);
    });
  });

const closed = (channel: Channel): Promise<void> => new Promise((resolve) => channel.onClose(resolve));

const settle = (): Promise<void> => new Promise((resolve) => setTimeout(resolve, 30));

/** Describes the cases for channels made by `connect`. */
export function describeChannel(name: string, connect: () => Promise<ChannelPair> | ChannelPair): void {
  describe(`channel conformance: ${name}`, () => {
    const withPair = (title: string, run: (pair: ChannelPair) => Promise<void>): void =>
      void it(title, async () => {
        const pair = await connect();
        try {
          await run(pair);
        } finally {
          pair.a.close();
          pair.b.close();
          await pair.dispose?.();
        }
      });

    withPair('carries messages both ways, in order', async ({ a, b }) => {
      const [atB, atA] = [collect(b, 200), collect(a, 200)];
      for (let index = 0; index < 200; index += 1) {
        a.send(`to b ${String(index)}`);
        b.send(`to a ${String(index)}`);
      }
      expect(await atB).toEqual(Array.from({ length: 200 }, (_, index) => `to b ${String(index)}`));
      expect(await atA).toEqual(Array.from({ length: 200 }, (_, index) => `to a ${String(index)}`));
    });

    withPair('keeps what arrives before there is a receiver', async ({ a, b }) => {
      a.send('one');
      a.send('two');
      await settle();
      expect(await collect(b, 2)).toEqual(['one', 'two']);
    });

    withPair('carries text unchanged, line ends and all planes of Unicode included', async ({ a, b }) => {
      const text = '\r\n\u2028 \u0000 "quoted" {} 😀 שלום';
      const atB = collect(b, 1);
      a.send(text);
      expect(await atB).toEqual([text]);
    });

    withPair('carries a message of the largest size', async ({ a, b }) => {
      const text = 'x'.repeat(maxMessageBytes);
      const atB = collect(b, 1);
      a.send(text);
      expect((await atB)[0]?.length).toBe(maxMessageBytes);
    });

    withPair('does not call a receiver from within send', async ({ a, b }) => {
      let inSend = false;
      const atA = new Promise<boolean>((resolve) => a.onMessage(() => resolve(inSend)));
      b.onMessage((text) => b.send(text));
      inSend = true;
      a.send('echo');
      inSend = false;
      expect(await atA).toBe(false);
    });

    withPair('delivers what was sent before it was closed', async ({ a, b }) => {
      const atB = collect(b, 1);
      a.send('last words');
      a.close();
      expect(await atB).toEqual(['last words']);
    });

    withPair('tells both ends of the close, once each', async ({ a, b }) => {
      let calls = 0;
      a.onClose(() => (calls += 1));
      b.onClose(() => (calls += 1));
      const both = Promise.all([closed(a), closed(b)]);
      a.close();
      a.close();
      b.close();
      await both;
      await settle();
      expect(calls).toBe(2);
    });

    withPair('tells a listener that comes after the close', async ({ a, b }) => {
      const ended = closed(b);
      a.close();
      await ended;
      await closed(b);
      await closed(a);
    });

    withPair('drops what is sent after the close, without an error', async ({ a, b }) => {
      const seen: string[] = [];
      b.onMessage((text) => seen.push(text));
      const ended = Promise.all([closed(a), closed(b)]);
      b.close();
      await ended;
      a.send('too late');
      b.send('too late');
      await settle();
      expect(seen).toEqual([]);
    });

    withPair('is not congested when nothing is waiting', async ({ a, b }) => {
      const atB = collect(b, 1);
      a.send('small');
      await atB;
      await settle();
      expect(a.congested()).toBe(false);
    });
  });
}
