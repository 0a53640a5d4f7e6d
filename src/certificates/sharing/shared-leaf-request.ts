import { WeftError } from '../../common/errors.ts';
import { Secret } from '../../common/secret.ts';
import type { IdentityKey } from '../../policy/identity.ts';
import type { LeafRequest } from '../issuer.ts';
import type { KeyKind } from '../../x509/key-pair.ts';

/** What one replica asks another for: a workload's leaf, by this very signer. */
export interface SharedLeafRequest {
  readonly account: IdentityKey;
  readonly trustDomain: string;
  readonly validityMs: number;
  readonly keyKind: KeyKind;
  /** As in Authority of the plan's issuers: root and fingerprint. */
  readonly signer: string;
  /** Whether the other replica may only give a leaf that it has, and issue none. */
  readonly heldOnly: boolean;
}

/** A leaf as replicas send it. The receiver reads everything else from its chain. */
export interface SharedPem {
  readonly certificateChain: string;
  readonly privateKey: Secret<string>;
}

/** The request that the ask stands for. */
export function requestOf({
  account,
  trustDomain,
  validityMs,
  keyKind,
}: SharedLeafRequest): LeafRequest {
  return { subject: { kind: 'workload', trustDomain, account }, validityMs, keyKind };
}

export function encodeLeafRequest(ask: SharedLeafRequest): Buffer {
  return Buffer.from(JSON.stringify(ask));
}

/** Throws WeftError `protocol-violation` for anything but an ask. */
export function decodeLeafRequest(bytes: Buffer): SharedLeafRequest {
  const { account, trustDomain, validityMs, keyKind, signer, heldOnly } = fieldsIn(bytes);
  const texts = [account, trustDomain, keyKind, signer];
  const known =
    texts.every((text) => typeof text === 'string') &&
    identityShape.test(String(account)) &&
    keyShape.test(String(keyKind)) &&
    Number.isSafeInteger(validityMs) &&
    typeof heldOnly === 'boolean';
  if (!known) throw new WeftError('protocol-violation', 'an ask for a leaf has another shape');
  return { account, trustDomain, validityMs, keyKind, signer, heldOnly } as SharedLeafRequest;
}

const identityShape = /^[^/]+\/[^/]+$/;
const keyShape = /^(P-256|RSA-\d{4})$/;

/** Undefined: the replica has none to give. */
export function encodeAnswer(leaf: SharedPem | undefined): Secret<Buffer> {
  const { certificateChain, privateKey } = leaf ?? {};
  return new Secret(
    Buffer.from(JSON.stringify({ certificateChain, privateKey: privateKey?.reveal() })),
  );
}

/** Throws WeftError `protocol-violation`, which quotes nothing of the answer. */
export function decodeAnswer(bytes: Secret<Buffer>): SharedPem | undefined {
  const { certificateChain, privateKey } = fieldsIn(bytes.reveal());
  if (certificateChain === undefined && privateKey === undefined) return undefined;
  if (typeof certificateChain !== 'string' || typeof privateKey !== 'string')
    throw new WeftError('protocol-violation', 'a leaf from a replica has another shape');
  return { certificateChain, privateKey: new Secret(privateKey) };
}

/** A parser's own message would quote its input, so it is left out. */
function fieldsIn(bytes: Buffer): Record<string, unknown> {
  let value: unknown;
  try {
    value = JSON.parse(bytes.toString('utf8'));
  } catch {
    value = undefined;
  }
  if (typeof value !== 'object' || value === null)
    throw new WeftError('protocol-violation', 'what a replica said is no JSON object');
  return value as Record<string, unknown>;
}
