import { describe, expect, it } from '@jest/globals';
import { FakeClock } from '../../test/support/time/fake-clock.ts';
import { type Kind, kinds } from '../api/kinds.ts';
import type { ErrorCode, Retry } from '../common/errors.ts';
import { apiStatusOf } from './api-failure.ts';
import { HttpApiClient } from './http-api-client.ts';
import type { HttpRequest, HttpResponse, Transport } from './transport.ts';

interface Answer {
  readonly status: number;
  readonly body?: unknown;
  readonly retryAfter?: string;
}

/** Answers as scripted, the last answer for ever; `silent` never answers, `cut` breaks the connection. */
class ScriptedTransport implements Transport {
  readonly sent: HttpRequest[] = [];
  readonly #script: (Answer | 'silent' | 'cut')[];

  constructor(script: readonly (Answer | 'silent' | 'cut')[]) {
    this.#script = [...script];
  }

  send(request: HttpRequest, signal: AbortSignal): Promise<HttpResponse> {
    this.sent.push(request);
    const next = this.#script.length > 1 ? this.#script.shift() : this.#script[0];
    if (next === 'cut') return Promise.reject(new Error('socket hang up'));
    if (next === 'silent' || next === undefined) {
      return new Promise((_resolve, reject) => {
        signal.addEventListener('abort', () => reject(signal.reason as Error));
      });
    }
    const text = typeof next.body === 'string' ? next.body : JSON.stringify(next.body ?? {});
    const body = (async function* () {
      yield await Promise.resolve(Buffer.from(text));
    })();
    return Promise.resolve({ status: next.status, retryAfter: next.retryAfter, body });
  }
}

function start(...script: (Answer | 'silent' | 'cut')[]) {
  const clock = new FakeClock();
  const transport = new ScriptedTransport(script);
  const client = new HttpApiClient({ transport, clock, random: () => 1 });
  return { clock, transport, client, signal: new AbortController().signal };
}

const ref = { kind: kinds.configMap, namespace: 'shop', name: 'cart' };
const object = {
  apiVersion: 'v1',
  kind: 'ConfigMap',
  metadata: { name: 'cart', namespace: 'shop' },
} as const;

describe('HttpApiClient', () => {
  const refusals: readonly (readonly [number, ErrorCode, Retry])[] = [
    [400, 'api-rejected', 'never'],
    [401, 'api-rejected', 'soon'],
    [403, 'api-rejected', 'soon'],
    [404, 'api-not-found', 'soon'],
    [409, 'api-conflict', 'soon'],
    [410, 'api-gone', 'soon'],
    [413, 'api-rejected', 'never'],
    [422, 'api-rejected', 'never'],
    [429, 'api-unavailable', 'soon'],
    [500, 'api-unavailable', 'soon'],
    [503, 'api-unavailable', 'soon'],
  ];
  for (const [status, code, retry] of refusals) {
    it(`turns ${String(status)} into ${code}, retry ${retry}`, async () => {
      const { client, clock, signal } = start({ status, body: { reason: 'Whatever' } });
      const failed = expect(client.create(kinds.configMap, object, signal)).rejects.toMatchObject({
        code,
        retry,
      });
      await clock.advance(30_000);
      await failed;
      expect(clock.sleeping).toBe(0);
    });
  }

  it('takes a missing object for undefined, but not a missing kind', async () => {
    const missing = start({ status: 404, body: { kind: 'Status', reason: 'NotFound' } });
    expect(await missing.client.get(ref, missing.signal)).toBeUndefined();
    const unserved = start({ status: 404, body: '404 page not found\n' });
    await expect(unserved.client.get(ref, unserved.signal)).rejects.toMatchObject({
      code: 'api-not-found',
    });
  });

  it('repeats after the time the server asks for', async () => {
    const { client, clock, transport, signal } = start(
      { status: 429, retryAfter: '3' },
      { status: 200, body: object },
    );
    const made = client.create(kinds.configMap, object, signal);
    await clock.advance(2900);
    expect(transport.sent).toHaveLength(1);
    await clock.advance(200);
    expect(await made).toEqual(object);
  });

  it('does not wait longer than the call may take', async () => {
    const { client, transport, signal } = start({ status: 429, retryAfter: '31' });
    const error: unknown = await client.get(ref, signal).catch((thrown: unknown) => thrown);
    expect(apiStatusOf(error)).toMatchObject({ status: 429, retryAfterMs: 31_000 });
    expect(transport.sent).toHaveLength(1);
  });

  it('repeats a cut call only if twice is as good as once', async () => {
    const read = start('cut', { status: 200, body: object });
    const got = read.client.get(ref, read.signal);
    await read.clock.advance(1000);
    expect(await got).toEqual(object);
    const write = start('cut', { status: 201, body: object });
    await expect(write.client.create(kinds.configMap, object, write.signal)).rejects.toMatchObject({
      code: 'api-unavailable',
    });
    expect(write.transport.sent).toHaveLength(1);
  });

  it('gives up after thirty seconds of silence, or at once with its signal', async () => {
    const { client, clock, signal } = start('silent');
    const failed = expect(client.get(ref, signal)).rejects.toMatchObject({
      code: 'api-unavailable',
      retry: 'soon',
    });
    await clock.advance(30_000);
    await failed;
    const over = new AbortController();
    const waiting = client.get(ref, over.signal);
    over.abort(new Error('enough'));
    await expect(waiting).rejects.toThrow('enough');
    expect(clock.sleeping).toBe(0);
  });

  it('keeps what a Secret is refused for out of the message', async () => {
    const secret: Kind = kinds.secret;
    const { client, signal } = start({ status: 422, body: { message: 'Invalid value: hunter2' } });
    const error: unknown = await client
      .create(secret, { ...object, kind: 'Secret' }, signal)
      .catch((thrown: unknown) => thrown);
    expect(String(error)).not.toContain('hunter2');
  });

  it('begins a list again when its token expires, at last in one piece', async () => {
    const page = { metadata: { resourceVersion: '7', continue: 'more' }, items: [object] };
    const whole = { metadata: { resourceVersion: '9' }, items: [object, object] };
    const { client, transport, signal } = start(
      { status: 200, body: page },
      { status: 410 },
      { status: 200, body: page },
      { status: 410 },
      { status: 200, body: whole },
    );
    expect(await client.list(kinds.configMap, {}, signal)).toHaveLength(2);
    expect(transport.sent.map(({ path }) => path)).toEqual([
      '/api/v1/configmaps?limit=500',
      '/api/v1/configmaps?limit=500&continue=more',
      '/api/v1/configmaps?limit=500',
      '/api/v1/configmaps?limit=500&continue=more',
      '/api/v1/configmaps',
    ]);
  });
});
