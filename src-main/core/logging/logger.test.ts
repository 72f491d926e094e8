import { describe, expect, it } from 'vitest';
import { manualClock } from '../testing/manual-clock.ts';
import { createLogger, keptLines } from './logger.ts';

describe('the log', () => {
  it('keeps the newest lines, cleaned', () => {
    const clock = manualClock(5);
    const logger = createLogger(clock, null);
    for (let index = 0; index < keptLines + 10; index += 1) logger.info('test', `line ${String(index)}`);
    logger.warn('test', 'a\u001b[2J\u202eb');
    expect(logger.lines(2)).toEqual([
      { time: 5, level: 'info', part: 'test', text: `line ${String(keptLines + 9)}` },
      { time: 5, level: 'warn', part: 'test', text: 'a[2Jb' },
    ]);
    expect(logger.lines(10_000)).toHaveLength(keptLines);
  });
});
