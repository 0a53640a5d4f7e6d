import { readFile } from 'node:fs/promises';
import { request } from 'node:https';
import { sharedApiServer } from './shared-api-server.ts';

export interface Answer {
  readonly status: number;
  readonly body: Record<string, unknown>;
}

/** One JSON request to the shared API server, as its administrator. */
export async function call(method: string, path: string, body?: object): Promise<Answer> {
  const { url, caFile, adminToken } = sharedApiServer();
  const ca = await readFile(caFile);
  const headers = { authorization: `Bearer ${adminToken}`, 'content-type': 'application/json' };
  return new Promise((resolve, reject) => {
    const sent = request(new URL(path, url), { method, headers, ca }, (response) => {
      let text = '';
      response.setEncoding('utf8').on('data', (part: string) => (text += part));
      response.on('end', () => {
        resolve({ status: response.statusCode ?? 0, body: JSON.parse(text) as Answer['body'] });
      });
    });
    sent.on('error', reject);
    sent.end(body === undefined ? undefined : JSON.stringify(body));
  });
}
