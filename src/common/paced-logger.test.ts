import { describe, expect, it, jest } from '@jest/globals';
import { silentLogger, type Logger } from './logger.ts';
import { pacedLogger } from './paced-logger.ts';

describe('a paced logger', () => {
  it('lets some lines of a message through, counts the rest, and says so', () => {
    jest.useFakeTimers();
    const lines: string[] = [];
    const counts: number[] = [];
    const logger: Logger = {
      ...silentLogger,
      warn: (message, fields) => lines.push(`${message} ${JSON.stringify(fields ?? {})}`),
      with: () => logger,
    };
    const paced = pacedLogger(logger, {
      ...{ burst: 2, windowMs: 1_000 },
      leftOut: (count) => counts.push(count),
    });
    for (let line = 0; line < 5; line += 1) paced.warn('refused', { line });
    paced.with({ part: 'x' }).warn('refused', { line: 5 });
    paced.warn('another');
    expect(lines).toEqual(['refused {"line":0}', 'refused {"line":1}', 'another {}']);
    jest.advanceTimersByTime(1_000);
    expect(lines.at(-1)).toBe('log lines left out {"of":"refused","count":4}');
    expect(counts).toEqual([4]);
    paced.warn('refused', { line: 6 });
    expect(lines.at(-1)).toBe('refused {"line":6}');
    jest.useRealTimers();
  });
});
