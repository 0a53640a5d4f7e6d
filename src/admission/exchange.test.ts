import { describe, expect, it } from '@jest/globals';
import fc from 'fast-check';
import type { AdmissionHandler } from '../api/admission.ts';
import type { Logger } from '../common/logger.ts';
import { type Call, answerCall } from './exchange.ts';

interface Line {
  readonly message: string;
  readonly fields: Readonly<Record<string, unknown>>;
}

interface Review {
  readonly apiVersion: string;
  readonly kind: string;
  readonly response: {
    readonly uid: string;
    readonly patchType?: string;
    readonly patch?: string;
    readonly status?: { readonly code: number; readonly message: string };
  };
}

const read = (body: string): Review => JSON.parse(body) as Review;

function recordingLog(): { log: Logger; lines: Line[] } {
  const lines: Line[] = [];
  const note = (message: string, fields = {}): void => void lines.push({ message, fields });
  const log: Logger = { error: note, warn: note, info: note, debug: note, with: () => log };
  return { log, lines };
}

const request = {
  uid: 'u-1',
  kind: { group: '', version: 'v1', kind: 'Pod' },
  operation: 'CREATE',
  namespace: 'shop',
  object: { apiVersion: 'v1', kind: 'Pod', metadata: { name: 'cart' } },
};
const review = { apiVersion: 'admission.k8s.io/v1', kind: 'AdmissionReview', request };

const call = (body: unknown, changes: Partial<Call> = {}): Call => ({
  method: 'POST',
  target: '/mutate?timeout=10s',
  contentType: 'application/json',
  body: Buffer.from(typeof body === 'string' ? body : JSON.stringify(body)),
  ...changes,
});

const routes = (handler: AdmissionHandler) => new Map([['/mutate', handler]]);
const allow = routes(() => ({ allowed: true }));

describe('answerCall', () => {
  it('hands the request over and answers with the patch and the warnings', () => {
    const { log } = recordingLog();
    const patch = [{ op: 'add' as const, path: '/metadata/labels', value: { a: 'ä' } }];
    const reply = answerCall(
      routes(({ namespace }) => ({ allowed: true, patch, warnings: [namespace ?? ''] })),
      call(review),
      log,
    );
    expect(reply.status).toBe(200);
    const { apiVersion, kind, response } = read(reply.body);
    expect({ apiVersion, kind }).toEqual({ apiVersion: review.apiVersion, kind: review.kind });
    expect(response).toMatchObject({ uid: 'u-1', allowed: true, warnings: ['shop'] });
    expect(response.patchType).toBe('JSONPatch');
    expect(JSON.parse(Buffer.from(response.patch ?? '', 'base64').toString())).toEqual(patch);
  });

  it('leaves patch and warnings out when there are none', () => {
    const reply = answerCall(allow, call(review), recordingLog().log);
    expect(read(reply.body).response).toEqual({ uid: 'u-1', allowed: true });
  });

  it('passes a refusal on', () => {
    const refuse = routes(() => ({ allowed: false, message: 'no, because' }));
    const { response } = read(answerCall(refuse, call(review), recordingLog().log).body);
    expect(response).toEqual({
      uid: 'u-1',
      allowed: false,
      status: { message: 'no, because', code: 403, reason: 'Forbidden' },
    });
  });

  it('turns a handler that throws into a refusal and a log line', () => {
    const { log, lines } = recordingLog();
    const broken = routes(() => {
      throw new TypeError('x is undefined');
    });
    const reply = answerCall(broken, call(review), log);
    expect(reply.status).toBe(200);
    const { response } = read(reply.body);
    expect(response).toMatchObject({ uid: 'u-1', allowed: false, status: { code: 500 } });
    expect(response.status?.message).not.toContain('x is undefined');
    expect(lines).toHaveLength(1);
    expect(lines[0]).toMatchObject({
      message: 'admission handler failed',
      fields: { uid: 'u-1', namespace: 'shop', error: 'x is undefined' },
    });
  });

  const without = (key: string): unknown => ({
    ...review,
    request: { ...request, [key]: undefined },
  });
  it.each<[string, unknown, Partial<Call>, { status: number; words: string }]>([
    ['another path', review, { target: '/other' }, { status: 404, words: 'no webhook' }],
    ['another method', review, { method: 'GET' }, { status: 405, words: 'POST' }],
    [
      'another content type',
      review,
      { contentType: 'text/plain' },
      { status: 415, words: 'application/json' },
    ],
    ['no JSON', '{', {}, { status: 400, words: 'not a JSON object' }],
    ['an empty body', '', {}, { status: 400, words: 'not a JSON object' }],
    ['a list', '[]', {}, { status: 400, words: 'not a JSON object' }],
    [
      'a body that is not UTF-8',
      '',
      { body: Buffer.from([0xff, 0xfe]) },
      { status: 400, words: 'UTF-8' },
    ],
    [
      'an older version',
      { ...review, apiVersion: 'admission.k8s.io/v1beta1' },
      {},
      { status: 400, words: 'v1' },
    ],
    ['another kind', { ...review, kind: 'Pod' }, {}, { status: 400, words: 'AdmissionReview' }],
    ['no request', { ...review, request: undefined }, {}, { status: 400, words: 'no request' }],
    ['no uid', without('uid'), {}, { status: 400, words: 'uid' }],
    ['no kind', without('kind'), {}, { status: 400, words: 'kind' }],
    ['no operation', without('operation'), {}, { status: 400, words: 'operation' }],
    [
      'an object that is none',
      { ...review, request: { ...request, object: 7 } },
      {},
      { status: 400, words: 'object' },
    ],
    [
      'an object without metadata',
      { ...review, request: { ...request, object: {} } },
      {},
      { status: 400, words: 'metadata' },
    ],
    [
      'ten thousand nested lists',
      '['.repeat(10_000),
      {},
      { status: 400, words: 'not a JSON object' },
    ],
  ])('answers %s with the reason', (...[, body, changes, { status, words }]) => {
    const reply = answerCall(allow, call(body, changes), recordingLog().log);
    expect({ status: reply.status, type: reply.contentType }).toEqual({
      status,
      type: 'text/plain',
    });
    expect(reply.body).toContain(words);
  });

  it('answers whatever is sent', () => {
    fc.assert(
      fc.property(fc.oneof(fc.json(), fc.string(), fc.json().map(wrap)), (body) => {
        const reply = answerCall(allow, call(body), recordingLog().log);
        expect([200, 400]).toContain(reply.status);
      }),
    );
  });
});

/** A review whose request is anything at all. */
function wrap(json: string): string {
  return JSON.stringify({ ...review, request: JSON.parse(json) as unknown });
}
