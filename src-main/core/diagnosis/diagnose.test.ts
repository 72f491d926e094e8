import { describe, expect, test } from 'vitest';
import { diagnose, type DiagnosedTarget } from './diagnose.ts';

const SOURCE = { blockCount: 100, blockSize: 1_048_576 };
const bad = (blocks: number[], more = 0, attempt = 0, echoes: { block: number; of: number }[] = []) => ({
  attempt,
  bad: blocks,
  more,
  echoes,
});
/** The same, where so many blocks from the first bad one on are not empty. */
const badOf = (occupied: number, blocks: number[]) => ({ ...bad(blocks), occupied });
const target = (path: string, over: Partial<DiagnosedTarget> = {}): DiagnosedTarget => ({
  path,
  state: 'failed',
  ...over,
});
const good = (path: string): DiagnosedTarget => target(path, { state: 'verified' });
const rate = (path: string, bytesPerMs: number): DiagnosedTarget =>
  target(path, { state: 'done', deviceBytes: bytesPerMs * 10_000, deviceMs: 10_000 });
const row = (from: number, to: number): number[] => Array.from({ length: to - from }, (_, i) => from + i);

/** name, targets, what must come out. */
const CASES: [string, DiagnosedTarget[], object[]][] = [
  ['nothing wrong', [good('/a'), good('/b')], []],
  [
    'the same blocks on every one: the source or memory, and no word against the drives',
    [target('/a', { evidence: [bad([7, 9])] }), target('/b', { evidence: [bad([7, 9])] })],
    [{ code: 'same-blocks', targets: 2, blocks: [7, 9] }],
  ],
  [
    'the same block on two, but a third one is right there',
    [target('/a', { evidence: [bad([7])] }), target('/b', { evidence: [bad([7])] }), good('/c')],
    [],
  ],
  [
    'other data comes back: less room than it claims',
    [target('/a', { evidence: [bad([40, 41], 0, 0, [{ block: 40, of: 4 }])] }), good('/b')],
    [{ code: 'fake-capacity', target: '/a', from: 40, echo: true }],
  ],
  [
    'everything from one block on',
    [target('/a', { evidence: [bad(row(60, 98))] }), good('/b')],
    [{ code: 'fake-capacity', target: '/a', from: 60, echo: false }],
  ],
  [
    'more than the list holds',
    [target('/a', { evidence: [bad(row(20, 84), 14)] })],
    [{ code: 'fake-capacity', target: '/a', from: 20, echo: false }],
  ],
  [
    'two of one make, the same from one block on: fakes, and no word against the source',
    [target('/a', { evidence: [bad(row(60, 98))] }), target('/b', { evidence: [bad(row(60, 98))] })],
    [
      { code: 'fake-capacity', target: '/a', from: 60, echo: false },
      { code: 'fake-capacity', target: '/b', from: 60, echo: false },
    ],
  ],
  [
    'two of one make that give back the same other data',
    [
      target('/a', { evidence: [bad([1, 2], 0, 0, [{ block: 1, of: 41 }])] }),
      target('/b', { evidence: [bad([1, 2], 0, 0, [{ block: 1, of: 41 }])] }),
    ],
    [
      { code: 'fake-capacity', target: '/a', from: 41, echo: true },
      { code: 'fake-capacity', target: '/b', from: 41, echo: true },
    ],
  ],
  [
    'of all places that came back the lowest counts',
    [
      target('/a', {
        evidence: [
          bad([1, 3], 0, 0, [
            { block: 1, of: 90 },
            { block: 3, of: 50 },
          ]),
        ],
      }),
    ],
    [{ code: 'fake-capacity', target: '/a', from: 50, echo: true }],
  ],
  [
    'everything but empty blocks from one block on',
    [target('/a', { evidence: [badOf(4, [60, 70, 71, 90])] }), good('/b')],
    [{ code: 'fake-capacity', target: '/a', from: 60, echo: false }],
  ],
  [
    'the same on two',
    [
      target('/a', { evidence: [badOf(4, [60, 70, 71, 90])] }),
      target('/b', { evidence: [badOf(4, [60, 70, 71, 90])] }),
    ],
    [
      { code: 'fake-capacity', target: '/a', from: 60, echo: false },
      { code: 'fake-capacity', target: '/b', from: 60, echo: false },
    ],
  ],
  ['four of five that are not empty', [target('/a', { evidence: [badOf(5, [60, 70, 71, 90])] })], []],
  ['two to the end are a bad place', [target('/a', { evidence: [bad([96, 97])] })], []],
  [
    'most from one block on, where nobody knows which are empty',
    [target('/a', { evidence: [bad([...row(60, 75), ...row(88, 98)])] })],
    [{ code: 'fake-capacity', target: '/a', from: 60, echo: false }],
  ],
  [
    'fewer than half from the first bad one on',
    [target('/a', { evidence: [bad([20, ...row(60, 75), ...row(88, 98)])] })],
    [],
  ],
  ['half of few', [target('/a', { evidence: [bad([90, 92, 94, 96, 97])] })], []],
  [
    'copies that were never finished look blank: nothing is known of why',
    [
      target('/a', { evidence: [bad([0, 50, 99])] }),
      target('/b', { evidence: [bad([0, 50, 99])] }),
      target('/c', { evidence: [bad(row(0, 64), 36)] }),
    ],
    [],
  ],
  [
    'no data taken from one place on',
    [target('/a', { error: { code: 'write-error', offset: 40 * 1_048_576 + 512 } }), good('/b')],
    [{ code: 'takes-no-more', target: '/a', at: 40 * 1_048_576 + 512 }],
  ],
  [
    'no data taken at all, no place told, pulled, or not failed',
    [
      target('/a', { error: { code: 'write-error', offset: 0 } }),
      target('/b', { error: { code: 'write-error' } }),
      target('/c', { error: { code: 'device-gone', offset: 4096 } }),
      target('/d', { state: 'removed', error: { code: 'write-error', offset: 4096 } }),
    ],
    [],
  ],
  ['a row that ends in the middle', [target('/a', { evidence: [bad(row(20, 30))] }), good('/b')], []],
  [
    'the same block again after each rewriting',
    [target('/a', { evidence: [bad([3, 50]), bad([50], 0, 1), bad([50], 0, 2)] }), good('/b')],
    [{ code: 'worn', target: '/a', blocks: [50] }],
  ],
  [
    'the same block as in an earlier job',
    [target('/a', { evidence: [bad([50])], earlier: [[50, 51]] })],
    [{ code: 'worn', target: '/a', blocks: [50] }],
  ],
  [
    'others than in an earlier job',
    [target('/a', { evidence: [bad([50])], earlier: [[3], []] })],
    [{ code: 'moving', target: '/a', blocks: 1 }],
  ],
  [
    'several that were right once rewritten',
    [target('/a', { state: 'verified', evidence: [bad([3, 50, 77])] }), good('/b')],
    [{ code: 'moving', target: '/a', blocks: 3 }],
  ],
  [
    'one that was right once rewritten is an accident',
    [target('/a', { state: 'verified', evidence: [bad([3])] }), good('/b')],
    [],
  ],
  [
    'one much slower than its siblings',
    [rate('/a', 2000), rate('/b', 20_000), rate('/c', 22_000), rate('/d', 15_000)],
    [{ code: 'slow-for-its-kind', target: '/a', rate: 2e6, median: 20e6 }],
  ],
  [
    'one that was held up for a moment in a short copy',
    [
      target('/a', { state: 'done', deviceBytes: 25e6, deviceMs: 900 }),
      ...['/b', '/c', '/d'].map((path) => target(path, { state: 'done', deviceBytes: 25e6, deviceMs: 30 })),
    ],
    [],
  ],
  ['two are no kind', [rate('/a', 2000), rate('/b', 20_000)], []],
];

describe('diagnosis', () => {
  test('knows that of small blocks more are written last', () => {
    const small = { blockCount: 400, blockSize: 65_536 };
    expect(diagnose([target('/a', { evidence: [bad(row(340, 383))] })], small)).toEqual([
      { code: 'fake-capacity', target: '/a', from: 340, echo: false },
    ]);
  });

  test.each(CASES)('%s', (_name, targets, expected) => {
    expect(diagnose(targets, SOURCE)).toEqual(expected);
  });
});
