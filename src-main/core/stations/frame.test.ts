import { describe, expect, it } from 'vitest';
import { blockHead, BlockPool, FrameReader, headerSize, type BlockFrame } from './frame.ts';
import { fewer, partsOf } from './sender.ts';
import { areInOrder } from './block-set.ts';
import { helloReply, joinReply, partSchema, readAnswer, requestSchema, stationVersion } from './messages.ts';

const digest = '00112233445566778899aabbccddeeff';
const bytesOf = (block: number, data: string): Buffer =>
  Buffer.concat([blockHead({ block, unreadable: false, digest }, data.length, []), Buffer.from(data)]);

function read(stream: Buffer, step: number): BlockFrame[] {
  const frames: BlockFrame[] = [];
  const reader = new FrameReader((frame) => frames.push(frame), new BlockPool(0));
  for (let at = 0; at < stream.length; at += step) reader.push(stream.subarray(at, at + step));
  return frames;
}

describe('the frames of the feed', () => {
  it.each([1, 7, headerSize, 1000])('come out as they went in, in pieces of %i bytes', (step) => {
    const frames = read(Buffer.concat([bytesOf(3, 'abc'), bytesOf(2 ** 40, 'defgh')]), step);
    expect(frames.map(({ block, data }) => [block, data.toString()])).toEqual([
      [3, 'abc'],
      [2 ** 40, 'defgh'],
    ]);
    expect(frames[0]?.digest).toBe(digest);
  });

  it.each([
    ['no magic', 0, 0],
    ['another version', 8, 2],
    ['another kind', 12, 3],
    ['no bytes', 24, 0],
    ['too many bytes', 27, 0x7f],
    ['ranges, which only stations are told', 48, 1],
  ])('are refused with %s', (_what, at, value) => {
    const bytes = bytesOf(1, 'a');
    bytes[at] = value;
    expect(() => read(bytes, 4096)).toThrow(RangeError);
  });
});

describe('parts', () => {
  it('fit the messages of a server as Debian configures it, whatever the block size', () => {
    for (const length of [1, 65_536, 1_048_576, 16_777_216]) {
      const { parts, size } = partsOf(length, 1_048_576);
      expect(size + 8192).toBeLessThanOrEqual(1_048_576);
      expect(parts * size).toBeGreaterThanOrEqual(length);
      expect((parts - 1) * size).toBeLessThan(length);
    }
  });

  it('name unreadable ranges in few words, and rather too much than too little', () => {
    const ranges = Array.from({ length: 1000 }, (_none, i) => ({ offset: i * 1000, length: 10 }));
    const few = fewer(ranges);
    expect(few.length).toBeLessThanOrEqual(64);
    for (const { offset, length } of ranges)
      expect(few.some((one) => one.offset <= offset && offset + length <= one.offset + one.length)).toBe(
        true,
      );
  });
});

describe('messages from strangers', () => {
  const beat = {
    version: stationVersion,
    ask: 'beat',
    station: 'abcdefgh',
    secret: 'a0'.repeat(32),
    upTo: 1,
    lacks: [[0, 1]],
    targets: [],
    more: { targets: 0, notGood: 0 },
    full: false,
  };

  it.each([
    ['another version', { ...beat, version: 1 }],
    ['no secret', { ...beat, secret: undefined }],
    ['a short secret', { ...beat, secret: 'a0' }],
    ['a name that is none', { ...beat, station: '../../etc' }],
    ['a field too many', { ...beat, extra: 1 }],
    ['negative blocks', { ...beat, lacks: [[-1, 1]] }],
    ['empty ranges', { ...beat, lacks: [[0, 0]] }],
    ['more ranges than a message holds', { ...beat, lacks: Array.from({ length: 2000 }, () => [0, 1]) }],
    ['more targets than a station has', { ...beat, targets: Array.from({ length: 65 }, () => ({})) }],
  ])('are refused with %s', (_what, message) => {
    expect(requestSchema.safeParse(beat).success).toBe(true);
    expect(requestSchema.safeParse(message).success).toBe(false);
  });

  it('tell another version from nonsense, and a refusal from both', () => {
    expect(readAnswer(joinReply, '{"version":9}')).toMatchObject({ ok: false, error: 'version' });
    expect(readAnswer(joinReply, 'nothing')).toMatchObject({ ok: false, error: 'version' });
    expect(readAnswer(joinReply, `{"version":${stationVersion},"stream":1}`)).toMatchObject({
      ok: false,
      error: 'nonsense',
    });
    const ended = `{"version":${stationVersion},"error":"ended","detail":"over"}`;
    expect(readAnswer(joinReply, ended)).toEqual({ ok: false, error: 'ended', detail: 'over' });
  });

  it('describe only a source whose blocks are as many as its size has', () => {
    const hello = {
      version: stationVersion,
      job: 'abc',
      source: '/a',
      size: 1_048_577,
      blockSize: 1_048_576,
      blockCount: 2,
      clock: 0,
      beat: 1,
      timeout: 15,
    };
    expect(helloReply.safeParse(hello).success).toBe(true);
    for (const wrong of [
      { blockCount: 1 },
      { blockCount: 3 },
      { blockCount: 9_007_199_254_740_991 },
      { blockSize: 1_048_575 },
      { size: 2 ** 50, blockSize: 16_777_216, blockCount: 2 ** 26 },
      { size: 2 ** 43, blockSize: 65_536, blockCount: 2 ** 27 },
    ])
      expect(helloReply.safeParse({ ...hello, ...wrong }).success).toBe(false);
  });

  it.each<[string, boolean, [number, number][]]>([
    ['nothing', true, []],
    [
      'one after the other',
      true,
      [
        [0, 2],
        [2, 1],
        [5, 5],
      ],
    ],
    [
      'the same twice',
      false,
      [
        [0, 2],
        [0, 2],
      ],
    ],
    [
      'some shared',
      false,
      [
        [0, 3],
        [2, 1],
      ],
    ],
    [
      'backwards',
      false,
      [
        [5, 1],
        [0, 1],
      ],
    ],
    ['beyond the last block', false, [[9, 2]]],
    ['far beyond', false, [[0, 9_007_199_254_740_991]]],
  ])('name ranges of ten blocks in order: %s', (_what, good, ranges) => {
    expect(areInOrder(ranges, 10)).toBe(good);
  });

  it('describe no part of a block that could not be one', () => {
    const part = { v: stationVersion, n: 1, b: 1, part: 0, parts: 2, length: 10, digest, bad: [] };
    expect(partSchema.safeParse(part).success).toBe(true);
    for (const wrong of [
      { parts: 0 },
      { length: 0 },
      { digest: 'x' },
      { v: 1 },
      { bad: [{ offset: 0, length: 0 }] },
    ])
      expect(partSchema.safeParse({ ...part, ...wrong }).success).toBe(false);
  });
});
