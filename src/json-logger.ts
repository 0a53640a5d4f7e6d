import { createLogger, format, transports, type Logger as Winston } from 'winston';
import type { LogFields, Logger, LogLevel } from './common/logger.ts';

const order: readonly LogLevel[] = ['error', 'warn', 'info', 'debug', 'trace'];
const levels = Object.fromEntries(order.map((level, index) => [level, index]));

function errorText(value: unknown): unknown {
  return value instanceof Error ? `${value.name}: ${value.message}` : value;
}

/** A JSON line a message on standard error. A level that is off costs one comparison. */
class WinstonLogger implements Logger {
  readonly #winston: Winston;
  readonly #fields: LogFields;
  readonly #limit: number;

  constructor(winston: Winston, fields: LogFields, limit: number) {
    this.#winston = winston;
    this.#fields = fields;
    this.#limit = limit;
  }

  #log(level: LogLevel, message: string, fields: LogFields | undefined): void {
    if (order.indexOf(level) > this.#limit) return;
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

  with(fields: LogFields): Logger {
    return new WinstonLogger(this.#winston, { ...this.#fields, ...fields }, this.#limit);
  }
}

/** The process's own logger, one JSON object a line: timestamp, level, message, fields. */
export function createJsonLogger(level: LogLevel, fields: LogFields): Logger {
  const winston = createLogger({
    levels,
    level,
    format: format.combine(format.timestamp(), format.json()),
    // eslint-disable-next-line @typescript-eslint/no-unsafe-class-instance-assignment -- winston declares its own transports as interfaces
    transports: [new transports.Stream({ stream: process.stderr })],
  });
  return new WinstonLogger(winston, fields, order.indexOf(level));
}
