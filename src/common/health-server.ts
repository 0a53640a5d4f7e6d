import { createServer } from 'node:http';
import type { Component } from './component.ts';
import type { Logger } from './logger.ts';

/** A named question whose answer is undefined when all is well, else the reason why not. */
export interface Check {
  readonly name: string;
  readonly problem: () => string | undefined;
}

export interface HealthOptions {
  readonly port: number;
  /** The process should be restarted when one of these fails. */
  readonly live: readonly Check[];
  /** The process should get no traffic while one of these fails. */
  readonly ready: readonly Check[];
  /** Prometheus text, and its content type. */
  readonly metrics: () => Promise<{ readonly text: string; readonly type: string }>;
  readonly logger: Logger;
}

function report(checks: readonly Check[]): { readonly status: number; readonly text: string } {
  const lines = checks.map((check) => {
    const problem = check.problem();
    return { ok: problem === undefined, line: `${check.name}: ${problem ?? 'ok'}` };
  });
  return {
    status: lines.every((l) => l.ok) ? 200 : 503,
    text: `${lines.map((l) => l.line).join('\n')}\n`,
  };
}

/** Serves /livez, /readyz and /metrics in plaintext: nothing here is secret or changes anything. */
export function createHealthServer(options: HealthOptions): Component {
  const server = createServer((request, response) => {
    if (request.url === '/metrics') {
      options.metrics().then(
        ({ text, type }) => response.writeHead(200, { 'content-type': type }).end(text),
        (error: unknown) => {
          options.logger.error('metrics failed', { error });
          response.writeHead(500).end();
        },
      );
      return;
    }
    const checks = { '/livez': options.live, '/readyz': options.ready }[request.url ?? ''];
    if (checks === undefined) {
      response.writeHead(404).end('try /livez, /readyz or /metrics\n');
      return;
    }
    const { status, text } = report(checks);
    response.writeHead(status, { 'content-type': 'text/plain' }).end(text);
  });
  return {
    name: 'health',
    leaderOnly: false,
    run: (signal) =>
      new Promise((resolve, reject) => {
        server.once('error', reject);
        server.listen(options.port);
        const stop = (): void => {
          server.close(() => resolve());
          server.closeAllConnections();
        };
        if (signal.aborted) stop();
        else signal.addEventListener('abort', stop, { once: true });
      }),
  };
}
