import { createPrivateKey, type KeyObject } from 'node:crypto';
import type { RootSpec } from '../../api/root-spec.ts';
import { controlPlaneName } from '../../api/control-plane-names.ts';
import type { Clock } from '../../common/clock.ts';
import { WeftError, type ErrorCode } from '../../common/errors.ts';
import { identityKey } from '../../policy/identity.ts';
import type { Authority, Issuer, Leaf, LeafRequest } from '../issuer.ts';
import { certificatesIn, templateOf } from '../signing-authority.ts';
import { toleratedSkewMs } from '../providers/outside-issuer.ts';
import { defaultValidityMs, shortestValidityMs } from '../leaves/validity.ts';
import { keyKindOf, kindOfKey } from '../../x509/key-pair.ts';
import { problemOfLeaf } from '../../x509/validate.ts';

export interface ProbeOptions {
  readonly root: RootSpec;
  /** The control plane's own: the probe is a leaf for it. */
  readonly namespace: string;
  /** The wished validity of the mesh's leaves; a shorter validity becomes a note. Default 24 h. */
  readonly validityMs?: number;
  /** How long to wait for the issuer's authority. Default 60 s. */
  readonly limitMs?: number;
  readonly clock: Clock;
}

/** What a successful probe found. */
export interface ProbeFacts {
  readonly ok: true;
  /** The authority that the probe was checked against. Its roots are to be recorded and pinned. */
  readonly authority: Authority;
  /** How far the issuer's clock is ahead of ours, in ms, as far as the probe shows; else 0. */
  readonly skewMs: number;
  /** For users: what works, but not as requested. */
  readonly notes: readonly string[];
}

export interface ProbeRefusal {
  readonly ok: false;
  readonly code: ErrorCode;
  readonly message: string;
}

const pollIntervalMs = 100;

/**
 * Has the issuer sign a leaf for a workload of the trust domain and checks all of it: exact names, both ends of TLS,
 * key, dates and clock, and the chain up to a root. Rejects only with the signal's reason; every other failure is a
 * ProbeRefusal.
 */
export async function probe(
  issuer: Issuer,
  options: ProbeOptions,
  signal: AbortSignal,
): Promise<ProbeFacts | ProbeRefusal> {
  try {
    await untilKnown(issuer, options, signal);
    const request = requestOf(options);
    const requestedAt = options.clock.now();
    const leaf = await issuer.issue(request, signal);
    const authority = issuer.authority();
    if (authority === undefined)
      throw new WeftError('internal', 'a leaf came without the name of its issuer');
    const now = options.clock.now();
    return checkLeaf({
      leaf,
      request,
      authority,
      requestedAt,
      now,
      backdates: !signsElsewhere(options),
    });
  } catch (thrown) {
    signal.throwIfAborted();
    const { code, message } = WeftError.from(thrown);
    return { ok: false, code, message };
  }
}

async function untilKnown(
  issuer: Issuer,
  { clock, limitMs = 60_000 }: ProbeOptions,
  signal: AbortSignal,
): Promise<void> {
  const end = clock.now() + limitMs;
  while (issuer.authority() === undefined) {
    const trouble = issuer.lastFailure();
    const passing = trouble === undefined || trouble.code === 'issuer-unavailable';
    if (!passing || clock.now() >= end)
      throw new WeftError(
        (trouble?.code ?? 'issuer-unavailable') as ErrorCode,
        trouble?.message ?? 'the issuer did not answer in time',
      );
    await clock.sleep(pollIntervalMs, signal);
  }
}

function requestOf({ root, namespace, validityMs }: ProbeOptions): LeafRequest {
  const account = identityKey({ namespace, serviceAccount: controlPlaneName });
  return {
    subject: { kind: 'workload', trustDomain: root.trustDomain, account },
    validityMs: validityMs ?? defaultValidityMs,
    keyKind: keyKindOf(root.key),
  };
}

interface Evidence {
  readonly leaf: Leaf;
  readonly request: LeafRequest;
  readonly authority: Authority;
  readonly requestedAt: number;
  readonly now: number;
  /** Whether Weft itself sets the begin of leaves. */
  readonly backdates: boolean;
}

function signsElsewhere({ root: { provider } }: ProbeOptions): boolean {
  return provider.kind !== 'builtIn' && provider.mode === 'leaf';
}

function checkLeaf(evidence: Evidence): ProbeFacts {
  const { leaf, request, authority, requestedAt, now } = evidence;
  const chain = certificatesIn(leaf.certificateChain, 'the probe');
  const roots = certificatesIn(authority.bundle.pem, 'the roots');
  const privateKey = createPrivateKey(leaf.privateKey.reveal());
  const [first] = chain;
  const notBefore = first?.notBefore ?? 0;
  const skewMs = Math.max(0, notBefore - requestedAt);
  if (notBefore > requestedAt + toleratedSkewMs) throw clockAhead(skewMs);
  const template = templateOf(request.subject, leaf);
  const problem = problemOfLeaf({ chain, privateKey, roots }, template, Math.max(now, notBefore));
  if (problem !== undefined) throw unusable(`${problem.fault}: ${problem.message}`);
  requireKey(first, request.keyKind);
  requireYounger(notBefore, [...chain.slice(1), ...(roots.length === 1 ? roots : [])]);
  const lifeMs = leaf.notAfter - now;
  if (lifeMs < shortestValidityMs - tolerance)
    throw unusable(`leaves are valid for only ${minutes(lifeMs)} min; Weft needs at least 10 min`);
  return {
    ok: true,
    authority,
    skewMs,
    notes: [
      ...notesOn({ lifeMs, wishedMs: request.validityMs, skewMs }),
      ...(evidence.backdates || skewMs > 0 ? [] : notesOnBackdating(requestedAt - notBefore)),
    ],
  };
}

function requireKey(
  leaf: { readonly publicKey: KeyObject } | undefined,
  wished: LeafRequest['keyKind'],
): void {
  const kind = leaf && kindOfKey(leaf.publicKey);
  if (kind !== wished)
    throw unusable(`the probe requested a key of kind ${wished}, but the leaf has ${String(kind)}`);
}

/** Strict verifiers refuse a leaf that begins before a certificate above it. */
function requireYounger(notBefore: number, signers: readonly { notBefore: number }[]): void {
  const above = Math.max(...signers.map((one) => one.notBefore), 0);
  if (notBefore < above) throw olderThanCa(above - notBefore);
}

/** A leaf that was requested for ten minutes has a few seconds less to live when it is checked. */
const tolerance = 30_000;

function notesOn(found: {
  readonly lifeMs: number;
  readonly wishedMs: number;
  readonly skewMs: number;
}): string[] {
  const notes: string[] = [];
  if (found.lifeMs < found.wishedMs - tolerance)
    notes.push(
      `leaves are valid for ${minutes(found.lifeMs)} min, not for the ${minutes(found.wishedMs)} min that Weft requested`,
    );
  if (found.skewMs > 1_000)
    notes.push(`the issuer's clock is ${Math.round(found.skewMs / 1000)} s ahead of ours`);
  return notes;
}

/** How far the clock of a node may be behind (docs/decisions/0099). */
const leastBackdateMs = 60_000;

/** Only for outside issuers, which must be configured to backdate. */
function notesOnBackdating(aheadMs: number): string[] {
  if (aheadMs >= leastBackdateMs) return [];
  const seconds = Math.max(Math.round(aheadMs / 1000), 0);
  return [
    `leaves begin only ${seconds} s before they are issued, so a node whose clock is further behind refuses ` +
      'new leaves: configure the issuer to backdate them by at least one minute',
  ];
}

function olderThanCa(byMs: number): WeftError {
  const seconds = Math.ceil(byMs / 1000);
  return new WeftError(
    'issuer-unavailable',
    `leaves begin ${seconds} s before their signing certificate, and strict peers refuse that: the signing certificate is new, ` +
      'and the problem ends when it is as old as leaves are backdated',
    { retry: 'soon' },
  );
}

function clockAhead(skewMs: number): WeftError {
  return unusable(
    `not-yet-valid: the issuer's clock is ${Math.round(skewMs / 1000)} s ahead of ours; ` +
      'peers would refuse its certificates. Set the clocks of the nodes',
  );
}

function unusable(message: string): WeftError {
  return new WeftError('issuer-misconfigured', message);
}

function minutes(milliseconds: number): number {
  return Math.floor(milliseconds / 60_000);
}
