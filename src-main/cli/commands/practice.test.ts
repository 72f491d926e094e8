import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, expect, test } from 'vitest';
import { EXIT } from '../exit-codes.ts';
import { runCli } from '../program.ts';
import { testWorld, type TestWorld } from '../testing/test-context.ts';
import { practiceCommand } from './practice.ts';

let cwd: string;
beforeEach(async () => {
  cwd = await mkdtemp(join(tmpdir(), 'carousel-practice-'));
});
afterEach(() => rm(cwd, { recursive: true }));

async function run(...args: string[]): Promise<TestWorld> {
  const world = testWorld({ cwd });
  await runCli(['practice', ...args], [practiceCommand], world.context);
  return world;
}

test('makes drives, and says so when they are there', async () => {
  const first = await run('p', '--sticks', '2', '--size', '1M');
  expect(first.err()).toContain(`Made a source and 2 drives of 1.0 MB each in ${cwd}/p.`);
  const second = await run('p');
  expect(second.err()).toContain('Nothing to do: ');
  const third = await run('p', '--json');
  expect(third.json()).toMatchObject([
    { event: 'practice', isNew: false, made: [], drives: [{ state: 'ready' }, {}] },
  ]);
});

test('exit statuses', async () => {
  await writeFile(join(cwd, 'mine.txt'), 'x');
  expect((await run('.')).exitCode()).toBe(EXIT.refused);
  expect((await run('mine.txt')).exitCode()).toBe(EXIT.usage);
  expect((await run('p', '--sticks', '65')).exitCode()).toBe(EXIT.usage);
  expect((await run('p', '--size', '1K')).exitCode()).toBe(EXIT.usage);
  expect((await run()).exitCode()).toBe(EXIT.usage);
});
