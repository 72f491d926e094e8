import { describe, expect, test } from 'vitest';
import { diagnose, type DiagnosedTarget } from './diagnose.ts';

const COUNT = 100;
const bad = (blocks: number[], more = 0, attempt = 0, echoes: { block: number; of: number }[] = []) => ({
  attempt,
  bad: blocks,
  more,
  echoes,
});
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
  ['two are no kind', [rate('/a', 2000), rate('/b', 20_000)], []],
];

describe('diagnosis', () => {
  test.each(CASES)('%s', (_name, targets, expected) => {
    expect(diagnose(targets, COUNT)).toEqual(expected);
  });
});
