import type { Logger } from '../../../src/common/logger.ts';

/** Everything that any part wrote to a log. */
export interface LogRecord {
  readonly logger: Logger;
  readonly lines: readonly string[];
}

/** A record that has the message and, unless set otherwise, the fields as JSON in each line. */
export function recordLog(textOf: (fields: object) => string = JSON.stringify): LogRecord {
  const lines: string[] = [];
  const write = (message: string, fields: object = {}): void => {
    lines.push(`${message} ${textOf(fields)}`);
  };
  const logger: Logger = {
    ...{ error: write, warn: write, info: write, debug: write },
    with: () => logger,
  };
  return { logger, lines };
}
