import { afterEach, describe, expect, it } from '@jest/globals';
import { makeRoot } from '../../../test/support/certificates/make-authority.ts';
import {
  clockNow,
  deliver,
  place,
  Replica,
  secretOf,
  stopReplicas,
} from '../../../test/support/issuers/built-in-replica.ts';
import { SecretApi } from '../../../test/support/fakes/secret-api.ts';
import type { SecretObject } from '../../api/core.ts';

afterEach(stopReplicas);

describe('the built-in issuer with a bad Secret', () => {
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
    expect(replica.issuer.lastFailure()).toMatchObject({
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
    expect(replica.issuer.lastFailure()).toBeUndefined();
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
