import { afterEach, describe, expect, it } from '@jest/globals';
import {
  account,
  accountOf,
  cart,
  have,
  stageLeafStore,
  stopLeafStores,
  till,
  unavailable,
} from '../../../test/support/issuers/leaf-store-stage.ts';
import { WeftError } from '../../common/errors.ts';
import type { Leaf } from '../issuer.ts';

const minuteMs = 60_000;
const hourMs = 3_600_000;

afterEach(stopLeafStores);

describe('a leaf store', () => {
  it('hands nothing out from an issuer that signs as another than it says', async () => {
    const { store, issuer, clock } = await stageLeafStore();
    issuer.distort = (leaf) => ({ ...leaf, signer: 'somebody' });
    store.leafOf(cart);
    await clock.advance(minuteMs);
    expect(store.leafOf(cart)).toBeUndefined();
    expect(store.health().failure).toMatchObject({ code: 'certificate-invalid' });
    expect(issuer.requests.length).toBeLessThan(60);
  });
});

describe('a leaf store whose issuer fails', () => {
  it('keeps the old leaf, tries with longer and longer waits, and says so', async () => {
    const { store, issuer, clock, logged } = await stageLeafStore();
    await have(store, cart);
    const first = store.leafOf(cart)!;
    issuer.refuse = unavailable;
    await clock.advance(17 * hourMs);
    expect(store.leafOf(cart)).toBe(first);
    // An hour of failures at no more than one try in 30 s once the waits have grown.
    expect(issuer.requests.length).toBeGreaterThan(20);
    expect(issuer.requests.length).toBeLessThan(150);
    expect(store.health()).toMatchObject({
      held: 1,
      earliestExpiry: first.notAfter,
      failure: { code: 'issuer-unavailable', message: 'the issuer is away' },
    });
    expect(store.health().failure!.since).toBeLessThan(clock.now() - 59 * minuteMs);
    expect(logged[0]).toMatchObject({ for: cart, expires: new Date(first.notAfter).toISOString() });
    issuer.refuse = undefined;
    await clock.advance(minuteMs);
    expect(store.leafOf(cart)).not.toBe(first);
    expect(store.health().failure).toBeUndefined();
  });

  it('lets one account try for all', async () => {
    const { store, issuer, clock } = await stageLeafStore();
    issuer.refuse = unavailable;
    const many = Array.from({ length: 200 }, (_, at) => account(`a${at}`));
    for (const one of many) store.leafOf(one);
    await clock.advance(10 * minuteMs);
    expect(issuer.requests.length).toBeLessThan(40);
    expect(store.health()).toMatchObject({ held: 0, waiting: 200 });
    issuer.refuse = undefined;
    await clock.advance(minuteMs);
    await have(store, ...many);
    expect(store.health().failure).toBeUndefined();
  });

  it('does not ask, and does not complain about, an issuer that is not there yet', async () => {
    const { store, issuer, clock, logged } = await stageLeafStore(undefined, false);
    store.leafOf(cart);
    await clock.advance(10 * minuteMs);
    expect(issuer.requests).toHaveLength(0);
    expect(logged).toEqual([]);
    expect(store.health()).toMatchObject({ waiting: 1, failure: undefined });
    await issuer.replaceRoot();
    await have(store, cart);
  });

  it('tries at once when the issuer has something new', async () => {
    const { store, issuer, clock } = await stageLeafStore();
    issuer.refuse = unavailable;
    store.leafOf(cart);
    await clock.advance(10 * minuteMs);
    issuer.refuse = undefined;
    await issuer.replaceRoot();
    await have(store, cart);
  });

  it('does not let one account that can have none hold up the others', async () => {
    const { store, issuer, clock } = await stageLeafStore();
    issuer.refuse = (request) =>
      accountOf(request) === cart
        ? new WeftError('configuration-invalid', 'no leaf for this one')
        : undefined;
    store.leafOf(cart);
    await have(store, till);
    await clock.advance(10 * minuteMs);
    expect(issuer.requests.filter((request) => accountOf(request) === cart).length).toBeLessThan(
      25,
    );
    expect(store.health()).toMatchObject({
      held: 1,
      waiting: 1,
      failure: { code: 'configuration-invalid' },
    });
    store.retain(new Set([till]));
    expect(store.health().failure).toBeUndefined();
  });

  it.each<[string, (good: Leaf, old: Leaf) => Leaf]>([
    ['no PEM', (good) => ({ ...good, certificateChain: 'nothing' })],
    ['the leaf of another account', (_good, old) => old],
    ['another key', (good, old) => ({ ...good, privateKey: old.privateKey })],
  ])('hands out nothing that peers would refuse: %s', async (_case, distort) => {
    const { store, issuer, clock } = await stageLeafStore();
    await have(store, till);
    const old = store.leafOf(till)!;
    issuer.distort = (good) => distort(good, old);
    store.leafOf(cart);
    await clock.advance(minuteMs);
    expect(store.leafOf(cart)).toBeUndefined();
    expect(store.health().failure).toMatchObject({ code: 'certificate-invalid' });
    issuer.distort = undefined;
    await clock.advance(minuteMs);
    await have(store, cart);
  });
});
