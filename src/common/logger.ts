export type LogLevel = 'error' | 'warn' | 'info' | 'debug' | 'trace';
export type LogFields = Readonly<Record<string, unknown>>;

/** Structured log. The message is constant, lower case; facts are fields. Secrets never go in. */
export interface Logger {
  error(message: string, fields?: LogFields): void;
  warn(message: string, fields?: LogFields): void;
  info(message: string, fields?: LogFields): void;
  debug(message: string, fields?: LogFields): void;
  /** A logger that adds `fields` to every line. */
  with(fields: LogFields): Logger;
}

/** A logger of a process, whose level may change while it runs. */
export interface LeveledLogger extends Logger {
  /** For this logger and all that were made from it. */
  setLevel(level: LogLevel | 'off'): void;
}

/** Drops everything: for tests and for pure callers that need a Logger. */
export const silentLogger: Logger = {
  error: () => undefined,
  warn: () => undefined,
  info: () => undefined,
  debug: () => undefined,
  with: () => silentLogger,
};
