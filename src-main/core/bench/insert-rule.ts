/**
 * What becomes of a stick that was put in while the bench is armed. Pure: facts in, decision and reason out. It only ever narrows
 * what the approval rules allow: those are asked too, and the helper checks again just before the first write.
 */
import type { AppError, ErrorCode } from '@contract/errors.ts';
import type { DisarmReason, Hand, InsertReason, NonBlankRule } from '@contract/groups/bench.ts';

/** What was chosen when the bench was armed, and how far it has come. */
export interface ArmFacts {
  bays: ReadonlySet<string>;
  least: number;
  most: number;
  nonBlank: NonBlankRule;
  quota: number;
  good: number;
  open: number;
  /** The source is what it was. */
  sourceSame: boolean;
  /** The job has room for one more target. */
  jobHasRoom: boolean;
}

/** What is known of the stick. */
export interface InsertFacts {
  port: string | null;
  /** It was put in since the bench was armed: neither there before, nor back after the core or a look at the drives had lost it. */
  fresh: boolean;
  title: string;
  size: number;
  usedBytes: number | null;
  /** It rides on a job, or is tested. */
  busy: boolean;
  /** As the approval rules judge it for this source, with what the helper sees on it. */
  level: number;
  reasons: readonly AppError[];
  /** When a stick of this serial number got a good copy in this run, today, by the ledger; null: none is known to have one. */
  doneAt: number | null;
  /** The job itself has finished it since it was put in: it is this very stick. */
  finishedHere: boolean;
}

export type Decision =
  | { do: 'begin' }
  /** Not for the bench: nothing happens and nothing is shown. */
  | { do: 'ignore'; why: 'other-bay' | 'not-fresh' | 'busy' }
  | { do: 'refuse'; hand: Hand; reason: InsertReason }
  | { do: 'disarm'; reason: DisarmReason };

/**
 * Reasons why a drive cannot be a target that say nothing against it: no data of somebody else is at stake that the rules for blank
 * and ordinary sticks do not cover. Every other one means that a drive is there which nobody wanted to arm for.
 */
const harmless: ReadonlySet<ErrorCode> = new Set<ErrorCode>([
  'too-small',
  'read-only',
  'mounted',
  'no-medium',
  'in-job',
  'in-probe',
  'no-permission',
  'not-found',
  'not-a-drive',
  'empty-source',
  'hung',
  'changed-device',
  'unsteady-drive',
  'helper-failed',
  'helper-missing',
]);

/** What to do with such a stick: another try may help, or it may not. */
const worthReseating: ReadonlySet<ErrorCode> = new Set<ErrorCode>([
  'no-medium',
  'not-a-drive',
  'not-found',
  'hung',
  'changed-device',
  'unsteady-drive',
  'helper-failed',
]);

/** Decides. Whatever it does not know to be right is not begun. */
export function decideInsert(arm: ArmFacts, stick: InsertFacts): Decision {
  const { port, title, level, reasons } = stick;
  if (port === null || !arm.bays.has(port)) return { do: 'ignore', why: 'other-bay' };
  if (!stick.fresh) return { do: 'ignore', why: 'not-fresh' };
  if (!arm.sourceSame) return { do: 'disarm', reason: { code: 'source-changed' } };
  const bad = reasons.find(({ code }) => !harmless.has(code));
  if (bad) return { do: 'disarm', reason: { code: 'dangerous-drive', port, title, level: 3, error: bad } };
  if (stick.busy) return { do: 'ignore', why: 'busy' };
  const refuse = (hand: Hand, reason: InsertReason): Decision => ({ do: 'refuse', hand, reason });
  const [error] = reasons;
  if (error) {
    const hand = worthReseating.has(error.code) ? 're-seat' : 'set-aside';
    return refuse(hand, { code: 'refused', error });
  }
  if (level !== 0 && level !== 1) {
    const kept = level === 2 ? 2 : 3;
    return { do: 'disarm', reason: { code: 'dangerous-drive', port, title, level: kept, error: null } };
  }
  // A serial number does not prove which stick it is, or what is on it now: a blank one is copied to, the others are not called good.
  if (stick.doneAt !== null && (stick.finishedHere || level !== 0))
    return refuse(stick.finishedHere ? 'pull' : 'set-aside', { code: 'already-done', at: stick.doneAt });
  if (!(stick.size >= arm.least && stick.size <= arm.most))
    return refuse('set-aside', { code: 'out-of-window', size: stick.size });
  if (level === 1 && arm.nonBlank !== 'erase-ordinary')
    return refuse('set-aside', { code: 'holds-data', usedBytes: stick.usedBytes });
  if (arm.good + arm.open >= arm.quota) return refuse('wait', { code: 'quota-taken' });
  if (!arm.jobHasRoom) return refuse('wait', { code: 'job-full' });
  return { do: 'begin' };
}
