import { beforeAll, describe, expect, it } from '@jest/globals';
import { FakeClock } from '../../../test/support/time/fake-clock.ts';
import { FakeIssuer } from '../../../test/support/issuers/fake-issuer.ts';
import { Secret } from '../../common/secret.ts';
import { identityKey } from '../../policy/identity.ts';
import type { Authority, Leaf } from '../issuer.ts';
import { trustBundleOf } from '../trust-bundle.ts';
import { certificatesIn } from '../signing-authority.ts';
import { requestOf, type SharedLeafRequest } from './shared-leaf-request.ts';
import { serves, sharedLeaf } from './shared-leaf.ts';

const start = Date.UTC(2026, 0, 1);
const hourMs = 3_600_000;
const account = identityKey({ namespace: 'shop', serviceAccount: 'cart' });

describe('a leaf from another replica', () => {
  const clock = new FakeClock(start);
  let wanted: FakeIssuer;
  let other: FakeIssuer;
  let authority: Authority;
  let ask: SharedLeafRequest;

  beforeAll(async () => {
    [wanted, other] = [await FakeIssuer.ready(clock), await FakeIssuer.ready(clock)];
    const roots = [wanted, other].map((one) => one.authority()?.bundle.pem ?? '').join('');
    const signer = `new/${wanted.authority()?.signer ?? ''}`;
    const bundle = trustBundleOf(certificatesIn(roots, 'the roots'));
    authority = { signer, bundle, notAfter: start + 1_000 * hourMs };
    ask = {
      ...{ account, trustDomain: 'cluster.local', validityMs: hourMs, keyKind: 'P-256' },
      ...{ signer, heldOnly: false },
    };
  });

  const issued = (issuer: FakeIssuer, change: Partial<SharedLeafRequest> = {}): Promise<Leaf> =>
    issuer.issue(requestOf({ ...ask, ...change }), new AbortController().signal);
  const check = (leaf: Leaf, now = start): Leaf => sharedLeaf(leaf, ask, { authority, now });

  it('has the facts of its certificates, whatever the message states besides', async () => {
    const leaf = await issued(wanted);
    const received = { ...leaf, notAfter: start + 1_000 * hourMs, signer: 'lies' };
    expect(check(received)).toEqual({ ...leaf, signer: ask.signer });
  });

  it('is refused when another root than the requested root signed it, though both are trusted', async () => {
    const leaf = await issued(other);
    expect(() => check(leaf)).toThrow(/^chain-without-root/);
  });

  it('is refused when that root is not trusted', async () => {
    const leaf = await issued(wanted);
    const signer = 'new/0000';
    expect(() => sharedLeaf(leaf, { ...ask, signer }, { authority, now: start })).toThrow(
      /^chain-without-root: its root is not trusted/,
    );
  });

  it.each([
    [
      'of another identity',
      { account: identityKey({ namespace: 'shop', serviceAccount: 'till' }) },
    ],
    ['of another trust domain', { trustDomain: 'example.com' }],
  ])('is refused when it is %s', async (_, change) => {
    const leaf = await issued(wanted, change);
    expect(() => check(leaf)).toThrow(/^names-wrong/);
  });

  it('is refused with a key of another kind, with the key of another leaf, and when it has ended', async () => {
    const [leaf, second, rsa] = [
      await issued(wanted),
      await issued(wanted),
      await issued(wanted, { keyKind: 'RSA-2048' }),
    ];
    expect(() => check(rsa)).toThrow(/^key-not-accepted/);
    expect(() => check({ ...leaf, privateKey: second.privateKey })).toThrow(/^key-mismatch/);
    expect(() => check(leaf, start + 2 * hourMs)).toThrow(/^expired/);
  });

  it('is refused when it is no PEM, and the error does not quote it', async () => {
    const leaf = await issued(wanted);
    const key = '-----BEGIN PRIVATE KEY-----\nSECRET\n-----END PRIVATE KEY-----\n';
    const refusal = (): Leaf => check({ ...leaf, privateKey: new Secret(key) });
    expect(refusal).toThrow(/^key-mismatch: the private key cannot be read$/);
    expect(() => check({ ...leaf, certificateChain: 'SECRET' })).toThrow(/^no-certificate/);
  });

  describe('that is kept', () => {
    const now = start;
    const leaf: Leaf = {
      ...{ certificateChain: '', privateKey: new Secret('') },
      ...{ notBefore: now, notAfter: now + 24 * hourMs, signer: 'new/1' },
    };
    const wish = (): SharedLeafRequest => ({ ...ask, signer: 'new/1' });

    it.each([
      ['before it begins', -1, false],
      ['when it begins', 0, true],
      ['before the middle of its life', 12 * hourMs - 1, true],
      ['from then on', 12 * hourMs, false],
    ])('serves %s: %s ms, %s', (_, after, expected) => {
      expect(serves({ leaf, request: wish() }, wish(), now + after)).toBe(expected);
    });

    it.each([
      ['another identity', { account: identityKey({ namespace: 'a', serviceAccount: 'b' }) }],
      ['another trust domain', { trustDomain: 'example.com' }],
      ['another kind of key', { keyKind: 'RSA-2048' as const }],
      ['another signer', { signer: 'new/2' }],
    ])('does not serve %s', (_, change) => {
      expect(serves({ leaf, request: wish() }, { ...wish(), ...change }, now)).toBe(false);
    });
  });
});
