import { afterEach, describe, expect, it } from '@jest/globals';
import { certificatesFrom } from '../../../test/support/certificates/make-authority.ts';
import {
  clockNow,
  deliver,
  place,
  Replica,
  stopReplicas,
} from '../../../test/support/issuers/built-in-replica.ts';
import { SecretApi } from '../../../test/support/fakes/secret-api.ts';
import { WeftError } from '../../common/errors.ts';

afterEach(stopReplicas);

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
      expect(issuer.lastFailure()).toBeUndefined();
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

describe('the built-in issuer when the API server refuses', () => {
  it('waits for the API server, and then makes its root', async () => {
    const [api, clock] = [new SecretApi(), clockNow()];
    api.refusal = new WeftError('api-unavailable', 'nobody there', { retry: 'soon' });
    const replica = new Replica(api, clock);
    await deliver(api);
    await clock.advance(60_000);
    expect(replica.issuer.lastFailure()).toMatchObject({ code: 'api-unavailable' });
    api.refusal = undefined;
    await clock.advance(60_000);
    await replica.leaf();
    expect(replica.issuer.lastFailure()).toBeUndefined();
  });

  it('refuses what can have no certificate, and everything once aborted', async () => {
    const [api, clock] = [new SecretApi(), clockNow()];
    const { issuer } = new Replica(api, clock);
    await deliver(api);
    const request = {
      subject: { kind: 'gateway', dnsNames: ['not a name'] },
      validityMs: 1000,
      keyKind: 'P-256',
    } as const;
    await expect(issuer.issue(request, new AbortController().signal)).rejects.toMatchObject({
      code: 'configuration-invalid',
    });
    await expect(issuer.issue(request, AbortSignal.abort())).rejects.toThrow(/abort/);
  });
});
