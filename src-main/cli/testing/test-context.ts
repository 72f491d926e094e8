// A command's world for tests: collects what is said, answers questions, rings Ctrl-C.

import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll } from 'vitest';
import type { HelperClient } from '../../core/helper/helper-client.ts';
import { createElevator } from '../../core/elevation/elevator.ts';
import type { CliContext, TextOut } from '../context.ts';

/** A world and what came out of it. */
export interface TestWorld {
  readonly context: CliContext;
  out(): string;
  err(): string;
  exitCode(): number | undefined;
  interrupt(): void;
  /** The JSON lines on standard output. */
  json(): Record<string, unknown>[];
}

/** What a test may set. */
export interface TestSetting {
  readonly helper?: () => HelperClient;
  readonly terminal?: boolean;
  readonly env?: NodeJS.ProcessEnv;
  readonly answer?: string;
  readonly cwd?: string;
  /** Called with everything that is said to people. */
  readonly onText?: (text: string) => void;
}

/** Nothing that a test does goes into the record of whoever runs it. */
const dataHome = mkdtempSync(join(tmpdir(), 'carousel-test-data-'));
afterAll(() => rmSync(dataHome, { recursive: true, force: true }));

/** Makes a world. */
export function testWorld(setting: TestSetting = {}): TestWorld {
  const said = { out: '', err: '' };
  const handlers = new Set<() => void>();
  let exitCode: number | undefined;
  const terminal = setting.terminal ?? false;
  const stream = (name: 'out' | 'err'): TextOut => ({
    write: (text) => {
      said[name] += text;
      if (name === 'err') setting.onText?.(text);
    },
    isTerminal: terminal,
    columns: 120,
    rows: 24,
  });
  const context: CliContext = {
    stdout: stream('out'),
    stderr: stream('err'),
    env: { XDG_DATA_HOME: dataHome, ...setting.env },
    cwd: setting.cwd ?? '/work folder',
    self: ['false'],
    canAsk: setting.answer !== undefined,
    ask: async (question) => {
      said.err += question;
      return setting.answer ?? '';
    },
    helper: setting.helper ?? (() => raise()),
    elevator: () => createElevator({ terminal: false, isRoot: true }),
    onInterrupt: (handler) => {
      handlers.add(handler);
      return () => handlers.delete(handler);
    },
    setExitCode: (code) => (exitCode = code),
  };
  return {
    context,
    out: () => said.out,
    err: () => said.err,
    exitCode: () => exitCode,
    interrupt: () => handlers.forEach((handler) => handler()),
    json: () =>
      said.out
        .split('\n')
        .filter((line) => line !== '')
        .map((line) => JSON.parse(line) as Record<string, unknown>),
  };
}

function raise(): never {
  throw new Error('this test has no helper');
}
