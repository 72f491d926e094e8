import { EventEmitter } from 'node:events';
import type { Server } from 'node:http';
import type { Socket } from 'node:net';
import { describe, expect, it, vi } from 'vitest';
import { limitConnections } from './connection-limits.ts';

/** A connection whose close comes later than its `destroy`, as those of Node do. */
const caller = (remoteAddress: string, remotePort: number): Socket & { destroy: ReturnType<typeof vi.fn> } =>
  Object.assign(new EventEmitter(), { remoteAddress, remotePort, destroy: vi.fn() }) as never;

/** A server that so many strangers have called, each from an address of its own. */
function called(count: number) {
  const server = new EventEmitter() as Server;
  const limits = limitConnections(server);
  const call = (address: string, port: number) => {
    const socket = caller(address, port);
    server.emit('connection', socket);
    return socket;
  };
  return { limits, call, strangers: Array.from({ length: count }, (_, i) => call(`10.0.1.${String(i)}`, 1)) };
}

describe('the limits of strangers', () => {
  it('push out one old stranger for each new one, although none of them has closed yet', () => {
    const { call, strangers } = called(256);
    const late = Array.from({ length: 3 }, (_, i) => call('10.0.2.1', 1 + i));
    expect(strangers.map(({ destroy }) => destroy.mock.calls.length).slice(0, 4)).toEqual([1, 1, 1, 0]);
    expect(late.every(({ destroy }) => destroy.mock.calls.length === 0)).toBe(true);
  });

  it('count one that was pushed out no more, and its close does not count it again', () => {
    const { call } = called(0);
    const first = Array.from({ length: 32 }, (_, i) => call('10.0.1.1', i));
    for (let i = 0; i < 225; i++) call(`10.0.2.${String(i)}`, 1);
    expect(first[0]?.destroy).toHaveBeenCalledOnce();
    expect(call('10.0.1.1', 100).destroy).not.toHaveBeenCalled(); // the room of the one that had to go
    first[0]?.emit('close');
    expect(call('10.0.1.1', 101).destroy).not.toHaveBeenCalled();
    for (const socket of first) socket.emit('close');
    for (let i = 0; i < 30; i++) expect(call('10.0.1.1', 200 + i).destroy).not.toHaveBeenCalled();
    expect(call('10.0.1.1', 300).destroy).toHaveBeenCalledOnce();
  });

  it('let nobody push out who has shown a key', () => {
    const { limits, call, strangers } = called(256);
    expect(limits.know({ remoteAddress: '10.0.1.0', remotePort: 1 })).toBe(true);
    call('10.0.2.1', 1);
    call('10.0.2.1', 2);
    expect(strangers.slice(0, 3).map(({ destroy }) => destroy.mock.calls.length)).toEqual([0, 1, 0]);
  });
});
