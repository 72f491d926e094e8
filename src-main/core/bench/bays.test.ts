import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { baySchema } from '@contract/groups/settings.ts';
import { cleanBayName, tidyBays } from './bays.ts';

describe('names of bays', () => {
  it.each([
    ['A1', 'A1'],
    ['  left  top ', 'left top'],
    ['\u202eevil\u202c', 'evil'],
    ['a\u200bb', 'ab'],
    ['\u0007', null],
    ['   ', null],
    ['x'.repeat(40), `${'x'.repeat(23)}…`],
  ])('%j becomes %j', (given, wanted) => {
    expect(cleanBayName(given)).toBe(wanted);
  });

  it('fit the contract, whatever is typed', () => {
    fc.assert(
      fc.property(fc.string({ unit: 'binary', maxLength: 80 }), (name) => {
        const clean = cleanBayName(name);
        if (clean !== null) expect(baySchema.safeParse({ port: 'p', name: clean }).success).toBe(true);
      }),
    );
  });
});

describe('a list of bays', () => {
  it('keeps its order and what is right', () => {
    const bays = [
      { port: 'a/2', name: '2' },
      { port: 'a/1', name: '1' },
    ];
    expect(tidyBays(bays)).toEqual(bays);
  });

  it('has a port once, and a name once', () => {
    const found = tidyBays([
      { port: 'a/1', name: 'A' },
      { port: 'a/1', name: 'B' },
      { port: 'a/2', name: '\uff41' },
      { port: 'a/3', name: ' a ' },
      { port: 'a/4', name: '\u200b' },
      { port: 'a/5', name: 'C' },
    ]);
    expect(found).toEqual([
      { port: 'a/1', name: 'A' },
      { port: 'a/5', name: 'C' },
    ]);
  });
});
