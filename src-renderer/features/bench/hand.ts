/** What the hand must do with a stick that rides or has ridden. Pure. */
import type { Hand } from '@contract/groups/bench.ts';
import type { Look } from '../../model/look.ts';

/** Nothing but a whole copy is worth a "pull". */
export function handOf(look: Look): Hand {
  switch (look) {
    case 'verified':
    case 'done':
      return 'pull';
    case 'failed':
      return 'bin';
    case 'removed':
    case 'stopped':
      return 're-seat';
    case 'gaps':
    case 'locked':
    case 'sampled':
    case 'unchecked':
      return 'set-aside';
    default:
      return 'wait';
  }
}
