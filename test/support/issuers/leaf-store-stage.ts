import { expect } from '@jest/globals';
import type { LeafRequest } from '../../../src/certificates/issuer.ts';
import { createLeafStore, type LeafStore } from '../../../src/certificates/leaves/leaf-store.ts';
import type { KeyKind } from '../../../src/x509/key-pair.ts';
import { WeftError } from '../../../src/common/errors.ts';
import { silentLogger, type LogFields } from '../../../src/common/logger.ts';
import { identityKey, type IdentityKey } from '../../../src/policy/identity.ts';
import { certificatesFrom } from '../certificates/make-authority.ts';
import { FakeIssuer } from './fake-issuer.ts';
import { SteppingClock } from '../time/stepping-clock.ts';
import { until } from '../time/until.ts';

/** A leaf store that runs, with all that it hears and says. */
export interface Stage {
  readonly clock: SteppingClock;
  readonly issuer: FakeIssuer;
  readonly store: LeafStore;
  /** The accounts of each call of its listener. */
  readonly notified: IdentityKey[][];
  /** The fields of its warnings, and of its errors. */
  readonly logged: LogFields[];
  readonly errors: LogFields[];
  /** What it is asked to issue, at first P-256 for a day; read at each issue. */
  readonly settings: { trustDomain: string; validityMs: number; keyKind: KeyKind };
}

export const account = (name: string): IdentityKey =>
  identityKey({ namespace: 'shop', serviceAccount: name });
export const cart = account('cart');
export const till = account('till');

const stops: (() => Promise<void>)[] = [];

/** Starts a store over an issuer in memory, which has its root unless `root` is false. */
export async function stageLeafStore(
  random: () => number = () => 0.5,
  root = true,
): Promise<Stage> {
  const clock = new SteppingClock(Date.UTC(2026, 0, 1));
  const issuer = root ? await FakeIssuer.ready(clock) : new FakeIssuer(clock);
  const settings: Stage['settings'] = {
    ...{ trustDomain: 'cluster.local', validityMs: 24 * 3_600_000, keyKind: 'P-256' },
  };
  const logged: LogFields[] = [];
  const errors: LogFields[] = [];
  const notified: IdentityKey[][] = [];
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
  store.onChange((accounts) => notified.push([...accounts]));
  const end = new AbortController();
  const ended = store.run(end.signal);
  stops.push(async () => {
    end.abort();
    await ended;
    expect(clock.sleeping).toBe(0);
  });
  return { clock, issuer, store, notified, logged, errors, settings };
}

/** Ends every store that was started; for `afterEach`. Fails when one leaves a sleeper behind. */
export async function stopLeafStores(): Promise<void> {
  for (const stop of stops.splice(0)) await stop();
}

/** Asks for leaves of these accounts, and waits for them. */
export async function have(store: LeafStore, ...accounts: IdentityKey[]): Promise<void> {
  await until(() => accounts.every((one) => store.leafOf(one) !== undefined));
}

/** What an issuer that is away refuses with. */
export const unavailable = (): WeftError =>
  new WeftError('issuer-unavailable', 'the issuer is away', { retry: 'soon' });

/** The account a leaf is asked for; empty for a server's. */
export function accountOf({ subject }: LeafRequest): string {
  return subject.kind === 'workload' ? subject.account : '';
}

/** The SPIFFE identity in the leaf that the store has of the account. */
export function uriOf(store: LeafStore, of: IdentityKey): string | undefined {
  const [leaf] = certificatesFrom(store.leafOf(of)?.certificateChain ?? '');
  return leaf?.altNames.uris[0];
}
