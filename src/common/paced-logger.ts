import type { Logger, LogFields } from './logger.ts';

export interface Pace {
  /** Lines of one message that are logged in one window; the other lines are only counted. Default 20. */
  readonly burst?: number;
  readonly windowMs?: number;
  /** Called with the number of lines left out, after the log has stated it too. */
  readonly leftOut?: (count: number) => void;
}

interface Window {
  readonly end: number;
  lines: number;
}

/**
 * A logger for events that a client can cause (docs/decisions/0074). In each window (ten seconds by default) it passes
 * some lines of each message, then one line that says how many more there were. Messages are constants, so it keeps
 * little.
 */
export function pacedLogger(logger: Logger, pace: Pace = {}): Logger {
  const { burst = 20, windowMs = 10_000, leftOut = () => undefined } = pace;
  const windows = new Map<string, Window>();
  const mayPass = (message: string): boolean => {
    const now = performance.now();
    let window = windows.get(message);
    if (window === undefined || now >= window.end) {
      window = { end: now + windowMs, lines: 0 };
      windows.set(message, window);
    }
    window.lines += 1;
    if (window.lines === burst + 1)
      setTimeout(reportWindow, window.end - now, message, window).unref();
    return window.lines <= burst;
  };
  const reportWindow = (of: string, { lines }: Window): void => {
    logger.warn('log lines left out', { of, count: lines - burst });
    leftOut(lines - burst);
  };
  return paced(logger, mayPass);
}

function paced(logger: Logger, mayPass: (message: string) => boolean): Logger {
  const at =
    (level: 'error' | 'warn' | 'info' | 'debug') =>
    (message: string, fields?: LogFields): void => {
      if (mayPass(message)) logger[level](message, fields);
    };
  return {
    error: at('error'),
    warn: at('warn'),
    info: at('info'),
    debug: (message, fields) => logger.debug(message, fields),
    with: (fields) => paced(logger.with(fields), mayPass),
  };
}
