import { afterEach, describe, expect, it } from '@jest/globals';
import { certificatesFrom } from '../../../test/support/certificates/make-authority.ts';
import {
  accountOf,
  cart,
  have,
  stageLeafStore,
  stopLeafStores,
  till,
  uriOf,
} from '../../../test/support/issuers/leaf-store-stage.ts';
import type { Leaf } from '../issuer.ts';
import { until } from '../../../test/support/time/until.ts';

const minuteMs = 60_000;
const dayMs = 24 * 3_600_000;

afterEach(stopLeafStores);

describe('a leaf store', () => {
  it.each([
    [0, (2 / 3) * 0.8],
    [0.5, 2 / 3],
    [1, (2 / 3) * 1.05],
  ])('renews with random %d after %d of the life', async (random, share) => {
    const { store, issuer, clock, notified } = await stageLeafStore(() => random);
    await have(store, cart);
    const first = store.leafOf(cart);
    await clock.advance(share * dayMs - minuteMs);
    expect(store.leafOf(cart)).toBe(first);
    await clock.advance(2 * minuteMs);
    expect(store.leafOf(cart)!.privateKey.reveal()).not.toBe(first!.privateKey.reveal());
    expect(issuer.requests).toHaveLength(2);
    expect(notified).toEqual([[cart], [cart]]);
  });

  it('reads the validity at each issue, and never goes below ten minutes', async () => {
    const { store, issuer, clock, settings } = await stageLeafStore();
    await have(store, cart);
    settings.validityMs = 1;
    await have(store, till);
    expect(store.leafOf(till)!.notAfter).toBe(clock.now() + 10 * minuteMs);
    await clock.advance(8 * minuteMs);
    expect(issuer.requests.map(accountOf)).toEqual([cart, till, till]);
  });

  it('issues again for a new trust domain', async () => {
    const { store, settings, clock } = await stageLeafStore();
    await have(store, cart, till);
    settings.trustDomain = 'shop.example';
    store.review();
    await clock.advance(20);
    await until(() => uriOf(store, cart)?.startsWith('spiffe://shop.example/') === true);
    await until(() => uriOf(store, till)?.startsWith('spiffe://shop.example/') === true);
  });

  it('issues again when another kind of key is wanted', async () => {
    const { store, settings } = await stageLeafStore();
    await have(store, cart);
    settings.keyKind = 'RSA-2048';
    store.review();
    const type = (): string | undefined =>
      certificatesFrom(store.leafOf(cart)!.certificateChain)[0]!.publicKey.asymmetricKeyType;
    expect(type()).toBe('ec');
    const end = Date.now() + 20_000;
    while (type() !== 'rsa' && Date.now() < end)
      await new Promise((resolve) => setTimeout(resolve, 20));
    expect(type()).toBe('rsa');
  }, 30_000);

  it('lets go of a leaf whose signer was replaced while it was made', async () => {
    const { store, issuer, notified } = await stageLeafStore();
    let release = (): void => undefined;
    const signed: Leaf[] = [];
    issuer.distort = (leaf) => {
      signed.push(leaf);
      return leaf;
    };
    issuer.late = new Promise((resolve) => (release = resolve));
    store.leafOf(cart);
    await until(() => signed.length === 1);
    const before = issuer.authority()!.signer;
    await issuer.replaceRoot();
    issuer.late = undefined;
    release();
    await have(store, cart);
    expect(signed.map(({ signer }) => signer)).toEqual([before, issuer.authority()!.signer]);
    expect(store.leafOf(cart)).toBe(signed[1]);
    expect(notified).toEqual([[cart]]);
    expect(store.health().failure).toBeUndefined();
  });

  it('issues again when another root signs', async () => {
    const { store, issuer, clock } = await stageLeafStore();
    await have(store, cart);
    await clock.advance(minuteMs);
    await issuer.replaceRoot();
    await until(() => store.leafOf(cart)?.signer === issuer.authority()!.signer);
  });
});
