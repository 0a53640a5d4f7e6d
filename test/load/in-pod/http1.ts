import { Agent, request } from 'node:http';
import type { Channel, Target } from './exchange.ts';

/** HTTP/1.1: on connections that are kept, or on a new one for each request. */
export function http1(target: Target, connections: 'kept' | 'new'): Channel {
  const agent = new Agent({ keepAlive: connections === 'kept', maxSockets: 256 });
  const exchange = (token: string): Promise<void> =>
    new Promise((resolve, reject) => {
      const { address, port, authority, timeoutMs: timeout } = target;
      const headers = { host: `${authority}:${port}` };
      const own = connections === 'new' ? { agent: false as const } : { agent };
      const path = `/echo/${token}`;
      const call = request({ host: address, port, path, headers, timeout, ...own }, (response) => {
        let body = '';
        response.setEncoding('utf8').on('data', (part: string) => (body += part));
        response.on('error', reject);
        response.on('end', () => {
          const { statusCode = 0 } = response;
          if (statusCode === 200 && body === token) resolve();
          else reject(new Error(`HTTP ${statusCode} ${body.slice(0, 120)}`));
        });
      });
      call.on('timeout', () => call.destroy());
      call.on('error', reject);
      call.end();
    });
  return { exchange, close: () => agent.destroy() };
}
