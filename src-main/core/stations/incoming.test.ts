import { describe, expect, it } from 'vitest';
import { Incoming } from './incoming.ts';
import { stationVersion, type Part } from './messages.ts';

const mib = 1_048_576;
const digest = '0'.repeat(32);
const part = (n: number, b: number, at: number, parts: number, length: number): Part => ({
  v: stationVersion,
  n,
  b,
  part: at,
  parts,
  length,
  digest,
  bad: [],
});

/** 100 blocks of a MiB, the last of ten bytes. */
function incoming() {
  const done: string[] = [];
  const blocks = new Incoming<string>({ size: 99 * mib + 10, blockSize: mib, blockCount: 100 }, (messages) =>
    done.push(...messages),
  );
  return { done, blocks };
}

describe('what comes from the stream', () => {
  it('becomes blocks, in whatever order their parts come', () => {
    const { done, blocks } = incoming();
    blocks.take(part(1, 99, 1, 2, 10), Buffer.from('56789'), 'second');
    expect(blocks.queue).toEqual([]);
    blocks.take(part(1, 99, 0, 2, 10), Buffer.from('01234'), 'first');
    const whole = blocks.shift();
    expect(Buffer.concat(whole?.data ?? []).toString()).toBe('0123456789');
    expect(whole?.messages).toEqual(['second', 'first']);
    expect([blocks.shift(), done]).toEqual([undefined, []]);
  });

  it('keeps one message of a part that comes again and again', () => {
    const { done, blocks } = incoming();
    for (let i = 0; i < 5; i++) blocks.take(part(1, 99, 0, 2, 10), Buffer.from('01234'), String(i));
    expect(done).toEqual(['1', '2', '3', '4']);
    blocks.take(part(1, 99, 1, 2, 10), Buffer.from('56789'), 'last');
    expect(blocks.shift()?.messages).toEqual(['0', 'last']);
  });

  it.each([
    ['a block that there is not', part(1, 100, 0, 1, 10), 10],
    ['a length that is not the length of the block', part(1, 98, 0, 1, 10), 10],
    ['more bytes than the block has', part(1, 99, 0, 1, 10), 11],
    ['fewer bytes than the block has', part(1, 99, 0, 1, 10), 9],
    ['a part beyond the last', part(1, 99, 2, 2, 10), 5],
  ])('is nothing for us with %s', (_what, head, bytes) => {
    const { done, blocks } = incoming();
    blocks.take(head, Buffer.alloc(bytes), 'it');
    expect([done, blocks.queue]).toEqual([['it'], []]);
  });

  it('waits up to 64 MiB, and room that was made is used again', () => {
    const { done, blocks } = incoming();
    const data = Buffer.alloc(mib);
    for (let b = 0; b < 65; b++) blocks.take(part(b, b, 0, 1, mib), data, String(b));
    expect([blocks.queue.length, done]).toEqual([64, ['64']]);
    expect(blocks.shift()?.part.b).toBe(0);
    blocks.take(part(100, 64, 0, 1, mib), data, 'again');
    expect([blocks.queue.length, done]).toEqual([64, ['64']]);
  });

  it('gives up the oldest of too many blocks of which only some parts are here', () => {
    const { done, blocks } = incoming();
    for (let b = 0; b < 9; b++) blocks.take(part(b, b, 0, 2, mib), Buffer.alloc(5), String(b));
    expect(done).toEqual(['0']);
  });
});
