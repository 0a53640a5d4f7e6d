import { createLogger, format, transports, type Logger as Winston } from 'winston';
import type { LeveledLogger, LogFields, LogLevel } from './common/logger.ts';

const order: readonly LogLevel[] = ['error', 'warn', 'info', 'debug', 'trace'];
const levels = Object.fromEntries(order.map((level, index) => [level, index]));

function errorText(value: unknown): unknown {
  return value instanceof Error ? `${value.name}: ${value.message}` : value;
}

/** A JSON line a message on standard error. A level that is off costs one comparison. */
class WinstonLogger implements LeveledLogger {
  readonly #winston: Winston;
  readonly #fields: LogFields;
  /** Shared by all loggers of the process. */
  readonly #limit: { value: number };

  constructor(winston: Winston, fields: LogFields, limit: { value: number }) {
    this.#winston = winston;
    this.#fields = fields;
    this.#limit = limit;
  }

  #log(level: LogLevel, message: string, fields: LogFields | undefined): void {
    if (order.indexOf(level) > this.#limit.value) return;
    const all: Record<string, unknown> = {};
    for (const [key, value] of Object.entries({ ...this.#fields, ...fields })) {
      all[key] = errorText(value);
    }
    this.#winston.log(level, message, all);
  }

  error(message: string, fields?: LogFields): void {
    this.#log('error', message, fields);
  }

  warn(message: string, fields?: LogFields): void {
    this.#log('warn', message, fields);
  }

  info(message: string, fields?: LogFields): void {
    this.#log('info', message, fields);
  }

  debug(message: string, fields?: LogFields): void {
    this.#log('debug', message, fields);
  }

  with(fields: LogFields): WinstonLogger {
    return new WinstonLogger(this.#winston, { ...this.#fields, ...fields }, this.#limit);
  }

  setLevel(level: LogLevel | 'off'): void {
    this.#limit.value = order.indexOf(level as LogLevel);
  }
}

/** The process's own logger, one JSON object a line: timestamp, level, message, fields. */
export function createJsonLogger(level: LogLevel, fields: LogFields): LeveledLogger {
  const winston = createLogger({
    levels,
    // What is written is decided above, and may change.
    level: 'trace',
    format: format.combine(format.timestamp(), format.json()),
    // eslint-disable-next-line @typescript-eslint/no-unsafe-class-instance-assignment -- winston declares its own transports as interfaces
    transports: [new transports.Stream({ stream: process.stderr })],
  });
  return new WinstonLogger(winston, fields, { value: order.indexOf(level) });
}
