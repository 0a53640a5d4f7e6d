/** Every failure of ours or of the world around us. docs/errors.md lists cause and remedy of each. */
export type ErrorCode =
  | 'api-unavailable'
  | 'api-rejected'
  | 'api-conflict'
  | 'api-gone'
  | 'api-not-found'
  | 'certificate-invalid'
  | 'issuer-unavailable'
  | 'issuer-refused'
  | 'issuer-misconfigured'
  | 'root-changed'
  | 'not-authenticated'
  | 'protocol-violation'
  | 'configuration-invalid'
  | 'internal';

/** Whether the same call may succeed later, or only after something changes. */
export type Retry = 'soon' | 'never';

export interface WeftErrorOptions {
  readonly retry?: Retry;
  readonly cause?: unknown;
}

/**
 * An error with a code from a closed list. Callers decide by `code` and `retry`, never by text.
 * User mistakes are not errors but Diagnostics (policy/diagnostic.ts).
 */
export class WeftError extends Error {
  override readonly name = 'WeftError';
  readonly code: ErrorCode;
  readonly retry: Retry;

  constructor(code: ErrorCode, message: string, options: WeftErrorOptions = {}) {
    super(message, { cause: options.cause });
    this.code = code;
    this.retry = options.retry ?? 'never';
  }

  /**
   * Whether the error is a defect of Weft: every failure that Weft expects is thrown as a WeftError with a code, so any
   * other error comes from a mistake in the program.
   */
  get isDefect(): boolean {
    return this.code === 'internal';
  }

  /** Turns a thrown value into a WeftError; a WeftError is returned as it is. */
  static from(thrown: unknown): WeftError {
    if (thrown instanceof WeftError) return thrown;
    const message = thrown instanceof Error ? thrown.message : String(thrown);
    return new WeftError('internal', message, { cause: thrown, retry: 'soon' });
  }
}
