import { expect, it } from 'vitest';
import { looks } from '../../model/look.ts';
import { handOf } from './hand.ts';

it('says what the hand must do for every look, and "pull" of whole copies only', () => {
  const hands = Object.fromEntries(looks.map((look) => [look, handOf(look)]));
  expect(hands).toEqual({
    empty: 'wait',
    ready: 'wait',
    locked: 'set-aside',
    waiting: 'wait',
    copy: 'wait',
    lap: 'wait',
    aside: 'wait',
    flush: 'wait',
    verify: 'wait',
    heal: 'wait',
    verified: 'pull',
    done: 'pull',
    sampled: 'set-aside',
    gaps: 'set-aside',
    failed: 'bin',
    removed: 're-seat',
    stopped: 're-seat',
    unchecked: 'set-aside',
  });
});
