import { readFile } from 'node:fs/promises';
import { Agent, type RequestOptions, request } from 'node:https';
import type { ApiServer } from '../../tools/real/api-server.ts';
import { now } from './figures.ts';

/** Administrator's requests to an API server over kept connections. */
export class ApiCalls {
  readonly #url: string;
  readonly #token: string;
  readonly #agent: Agent;

  private constructor(url: string, token: string, agent: Agent) {
    this.#url = url;
    this.#token = token;
    this.#agent = agent;
  }

  static async to(server: ApiServer): Promise<ApiCalls> {
    const ca = await readFile(server.caFile);
    const agent = new Agent({ keepAlive: true, maxSockets: 8, ca });
    return new ApiCalls(server.url, server.adminToken, agent);
  }

  /** Rejects for any answer but success. */
  async call(method: string, path: string, body?: object): Promise<Record<string, unknown>> {
    const type = method === 'PATCH' ? 'application/merge-patch+json' : 'application/json';
    const { status, text } = await this.#send(method, path, {
      type,
      body: body === undefined ? undefined : JSON.stringify(body),
    });
    if (status < 200 || status > 299) throw new Error(`${method} ${path}: ${status} ${text}`);
    return JSON.parse(text) as Record<string, unknown>;
  }

  /** Applies a manifest's text (server-side apply). */
  async apply(path: string, yaml: string): Promise<void> {
    const at = `${path}?fieldManager=bench&force=true`;
    const { status, text } = await this.#send('PATCH', at, {
      type: 'application/apply-patch+yaml',
      body: yaml,
    });
    if (status > 299) throw new Error(`apply ${path}: ${status} ${text}`);
  }

  /**
   * Watches a collection from now on, and calls back with each piece of text as it arrives and the
   * time of its arrival. Returns a way to stop.
   */
  watch(path: string, arrived: (text: string, at: number) => void): () => void {
    const asked = request(
      new URL(`${path}?watch=true`, this.#url),
      this.#options('GET'),
      (answer) => {
        answer.on('data', (chunk: Buffer) => {
          const at = now();
          arrived(chunk.toString('utf8'), at);
        });
        answer.on('error', () => undefined);
      },
    );
    asked.on('error', () => undefined);
    asked.end();
    return () => asked.destroy();
  }

  close(): void {
    this.#agent.destroy();
  }

  #send(
    method: string,
    path: string,
    { type, body }: { type: string; body: string | undefined },
  ): Promise<{ status: number; text: string }> {
    return new Promise((resolve, reject) => {
      const options = this.#options(method, type);
      const asked = request(new URL(path, this.#url), options, (answer) => {
        let text = '';
        answer.setEncoding('utf8').on('data', (part: string) => (text += part));
        answer.on('end', () => resolve({ status: answer.statusCode ?? 0, text }));
      });
      asked.on('error', reject);
      asked.end(body);
    });
  }

  #options(method: string, type = 'application/json'): RequestOptions {
    const headers = { authorization: `Bearer ${this.#token}`, 'content-type': type };
    return { method, headers, agent: this.#agent };
  }
}

/** Does something for each item, a few at a time. */
export async function forEachOf<T>(
  items: readonly T[],
  work: (item: T) => Promise<unknown>,
): Promise<void> {
  const left = [...items];
  const lane = async (): Promise<void> => {
    for (let item = left.shift(); item !== undefined; item = left.shift()) await work(item);
  };
  await Promise.all(Array.from({ length: 8 }, lane));
}
