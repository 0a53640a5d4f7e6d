import { describe, expect, it } from '@jest/globals';
import { identityKey } from '../../policy/identity.ts';
import { type MoveFacts, moveWindowMs, paceMove } from './move-pace.ts';

const account = identityKey({ namespace: 'shop', serviceAccount: 'cart' });
const facts: MoveFacts = {
  now: 1_000,
  subject: { kind: 'workload', trustDomain: 'cluster.local', account },
  keyKind: 'P-256',
  signer: 'one',
  leaves: 101,
  random: () => 0.5,
};

describe('moveWindowMs', () => {
  it.each([
    [0, 0],
    [1, 0],
    [21, 200],
    [1_001, 10_000],
    [6_001, 60_000],
    [50_000, 60_000],
  ])('of %d leaves is %d ms', (leaves, ms) => {
    expect(moveWindowMs(leaves)).toBe(ms);
  });
});

describe('paceMove', () => {
  it('draws a time within the window', () => {
    expect(paceMove(undefined, facts).at).toBe(1_500);
    expect(paceMove(undefined, { ...facts, random: () => 0 }).at).toBe(1_000);
  });

  it('keeps the time while it leads to the same', () => {
    const move = paceMove(undefined, facts);
    expect(paceMove(move, { ...facts, now: 1_400, leaves: 5, random: () => 0.9 })).toBe(move);
  });

  it.each<readonly [string, Partial<MoveFacts>]>([
    ['signer', { signer: 'two' }],
    ['trust domain', { subject: { kind: 'workload', trustDomain: 'shop.example', account } }],
    ['kind of key', { keyKind: 'RSA-2048' }],
  ])('draws anew from now for another %s', (_, change) => {
    const move = paceMove(undefined, facts);
    expect(paceMove(move, { ...facts, ...change, now: 1_400 }).at).toBe(1_900);
  });
});
