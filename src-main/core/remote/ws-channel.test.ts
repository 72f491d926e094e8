import type { AddressInfo } from 'node:net';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { WebSocket, WebSocketServer } from 'ws';
import { createWsChannel } from './ws-channel.ts';

let server: WebSocketServer;
let near: WebSocket;
let far: WebSocket;

beforeEach(async () => {
  server = new WebSocketServer({ host: '127.0.0.1', port: 0 });
  await new Promise((resolve) => server.once('listening', resolve));
  const accepted = new Promise<WebSocket>((resolve) => server.once('connection', resolve));
  far = new WebSocket(`ws://127.0.0.1:${String((server.address() as AddressInfo).port)}`);
  far.on('error', () => undefined);
  await new Promise((resolve) => far.once('open', resolve));
  near = await accepted;
});
afterEach(() => {
  far.terminate();
  server.close();
});

describe('the end of a channel', () => {
  it('is the end of what is heard, and of a connection whose other end goes on talking', async () => {
    const seen: string[] = [];
    const channel = createWsChannel(near);
    channel.onMessage((text) => seen.push(text));
    far.pause(); // so it never sees, and never answers, the close
    const closed = new Promise<void>((resolve) => channel.onClose(resolve));
    const begun = performance.now();
    channel.close();
    far.send('a call of one that was turned out');
    await closed;
    expect(seen).toEqual([]);
    expect(performance.now() - begun).toBeLessThan(4000);
  });

  it('drops what came before anybody listened', async () => {
    const channel = createWsChannel(near);
    const arrived = new Promise((resolve) => near.once('message', resolve));
    far.send('early');
    await arrived;
    const seen: string[] = [];
    channel.close();
    channel.onMessage((text) => seen.push(text));
    await new Promise<void>((resolve) => channel.onClose(resolve));
    expect(seen).toEqual([]);
  });

  it('comes for one that talks on and on while nobody listens', async () => {
    const channel = createWsChannel(near);
    const closed = new Promise<void>((resolve) => channel.onClose(resolve));
    for (let i = 0; i < 17; i++) far.send(String(i));
    await closed;
    expect(near.readyState).toBe(WebSocket.CLOSED);
  });
});
