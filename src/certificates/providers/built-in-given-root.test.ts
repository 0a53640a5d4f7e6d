import { afterEach, describe, expect, it } from '@jest/globals';
import {
  authorityPem,
  certificatesFrom,
  makeIntermediate,
  makeRoot,
} from '../../../test/support/certificates/make-authority.ts';
import {
  clockNow,
  deliver,
  place,
  Replica,
  secretOf,
  stopReplicas,
} from '../../../test/support/issuers/built-in-replica.ts';
import { SecretApi } from '../../../test/support/fakes/secret-api.ts';
import { authoritySecret } from './authority-secret.ts';

afterEach(stopReplicas);

describe('the built-in issuer', () => {
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
});

describe('the built-in issuer with a root of a user', () => {
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
    expect(replica.issuer.lastFailure()?.message).toContain('not-yet-valid');
    await clock.advance(100_000);
    await replica.leaf();
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
});
