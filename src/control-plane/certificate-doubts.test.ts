import { describe, expect, it } from '@jest/globals';
import { makeRoot } from '../../test/support/certificates/make-authority.ts';
import { FakeClock } from '../../test/support/time/fake-clock.ts';
import { CertificateDoubts, RefusedClients } from './certificate-doubts.ts';
import { decodeFacts, encodeFacts, joinLeaves, type ReplicaFacts } from './replica-facts.ts';

const now = Date.parse('2026-01-02T00:00:00Z');
const root = makeRoot({ notBefore: now - 1000, notAfter: now + 1000 }).certificate.pem;
const other = makeRoot({ name: 'another' }).certificate.pem;

describe('case H: the certificate that proxies see', () => {
  const endsAt = now + 1000;
  const shown = { certChainPem: root, trust: root, failure: undefined };
  const doubts = new CertificateDoubts();

  it('is not doubted while it holds and a trusted root vouches for it', () => {
    expect(doubts.find(shown, now)).toBeUndefined();
    expect(doubts.find({ ...shown, trust: `${other}${root}` }, now)).toBeUndefined();
  });

  it('is doubted when it has ended', () => {
    const failure = 'no answer';
    expect(doubts.find({ ...shown, failure }, endsAt)).toBe(
      'ended at 2026-01-02T00:00:01.000Z and is not renewed: no answer',
    );
  });

  it.each([
    ['of another root', { ...shown, trust: other }, /^is not signed by a root/],
    ['no certificate', { ...shown, certChainPem: 'nothing' }, /^holds no certificate$/],
  ])('is doubted when it is %s', (_, certificate, expected) => {
    expect(doubts.find(certificate, now)).toMatch(expected);
  });
});

describe('clients that refused a certificate', () => {
  it('are remembered for a while, each once, and no more than there is room for', async () => {
    const clock = new FakeClock(now);
    const refused = new RefusedClients(clock);
    refused.note({ address: '::ffff:10.0.0.1', alert: 'unknown ca' });
    refused.note({ address: '10.0.0.1', alert: 'certificate expired' });
    expect(refused.current()).toEqual([['10.0.0.1', 'certificate expired']]);
    await clock.advance(60_001);
    expect(refused.current()).toEqual([]);
    for (let at = 0; at < 2_000; at += 1)
      refused.note({ address: `10.0.${at >> 8}.${at & 255}`, alert: 'unknown ca' });
    expect(refused.current()).toHaveLength(1_000);
  });
});

describe('case H: the leaves of all replicas', () => {
  const one: ReplicaFacts = {
    replica: 'weft-system/one',
    held: ['shop/a', 'shop/b'],
    waiting: ['shop/c'],
    earliestExpiry: 5,
    refused: [],
  };
  const two = {
    ...one,
    held: ['shop/b', 'shop/c', 'shop/d'],
    waiting: ['shop/e'],
    earliestExpiry: 3,
  };

  it('count an account once, wherever it has a leaf', () => {
    expect(joinLeaves([one, two])).toEqual({
      held: 4,
      waiting: 1,
      earliestExpiry: 3,
      failure: undefined,
    });
  });

  it('survive the wire, and unknown bytes give no problem', () => {
    expect(decodeFacts(encodeFacts(one))).toEqual(one);
    for (const wrong of ['', '{', '7', '{}']) expect(decodeFacts(wrong)).toBeUndefined();
  });
});
