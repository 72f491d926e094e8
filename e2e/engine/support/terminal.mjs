// A program at a terminal, with somebody who answers its questions. By script(1), which makes the terminal.

import { spawn } from 'node:child_process';
import { onPath } from './tools.mjs';
import { until } from './run.mjs';

export const noTerminal = !onPath('script') && 'script(1) is missing';

const quoted = (word) => `'${word.replaceAll("'", `'\\''`)}'`;

/** Runs the words at a terminal; each answer is typed once what it answers has been asked. Gives `{ code, text }`. */
export async function atTerminal(w, words, answers, { env = w.env, cwd = w.dir } = {}) {
  const child = spawn('script', ['-q', '-e', '-c', words.map(quoted).join(' '), '/dev/null'], {
    env: { ...env, TERM: 'dumb', SHELL: '/bin/sh' },
    cwd,
    stdio: ['pipe', 'pipe', 'inherit'],
  });
  let text = '';
  child.stdout.setEncoding('utf8').on('data', (chunk) => (text += chunk));
  child.stdin.on('error', () => undefined);
  const ended = new Promise((resolve) => child.once('close', resolve));
  w.after(() => child.kill('SIGKILL'));
  let from = 0;
  for (const [question, answer] of answers) {
    await until(() => question.test(text.slice(from)), `${question} in:\n${text}`);
    from = text.length;
    child.stdin.write(answer);
  }
  const code = await ended;
  return { code, text };
}
