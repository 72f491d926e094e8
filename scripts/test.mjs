// `npm test`: everything that can be checked on this machine, step by step, with a table at the end.
//   npm test -- --only NAME     just this step (may be given more than once)
//   npm test -- --skip NAME     all but this step (may be given more than once)

import fs from 'node:fs';
import os from 'node:os';
import path from 'node:path';
import process from 'node:process';
import { parseArgs } from 'node:util';
import { contribution } from './counts.mjs';
import { aptInstall, ensureInstalled, fail, onPath, run, stopAll } from './lib.mjs';
import { apart, canBeApart, inBackground, isThere, steps } from './steps.mjs';

const defaultLimit = 10 * 60;

function chosenSteps() {
  const options = { only: { type: 'string', multiple: true }, skip: { type: 'string', multiple: true } };
  let values;
  try {
    ({ values } = parseArgs({ options }));
  } catch (error) {
    fail(error.message, 2);
  }
  const { only = [], skip = [] } = values;
  const names = steps.map((step) => step.name);
  const unknown = [...only, ...skip].find((name) => !names.includes(name));
  if (unknown !== undefined) fail(`There is no step '${unknown}'; there are: ${names.join(', ')}.`, 2);
  const absent = only.find((name) => !isThere(steps.find((step) => step.name === name)));
  if (absent !== undefined) fail(`The step '${absent}' has nothing to check yet.`, 2);
  return steps
    .filter((step) => (only.length === 0 || only.includes(step.name)) && isThere(step))
    .map((step) => ({ ...step, left: skip.includes(step.name) ? 'asked for' : undefined }));
}

/** Installs in one go what the chosen steps would like to have; a step copes or is skipped if that does not work. */
async function installPackages(chosen) {
  const wanted = [];
  for (const { packages = [], left } of chosen)
    if (left === undefined) wanted.push(...(typeof packages === 'function' ? await packages() : packages));
  const missing = wanted.filter(([program]) => !onPath(program)).map(([, name]) => name);
  if (!(await aptInstall(missing))) console.error(`Not installed: ${missing.join(', ')}`);
}

function readCounts({ counts, report }, folder, output) {
  if (!counts) return undefined;
  if (!report) return counts(output);
  const file = report(folder);
  return fs.existsSync(file) ? counts(fs.readFileSync(file, 'utf8')) : undefined;
}

/** Runs one step; `tell` takes what it prints, all at once in the end, if it may not print by itself. */
async function runStep(step, folder, tell) {
  if (step.left !== undefined) return { state: 'skip', note: step.left };
  if (step.needs !== undefined && !onPath(step.needs))
    return { state: 'skip', note: `${step.needs} is not installed` };
  const limitSeconds = step.limit ?? defaultLimit;
  let result;
  for (const plain of step.commands(step.report?.(folder))) {
    const placed = step.apart && mayBeApart ? apart(plain) : plain;
    const { command, args, env } = step.background && onPath('nice') ? inBackground(placed) : placed;
    result = await run(command, args, { env, limitSeconds, quiet: tell !== undefined });
    tell?.(result.output);
    if (result.ok) continue;
    const why = result.timedOut
      ? `stopped after ${limitSeconds} s`
      : result.signal
        ? `ended by ${result.signal}`
        : `exit ${result.code ?? 'without status'}: ${path.basename(plain.command)}`;
    return { state: 'FAIL', note: why, counts: readCounts(step, folder, result.output) };
  }
  const counts = readCounts(step, folder, result.output);
  if (counts && counts.failed > 0) return { state: 'FAIL', note: 'tests failed', counts };
  // A test program that runs nothing and is content proves nothing.
  if (counts && counts.passed + counts.skipped === 0) return { state: 'FAIL', note: 'no tests ran', counts };
  return { state: 'ok', counts };
}

function printTable(results) {
  const width = Math.max(...results.map(({ name }) => name.length));
  console.log('');
  for (const { name, state, seconds, counts, note } of results) {
    const tests = counts ? `${counts.passed} of ${counts.passed + counts.failed} tests` : '';
    const skipped = counts?.skipped ? `${counts.skipped} skipped` : '';
    const remarks = [state === 'skip' ? '' : tests, skipped, state === 'skip' ? `(${note})` : (note ?? '')];
    const time = `${seconds.toFixed(1)} s`.padStart(9);
    console.log(
      `${name.padEnd(width)}  ${state.padEnd(4)} ${time}  ${remarks.filter(Boolean).join(', ')}`.trimEnd(),
    );
  }
}

const chosen = chosenSteps();
for (const [signal, code] of [
  ['SIGINT', 130],
  ['SIGTERM', 143],
  ['SIGHUP', 129],
])
  process.on(signal, () => {
    stopAll(signal);
    process.exit(code);
  });

await Promise.all([ensureInstalled(), installPackages(chosen)]);
const folder = fs.mkdtempSync(path.join(os.tmpdir(), 'carousel-test-'));
process.on('exit', () => fs.rmSync(folder, { recursive: true, force: true }));

const mayBeApart = canBeApart();

/** The lanes of each stage; a step without a stage is one by itself. */
function stages() {
  const stages = [];
  for (const step of chosen) {
    const { stage } = step;
    const last = stages.at(-1);
    const lane = step.apart && !mayBeApart ? 'one for all' : step.lane;
    if (stage === undefined || last?.stage !== stage)
      stages.push({ stage, lanes: new Map([[lane, [step]]]) });
    else last.lanes.set(lane, [...(last.lanes.get(lane) ?? []), step]);
  }
  return stages.map(({ lanes }) => [...lanes.values()]);
}

const results = new Map();
async function runLane(lane, alone) {
  for (const step of lane) {
    const said = [];
    if (alone) console.log(`\n== ${step.name}`);
    const started = performance.now();
    const outcome = await runStep(step, folder, alone ? undefined : (text) => said.push(text));
    if (!alone) process.stdout.write(`\n== ${step.name}\n${said.join('')}`);
    results.set(step, { name: step.name, seconds: (performance.now() - started) / 1000, ...outcome });
  }
}

for (const lanes of stages()) await Promise.all(lanes.map((lane) => runLane(lane, lanes.length === 1)));

const table = chosen.map((step) => results.get(step));
printTable(table);
const total = { passed: 0, failed: 0, skipped: 0 };
for (const { state, counts } of table) {
  const part = contribution(state, counts);
  for (const key of Object.keys(total)) total[key] += part[key];
}
process.exitCode = table.some(({ state }) => state === 'FAIL') ? 1 : 0;
console.log(
  `\n${total.passed} passed, ${total.failed} failed${total.skipped > 0 ? `, ${total.skipped} skipped` : ''}`,
);
