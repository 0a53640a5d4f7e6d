import type { AdmissionAnswer, AdmissionRequest } from '../api/admission.ts';
import type { KubernetesObject } from '../api/core.ts';
import { isRecord } from '../common/guards.ts';

/** A review as it was read, or the sentence that says what is wrong with it. */
export type ParsedReview =
  | { readonly ok: true; readonly request: AdmissionRequest }
  | { readonly ok: false; readonly problem: string };

const apiVersion = 'admission.k8s.io/v1';
const kind = 'AdmissionReview';

type Fields = Readonly<Record<string, unknown>>;

/** Reads an AdmissionReview of admission.k8s.io/v1. Never throws; checks only what Weft reads of it. */
export function parseReview(text: string): ParsedReview {
  const review = parseJson(text);
  if (review === undefined) return problem('the body is not a JSON object');
  if (review['apiVersion'] !== apiVersion || review['kind'] !== kind)
    return problem(`the body is not an ${kind} of ${apiVersion}`);
  const request = review['request'];
  if (!isRecord(request)) return problem('the review has no request');
  return parseRequest(request);
}

/** The AdmissionReview that answers the request of that uid. */
export function renderReview(uid: string, answer: AdmissionAnswer, code = 403): string {
  return JSON.stringify({ apiVersion, kind, response: { uid, ...response(answer, code) } });
}

function response(answer: AdmissionAnswer, code: number): Fields {
  if (!answer.allowed)
    return {
      allowed: false,
      status: {
        message: answer.message,
        code,
        reason: code === 500 ? 'InternalError' : 'Forbidden',
      },
    };
  const { patch = [], warnings = [] } = answer;
  return {
    allowed: true,
    ...(warnings.length > 0 && { warnings }),
    ...(patch.length > 0 && {
      patchType: 'JSONPatch',
      patch: Buffer.from(JSON.stringify(patch)).toString('base64'),
    }),
  };
}

function parseRequest(request: Fields): ParsedReview {
  const { uid, kind: of, operation, object, oldObject } = request;
  if (typeof uid !== 'string' || uid === '') return problem('request.uid is missing');
  if (!isKind(of)) return problem('request.kind is not a group, a version and a kind');
  if (typeof operation !== 'string') return problem('request.operation is missing');
  if (!isObject(object) || !isObject(oldObject))
    return problem('request.object or request.oldObject is not an object with metadata');
  const objects = { ...(object && { object }), ...(oldObject && { oldObject }) };
  return { ok: true, request: { uid, kind: of, operation, ...place(request), ...objects } };
}

function place({ namespace, name, dryRun }: Fields): Partial<AdmissionRequest> {
  return {
    ...(typeof namespace === 'string' && { namespace }),
    ...(typeof name === 'string' && { name }),
    ...(dryRun === true && { dryRun }),
  };
}

function isKind(value: unknown): value is AdmissionRequest['kind'] {
  return (
    isRecord(value) && ['group', 'version', 'kind'].every((key) => typeof value[key] === 'string')
  );
}

function isObject(value: unknown): value is KubernetesObject | null | undefined {
  return value === undefined || value === null || (isRecord(value) && isRecord(value['metadata']));
}

function parseJson(text: string): Fields | undefined {
  try {
    const value: unknown = JSON.parse(text);
    return isRecord(value) ? value : undefined;
  } catch {
    return undefined;
  }
}

function problem(text: string): ParsedReview {
  return { ok: false, problem: text };
}
