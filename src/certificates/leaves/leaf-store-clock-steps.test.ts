import { afterEach, describe, expect, it } from '@jest/globals';
import {
  cart,
  have,
  stageLeafStore,
  stopLeafStores,
  unavailable,
} from '../../../test/support/issuers/leaf-store-stage.ts';

const minuteMs = 60_000;
const hourMs = 3_600_000;
const dayMs = 24 * 3_600_000;

afterEach(stopLeafStores);

describe('a leaf store', () => {
  it.each([-2 * dayMs, -10 * minuteMs, 10 * minuteMs, 2 * dayMs])(
    'keeps a leaf of ten minutes fresh when the clock steps by %d ms',
    async (step) => {
      const { store, clock, settings } = await stageLeafStore();
      settings.validityMs = 10 * minuteMs;
      // The root is three days old by then.
      clock.step(3 * dayMs);
      await have(store, cart);
      clock.step(step);
      for (let minute = 0; minute < 40; minute += 1) {
        await clock.advance(minuteMs);
        const { notBefore, notAfter } = store.leafOf(cart)!;
        expect(notBefore).toBeLessThanOrEqual(clock.now());
        expect(notAfter).toBeGreaterThan(clock.now());
      }
    },
  );
});

describe('a leaf store under a wall clock that steps', () => {
  it('renews when it steps forward past the time', async () => {
    const { store, clock } = await stageLeafStore();
    await have(store, cart);
    const first = store.leafOf(cart);
    clock.step(30 * dayMs);
    await clock.advance(5_000);
    expect(store.leafOf(cart)).not.toBe(first);
    expect(store.leafOf(cart)!.notAfter).toBeGreaterThan(clock.now());
  });

  it('issues again when it steps back and the leaf lies in the future', async () => {
    const { store, clock } = await stageLeafStore();
    // The root is a day old by then, so only the leaf lies in the future.
    clock.step(dayMs);
    await have(store, cart);
    const first = store.leafOf(cart);
    clock.step(-12 * hourMs);
    await clock.advance(5_000);
    expect(store.leafOf(cart)).not.toBe(first);
    expect(store.leafOf(cart)!.notBefore).toBeLessThan(clock.now());
  });

  it('keeps the old leaf, and goes on trying, when it steps back before the root', async () => {
    const { store, clock } = await stageLeafStore();
    await have(store, cart);
    const first = store.leafOf(cart);
    clock.step(-dayMs);
    await clock.advance(minuteMs);
    expect(store.leafOf(cart)).toBe(first);
    expect(store.health().failure).toMatchObject({ code: 'issuer-unavailable' });
    clock.step(dayMs);
    await clock.advance(2 * minuteMs);
    expect(store.health().failure).toBeUndefined();
  });

  it('does not sleep through a step back while it waits for a failing issuer', async () => {
    const { store, issuer, clock } = await stageLeafStore();
    issuer.refuse = unavailable;
    clock.step(dayMs);
    store.leafOf(cart);
    await clock.advance(10 * minuteMs);
    issuer.refuse = undefined;
    clock.step(-dayMs);
    await clock.advance(10_000);
    await have(store, cart);
  });
});
