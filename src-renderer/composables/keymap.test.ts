import { describe, expect, it } from 'vitest';
import { bindings, commandOf, createDigitJump, gridStep, keysOf, type KeyPress } from './keymap.ts';

const press = (key: string, change: Partial<KeyPress> = {}): KeyPress => ({
  key,
  ctrlKey: false,
  metaKey: false,
  altKey: false,
  shiftKey: false,
  ...change,
});

describe('keys', () => {
  it.each([
    ['a', {}, 'add'],
    ['A', { shiftKey: true }, 'add'],
    ['a', { ctrlKey: true }, 'markAll'],
    ['a', { metaKey: true }, 'markAll'],
    ['a', { altKey: true }, null],
    ['Enter', {}, 'details'],
    ['Enter', { ctrlKey: true }, 'approve'],
    ['F6', {}, 'nextZone'],
    ['F6', { shiftKey: true }, 'previousZone'],
    ['Delete', {}, 'stop'],
    ['h', {}, 'history'],
    ['F1', {}, 'help'],
    ['x', {}, null],
  ])('%s %j is %s', (key, change, command) => expect(commandOf(press(key, change))).toBe(command));

  it('leave typing alone, but for those that move between zones', () => {
    expect(commandOf(press('a'), true)).toBeNull();
    expect(commandOf(press('F6'), true)).toBe('nextZone');
  });

  it('are all different', () => {
    const shown = bindings.map((binding) => keysOf(binding).join('+'));
    expect(new Set(shown).size).toBe(shown.length);
  });
});

describe('digits', () => {
  it('make one number when they come together', () => {
    const jump = createDigitJump();
    expect([jump('1', 0), jump('2', 500), jump('3', 700), jump('4', 5000), jump('x', 5001)]).toEqual([
      1,
      12,
      3,
      4,
      null,
    ]);
  });
});

describe('arrows', () => {
  it.each([
    ['ArrowRight', 0, 1],
    ['ArrowRight', 9, null],
    ['ArrowLeft', 0, null],
    ['ArrowDown', 1, 5],
    ['ArrowDown', 7, 9],
    ['ArrowDown', 8, null],
    ['ArrowUp', 5, 1],
    ['Home', 7, 0],
    ['End', 2, 9],
    ['Tab', 2, null],
  ])('%s from %i leads to %j among ten in rows of four', (key, from, to) =>
    expect(gridStep(key, from, 10, 4)).toBe(to),
  );
});
