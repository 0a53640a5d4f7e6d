/** What Weft reads of a pod-bound service-account token (a JWT), each part checked for its shape. */
export interface TokenClaims {
  readonly issuer: string;
  readonly audiences: readonly string[];
  /** Milliseconds since the epoch. */
  readonly expires: number;
  readonly notBefore: number;
  readonly subject: string;
  readonly namespace: string;
  readonly serviceAccount: { readonly name: string; readonly uid: string };
  readonly pod: { readonly name: string; readonly uid: string };
}

/** A JWT taken apart; nothing in it is believed yet. */
export interface TokenParts {
  readonly algorithm: string;
  readonly keyId: string;
  /** What the signature is over. */
  readonly signed: Buffer;
  readonly signature: Buffer;
  readonly payload: unknown;
}

const shape = /^[\w-]+\.[\w-]+\.[\w-]+$/;

/** Undefined for what is no JWT, or one with critical extensions, none of which Weft knows. */
export function splitToken(token: string): TokenParts | undefined {
  if (!shape.test(token)) return undefined;
  const [header = '', payload = '', signature = ''] = token.split('.');
  const head = asObject(parse(header));
  const { alg, kid, crit } = head;
  if (typeof alg !== 'string' || typeof kid !== 'string' || crit !== undefined) return undefined;
  return {
    algorithm: alg,
    keyId: kid,
    signed: Buffer.from(`${header}.${payload}`),
    signature: Buffer.from(signature, 'base64url'),
    payload: parse(payload),
  };
}

/** Undefined when anything is missing, as in a token that is bound to no pod. */
export function readClaims(payload: unknown): TokenClaims | undefined {
  const { iss, aud, exp, nbf, sub, 'kubernetes.io': kubernetes } = asObject(payload);
  const { namespace, pod, serviceaccount } = asObject(kubernetes);
  const { name: podName, uid: podUid } = asObject(pod);
  const { name: accountName, uid: accountUid } = asObject(serviceaccount);
  const texts = { iss, sub, namespace, podName, podUid, accountName, accountUid };
  if (!allText(texts) || typeof exp !== 'number') return undefined;
  return {
    issuer: texts.iss,
    audiences: [aud].flat().filter((one) => typeof one === 'string'),
    expires: exp * 1000,
    notBefore: typeof nbf === 'number' ? nbf * 1000 : 0,
    subject: texts.sub,
    namespace: texts.namespace,
    serviceAccount: { name: texts.accountName, uid: texts.accountUid },
    pod: { name: texts.podName, uid: texts.podUid },
  };
}

function allText<K extends string>(values: Record<K, unknown>): values is Record<K, string> {
  return Object.values(values).every((value) => typeof value === 'string' && value !== '');
}

function parse(part: string): unknown {
  try {
    return JSON.parse(Buffer.from(part, 'base64url').toString('utf8'));
  } catch {
    return undefined;
  }
}

function asObject(value: unknown): Record<string, unknown> {
  return typeof value === 'object' && value !== null ? (value as Record<string, unknown>) : {};
}
