import { afterEach, describe, expect, it } from '@jest/globals';
import { settle } from '../../../test/support/time/fake-clock.ts';
import {
  account,
  accountOf,
  have,
  type Stage,
  stageLeafStore,
  stopLeafStores,
} from '../../../test/support/issuers/leaf-store-stage.ts';
import { seededRandom } from '../../../test/support/fakes/seeded-random.ts';
import type { IdentityKey } from '../../policy/identity.ts';
import { until } from '../../../test/support/time/until.ts';

const hourMs = 3_600_000;
const many = Array.from({ length: 200 }, (_, at) => account(`a${at}`));
const windowMs = 2_000;

afterEach(stopLeafStores);

/** A store with a leaf for each account, and when each leaf that came later was asked for. */
async function staged(accounts = many): Promise<Stage & { readonly moved: () => number[] }> {
  const stage = await stageLeafStore(seededRandom(7));
  await have(stage.store, ...accounts);
  const { requests } = stage.issuer;
  const times: number[] = [];
  stage.issuer.distort = (leaf) => {
    times.push(stage.clock.now());
    return leaf;
  };
  requests.length = 0;
  return { ...stage, moved: () => times };
}

/** How many leaves are of the issuer's signer. */
function arrived({ store, issuer }: Stage, accounts = many): number {
  const signer = issuer.authority()?.signer;
  return accounts.filter((one) => store.leafOf(one)?.signer === signer).length;
}

/** Moves the clock on in small steps, and waits until what was asked for is there. */
async function pass({ clock, issuer }: Stage, ms: number, moved: () => number[]): Promise<void> {
  for (let passed = 0; passed < ms; passed += 50) {
    await clock.advance(50);
    await until(() => moved().length === issuer.requests.length);
    await settle();
  }
}

describe('leaves that move to another signer', () => {
  it('do so evenly over ten milliseconds a leaf, and each once', async () => {
    const { moved, ...stage } = await staged();
    const from = stage.clock.now();
    await stage.issuer.replaceRoot();
    await pass(stage, windowMs + 100, moved);
    expect(arrived(stage)).toBe(many.length);
    expect(stage.issuer.requests.map(accountOf).sort()).toEqual([...many].sort());
    const quarters = [0, 0, 0, 0];
    for (const at of moved()) quarters[Math.min(3, Math.floor((4 * (at - from)) / windowMs))]!++;
    // Of 200 leaves 50 are to be in each quarter; 25 would be four standard deviations off.
    for (const count of quarters) expect(Math.abs(count - 50)).toBeLessThan(25);
  }, 20_000);

  it('do so for another trust domain, too', async () => {
    const { moved, ...stage } = await staged();
    stage.settings.trustDomain = 'shop.example';
    stage.store.review();
    await pass(stage, windowMs / 2, moved);
    expect(Math.abs(moved().length - 100)).toBeLessThan(30);
    await pass(stage, windowMs / 2 + 100, moved);
    expect(moved()).toHaveLength(many.length);
  }, 20_000);

  it('do not wait when they are alone', async () => {
    const one = many.slice(0, 1);
    const stage = await staged(one);
    await stage.issuer.replaceRoot();
    await until(() => arrived(stage, one) === 1);
  });

  it('let those go first that have none, or are due', async () => {
    const [few, late] = [many.slice(0, 20), account('late')];
    const { moved, ...stage } = await staged(few);
    const { store, issuer, clock, settings } = stage;
    settings.validityMs = hourMs;
    await have(store, late);
    // A third of the life of the last one is left, and 23 hours of that of the others.
    await clock.advance(hourMs * 0.8 * (2 / 3) - 1);
    const before = issuer.requests.length;
    clock.step(hourMs * 0.3);
    await issuer.replaceRoot();
    const first = account('first');
    store.leafOf(first);
    await until(() => issuer.requests.length >= before + 2);
    await settle();
    expect(issuer.requests.slice(before).map(accountOf).sort()).toEqual([first, late].sort());
    await pass(stage, 400, moved);
    expect(arrived(stage, [...few, first, late])).toBe(22);
  }, 20_000);

  it('stay where they are when the signer comes back during the move', async () => {
    const { moved, ...stage } = await staged();
    const { issuer } = stage;
    const back = issuer.keepRoot();
    await issuer.replaceRoot();
    await pass(stage, windowMs / 2, moved);
    const gone = moved().length;
    expect(Math.abs(gone - 100)).toBeLessThan(30);
    back();
    const from = stage.clock.now();
    await pass(stage, 200, moved);
    expect(moved().length - gone).toBeLessThan(gone / 2);
    await pass(stage, windowMs, moved);
    expect(arrived(stage)).toBe(many.length);
    expect(moved()).toHaveLength(2 * gone);
    expect(moved().at(-1)! - from).toBeGreaterThan(windowMs / 2);
  }, 20_000);

  it('stay where they are when they queue for an issuer that fails and is left again', async () => {
    const { moved, ...stage } = await staged();
    const { issuer, clock, store } = stage;
    const back = issuer.keepRoot();
    await issuer.replaceRoot();
    issuer.refuse = () => new Error('away');
    await clock.advance(windowMs + 1_000);
    expect(store.health().failure).toBeDefined();
    issuer.refuse = undefined;
    issuer.requests.length = 0;
    back();
    await pass(stage, windowMs + 100, moved);
    expect(issuer.requests).toEqual([]);
    expect(arrived(stage)).toBe(many.length);
    expect(store.health().failure).toBeUndefined();
  }, 20_000);

  it('need not all have moved for the store to end', async () => {
    const { moved, ...stage } = await staged();
    await stage.issuer.replaceRoot();
    await pass(stage, 500, moved);
    expect(arrived(stage)).toBeLessThan(many.length);
    await stopLeafStores();
    const ended = stage.issuer.requests.length;
    await stage.clock.advance(windowMs);
    expect(stage.issuer.requests).toHaveLength(ended);
  }, 20_000);
});

describe('when an account appears in the middle of a move', () => {
  it('it has its leaf at once, by the new signer', async () => {
    const stage = await staged();
    await stage.issuer.replaceRoot();
    const newcomer: IdentityKey = account('newcomer');
    await have(stage.store, newcomer);
    expect(stage.store.leafOf(newcomer)?.signer).toBe(stage.issuer.authority()?.signer);
    expect(arrived(stage)).toBeLessThan(20);
  });
});
