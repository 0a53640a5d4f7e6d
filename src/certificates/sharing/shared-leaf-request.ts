import {
  type Guard,
  has,
  isBoolean,
  isCount,
  isRecord,
  isString,
  matching,
  parseGuarded,
} from '../../common/guards.ts';
import { WeftError } from '../../common/errors.ts';
import { Secret } from '../../common/secret.ts';
import type { IdentityKey } from '../../policy/identity.ts';
import type { LeafRequest } from '../issuer.ts';
import type { KeyKind } from '../../x509/key-pair.ts';

/** The request of one replica to another: a workload's leaf of exactly this signer. */
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

/** The same as a request to an issuer. */
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

/** Throws WeftError `protocol-violation` for anything but a request for a leaf. */
export function decodeLeafRequest(bytes: Buffer): SharedLeafRequest {
  const request = parseGuarded(bytes.toString('utf8'), isRequest);
  if (request === undefined)
    throw new WeftError('protocol-violation', 'a request for a leaf is malformed');
  const { account, trustDomain, validityMs, keyKind, signer, heldOnly } = request;
  return { account, trustDomain, validityMs, keyKind, signer, heldOnly };
}

const isRequest = has<SharedLeafRequest>({
  account: matching(/^[^/]+\/[^/]+$/) as Guard<IdentityKey>,
  trustDomain: isString,
  validityMs: isCount,
  keyKind: matching(/^(P-256|RSA-\d{4})$/) as Guard<KeyKind>,
  signer: isString,
  heldOnly: isBoolean,
});

/** Undefined when the replica has no leaf for it. */
export function encodeAnswer(leaf: SharedPem | undefined): Secret<Buffer> {
  const { certificateChain, privateKey } = leaf ?? {};
  return new Secret(
    Buffer.from(JSON.stringify({ certificateChain, privateKey: privateKey?.reveal() })),
  );
}

/** Throws WeftError `protocol-violation`, which quotes nothing of the answer. */
export function decodeAnswer(bytes: Secret<Buffer>): SharedPem | undefined {
  const answer = parseGuarded(bytes.reveal().toString('utf8'), isAnswer);
  if (answer === undefined)
    throw new WeftError('protocol-violation', 'a leaf from a replica is malformed');
  const { certificateChain, privateKey } = answer;
  if (certificateChain === undefined || privateKey === undefined) return undefined;
  return { certificateChain, privateKey: new Secret(privateKey) };
}

interface Answer {
  readonly certificateChain?: string;
  readonly privateKey?: string;
}

const isWhole = has<Required<Answer>>({ certificateChain: isString, privateKey: isString });
const isAnswer: Guard<Answer> = (value): value is Answer =>
  isWhole(value) || (isRecord(value) && !('certificateChain' in value) && !('privateKey' in value));
