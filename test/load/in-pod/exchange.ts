/** One kind of traffic to one server. */
export interface Channel {
  /** Sends a token and resolves when it came back; rejects with what came instead. */
  readonly exchange: (token: string) => Promise<void>;
  /** Ends its connections. */
  readonly close: () => void;
}

/** Where a server is, by which name it is asked, and after how long a call is given up. */
export interface Target {
  readonly address: string;
  readonly authority: string;
  readonly port: number;
  readonly timeoutMs: number;
}

/** Told when a connection that should live on has broken, also when nothing was under way on it. */
export type OnBreak = (reason: string) => void;

/** The operating system's word for what went wrong, else its message. */
export function reasonOf(error: unknown): string {
  if (!(error instanceof Error)) return String(error);
  const { code = '' } = error as { readonly code?: string };
  return error.message.includes(code) ? error.message : `${code} ${error.message}`;
}

/** Rejects when `work` takes longer; it goes on, and its result is ignored. */
export function within(work: Promise<void>, timeoutMs: number): Promise<void> {
  return new Promise((resolve, reject) => {
    const timer = setTimeout(() => {
      reject(new Error(`no answer in ${timeoutMs} ms`));
    }, timeoutMs);
    work.then(resolve, reject).finally(() => {
      clearTimeout(timer);
    });
  });
}

/** Exchanges that wait for their tokens on a connection they share. */
export class Waiting {
  readonly #waiting = new Map<string, { resolve: () => void; reject: (error: Error) => void }>();

  wait(token: string): Promise<void> {
    return new Promise((resolve, reject) => this.#waiting.set(token, { resolve, reject }));
  }

  /** A token came back. Whether anybody waited for it. */
  came(token: string): boolean {
    this.#waiting.get(token)?.resolve();
    return this.#waiting.delete(token);
  }

  /** Nothing more will come back. */
  broke(reason: string): void {
    for (const { reject } of this.#waiting.values()) reject(new Error(reason));
    this.#waiting.clear();
  }
}
