import { inspect } from 'node:util';
import { afterEach, describe, expect, it } from '@jest/globals';
import {
  authorityPem,
  certificatesFrom,
  makeIntermediate,
  makeRoot,
} from '../../../test/build/certificates.ts';
import { FakeClock, settle } from '../../../test/fakes/fake-clock.ts';
import { SecretApi } from '../../../test/fakes/secret-api.ts';
import type { SecretObject } from '../../api/core.ts';
import { WeftError } from '../../common/errors.ts';
import type { Logger } from '../../common/logger.ts';
import { identityKey } from '../../policy/identity.ts';
import type { Leaf } from '../issuer.ts';
import { authoritySecret } from './authority-secret.ts';
import { BuiltInIssuer } from './built-in.ts';

const place = { namespace: 'weft-system', name: 'weft-ca' };
const account = identityKey({ namespace: 'shop', serviceAccount: 'cart' });

const running: { readonly end: AbortController; readonly ended: Promise<void> }[] = [];
const clocks: FakeClock[] = [];
afterEach(async () => {
  for (const { end } of running) end.abort();
  await Promise.all(running.splice(0).map(({ ended }) => ended));
  for (const clock of clocks.splice(0)) expect(clock.sleeping).toBe(0);
});

class Replica {
  readonly issuer: BuiltInIssuer;
  readonly log: string[] = [];
  changes = 0;

  constructor(api: SecretApi, clock: FakeClock, log: string[] = []) {
    this.log = log;
    this.issuer = new BuiltInIssuer({
      api,
      secrets: api.cache(clock),
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

  leaf(): Promise<Leaf> {
    const subject = { kind: 'workload', trustDomain: 'cluster.local', account } as const;
    const request = { subject, validityMs: 3_600_000, keyKind: 'P-256' } as const;
    return this.issuer.issue(request, new AbortController().signal);
  }
}

/** Writes lines as any log sink would. */
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

const clockNow = (): FakeClock => new FakeClock(Date.now());

function secretOf(...parameters: Parameters<typeof makeRoot>): SecretObject {
  return authoritySecret(authorityPem(makeRoot(...parameters)), place);
}

/** A store that was never told of a list is not synced; this brings the first one and what followed. */
async function deliver(api: SecretApi): Promise<void> {
  api.deliver();
  await settle();
}

describe('the built-in issuer', () => {
  it('makes one root for all replicas that start at once', async () => {
    const [api, clock] = [new SecretApi(), clockNow()];
    const replicas = [1, 2, 3].map(() => new Replica(api, clock));
    await deliver(api);
    expect(api.created).toBe(1);
    const [signer] = replicas.map(({ issuer }) => issuer.authority()?.signer);
    expect(signer).toMatch(/^[0-9a-f]{64}$/);
    for (const { issuer, changes } of replicas) {
      expect(issuer.authority()?.signer).toBe(signer);
      expect(issuer.trouble()).toBeUndefined();
      expect(changes).toBe(1);
    }
    expect(api.find(place.namespace, place.name)).toMatchObject({
      type: 'kubernetes.io/tls',
      metadata: { labels: { app: 'weft' } },
    });
    await deliver(api);
    expect(replicas[0]?.changes).toBe(1);
  });

  it('makes a P-256 root of ten years that allows no CA below it', async () => {
    const [api, clock] = [new SecretApi(), clockNow()];
    const { issuer } = new Replica(api, clock);
    await deliver(api);
    const [root] = certificatesFrom(issuer.authority()!.bundle.pem);
    expect(root).toMatchObject({ ca: true, pathLength: 0 });
    expect(root!.publicKey.asymmetricKeyDetails).toEqual({ namedCurve: 'prime256v1' });
    expect(new Date(root!.notAfter).getUTCFullYear()).toBe(new Date().getUTCFullYear() + 10);
    expect(root!.notBefore).toBeLessThan(clock.now());
  });

  it('loads the same root after a restart', async () => {
    const [api, clock] = [new SecretApi(), clockNow()];
    const first = new Replica(api, clock);
    await deliver(api);
    const second = new Replica(api, clock);
    await deliver(api);
    expect(second.issuer.authority()).toEqual(
      expect.objectContaining({ signer: first.issuer.authority()?.signer }),
    );
    expect(api.created).toBe(1);
  });

  it('takes a chain of the user, and hands out what stands between leaf and root', async () => {
    const [api, clock] = [new SecretApi(), clockNow()];
    const middle = makeIntermediate(makeRoot(), { name: 'upper' }, 1);
    const ca = makeIntermediate(middle);
    api.put(authoritySecret(authorityPem(ca), place));
    const replica = new Replica(api, clock);
    await deliver(api);
    expect(api.created).toBe(0);
    expect(replica.issuer.authority()?.bundle.pem).toBe(ca.root.pem);
    const chain = certificatesFrom((await replica.leaf()).certificateChain);
    expect(chain.slice(1).map(({ fingerprint }) => fingerprint)).toEqual([
      ca.certificate.fingerprint,
      middle.certificate.fingerprint,
    ]);
  });

  it('takes the Secret that OSM made', async () => {
    const [api, clock] = [new SecretApi(), clockNow()];
    const { data } = secretOf();
    api.put({
      apiVersion: 'v1',
      kind: 'Secret',
      metadata: place,
      data: { 'ca.crt': data!['ca.crt']!, 'private.key': data!['tls.key']! },
    });
    const replica = new Replica(api, clock);
    await deliver(api);
    await expect(replica.leaf()).resolves.toMatchObject({
      signer: replica.issuer.authority()?.signer,
    });
  });

  it('follows a Secret that was replaced, and says when old and new share no root', async () => {
    const [api, clock] = [new SecretApi(), clockNow()];
    const replica = new Replica(api, clock);
    await deliver(api);
    const before = replica.issuer.authority();
    api.put(secretOf());
    await deliver(api);
    expect(replica.issuer.authority()?.signer).not.toBe(before?.signer);
    expect(replica.changes).toBe(2);
    expect(replica.log.join()).toContain('mesh root replaced without overlap');
  });

  it('trusts every root that ca.crt names, in an order of its own', async () => {
    const [api, clock] = [new SecretApi(), clockNow()];
    const replica = new Replica(api, clock);
    await deliver(api);
    const secret = api.find(place.namespace, place.name)!;
    const mine = Buffer.from(secret.data!['ca.crt']!, 'base64').toString();
    const both = Buffer.from(makeRoot().root.pem + mine + mine).toString('base64');
    api.put({ ...secret, data: { ...secret.data, 'ca.crt': both } });
    await deliver(api);
    const { bundle, signer } = replica.issuer.authority()!;
    const fingerprints = bundle.roots.map(({ fingerprint }) => fingerprint);
    expect(fingerprints).toHaveLength(2);
    expect(fingerprints).toContain(signer);
    expect(fingerprints).toEqual([...fingerprints].sort());
    expect(replica.log.join()).not.toContain('without overlap');
  });

  it('puts the root back when its Secret is deleted', async () => {
    const [api, clock] = [new SecretApi(), clockNow()];
    const replicas = [new Replica(api, clock), new Replica(api, clock)];
    await deliver(api);
    await deliver(api);
    const before = api.find(place.namespace, place.name)!;
    api.delete(place.namespace, place.name);
    await deliver(api);
    expect(api.find(place.namespace, place.name)?.data).toEqual(before.data);
    for (const { changes } of replicas) expect(changes).toBe(1);
  });
});

describe('the built-in issuer in trouble', () => {
  const without = (key: string, secret = secretOf()): SecretObject => ({
    ...secret,
    data: Object.fromEntries(Object.entries(secret.data!).filter(([name]) => name !== key)),
  });
  const withText = (key: string, text: string, secret = secretOf()): SecretObject => ({
    ...secret,
    data: { ...secret.data, [key]: Buffer.from(text).toString('base64') },
  });
  const past = Date.now() - 1000;
  it.each<[string, string, SecretObject]>([
    ['has no tls.crt', 'no certificate', without('tls.crt')],
    ['has no tls.key', 'no key', without('tls.key')],
    ['cannot be read as PEM', 'text for a certificate', withText('tls.crt', 'hello')],
    ['private key cannot be read', 'text for a key', withText('tls.key', 'hello')],
    [
      'key-mismatch',
      'the key of another CA',
      { ...secretOf(), data: { ...secretOf().data, 'tls.crt': secretOf().data!['tls.crt']! } },
    ],
    ['chain-without-root', 'a ca.crt of another CA', withText('ca.crt', makeRoot().root.pem)],
    ['expired', 'an expired root', secretOf({ notAfter: past })],
    ['not-a-ca', 'a leaf', secretOf({ change: (one) => ({ ...one, ca: undefined }) })],
    ['cannot be read as PEM', 'an empty tls.crt', withText('tls.crt', '')],
  ])('says %s of %s, and goes on with what it has', async (words, _case, bad) => {
    const [api, clock] = [new SecretApi(), clockNow()];
    const replica = new Replica(api, clock);
    await deliver(api);
    const good = api.find(place.namespace, place.name)!;
    const before = replica.issuer.authority();
    api.put(bad);
    await deliver(api);
    expect(replica.issuer.trouble()).toMatchObject({
      code: 'certificate-invalid',
      message: expect.stringMatching(`^Secret weft-system/weft-ca: .*${words}`),
      since: clock.now(),
    });
    expect(replica.issuer.authority()).toBe(before);
    await replica.leaf();
    await clock.advance(10 * 60_000);
    expect(replica.log.filter((line) => line.startsWith('mesh ca unusable'))).toHaveLength(1);
    api.put(good);
    await deliver(api);
    expect(replica.issuer.trouble()).toBeUndefined();
    expect(replica.changes).toBe(1);
  });

  it('has no authority, and makes none, while the Secret it starts with is bad', async () => {
    const [api, clock] = [new SecretApi(), clockNow()];
    api.put(without('tls.key'));
    const replica = new Replica(api, clock);
    await deliver(api);
    expect(replica.issuer.authority()).toBeUndefined();
    await expect(replica.leaf()).rejects.toMatchObject({
      code: 'issuer-unavailable',
      retry: 'soon',
      message: expect.stringContaining('has no tls.key'),
    });
    expect(api.created).toBe(0);
    api.put(secretOf());
    await deliver(api);
    await replica.leaf();
  });

  it('lets no leaf begin before its CA', async () => {
    const [api, clock] = [new SecretApi(), clockNow()];
    const notBefore = Math.floor(clock.now() / 1000) * 1000 - 60_000;
    api.put(secretOf({ notBefore }));
    const replica = new Replica(api, clock);
    await deliver(api);
    expect((await replica.leaf()).notBefore).toBe(notBefore);
  });

  it('takes a root whose time comes', async () => {
    const [api, clock] = [new SecretApi(), clockNow()];
    api.put(secretOf({ notBefore: clock.now() + 60_000 }));
    const replica = new Replica(api, clock);
    await deliver(api);
    expect(replica.issuer.trouble()?.message).toContain('not-yet-valid');
    await clock.advance(100_000);
    await replica.leaf();
  });

  it('waits for the API server, and then makes its root', async () => {
    const [api, clock] = [new SecretApi(), clockNow()];
    api.refusal = new WeftError('api-unavailable', 'nobody there', { retry: 'soon' });
    const replica = new Replica(api, clock);
    await deliver(api);
    await clock.advance(60_000);
    expect(replica.issuer.trouble()).toMatchObject({ code: 'api-unavailable' });
    api.refusal = undefined;
    await clock.advance(60_000);
    await replica.leaf();
    expect(replica.issuer.trouble()).toBeUndefined();
  });

  it('refuses what can have no certificate, and everything once aborted', async () => {
    const [api, clock] = [new SecretApi(), clockNow()];
    const { issuer } = new Replica(api, clock);
    await deliver(api);
    const request = {
      subject: { kind: 'server', dnsNames: ['not a name'] },
      validityMs: 1000,
      keyKind: 'P-256',
    } as const;
    await expect(issuer.issue(request, new AbortController().signal)).rejects.toMatchObject({
      code: 'configuration-invalid',
    });
    await expect(issuer.issue(request, AbortSignal.abort())).rejects.toThrow(/abort/);
  });

  it('says issuer-unavailable when its root has ended, and never signs beyond it', async () => {
    const [api, clock] = [new SecretApi(), clockNow()];
    const notAfter = clock.now() + 30 * 60_000;
    api.put(secretOf({ notAfter }));
    const replica = new Replica(api, clock);
    await deliver(api);
    const end = Math.floor(notAfter / 1000) * 1000;
    expect((await replica.leaf()).notAfter).toBe(end);
    expect(replica.issuer.authority()?.notAfter).toBe(end);
    await clock.advance(30 * 60_000);
    await expect(replica.leaf()).rejects.toMatchObject({ code: 'issuer-unavailable' });
  });

  it('never writes a key to its log', async () => {
    const [api, clock, log] = [new SecretApi(), clockNow(), [] as string[]];
    new Replica(api, clock, log);
    await deliver(api);
    for (const bad of [secretOf(), withText('tls.crt', 'x'), withText('tls.key', 'SECRET TEXT')]) {
      api.put(bad);
      await deliver(api);
    }
    api.delete(place.namespace, place.name);
    await deliver(api);
    expect(log.length).toBeGreaterThan(4);
    const text = log.join('\n');
    expect(text).not.toMatch(/PRIVATE KEY|SECRET TEXT|U0VDUkVU|LS0tLS1CRUdJTi/);
  });
});
