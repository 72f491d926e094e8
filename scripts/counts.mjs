// Reads out of what a test program left behind how many of its tests passed, failed and were skipped.

/** @typedef {{ passed: number, failed: number, skipped: number }} Counts */

// eslint-disable-next-line no-control-regex -- colours are control characters
const withoutColours = (text) => text.replace(/\u001b\[[0-9;]*m/g, '');

/**
 * From the last line of the form `12 passed, 0 failed[, 1 skipped]`, which our own test programs print.
 * @param {string} output
 * @returns {Counts | undefined}
 */
export function fromText(output) {
  const lines = withoutColours(output).matchAll(/^\s*(\d+) passed, (\d+) failed(?:, (\d+) skipped)?\s*$/gm);
  const last = [...lines].at(-1);
  if (!last) return undefined;
  return { passed: Number(last[1]), failed: Number(last[2]), skipped: Number(last[3] ?? 0) };
}

/**
 * From node:test's TAP report.
 * @param {string} report
 * @returns {Counts | undefined}
 */
export function fromTap(report) {
  const value = (name) =>
    Number([...report.matchAll(new RegExp(`^# ${name} (\\d+)$`, 'gm'))].at(-1)?.[1] ?? NaN);
  const counts = {
    passed: value('pass'),
    failed: value('fail') + value('cancelled'),
    skipped: value('skipped') + value('todo'),
  };
  return Object.values(counts).some(Number.isNaN) ? undefined : counts;
}

/**
 * From vitest's JSON report.
 * @param {string} report
 * @returns {Counts}
 */
export function fromVitest(report) {
  const json = JSON.parse(report);
  return {
    passed: json.numPassedTests,
    failed: json.numFailedTests,
    skipped: json.numPendingTests + json.numTodoTests,
  };
}

/**
 * From Playwright's JSON report. A test that passed only when repeated is a failure.
 * @param {string} report
 * @returns {Counts}
 */
export function fromPlaywright(report) {
  const { stats } = JSON.parse(report);
  return { passed: stats.expected, failed: stats.unexpected + stats.flaky, skipped: stats.skipped };
}

/**
 * What a step adds to the total. A step without counts is one test; one that fails although none of its tests did
 * (it crashed, or ran out of time) adds a failure of its own.
 * @param {'ok' | 'FAIL' | 'skip'} state
 * @param {Counts | undefined} counts
 * @returns {Counts}
 */
export function contribution(state, counts) {
  const own = counts ?? { passed: state === 'ok' ? 1 : 0, failed: 0, skipped: state === 'skip' ? 1 : 0 };
  return state === 'FAIL' && own.failed === 0 ? { ...own, failed: 1 } : own;
}
