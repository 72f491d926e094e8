import { beforeEach, describe, expect, it } from 'vitest';
import { Handing } from './handing.ts';
import { stationVersion } from './messages.ts';

const size = 1024;

let handed: number[];
let done: string[];
let isReady: boolean;
let handing: Handing<string>;

beforeEach(() => {
  handed = [];
  done = [];
  isReady = true;
  handing = new Handing<string>({
    facts: { size: 100 * size, blockSize: size, blockCount: 100 },
    ready: () => isReady,
    hand: ({ part }) => handed.push(part.b),
    done: (messages) => done.push(...messages),
  });
});

/** A block comes from the stream, in two parts. */
function arrive(b: number): void {
  for (const part of [0, 1])
    handing.take(
      { v: stationVersion, n: b, b, part, parts: 2, length: size, digest: '0'.repeat(32), bad: [] },
      Buffer.alloc(size / 2),
      `${String(b)}.${String(part)}`,
    );
}

describe('blocks for the helper', () => {
  it('are not acknowledged when they come, nor when they are handed to it, but when it has said what became of them', () => {
    for (let b = 0; b < 6; b += 1) arrive(b);
    expect([handed, done]).toEqual([[0, 1, 2, 3], []]);
    handing.answered(1);
    expect([handed, done]).toEqual([
      [0, 1, 2, 3, 4],
      ['1.0', '1.1'],
    ]);
    expect(handing.waiting.map(({ part }) => part.b).sort()).toEqual([0, 2, 3, 4, 5]);
  });

  it('wait while there is no helper', () => {
    isReady = false;
    arrive(0);
    expect([handed, done, handing.waiting.length]).toEqual([[], [], 1]);
    isReady = true;
    arrive(1);
    expect([handed, done]).toEqual([[0, 1], []]);
  });

  it('are not acknowledged by an answer about another, or by a second answer', () => {
    arrive(0);
    handing.answered(7);
    expect(done).toEqual([]);
    handing.answered(0);
    handing.answered(0);
    expect(done).toEqual(['0.0', '0.1']);
  });
});
