// What a result must look like.

import assert from 'node:assert/strict';

/** The line of a target in a summary. */
export function lineOf(summary, target) {
  assert.ok(summary, 'there is no summary');
  const line = [...summary.targets, ...summary.others].find(({ path }) => path === target);
  assert.ok(line, `${target} is missing from the summary: ${JSON.stringify(summary)}`);
  return line;
}

/** How a target ended, short enough to compare: state, and code and offset if something was wrong. */
export function endOf(summary, target) {
  const { state, error } = lineOf(summary, target);
  return [state, error?.code, error?.offset].filter((word) => word !== undefined).join(' ');
}

/** All of a copy is good, and the exit status says so. */
export function assertGood({ code, summary, stderr }, targets) {
  assert.ok(summary, `no summary; exit ${code}; ${stderr}`);
  for (const target of targets) assert.equal(endOf(summary, target), 'done', JSON.stringify(summary));
  assert.equal(summary.ok, true, `${JSON.stringify(summary)}\n${stderr}`);
  assert.equal(summary.outcome, 'complete');
  assert.equal(code, 0, `exit status of ${JSON.stringify(summary)}`);
}

/** The source was read exactly once. */
export function assertOnePass(summary, size) {
  assert.equal(summary.source.size, size);
  assert.equal(summary.source.bytesRead, size, 'bytes read from the source');
  assert.equal(summary.source.laps, 1);
}

/** A device that was refused took not one byte. */
export async function assertUntouched(stick) {
  const { written_bytes: written, writes } = await stick.stat();
  assert.equal(written, 0, `${stick.name}: ${writes} writes reached a refused stick`);
}
