import { expect, test } from 'vitest';
import { contribution, fromPlaywright, fromTap, fromText, fromVitest } from './counts.mjs';

test('takes the last summary line of our own test programs, colours and all', () => {
  expect(
    fromText(
      'ring 1 passed, 0 failed\n1 passed, 0 failed\n\u001b[32m12 passed, 2 failed, 1 skipped\u001b[0m\n',
    ),
  ).toEqual({
    passed: 12,
    failed: 2,
    skipped: 1,
  });
  expect(fromText('all fine\n')).toBeUndefined();
});

test('counts what node:test cancelled as failed', () => {
  const report = '# tests 7\n# suites 0\n# pass 3\n# fail 1\n# cancelled 1\n# skipped 2\n# todo 0\n';
  expect(fromTap(report)).toEqual({ passed: 3, failed: 2, skipped: 2 });
  expect(fromTap('TAP version 13\n')).toBeUndefined();
});

test("reads vitest's and Playwright's reports", () => {
  const vitest = { numPassedTests: 5, numFailedTests: 1, numPendingTests: 2, numTodoTests: 1 };
  expect(fromVitest(JSON.stringify(vitest))).toEqual({ passed: 5, failed: 1, skipped: 3 });
  const playwright = { stats: { expected: 4, unexpected: 1, flaky: 1, skipped: 2 } };
  expect(fromPlaywright(JSON.stringify(playwright))).toEqual({ passed: 4, failed: 2, skipped: 2 });
});

test('a step without counts is one test, and no failed step goes uncounted', () => {
  expect(contribution('ok', undefined)).toEqual({ passed: 1, failed: 0, skipped: 0 });
  expect(contribution('skip', undefined)).toEqual({ passed: 0, failed: 0, skipped: 1 });
  expect(contribution('FAIL', undefined)).toEqual({ passed: 0, failed: 1, skipped: 0 });
  expect(contribution('FAIL', { passed: 9, failed: 0, skipped: 0 })).toEqual({
    passed: 9,
    failed: 1,
    skipped: 0,
  });
  expect(contribution('FAIL', { passed: 9, failed: 2, skipped: 0 })).toEqual({
    passed: 9,
    failed: 2,
    skipped: 0,
  });
});
