// Cases of the field with a real OpenBao: long names, a CA that ends soon, clocks that are behind.
import { describe, expect, it, jest } from '@jest/globals';
import type { ProviderMode, VaultRoot } from '../../../src/api/root-spec.ts';
import { problemOfIssued } from '../../../src/certificates/leaves/leaf-check.ts';
import { probe } from '../../../src/certificates/plan/probe.ts';
import { systemClock } from '../../../src/common/clock.ts';
import { identityKey } from '../../../src/policy/identity.ts';
import { certificatesFrom } from '../../support/certificates/make-authority.ts';
import { issue, ready, workloadRequest } from '../../support/issuers/ask-issuer.ts';
import { issuersOfFile } from '../../support/issuers/issuers-of-file.ts';
import { ofFile } from '../../support/jest/of-file.ts';
import { done } from '../../../tools/real/openbao.ts';
import { enablePki, makePolicy, makeRole, makeToken } from '../../../tools/real/openbao-setup.ts';
import { startVaultRig } from '../../support/issuers/mesh-with-vault.ts';
import { staysTrueFor } from '../../support/time/stays-true-for.ts';

jest.setTimeout(60_000);

const vault = ofFile(() => startVaultRig('vault-end'), 60_000);
const { start, stop } = issuersOfFile(() => vault().wishes);
const modes: readonly ProviderMode[] = ['leaf', 'intermediate'];
const hourMs = 3_600_000;
const longNames = [
  'a'.repeat(72),
  'payments.settlement.reconciliation.v1.worker-for-the-northern-region-and-all-its-branches',
  'weft-control-plane.weft-system',
];

/** An engine of its own, whose root lives that long. */
async function engine(name: string, mode: ProviderMode, ttl?: string): Promise<VaultRoot> {
  const { bao, mesh } = vault();
  const mount = `end/${name}-${mode}`;
  await enablePki(bao, { mount, ...(ttl === undefined ? {} : { ttl }) });
  await makeRole(bao, `${mount}/roles/mesh`);
  const paths = [`${mount}/sign/mesh`, `${mount}/root/sign-intermediate`];
  const policy = await makePolicy(bao, `${name}-${mode}`, paths);
  await mesh.useToken(await makeToken(bao, policy));
  return mesh.root({ mount, mode });
}

async function opened(root: VaultRoot, pinnedRoots?: string) {
  return ready(await start(root, { ...(pinnedRoots === undefined ? {} : { pinnedRoots }) }));
}

describe.each(modes)('OpenBao in mode %s', (mode) => {
  it('case 17: signs for accounts whose names are longer than a label or a common name, and S7', async () => {
    const one = await opened(await engine('names', mode));
    for (const serviceAccount of longNames) {
      const namespace = serviceAccount.startsWith('weft') ? 'svc' : 'c17';
      const account = identityKey({ namespace, serviceAccount });
      const subject = { ...workloadRequest.subject, account } as typeof workloadRequest.subject;
      const leaf = await issue(one, { subject });
      const [certificate] = certificatesFrom(leaf.certificateChain);
      expect(certificate!.altNames).toEqual({
        uris: [`spiffe://cluster.local/ns/${namespace}/sa/${serviceAccount}`],
        ...{ dnsNames: [], others: 0 },
      });
      const { bundle } = one.issuer.authority()!;
      const request = { ...workloadRequest, subject };
      expect(problemOfIssued(leaf, request, { bundle, now: Date.now() })).toBeUndefined();
    }
    await stop();
  });

  it('case 28: signs to the end of a CA that has three hours to go, for 24 h asked', async () => {
    const root = await engine('soon', mode, '3h');
    const one = await opened(root);
    const { bundle, notAfter } = one.issuer.authority()!;
    const end = bundle.roots[0]!.notAfter;
    for (let tries = 0; tries < 5; tries += 1) {
      const leaf = await issue(one, { validityMs: 24 * hourMs });
      expect(leaf.notAfter).toBeLessThanOrEqual(end);
      expect(leaf.notAfter).toBeGreaterThan(Date.now() + 2.9 * hourMs);
      for (const { notAfter: each } of certificatesFrom(leaf.certificateChain).slice(0, 1))
        expect(each).toBeLessThanOrEqual(end);
    }
    expect(notAfter).toBeLessThanOrEqual(end);
    expect(one.issuer.lastFailure()).toBeUndefined();
    const facts = await probe(
      one.issuer,
      { ...one, clock: systemClock },
      AbortSignal.timeout(20_000),
    );
    expect(facts).toMatchObject({ ok: true });
    await stop();
  });

  it('case 28: asks for less where it does not know yet when the CA ends', async () => {
    // Ten minutes are what the issuer is looked at with: this CA has less.
    const root = await engine('sooner', mode, '5m');
    const one = await opened(root);
    const leaf = await issue(one, { validityMs: 24 * hourMs });
    expect(leaf.notAfter).toBeGreaterThan(Date.now() + 3 * 60_000);
    expect(leaf.notAfter).toBeLessThanOrEqual(one.issuer.authority()!.bundle.roots[0]!.notAfter);
    expect(one.issuer.lastFailure()).toBeUndefined();
    await stop();
  });

  it('case 30: gives leaves that began a minute before they are issued, but not before their CA', async () => {
    const one = await opened(await engine('clock', mode));
    const asked = Date.now();
    const leaf = await issue(one);
    expect(leaf.notBefore).toBeLessThanOrEqual(asked - 60_000);
    const chain = certificatesFrom(leaf.certificateChain);
    const roots = certificatesFrom(one.issuer.authority()!.bundle.pem);
    for (const above of [...chain.slice(1), ...roots])
      expect(leaf.notBefore).toBeGreaterThanOrEqual(above.notBefore);
    const [intermediate, ca] = [chain[1], roots[0]];
    if (mode === 'intermediate')
      expect(intermediate!.notBefore).toBeGreaterThanOrEqual(ca!.notBefore);
    await stop();
  });
});

describe('OpenBao that is set up otherwise', () => {
  it('case 28: reports a failure until the failed request itself succeeds', async () => {
    const root = await engine('refusing', 'leaf');
    const one = await opened(root);
    const role = (allowed: string): Promise<unknown> =>
      done(
        vault().bao.call(`${root.mount}/roles/mesh`, {
          body: {
            key_type: 'any',
            allow_any_name: true,
            require_cn: false,
            allowed_uri_sans: [allowed],
          },
        }),
      );
    await role('spiffe://cluster.local/ns/vault-end/*');
    await expect(issue(one)).rejects.toMatchObject({ code: 'issuer-misconfigured' });
    // The look, which is by a leaf for the control plane, would succeed all the while.
    await staysTrueFor(
      3_000,
      'the trouble that the request had',
      () => one.issuer.lastFailure()?.code === 'issuer-misconfigured',
    );
    await role('spiffe://cluster.local/*');
    await issue(one);
    expect(one.issuer.lastFailure()).toBeUndefined();
    await stop();
  });

  it('case 30: is reported when its role backdates by less than a minute', async () => {
    const root = await engine('young', 'leaf');
    const body = {
      ...{ key_type: 'any', allow_any_name: true, require_cn: false },
      ...{ allowed_uri_sans: ['spiffe://*'], key_usage: ['DigitalSignature'], max_ttl: '72h' },
    };
    await done(vault().bao.call(`${root.mount}/roles/mesh`, { body }));
    const one = await opened(root);
    const facts = await probe(
      one.issuer,
      { ...one, clock: systemClock },
      AbortSignal.timeout(20_000),
    );
    expect(facts).toMatchObject({
      ok: true,
      notes: [expect.stringMatching(/leaves begin only (29|3\d) s before they are issued/)],
    });
    await stop();
  });
});
