import { inspect } from 'node:util';
import { expect } from '@jest/globals';
import type { SecretObject } from '../../../src/api/core.ts';
import type { Leaf } from '../../../src/certificates/issuer.ts';
import { authoritySecret } from '../../../src/certificates/providers/authority-secret.ts';
import { BuiltInIssuer } from '../../../src/certificates/providers/built-in.ts';
import type { Logger } from '../../../src/common/logger.ts';
import { identityKey } from '../../../src/policy/identity.ts';
import { authorityPem, makeRoot } from '../certificates/make-authority.ts';
import { FakeClock, settle } from '../time/fake-clock.ts';
import type { SecretApi } from '../fakes/secret-api.ts';

/** The Secret that the built-in issuer keeps its root in. */
export const place = { namespace: 'weft-system', name: 'weft-ca' };
const account = identityKey({ namespace: 'shop', serviceAccount: 'cart' });

const running: { readonly end: AbortController; readonly ended: Promise<void> }[] = [];
const clocks: FakeClock[] = [];

/** A built-in issuer that runs, as each replica has one, with all that it logs. */
export class Replica {
  readonly issuer: BuiltInIssuer;
  readonly log: string[] = [];
  /** How often it said that it has another authority. */
  changes = 0;

  constructor(api: SecretApi, clock: FakeClock, log: string[] = []) {
    this.log = log;
    this.issuer = new BuiltInIssuer({
      api,
      secrets: api.cache(),
      namespace: place.namespace,
      metadata: { labels: { app: 'weft' } },
      clock,
      random: () => 0.5,
      logger: recorder(log),
    });
    this.issuer.onChange(() => this.changes++);
    const end = new AbortController();
    running.push({ end, ended: this.issuer.run(end.signal) });
    clocks.push(clock);
  }

  /** A workload's leaf for an hour. */
  leaf(): Promise<Leaf> {
    const subject = { kind: 'workload', trustDomain: 'cluster.local', account } as const;
    const request = { subject, validityMs: 3_600_000, keyKind: 'P-256' } as const;
    return this.issuer.issue(request, new AbortController().signal);
  }
}

/** Ends every replica; for `afterEach`. Fails when one leaves a sleeper behind. */
export async function stopReplicas(): Promise<void> {
  for (const { end } of running) end.abort();
  await Promise.all(running.splice(0).map(({ ended }) => ended));
  for (const clock of clocks.splice(0)) expect(clock.sleeping).toBe(0);
}

/** A log sink that keeps its lines. */
function recorder(lines: string[]): Logger {
  const write = (message: string, fields: object = {}): void => {
    lines.push(`${message} ${JSON.stringify(fields)} ${inspect(fields, { depth: 9 })}`);
  };
  const logger: Logger = {
    error: write,
    warn: write,
    info: write,
    debug: write,
    with: () => logger,
  };
  return logger;
}

/** A clock that stands at the time of the certificates that tests make. */
export const clockNow = (): FakeClock => new FakeClock(Date.now());

/** What that Secret holds when a root made like this is put there. */
export function secretOf(...parameters: Parameters<typeof makeRoot>): SecretObject {
  return authoritySecret(authorityPem(makeRoot(...parameters)), place);
}

/** A store without a first list is not synced; this delivers the first list and the changes after it. */
export async function deliver(api: SecretApi): Promise<void> {
  api.deliver();
  await settle();
}
