/** The log: to a file if there is one, and the newest lines in memory for bug reports. */
import pino from 'pino';
import type { LogLine } from '@contract/groups/system.ts';
import { cleanText } from '../devices/clean-text.ts';
import type { Clock } from '../ports.ts';

/** Lines kept in memory. */
export const keptLines = 1000;
const maxLineLength = 1024;

export interface Logger {
  debug(part: string, text: string): void;
  info(part: string, text: string): void;
  warn(part: string, text: string): void;
  error(part: string, text: string): void;
  /** The newest lines, oldest first. */
  lines(limit: number): LogLine[];
}

/** A log. Text may come from anywhere; it is cleaned before it is kept. */
export function createLogger(clock: Clock, file: string | null, level: LogLine['level'] = 'info'): Logger {
  const ring: LogLine[] = [];
  const sink =
    file === null
      ? null
      : pino({ level, base: null }, pino.destination({ dest: file, mkdir: true, sync: false }));

  const write = (at: LogLine['level']) => (part: string, text: string) => {
    const clean = cleanText(text, maxLineLength) ?? '';
    ring.push({ time: clock.now(), level: at, part: part.slice(0, 64), text: clean });
    if (ring.length > keptLines) ring.shift();
    sink?.[at]({ part }, clean);
  };

  return {
    debug: write('debug'),
    info: write('info'),
    warn: write('warn'),
    error: write('error'),
    lines: (limit) => ring.slice(-limit),
  };
}
