import { beforeEach, describe, expect, it } from '@jest/globals';
import { SteppingClock } from '../../../test/support/time/stepping-clock.ts';
import { settle } from '../../../test/support/time/fake-clock.ts';
import { FakeIssuer } from '../../../test/support/issuers/fake-issuer.ts';
import {
  shareBetween,
  type SharingReplica,
} from '../../../test/support/issuers/sharing-replicas.ts';
import { WeftError } from '../../common/errors.ts';
import { silentLogger } from '../../common/logger.ts';
import { identityKey, type IdentityKey } from '../../policy/identity.ts';
import type { Leaf, LeafRequest } from '../issuer.ts';
import { createLeafStore } from '../leaves/leaf-store.ts';
import { ownersOf } from './owners.ts';

const hourMs = 3_600_000;
const signal = new AbortController().signal;
const accounts = Array.from({ length: 12 }, (_, index) =>
  identityKey({ namespace: 'shop', serviceAccount: `cart-${index}` }),
);
const requestFor = (account: IdentityKey): LeafRequest => ({
  subject: { kind: 'workload', trustDomain: 'cluster.local', account },
  validityMs: 24 * hourMs,
  keyKind: 'P-256',
});
const cart = accounts[0] as IdentityKey;
const keyOf = ({ privateKey }: Leaf): string => privateKey.reveal();

describe('leaves that replicas share', () => {
  let clock: SteppingClock;
  let issuer: FakeIssuer;
  let replicas: ReadonlyMap<string, SharingReplica>;
  /** The owner of cart, and the replica that comes next. */
  let [first, second, third]: SharingReplica[] = [];

  beforeEach(async () => {
    clock = new SteppingClock(Date.UTC(2026, 0, 1));
    issuer = await FakeIssuer.ready(clock);
    replicas = shareBetween({ a: issuer, b: issuer, c: issuer }, clock);
    [first, second, third] = ownersOf(cart, [...replicas.keys()]).map(
      (name) => replicas.get(name) as SharingReplica,
    );
  });

  const issue = (replica: SharingReplica | undefined, account = cart): Promise<Leaf> =>
    (replica as SharingReplica).shared.issue(requestFor(account), signal);

  it('cost one request each, from any replica and for any number of callers at once', async () => {
    const all = await Promise.all(
      accounts.flatMap((account) => [...replicas.values()].map((one) => issue(one, account))),
    );
    expect(issuer.requests).toHaveLength(accounts.length);
    expect(new Set(all.map(keyOf)).size).toBe(accounts.length);
  });

  it('are issued by the owner alone, and given by it', async () => {
    const leaf = await issue(third);
    expect(first?.asked).toEqual([third?.name]);
    expect(second?.asked).toEqual([`${first?.name ?? ''} held`]);
    expect(keyOf(await issue(first))).toBe(keyOf(leaf));
  });

  it('come from the next owner of the identity while its owner is silent', async () => {
    if (first) first.alive = false;
    const leaf = await issue(third);
    expect(second?.asked).toEqual([third?.name]);
    expect(keyOf(await issue(second))).toBe(keyOf(leaf));
    expect(issuer.requests).toHaveLength(1);
    for (const one of [second, third]) if (one) one.alive = false;
    await issue(third, accounts[1]);
  });

  it('are handed on to a new owner by the owner before', async () => {
    if (first) first.alive = false;
    const leaf = await issue(second);
    if (first) first.alive = true;
    expect(keyOf(await issue(first))).toBe(keyOf(leaf));
    expect(issuer.requests).toHaveLength(1);
  });

  it('are requested from the issuer when the owner fails', async () => {
    const broken = await FakeIssuer.ready(clock);
    const own = issuer.authority();
    broken.authority = () => own;
    broken.refuse = () => new WeftError('issuer-unavailable', 'away', { retry: 'soon' });
    if (first) first.issuer = broken;
    const leaf = await issue(third);
    expect(broken.requests).toHaveLength(1);
    expect(leaf.signer).toBe(`root/${own?.signer ?? ''}`);
    broken.report({ code: 'issuer-unavailable', message: 'away', since: 0 });
    await issue(second);
    expect(broken.requests).toHaveLength(1);
  });

  it('are of the signer asked for: a replica that is behind is waited for, and then done without', async () => {
    const next = await FakeIssuer.ready(clock);
    const old = await issue(first);
    if (second) second.issuer = next;
    const waiting = issue(second);
    await clock.advance(1_000);
    if (first) first.issuer = next;
    await clock.advance(2_500);
    const leaf = await waiting;
    expect(leaf.signer).not.toBe(old.signer);
    expect(keyOf(await issue(first))).toBe(keyOf(leaf));
    expect(next.requests).toHaveLength(1);

    if (third) third.issuer = issuer;
    const late = issue(third, cart);
    await clock.advance(3_500);
    expect((await late).signer).toBe(old.signer);
  });

  it('are refused when they are no good, and asked for at the issuer', async () => {
    const stranger = await FakeIssuer.ready(clock);
    stranger.distort = (leaf) => ({ ...leaf, signer: issuer.authority()?.signer ?? '' });
    const own = issuer.authority();
    if (first) first.issuer = stranger;
    stranger.authority = () => own;
    const leaf = await issue(second);
    expect(stranger.requests).toHaveLength(1);
    expect(issuer.requests).toHaveLength(1);
    expect(leaf.signer).toBe(`root/${own?.signer ?? ''}`);
  });

  it('are none where a leaf costs nothing outside', async () => {
    for (const replica of replicas.values()) replica.shares = false;
    await Promise.all([...replicas.values()].map((one) => issue(one)));
    expect(issuer.requests).toHaveLength(3);
    expect([...replicas.values()].flatMap(({ asked }) => asked)).toEqual([]);
  });

  it('are not those of servers and gateways', async () => {
    const request: LeafRequest = {
      ...requestFor(cart),
      subject: { kind: 'gateway', dnsNames: ['ingress.example'] },
    };
    await Promise.all([...replicas.values()].map(({ shared }) => shared.issue(request, signal)));
    expect(issuer.requests).toHaveLength(3);
  });

  it('are forgotten with their identity', async () => {
    const leaf = await issue(first);
    first?.shared.retain(new Set([cart]));
    expect(keyOf(await issue(first))).toBe(keyOf(leaf));
    for (const { shared } of replicas.values()) shared.retain(new Set());
    expect(keyOf(await issue(first))).not.toBe(keyOf(leaf));
  });

  it('are renewed once for all: the first replica that renews does it for the others', async () => {
    const over = new AbortController();
    let seed = 1;
    const random = (): number => (seed = (seed * 16_807) % 2_147_483_647) / 2_147_483_647;
    const validityMs = 20 * 60_000;
    const stores = [...replicas.values()].map(({ shared }) =>
      createLeafStore({
        ...{ issuer: shared, clock, random, logger: silentLogger },
        ...{ trustDomain: () => 'cluster.local', validity: () => validityMs },
      }),
    );
    const runs = stores.map((store) => store.run(over.signal));
    for (const store of stores) for (const account of accounts) store.leafOf(account);
    const lives = 4;
    for (let passed = 0; passed < lives * validityMs; passed += 60_000) {
      await clock.advance(60_000);
      for (const store of stores)
        for (const account of accounts)
          expect(store.leafOf(account)?.notAfter).toBeGreaterThan(clock.now());
    }
    over.abort();
    await settle();
    await Promise.all(runs);
    // No replica renews before 53 % of a life, so that many at the most, and not thrice as many.
    const most = 1 + Math.floor(lives / 0.533);
    expect(issuer.requests.length).toBeLessThanOrEqual(accounts.length * most);
    expect(issuer.requests.length).toBeGreaterThanOrEqual(accounts.length * lives);
  }, 30_000);
});
