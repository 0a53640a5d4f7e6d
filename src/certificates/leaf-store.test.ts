import { afterEach, describe, expect, it } from '@jest/globals';
import { certificatesFrom } from '../../test/build/certificates.ts';
import { settle } from '../../test/fakes/fake-clock.ts';
import { FakeIssuer } from '../../test/fakes/issuer.ts';
import { SteppingClock } from '../../test/fakes/stepping-clock.ts';
import { WeftError } from '../common/errors.ts';
import { silentLogger, type LogFields } from '../common/logger.ts';
import { identityKey, type IdentityKey } from '../policy/identity.ts';
import type { Leaf, LeafRequest } from './issuer.ts';
import { createLeafStore, type LeafStore } from './leaf-store.ts';
import type { KeyKind } from './x509/key-pair.ts';

const minuteMs = 60_000;
const hourMs = 60 * minuteMs;
const dayMs = 24 * hourMs;
const account = (name: string): IdentityKey =>
  identityKey({ namespace: 'shop', serviceAccount: name });
const cart = account('cart');
const till = account('till');

interface Stage {
  readonly clock: SteppingClock;
  readonly issuer: FakeIssuer;
  readonly store: LeafStore;
  readonly told: IdentityKey[][];
  readonly logged: LogFields[];
  readonly errors: LogFields[];
  readonly settings: { trustDomain: string; validityMs: number; keyKind: KeyKind };
}

const stops: (() => Promise<void>)[] = [];
afterEach(async () => {
  for (const stop of stops.splice(0)) await stop();
});

async function stage(random: () => number = () => 0.5, root = true): Promise<Stage> {
  const clock = new SteppingClock(Date.UTC(2026, 0, 1));
  const issuer = root ? await FakeIssuer.ready(clock) : new FakeIssuer(clock);
  const settings: Stage['settings'] = {
    ...{ trustDomain: 'cluster.local', validityMs: dayMs, keyKind: 'P-256' },
  };
  const logged: LogFields[] = [];
  const errors: LogFields[] = [];
  const told: IdentityKey[][] = [];
  const store = createLeafStore({
    clock,
    issuer,
    random,
    logger: {
      ...silentLogger,
      warn: (_message, fields) => logged.push(fields ?? {}),
      error: (_message, fields) => errors.push(fields ?? {}),
    },
    trustDomain: () => settings.trustDomain,
    validity: () => settings.validityMs,
    keyKind: () => settings.keyKind,
  });
  store.onChange((accounts) => told.push([...accounts]));
  const end = new AbortController();
  const ended = store.run(end.signal);
  stops.push(async () => {
    end.abort();
    await ended;
    expect(clock.sleeping).toBe(0);
  });
  return { clock, issuer, store, told, logged, errors, settings };
}

async function until(holds: () => boolean): Promise<void> {
  for (let turn = 0; turn < 2_000 && !holds(); turn++) await settle();
  expect(holds()).toBe(true);
}

async function have(store: LeafStore, ...accounts: IdentityKey[]): Promise<void> {
  await until(() => accounts.every((one) => store.leafOf(one) !== undefined));
}

const unavailable = (): WeftError =>
  new WeftError('issuer-unavailable', 'the issuer is away', { retry: 'soon' });

function accountOf({ subject }: LeafRequest): string {
  return subject.kind === 'workload' ? subject.account : '';
}

function uriOf(store: LeafStore, of: IdentityKey): string | undefined {
  const [leaf] = certificatesFrom(store.leafOf(of)?.certificateChain ?? '');
  return leaf?.altNames.uris[0];
}

describe('a leaf store', () => {
  it('issues on first need, tells, and keeps what it has', async () => {
    const { store, told, issuer, clock } = await stage();
    expect(store.leafOf(cart)).toBeUndefined();
    expect(store.health()).toMatchObject({ held: 0, waiting: 1, earliestExpiry: undefined });
    await have(store, cart);
    expect(told).toEqual([[cart]]);
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

  it.each([
    [0, (2 / 3) * 0.8],
    [0.5, 2 / 3],
    [1, (2 / 3) * 1.2],
  ])('renews with random %d after %d of the life', async (random, share) => {
    const { store, issuer, clock, told } = await stage(() => random);
    await have(store, cart);
    const first = store.leafOf(cart);
    await clock.advance(share * dayMs - minuteMs);
    expect(store.leafOf(cart)).toBe(first);
    await clock.advance(2 * minuteMs);
    expect(store.leafOf(cart)!.privateKey.reveal()).not.toBe(first!.privateKey.reveal());
    expect(issuer.requests).toHaveLength(2);
    expect(told).toEqual([[cart], [cart]]);
  });

  it('reads the validity at each issue, and never goes below ten minutes', async () => {
    const { store, issuer, clock, settings } = await stage();
    await have(store, cart);
    settings.validityMs = 1;
    await have(store, till);
    expect(store.leafOf(till)!.notAfter).toBe(clock.now() + 10 * minuteMs);
    await clock.advance(8 * minuteMs);
    expect(issuer.requests.map(accountOf)).toEqual([cart, till, till]);
  });

  it('issues again for a new trust domain', async () => {
    const { store, settings } = await stage();
    await have(store, cart, till);
    settings.trustDomain = 'shop.example';
    store.review();
    await until(() => uriOf(store, cart)?.startsWith('spiffe://shop.example/') === true);
    await until(() => uriOf(store, till)?.startsWith('spiffe://shop.example/') === true);
  });

  it('issues again when another kind of key is wanted', async () => {
    const { store, settings } = await stage();
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
    const { store, issuer, told } = await stage();
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
    expect(told).toEqual([[cart]]);
    expect(store.health().failure).toBeUndefined();
  });

  it('hands nothing out from an issuer that signs as another than it says', async () => {
    const { store, issuer, clock } = await stage();
    issuer.distort = (leaf) => ({ ...leaf, signer: 'somebody' });
    store.leafOf(cart);
    await clock.advance(minuteMs);
    expect(store.leafOf(cart)).toBeUndefined();
    expect(store.health().failure).toMatchObject({ code: 'certificate-invalid' });
    expect(issuer.requests.length).toBeLessThan(60);
  });

  it.each([-2 * dayMs, -10 * minuteMs, 10 * minuteMs, 2 * dayMs])(
    'keeps a leaf of ten minutes fresh when the clock steps by %d ms',
    async (step) => {
      const { store, clock, settings } = await stage();
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

  it('issues again when another root signs', async () => {
    const { store, issuer, clock } = await stage();
    await have(store, cart);
    await clock.advance(minuteMs);
    await issuer.replaceRoot();
    await until(() => store.leafOf(cart)?.signer === issuer.authority()!.signer);
  });

  it('forgets accounts that have vanished, also while it issues for them', async () => {
    const { store, issuer, clock, told } = await stage();
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
    expect(told.flat()).not.toContain(account('late'));
  });

  it('issues at once for an account that comes back', async () => {
    const { store, issuer } = await stage();
    await have(store, cart);
    store.retain(new Set());
    await have(store, cart);
    expect(issuer.requests).toHaveLength(2);
  });
});

describe('a leaf store whose listener fails', () => {
  it('says so, tells the others, and goes on', async () => {
    const { store, told, errors } = await stage();
    store.onChange(() => {
      throw new Error('a fault of the listener');
    });
    const late: IdentityKey[][] = [];
    store.onChange((accounts) => late.push([...accounts]));
    await have(store, cart);
    await have(store, till);
    expect(told).toEqual([[cart], [till]]);
    expect(late).toEqual(told);
    expect(errors).toHaveLength(2);
  });
});

describe('a leaf store whose issuer fails', () => {
  it('keeps the old leaf, tries with longer and longer waits, and says so', async () => {
    const { store, issuer, clock, logged } = await stage();
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
      failure: { code: 'issuer-unavailable', message: 'the issuer is away', keys: 1 },
    });
    expect(store.health().failure!.since).toBeLessThan(clock.now() - 59 * minuteMs);
    expect(logged[0]).toMatchObject({ for: cart, expires: new Date(first.notAfter).toISOString() });
    issuer.refuse = undefined;
    await clock.advance(minuteMs);
    expect(store.leafOf(cart)).not.toBe(first);
    expect(store.health().failure).toBeUndefined();
  });

  it('lets one account try for all', async () => {
    const { store, issuer, clock } = await stage();
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
    const { store, issuer, clock, logged } = await stage(undefined, false);
    store.leafOf(cart);
    await clock.advance(10 * minuteMs);
    expect(issuer.requests).toHaveLength(0);
    expect(logged).toEqual([]);
    expect(store.health()).toMatchObject({ waiting: 1, failure: undefined });
    await issuer.replaceRoot();
    await have(store, cart);
  });

  it('tries at once when the issuer has something new', async () => {
    const { store, issuer, clock } = await stage();
    issuer.refuse = unavailable;
    store.leafOf(cart);
    await clock.advance(10 * minuteMs);
    issuer.refuse = undefined;
    await issuer.replaceRoot();
    await have(store, cart);
  });

  it('does not let one account that can have none hold up the others', async () => {
    const { store, issuer, clock } = await stage();
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
      failure: { code: 'configuration-invalid', keys: 1 },
    });
    store.retain(new Set([till]));
    expect(store.health().failure).toBeUndefined();
  });

  it.each<[string, (good: Leaf, old: Leaf) => Leaf]>([
    ['no PEM', (good) => ({ ...good, certificateChain: 'nothing' })],
    ['the leaf of another account', (_good, old) => old],
    ['another key', (good, old) => ({ ...good, privateKey: old.privateKey })],
  ])('hands out nothing that peers would refuse: %s', async (_case, distort) => {
    const { store, issuer, clock } = await stage();
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

describe('a leaf store under a wall clock that steps', () => {
  it('renews when it steps forward past the time', async () => {
    const { store, clock } = await stage();
    await have(store, cart);
    const first = store.leafOf(cart);
    clock.step(30 * dayMs);
    await clock.advance(5_000);
    expect(store.leafOf(cart)).not.toBe(first);
    expect(store.leafOf(cart)!.notAfter).toBeGreaterThan(clock.now());
  });

  it('issues again when it steps back and the leaf lies in the future', async () => {
    const { store, clock } = await stage();
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
    const { store, clock } = await stage();
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
    const { store, issuer, clock } = await stage();
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

describe('a storm', () => {
  it('lets others have their turn, and tells in batches', async () => {
    const { store, told } = await stage();
    const many = Array.from({ length: 400 }, (_, at) => account(`a${at}`));
    for (const one of many) store.leafOf(one);
    let turns = 0;
    while (told.flat().length < many.length && turns < 100_000) {
      turns++;
      await new Promise((resolve) => setImmediate(resolve));
    }
    expect(turns).toBeGreaterThan(4);
    expect(told.flat().sort()).toEqual([...many].sort());
    expect(told.length).toBeLessThan(many.length / 4);
  });
});
