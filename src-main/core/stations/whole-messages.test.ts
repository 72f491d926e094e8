import { describe, expect, it } from 'vitest';
import { MessagePool, WholeMessages } from './whole-messages.ts';

/** What comes out when these bytes are read in pieces of at most `most`. */
function cut(bytes: Buffer, most: number, pool = new MessagePool(10_000_000)): Buffer[] {
  const pieces: Buffer[] = [];
  const whole = new WholeMessages(pool, (commands) => pieces.push(commands));
  for (let at = 0; at < bytes.length;) {
    const n = bytes.copy(whole.room, 0, at, at + most);
    at += n;
    whole.read(n);
  }
  return pieces;
}

const message = (length: number, fill: number): Buffer =>
  Buffer.concat([
    Buffer.from(`HMSG a.b 7 $JS.ACK.x 12 ${length + 12}\r\nNATS/1.0\r\n\r\n`),
    Buffer.alloc(length, fill),
    Buffer.from('\r\n'),
  ]);
const small = Buffer.from('PING\r\nMSG a 1 3\r\nx\r\n\r\n+OK\r\n');
const all = Buffer.concat([
  small,
  message(600_000, 1),
  small,
  message(40_000, 2),
  message(32_768, 3),
  message(0, 4),
  small,
]);

describe('what a server sends', () => {
  it.each([1, 7, 1000, 65_536, 10_000_000])('stays the same, read %i bytes at a time', (most) => {
    expect(Buffer.concat(cut(all, most)).equals(all)).toBe(true);
  });

  it('comes in whole commands, each long message as one piece of its own', () => {
    const pieces = cut(all, 999);
    for (const piece of pieces) expect(piece.subarray(-2).toString()).toBe('\r\n');
    expect(pieces.filter(({ length }) => length > 32_768).map(({ length }) => length)).toEqual([
      message(600_000, 1).length,
      message(40_000, 2).length,
      message(32_768, 3).length,
    ]);
  });

  it('is the same when it was read elsewhere', () => {
    const pieces: Buffer[] = [];
    const whole = new WholeMessages(new MessagePool(0), (commands) => pieces.push(commands));
    for (let at = 0; at < all.length; at += 16_384) whole.push(all.subarray(at, at + 16_384));
    expect(Buffer.concat(pieces).equals(all)).toBe(true);
  });

  it('is refused where it cannot be the protocol', () => {
    expect(() => cut(Buffer.alloc(40_000, 97), 1000)).toThrow('a line without an end');
    expect(() => cut(Buffer.from('MSG a 1 lots\r\n'), 1000)).toThrow('of no length');
    expect(() => cut(Buffer.from('MSG a 1 -5\r\n'), 1000)).toThrow('of no length');
  });
});

describe('memory for messages', () => {
  it('is used again only when it was given back, and no more of it is kept than asked for', () => {
    const pool = new MessagePool(8192);
    const [a, b, c] = [pool.take(4000), pool.take(4000), pool.take(4000)];
    expect(new Set([a.buffer, b.buffer, c.buffer]).size).toBe(3);
    for (const one of [a, b, c, a]) pool.give(one.buffer);
    const again = [pool.take(4096), pool.take(4096), pool.take(4096)].map(({ buffer }) => buffer);
    expect(new Set(again).size).toBe(3);
    expect(again.filter((one) => one === a.buffer || one === b.buffer)).toHaveLength(2);
  });

  it('is left alone when it is somebody else’s', () => {
    const pool = new MessagePool(8192);
    const other = new ArrayBuffer(4096);
    pool.give(other);
    expect(pool.take(4096).buffer).not.toBe(other);
  });
});
