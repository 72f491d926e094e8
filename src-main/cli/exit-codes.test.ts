import { expect, test } from 'vitest';
import { EXIT, exitCodeOf, type CliErrorCode, type Outcome } from './exit-codes.ts';

const done = { state: 'done' };
const bad = (state: string, code?: CliErrorCode): Outcome['targets'][number] =>
  code ? { state, error: { code } } : { state };

function outcome(
  targets: Outcome['targets'],
  change: { unreadable?: unknown[]; error?: CliErrorCode; outcome?: string } = {},
): Outcome {
  const source = {
    unreadable: change.unreadable ?? [],
    error: change.error ? { code: change.error } : undefined,
  };
  const good = targets.every((t) => t.state === 'done' || t.state === 'verified');
  const ok = good && source.unreadable.length === 0 && !source.error;
  return { ok, outcome: change.outcome ?? 'complete', source, targets };
}

const removed = bad('removed', 'device-gone');
const failed = bad('failed', 'write-error');
const refused = bad('refused', 'mounted');
const denied = bad('refused', 'no-permission');
const hole = { unreadable: [{ offset: 0, length: 512 }] };

test.each<[string, Outcome, number]>([
  ['all done', outcome([done, { state: 'verified' }]), EXIT.good],
  ['nobody came to an open copy', outcome([]), EXIT.good],
  ['one failed', outcome([done, failed]), EXIT.someTargetIsNot],
  ['one pulled out', outcome([removed]), EXIT.someTargetIsNot],
  ['cancelled by somebody else', outcome([bad('cancelled')], { outcome: 'cancelled' }), EXIT.someTargetIsNot],
  ['one refused, the others good', outcome([done, refused]), EXIT.refused],
  ['refused by a word of another class', outcome([bad('refused', 'no-space')]), EXIT.refused],
  ['refused without a reason', outcome([bad('refused')]), EXIT.refused],
  ['not approved', outcome([bad('refused', 'not-approved'), bad('cancelled')]), EXIT.refused],
  ['no permission', outcome([done, denied]), EXIT.permission],
  ['source unreadable in places, targets done', outcome([done], hole), EXIT.source],
  [
    'source failed',
    outcome([bad('failed', 'source-gone')], { outcome: 'source-failed', error: 'source-gone' }),
    EXIT.source,
  ],
  [
    'source not there',
    outcome([bad('refused', 'not-found')], { outcome: 'refused', error: 'not-found' }),
    EXIT.refused,
  ],
  [
    'source may not be read',
    outcome([denied], { outcome: 'refused', error: 'no-permission' }),
    EXIT.permission,
  ],
  [
    'source may not be read, found late',
    outcome([bad('failed', 'no-permission')], { outcome: 'source-failed', error: 'no-permission' }),
    EXIT.permission,
  ],
  [
    'reader killed',
    outcome([bad('failed', 'producer-died')], { outcome: 'source-failed', error: 'producer-died' }),
    EXIT.source,
  ],
  [
    'bad option found by the helper',
    outcome([bad('refused', 'bad-option')], { outcome: 'refused', error: 'bad-option' }),
    EXIT.usage,
  ],
  [
    'helper died',
    outcome([bad('failed', 'helper-died')], { outcome: 'helper-died', error: 'helper-died' }),
    EXIT.someTargetIsNot,
  ],
  [
    'helper died after all were done',
    outcome([done], { outcome: 'helper-died', error: 'helper-died' }),
    EXIT.someTargetIsNot,
  ],
  ['failed and refused', outcome([failed, refused]), EXIT.refused],
  ['refused and denied', outcome([refused, denied, failed]), EXIT.permission],
  ['denied and a hole in the source', outcome([refused, denied], hole), EXIT.source],
])('%s', (_what, summary, code) => {
  expect(exitCodeOf(summary, false)).toBe(code);
  expect(exitCodeOf(summary, true)).toBe(EXIT.interrupted);
});

test('a helper that says "not ok" is believed', () => {
  expect(exitCodeOf({ ...outcome([done]), ok: false }, false)).toBe(EXIT.someTargetIsNot);
});
