import { decodeProtectedHeader, errors, type JWTPayload, jwtVerify } from 'jose';
import { tokenAudience } from '../api/labels.ts';
import type { Clock } from '../common/clock.ts';
import type { KeyCache } from './jwks.ts';

/** How far the clock of the API server that made a token may be ahead of ours. */
const leewaySeconds = 45;
/** How far that clock may be behind ours: small, because the token's end is near anyway. */
const skewMs = 10_000;

/**
 * The algorithms with which an API server signs. The key must be of that algorithm: a token may not choose its check.
 */
const algorithms = ['RS256', 'ES256', 'ES384', 'ES512'];

/** Why a token is not accepted, and its claims if its signature is valid. The message holds no part of the token. */
export class TokenInvalid extends Error {
  readonly claims: unknown;

  constructor(reason: string, claims?: unknown) {
    super(reason);
    this.claims = claims;
  }
}

/**
 * The claims of a token that the API server signed for Weft and that is in force (docs/decisions/0131). Rejects with
 * TokenInvalid, or with WeftError `api-unavailable` while no keys are known.
 */
export async function verifyToken(
  token: string,
  keys: KeyCache,
  clock: Clock,
): Promise<JWTPayload> {
  const { issuer, keyFor } = await keys.find(keyIdOf(token));
  const now = clock.now();
  const { payload } = await jwtVerify(token, keyFor, {
    algorithms,
    issuer,
    audience: tokenAudience,
    requiredClaims: ['exp'],
    clockTolerance: leewaySeconds,
    currentDate: new Date(now),
  }).catch((error: unknown) => {
    throw invalid(error);
  });
  if ((payload.exp ?? 0) * 1000 + skewMs <= now) throw new TokenInvalid('expired', payload);
  return payload;
}

function keyIdOf(token: string): string {
  const { kid } = headerOf(token);
  if (typeof kid === 'string') return kid;
  throw new TokenInvalid('no key id');
}

function headerOf(token: string): ReturnType<typeof decodeProtectedHeader> {
  try {
    return decodeProtectedHeader(token);
  } catch {
    throw new TokenInvalid('not a JSON Web Token');
  }
}

function invalid(error: unknown): TokenInvalid {
  if (error instanceof errors.JWTExpired) return new TokenInvalid('expired', error.payload);
  if (error instanceof errors.JWTClaimValidationFailed)
    return new TokenInvalid(error.message, error.payload);
  // Names the unknown extension by the token's own text.
  if (error instanceof errors.JOSENotSupported) return new TokenInvalid('extension not supported');
  return new TokenInvalid(error instanceof Error ? error.message : 'not verified');
}
