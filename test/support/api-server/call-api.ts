import { readFileSync } from 'node:fs';
import { request } from 'node:https';
import { sharedApiServer } from './shared-api-server.ts';

export interface ApiAnswer<T> {
  readonly status: number;
  readonly body: T;
  /** The texts of the warnings that came with it. */
  readonly warnings: readonly string[];
}

/** Calls the shared API server as its administrator. */
export function callApi<T = unknown>(
  method: string,
  path: string,
  body?: object,
): Promise<ApiAnswer<T>> {
  const { url, caFile, adminToken } = sharedApiServer();
  const headers = { authorization: `Bearer ${adminToken}`, 'content-type': 'application/json' };
  const options = { method, headers, ca: readFileSync(caFile), agent: false };
  return new Promise((resolve, reject) => {
    const sent = request(new URL(path, url), options, (response) => {
      let text = '';
      response.setEncoding('utf8').on('data', (part: string) => (text += part));
      response.on('end', () => {
        const warning = response.headers.warning ?? '';
        resolve({
          status: response.statusCode ?? 0,
          body: JSON.parse(text) as T,
          warnings: [...warning.matchAll(/299 - "((?:[^"\\]|\\.)*)"/g)].map(([, one = '']) => one),
        });
      });
    });
    sent.on('error', reject);
    sent.end(body === undefined ? undefined : JSON.stringify(body));
  });
}
