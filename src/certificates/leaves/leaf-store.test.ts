import { afterEach, describe, expect, it } from '@jest/globals';
import { settle } from '../../../test/support/time/fake-clock.ts';
import {
  account,
  accountOf,
  cart,
  have,
  stageLeafStore,
  stopLeafStores,
  till,
  uriOf,
} from '../../../test/support/issuers/leaf-store-stage.ts';
import type { IdentityKey } from '../../policy/identity.ts';
import { until } from '../../../test/support/time/until.ts';

const hourMs = 3_600_000;
const dayMs = 24 * 3_600_000;

afterEach(stopLeafStores);

describe('a leaf store', () => {
  it('issues on first need, notifies its listeners, and keeps its leaves', async () => {
    const { store, notified, issuer, clock } = await stageLeafStore();
    expect(store.leafOf(cart)).toBeUndefined();
    expect(store.health()).toMatchObject({ held: 0, waiting: 1, earliestExpiry: undefined });
    await have(store, cart);
    expect(notified).toEqual([[cart]]);
    expect(uriOf(store, cart)).toBe('spiffe://cluster.local/ns/shop/sa/cart');
    await clock.advance(hourMs);
    expect(issuer.requests).toHaveLength(1);
    expect(store.health()).toEqual({
      held: 1,
      waiting: 0,
      earliestExpiry: store.leafOf(cart)!.notAfter,
      failure: undefined,
    });
  });

  it('forgets accounts that have vanished, also while it issues for them', async () => {
    const { store, issuer, clock, notified } = await stageLeafStore();
    await have(store, cart, till);
    let release = (): void => undefined;
    issuer.held = new Promise((resolve) => (release = resolve));
    store.leafOf(account('late'));
    await until(() => issuer.requests.length === 3);
    store.retain(new Set([cart]));
    release();
    await settle();
    expect(store.health()).toMatchObject({ held: 1, waiting: 0 });
    await clock.advance(dayMs);
    expect(issuer.requests.slice(3).map(accountOf)).toEqual([cart]);
    expect(notified.flat()).not.toContain(account('late'));
  });

  it('issues at once for an account that comes back', async () => {
    const { store, issuer } = await stageLeafStore();
    await have(store, cart);
    store.retain(new Set());
    await have(store, cart);
    expect(issuer.requests).toHaveLength(2);
  });
});

describe('a leaf store whose listener fails', () => {
  it('logs it, notifies the others, and goes on', async () => {
    const { store, notified, errors } = await stageLeafStore();
    store.onChange(() => {
      throw new Error('a fault of the listener');
    });
    const late: IdentityKey[][] = [];
    store.onChange((accounts) => late.push([...accounts]));
    await have(store, cart);
    await have(store, till);
    expect(notified).toEqual([[cart], [till]]);
    expect(late).toEqual(notified);
    expect(errors).toHaveLength(2);
  });
});

describe('a storm', () => {
  it('lets other work have its turn, and notifies in batches', async () => {
    const { store, notified } = await stageLeafStore();
    const many = Array.from({ length: 400 }, (_, at) => account(`a${at}`));
    for (const one of many) store.leafOf(one);
    let turns = 0;
    while (notified.flat().length < many.length && turns < 100_000) {
      turns++;
      await new Promise((resolve) => setImmediate(resolve));
    }
    expect(turns).toBeGreaterThan(4);
    expect(notified.flat().sort()).toEqual([...many].sort());
    expect(notified.length).toBeLessThan(many.length / 4);
  });
});
