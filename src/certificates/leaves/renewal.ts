import { sameSubject, type Leaf, type LeafSubject } from '../issuer.ts';
import type { KeyKind } from '../../x509/key-pair.ts';

/** A leaf in use, with the facts that decide when to replace it. */
export interface HeldLeaf {
  readonly leaf: Leaf;
  readonly subject: LeafSubject;
  readonly keyKind: KeyKind;
  /** Milliseconds since the epoch, by our own clock. */
  readonly issuedAt: number;
  readonly renewAt: number;
}

/** The facts that a leaf is compared with. */
export interface RenewalFacts {
  readonly now: number;
  /** The names that the leaf should carry now. */
  readonly subject: LeafSubject;
  /** The key that it should have now. */
  readonly keyKind: KeyKind;
  /** The current signer; undefined while it is not known. */
  readonly signer: string | undefined;
}

/** Why the dates of a leaf demand an urgent replacement. */
export type DateReason = 'NotYetValid' | 'Due';
/** Why a leaf has to be replaced although it is good while the mesh trusts its signer. */
export type MoveReason = 'SubjectChanged' | 'KeyChanged' | 'OtherSigner';

/** A leaf is not replaced for its dates within this time after its issue, however short its life is. */
const minReissueMs = 10_000;
const renewFraction = 2 / 3;
const sooner = 0.2;
const later = 0.05;

/**
 * Why the leaf's dates demand a new leaf at `now`; undefined when they do not. The wall clock may have stepped either
 * way since the issue, so every call compares with `now`.
 */
export function dateReason(held: HeldLeaf, now: number): DateReason | undefined {
  if (Math.abs(now - held.issuedAt) < minReissueMs) return undefined;
  // Our clock was ahead when it was issued and has stepped back: peers refuse this leaf.
  if (now < held.leaf.notBefore) return 'NotYetValid';
  return now >= held.renewAt ? 'Due' : undefined;
}

/** Why a leaf differs from the leaf that would be issued now; undefined when it does not. */
export function moveReason(held: HeldLeaf, facts: RenewalFacts): MoveReason | undefined {
  if (!sameSubject(held.subject, facts.subject)) return 'SubjectChanged';
  if (held.keyKind !== facts.keyKind) return 'KeyChanged';
  if (facts.signer !== undefined && facts.signer !== held.leaf.signer) return 'OtherSigner';
  return undefined;
}

/**
 * Two thirds into the life that a leaf has from `now`, up to 20 % sooner or 5 % later by `random` (0 to 1): never all
 * at once, and with three tenths of its life to go (docs/decisions/0052).
 */
export function renewalTime(leaf: Leaf, now: number, random: number): number {
  const life = leaf.notAfter - now;
  const side = 2 * random - 1;
  return now + life * renewFraction * (1 + side * (side < 0 ? sooner : later));
}
