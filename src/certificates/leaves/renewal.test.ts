import { describe, expect, it } from '@jest/globals';
import fc from 'fast-check';
import { Secret } from '../../common/secret.ts';
import { identityKey } from '../../policy/identity.ts';
import type { Leaf, LeafSubject } from '../issuer.ts';
import {
  type DateReason,
  dateReason,
  type HeldLeaf,
  type MoveReason,
  moveReason,
  type RenewalFacts,
  renewalTime,
} from './renewal.ts';

const hourMs = 3_600_000;
const issuedAt = Date.UTC(2026, 0, 1);
const leaf: Leaf = {
  certificateChain: '',
  privateKey: new Secret(''),
  notBefore: issuedAt - 300_000,
  notAfter: issuedAt + 24 * hourMs,
  signer: 'one',
};
const subject: LeafSubject = {
  kind: 'workload',
  trustDomain: 'cluster.local',
  account: identityKey({ namespace: 'shop', serviceAccount: 'cart' }),
};
const held: HeldLeaf = {
  leaf,
  subject,
  keyKind: 'P-256',
  issuedAt,
  renewAt: issuedAt + 16 * hourMs,
};

describe('dateReason', () => {
  it.each<[string, number, DateReason | undefined]>([
    ['right after the issue', issuedAt, undefined],
    ['a moment before its time', held.renewAt - 1, undefined],
    ['at its time', held.renewAt, 'Due'],
    ['after it has expired', leaf.notAfter + hourMs, 'Due'],
    ['when the clock was set back a little', issuedAt - 200_000, undefined],
    ['when the clock was set back by a day', issuedAt - 24 * hourMs, 'NotYetValid'],
  ])('%s', (_case, now, reason) => {
    expect(dateReason(held, now)).toBe(reason);
  });
});

describe('moveReason', () => {
  const at = (now: number, change: Partial<RenewalFacts> = {}): RenewalFacts => ({
    now,
    subject,
    keyKind: 'P-256',
    signer: 'one',
    ...change,
  });
  it.each<[string, RenewalFacts, MoveReason | undefined]>([
    ['when nothing changed, whatever the time', at(leaf.notAfter + hourMs), undefined],
    ['when another key is wanted', at(issuedAt, { keyKind: 'RSA-2048' }), 'KeyChanged'],
    ['when another CA signs', at(issuedAt + hourMs, { signer: 'two' }), 'OtherSigner'],
    ['when there is no signer', at(issuedAt + hourMs, { signer: undefined }), undefined],
    ['when another CA signs, at once', at(issuedAt + 1, { signer: 'two' }), 'OtherSigner'],
    [
      'when the trust domain changed, at once',
      at(issuedAt + 1, { subject: { ...subject, trustDomain: 'shop.example' } }),
      'SubjectChanged',
    ],
  ])('%s', (_case, facts, reason) => {
    expect(moveReason(held, facts)).toBe(reason);
  });

  it('sees other names of a server', () => {
    const place = { kind: 'server', trustDomain: 'cluster.local', namespace: 'weft' } as const;
    const server = (...dnsNames: string[]): LeafSubject => ({ ...place, dnsNames });
    const one = { ...held, subject: server('a', 'b') };
    expect(moveReason(one, at(issuedAt, { subject: server('a', 'b') }))).toBeUndefined();
    expect(moveReason(one, at(issuedAt, { subject: server('a') }))).toBe('SubjectChanged');
    expect(moveReason(one, at(issuedAt, { subject }))).toBe('SubjectChanged');
    const elsewhere: LeafSubject = { ...place, trustDomain: 'other', dnsNames: ['a', 'b'] };
    expect(moveReason(one, at(issuedAt, { subject: elsewhere }))).toBe('SubjectChanged');
  });
});

describe('renewalTime', () => {
  it('is two thirds into the life that is left, up to 20 % sooner or 5 % later', () => {
    const life = fc.integer({ min: 600_000, max: 400 * 24 * hourMs });
    fc.assert(
      fc.property(life, fc.double({ min: 0, max: 1, noNaN: true }), (ms, random) => {
        const at = renewalTime({ ...leaf, notAfter: issuedAt + ms }, issuedAt, random) - issuedAt;
        expect(at / ms).toBeGreaterThanOrEqual((2 / 3) * 0.8 - 1e-9);
        expect(at / ms).toBeLessThanOrEqual((2 / 3) * 1.05 + 1e-9);
      }),
    );
    expect(renewalTime(leaf, issuedAt, 0.5)).toBeCloseTo(held.renewAt, 0);
  });
});
