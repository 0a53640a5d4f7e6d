import { connect as connectTls, createServer, type TLSSocket } from 'node:tls';
import type { AddressInfo } from 'node:net';
import { once } from 'node:events';
import { afterAll, beforeAll, describe, expect, it } from '@jest/globals';
import type { ProviderMode } from '../../src/api/root-spec.ts';
import type { Leaf, LeafRequest, LeafSubject } from '../../src/certificates/issuer.ts';
import { problemOfIssued } from '../../src/certificates/leaves/leaf-check.ts';
import { identityKey, type IdentityKey } from '../../src/policy/identity.ts';
import { certificatesFrom } from '../support/certificates/make-authority.ts';
import type { IssuerUnderTest } from '../support/issuers/issuer-under-test.ts';
import { until } from '../support/time/until.ts';

const hourMs = 3_600_000;
const account = identityKey({ namespace: 'shop', serviceAccount: 'cart.v2' });
const workload: LeafSubject = { kind: 'workload', trustDomain: 'cluster.local', account };
const server: LeafSubject = {
  ...{ kind: 'server', trustDomain: 'cluster.local', namespace: 'weft-system' },
  dnsNames: ['weft-control-plane.weft-system.svc', 'localhost'],
};

/** What every provider of certificates keeps, whatever is behind it. */
export function describeIssuer(name: string, start: () => Promise<IssuerUnderTest>): void {
  describe(`${name}, as every issuer`, () => {
    let under: IssuerUnderTest;
    beforeAll(async () => {
      under = await start();
      await until(() => under.issuer.authority() !== undefined, { withinMs: 20_000 });
    }, 60_000);
    afterAll(() => under.stop());

    const issue = (subject: LeafSubject, change: Partial<LeafRequest> = {}): Promise<Leaf> =>
      under.issuer.issue(
        { subject, validityMs: hourMs, keyKind: 'P-256', ...change },
        AbortSignal.timeout(30_000),
      );
    const authority = () => under.issuer.authority()!;

    it.each<[string, LeafSubject]>([
      ['a workload', workload],
      ['a server', server],
    ])(
      'gives %s a leaf that peers accept, for the names asked for alone',
      async (_case, subject) => {
        const leaf = await issue(subject);
        const request: LeafRequest = { subject, validityMs: hourMs, keyKind: 'P-256' };
        const { bundle } = authority();
        expect(problemOfIssued(leaf, request, { bundle, now: Date.now() })).toBeUndefined();
        expect(leaf.signer).toBe(authority().signer);
      },
    );

    it('keeps to the validity asked for, and to what it says about it', async () => {
      const leaf = await issue(workload, { validityMs: 20 * 60_000 });
      const [certificate] = certificatesFrom(leaf.certificateChain);
      expect(leaf).toMatchObject({
        notBefore: certificate!.notBefore,
        notAfter: certificate!.notAfter,
      });
      expect(leaf.notBefore).toBeLessThanOrEqual(Date.now());
      expect(leaf.notAfter).toBeLessThanOrEqual(Date.now() + 20 * 60_000);
      expect(leaf.notAfter).toBeGreaterThan(Date.now() + 18 * 60_000);
      expect(authority().notAfter).toBeGreaterThanOrEqual(leaf.notAfter);
    });

    it('makes a new key and a new certificate each time', async () => {
      const leaves = await Promise.all([issue(workload), issue(workload), issue(workload)]);
      expect(new Set(leaves.map(({ privateKey }) => privateKey.reveal())).size).toBe(3);
      expect(new Set(leaves.map(({ certificateChain }) => certificateChain)).size).toBe(3);
    });

    it('gives an RSA key to a caller that requests an RSA key', async () => {
      const leaf = await issue(workload, { keyKind: 'RSA-2048' });
      const [certificate] = certificatesFrom(leaf.certificateChain);
      expect(certificate!.publicKey.asymmetricKeyDetails?.modulusLength).toBe(2048);
    });

    it('hands out the chain without the root, and each trusted root once', async () => {
      const { bundle } = authority();
      const roots = certificatesFrom(bundle.pem).map(({ fingerprint }) => fingerprint);
      expect(roots).toEqual(bundle.roots.map(({ fingerprint }) => fingerprint));
      expect(roots).toEqual([...new Set(roots)].sort());
      const chain = certificatesFrom((await issue(workload)).certificateChain);
      for (const { fingerprint } of chain) expect(roots).not.toContain(fingerprint);
    });

    it('lets two workloads meet over mutual TLS', async () => {
      const [one, other] = await Promise.all([issue(workload), issue(workload)]);
      expect(await handshake(one, other, authority().bundle.pem)).toContain(
        'URI:spiffe://cluster.local/ns/shop/sa/cart.v2',
      );
    });

    const ambiguous = 'a/b/c' as IdentityKey;
    it.each<[string, LeafSubject]>([
      [
        'an account that could be read as another',
        { kind: 'workload', trustDomain: 'cluster.local', account: ambiguous },
      ],
      ['a gateway without a name', { kind: 'gateway', dnsNames: [] }],
    ])('refuses %s for good', async (_case, subject) => {
      await expect(issue(subject)).rejects.toMatchObject({
        code: 'configuration-invalid',
        retry: 'never',
      });
    });

    it('issues nothing once the signal has aborted', async () => {
      const request: LeafRequest = { subject: workload, validityMs: hourMs, keyKind: 'P-256' };
      await expect(under.issuer.issue(request, AbortSignal.abort())).rejects.toThrow(/abort/);
    });

    it('has no failure to report', () => {
      expect(under.issuer.lastFailure()).toBeUndefined();
    });

    it('notifies of a new root, and signs under it', async () => {
      const before = authority();
      let calls = 0;
      const stop = under.issuer.onChange(() => calls++);
      await under.replaceRoot();
      await until(() => authority().signer !== before.signer, { withinMs: 20_000 });
      expect(calls).toBeGreaterThan(0);
      const leaf = await issue(workload);
      expect(leaf.signer).toBe(authority().signer);
      stop();
      const callsBefore = calls;
      const second = authority();
      await under.replaceRoot();
      await until(() => authority().signer !== second.signer, { withinMs: 20_000 });
      expect(calls).toBe(callsBefore);
    });
  });
}

/** That suite for each way to an issuer, in both modes. */
export function describeInModes<Way extends string>(
  ways: readonly Way[],
  name: (way: Way) => string,
  start: (way: Way, mode: ProviderMode) => Promise<IssuerUnderTest>,
): void {
  for (const way of ways) {
    for (const mode of ['intermediate', 'leaf'] as const) {
      describeIssuer(`${name(way)}, mode ${mode}`, () => start(way, mode));
    }
  }
}

/** The names that the server saw on the client's certificate. */
async function handshake(client: Leaf, served: Leaf, ca: string): Promise<string> {
  const sides = (leaf: Leaf) => ({
    cert: leaf.certificateChain,
    key: leaf.privateKey.reveal(),
    ca,
    minVersion: 'TLSv1.3' as const,
  });
  const listener = createServer({
    ...sides(served),
    requestCert: true,
    rejectUnauthorized: true,
  }).listen(0, '127.0.0.1');
  try {
    await once(listener, 'listening');
    const accepted = once(listener, 'secureConnection');
    const { port } = listener.address() as AddressInfo;
    const socket = connectTls({
      ...sides(client),
      port,
      host: '127.0.0.1',
      checkServerIdentity: () => undefined,
    });
    await once(socket, 'secureConnect');
    const [peer] = (await accepted) as [TLSSocket];
    const names = peer.getPeerX509Certificate()?.subjectAltName ?? '';
    socket.destroy();
    return names;
  } finally {
    listener.close();
  }
}
