/** The plan for many stations: it agrees with what was measured, and the document says what it says. */
import { execFileSync } from 'node:child_process';
import { readFileSync } from 'node:fs';
import { expect, it } from 'vitest';

const plan = (...args: string[]): string[] =>
  execFileSync(process.execPath, ['bench/plan-stations.mjs', ...args], { encoding: 'utf8' })
    .trim()
    .split('\n');

/** Formatting pads cells. */
const bare = (line: string): string => line.replace(/ {2,}/g, ' ').replace(/-{3,}/g, '---');

it.each([
  ['the plan', []],
  ['how far it is off, by a tenth at most', ['--check']],
])('%s stands in the document as it is computed', (_what, args) => {
  const document = readFileSync('docs/stations.md', 'utf8').split('\n').map(bare);
  for (const line of plan(...args)) expect(document).toContain(bare(line));
});
